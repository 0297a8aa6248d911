import { usageProblem } from './problem.ts'

const FACTORS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** Reads an option that is a length of time: seconds, or with a unit as in nping (`200ms`, `1.5s`, `2m`). To ms. */
export function millisecondsOf(argument: string, text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  if (number !== undefined) return Number(number) * FACTORS[unit as keyof typeof FACTORS]
  throw usageProblem(`argument ${argument}: invalid time: '${text}'`, 'Seconds, or with a unit: 200ms, 1.5s, 2m.')
}

/** Reads an option that counts things: a whole number of at least `least`. */
export function countOf(argument: string, text: string, least = 0): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= least) return count
  throw usageProblem(`argument ${argument}: invalid whole number: '${text}'`, `It must be ${least} or more.`)
}
