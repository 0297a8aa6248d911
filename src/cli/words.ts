/** The words a command takes beside its options, and what it gets of them. */
import type { GlobalOptions } from './global-flags.ts'

/** What is said of a word in help and in the manifest. */
export interface WordDoc {
  readonly description: string
  readonly required?: boolean
  readonly multiple?: boolean
}

export interface Word<T = unknown> extends WordDoc {
  /** `said`: one or none, or of a word that stands for several all of them. */
  readonly read: (said: readonly string[]) => T
  /** Where it is missing: offers what there is, or refuses the line as `missing` says. */
  readonly choose?: (flags: GlobalOptions, missing: string) => Promise<string>
  /** The option that does without it. */
  readonly instead?: string
}

export type Words = Readonly<Record<string, Word>>

export type WordValues<W extends Words> = { readonly [Name in keyof W]: W[Name] extends Word<infer T> ? T : never }

const asItIs = (said: string): string => said

/** A word that can't be left out. `read` throws a usage problem for what it can't be. */
export function one(description: string): Word<string>
export function one<T>(description: string, read: (said: string) => T): Word<T>
export function one(description: string, read: (said: string) => unknown = asItIs): Word {
  return { description, required: true, read: ([said = '']) => read(said) }
}

/** A word that may be left out; then the command gets undefined. */
export function optional(description: string): Word<string | undefined>
export function optional<T>(description: string, read: (said: string) => T): Word<T | undefined>
export function optional(description: string, read: (said: string) => unknown = asItIs): Word {
  return { description, read: ([said]) => (said === undefined ? undefined : read(said)) }
}

/** Any number of words, at the end of the line. */
export const several = (description: string): Word<readonly string[]> => ({
  description,
  multiple: true,
  read: (said) => said,
})

/** One word or more, at the end of the line. */
export const oneOrMore = (description: string): Word<readonly string[]> => ({
  ...several(description),
  required: true,
})
