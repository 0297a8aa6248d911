import { type Flags, text } from '../flags.ts'
import type { FlagValues } from '../parse.ts'
import { usageProblem } from '../problem.ts'

/** `--output` with the forms a command has. */
export const outputOf = (forms: string): Flags => ({
  output: text({ summary: `form of the answer: ${forms}`, helpValue: '<form>', helpGroup: 'GLOBAL' }),
})

/** The value of an option that is one of a few words. */
export function choiceOf<T extends string>(flags: FlagValues, name: string, choices: readonly T[], otherwise: T): T {
  const given = flags[name]
  if (given === undefined) return otherwise
  const choice = choices.find((candidate) => candidate === given)
  if (choice) return choice
  throw usageProblem(`argument --${name}: invalid choice: '${String(given)}' (choose from: ${choices.join(', ')})`)
}
