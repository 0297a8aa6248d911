/** A time of an input, in the forms that aws-cli takes. Pure. */
import { Float } from '../output/python-text.ts'

const ISO = /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i

/**
 * ISO 8601 with or without its punctuation (a date alone is midnight), other ways to write a date in English, or seconds
 * since 1970. Without a zone it is UTC, wherever the machine stands. undefined: no time.
 */
export function parseTimestamp(given: unknown): Date | undefined {
  if (given instanceof Date) return given
  const seconds = secondsOf(given)
  const date = seconds === undefined ? dateOf(given) : new Date(seconds * 1000)
  return date && !Number.isNaN(date.getTime()) ? date : undefined
}

function secondsOf(given: unknown): number | undefined {
  if (given instanceof Float || typeof given === 'number') return Number(given)
  // To Python a truth is a number, too.
  if (typeof given === 'boolean') return given ? 1 : 0
  const isNumber = typeof given === 'string' && /^\s*[+-]?\d+(\.\d*)?(e[+-]?\d+)?\s*$/i.test(given)
  // Eight digits are seconds to aws-cli, not a day.
  return isNumber ? Number(given) : undefined
}

function dateOf(given: unknown): Date | undefined {
  if (typeof given !== 'string') return undefined
  const parts = ISO.exec(given.trim())
  if (!parts) {
    // `3pm` and `3:30pm`, which Date knows with minutes and a space alone.
    const english = given.trim().replace(/\b(\d\d?)(:[\d:]+)?\s*([ap]m)\b/i, (_, hour, rest = ':00', half) => {
      return `${hour}${rest} ${half}`
    })
    return new Date(/(Z|UTC|GMT|[+-]\d{4})$/i.test(english) ? english : `${english} UTC`)
  }
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', zone = 'Z'] = parts
  const offset = /^z$/i.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}${offset}`)
  // Date takes the thirtieth of February for the second of March.
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
  return isDay && hour !== '24' ? date : undefined
}
