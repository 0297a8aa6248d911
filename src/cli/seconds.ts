import { usageProblem } from './problem.ts'

/** Reads an option that counts things: a whole number of at least `least`. */
export function countOf(argument: string, text: string, least = 0): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= least) return count
  throw usageProblem(`argument ${argument}: invalid whole number: '${text}'`, `It must be ${least} or more.`)
}
