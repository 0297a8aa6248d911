import { environment } from '../environment.ts'
import { type Flags, text } from '../flags.ts'
import type { GlobalOptions } from '../global-flags.ts'
import type { FlagValues } from '../parse.ts'
import { usageProblem } from '../problem.ts'
import { stateDirectory } from '../state-dir.ts'

export const stateDirFlag = {
  'state-dir': text({ summary: 'state directory (default: CACHECTL_HOME or the data directory)', helpValue: '<path>' }),
} satisfies Flags

export const outputFlag: Flags = {
  output: text({ summary: 'json: for programs', helpValue: '<form>' }),
}

/** `--output` with the forms a command has. */
export const outputOf = (forms: string): Flags => ({
  output: text({ summary: `form of the answer: ${forms}`, helpValue: '<form>', helpGroup: 'GLOBAL' }),
})

export const stateDirOf = (flags: Pick<GlobalOptions, 'state-dir'>): string =>
  stateDirectory(flags['state-dir'], environment)

/** The value of an option that is one of a few words. */
export function choiceOf<T extends string>(flags: FlagValues, name: string, choices: readonly T[], otherwise: T): T {
  const given = flags[name]
  if (given === undefined) return otherwise
  const choice = choices.find((candidate) => candidate === given)
  if (choice) return choice
  throw usageProblem(`argument --${name}: invalid choice: '${String(given)}' (choose from: ${choices.join(', ')})`)
}
