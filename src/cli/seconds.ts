import { usageProblem } from './problem.ts'

/** Reads an option that counts seconds; `0.5` and `30` and `30s` are fine. Returns milliseconds. */
export function millisecondsOf(option: string, text: string): number {
  const seconds = /^(\d+(?:\.\d+)?)s?$/.exec(text)?.[1]
  if (seconds === undefined) throw usageProblem(`argument --${option}: invalid number of seconds: '${text}'`)
  return Number(seconds) * 1000
}
