/** The words a command takes beside its options, and what it gets of them. */
import { meantAmong } from '../api/nearest.ts'
import type { Offer } from './caches/offers.ts'
import { oneOf } from './flags.ts'
import type { GlobalOptions } from './global-flags.ts'
import { usageProblem } from './problem.ts'

/** What is said of a word in help and in the manifest. */
export interface WordDoc {
  readonly description: string
  readonly required?: boolean
  readonly multiple?: boolean
  /** What it names, where that can be listed. */
  readonly offer?: Offer
  /** The few words it can be, each of which is told of by itself. */
  readonly among?: readonly string[]
  /** The few words it can be, of which nothing more is told. */
  readonly choices?: readonly string[]
}

export interface Word<T = unknown> extends WordDoc {
  /** `said`: one or none, or of a word that stands for several all of them. */
  readonly read: (said: readonly string[]) => T
  /** Where it is missing: offers what there is, or refuses the line as `missing` says. `said`: the words before it. */
  readonly choose?: (flags: GlobalOptions, missing: string, said: readonly string[]) => Promise<string>
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

/** One of a few names, which are the same everywhere. `called`: what they are names of. */
export const oneAmong = (called: string, names: readonly string[]): Word<string> => ({
  ...one(`one of ${names.join(', ')}`, (said) => {
    if (names.includes(said)) return said
    throw usageProblem(`There is no ${called} ${said}.`, meantAmong(said, names, names.length))
  }),
  among: names,
})

/** A word that may be left out; then the command gets undefined. */
export function optional(description: string): Word<string | undefined>
export function optional<T>(description: string, read: (said: string) => T): Word<T | undefined>
export function optional(description: string, read: (said: string) => unknown = asItIs): Word {
  return { description, read: ([said]) => (said === undefined ? undefined : read(said)) }
}

/** A word that may be left out, one of a few. */
export const optionalAmong = <const C extends string>(
  description: string,
  choices: readonly C[],
  argument: string,
): Word<C | undefined> => ({ ...optional(description, (said) => oneOf(choices, said, argument)), choices })

/** The same word; where it is missing, one of what there is of this kind is offered. */
export const offering = <T>(word: Word<T>, offer: Offer): Word<T> => ({
  ...word,
  offer,
  choose: async (flags, missing, said) => (await import('./caches/choose.ts')).choose(offer, flags, missing, said),
})

/** The same word, which completion offers what there is of this kind for; where it is missing nothing is asked. */
export const naming = <T>(word: Word<T>, offer: Offer): Word<T> => ({ ...word, offer })

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
