import { usageProblem } from './problem.ts'

const FACTORS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Reads an option that is a length of time: seconds, or with a unit as in nping (`200ms`, `1.5s`, `2m`). To ms. */
export function millisecondsOf(argument: string, text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  const factor = FACTORS[unit]
  if (number !== undefined && factor !== undefined) return Number(number) * factor
  throw usageProblem(`argument ${argument}: invalid time: '${text}'`, 'Seconds, or with a unit: 200ms, 1.5s, 2m.')
}

/** Reads an option that counts things: a whole number of at least `least`. */
export function countOf(argument: string, text: string, least = 0): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= least) return count
  throw usageProblem(`argument ${argument}: invalid whole number: '${text}'`, `It must be ${least} or more.`)
}
