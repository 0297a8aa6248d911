import { parse as oclifParse } from '@oclif/core/parser'
import type { Flag, Flags } from './flags.ts'
import { Problem, usageProblem } from './problem.ts'

export type FlagValues = Readonly<Record<string, string | readonly string[] | boolean | undefined>>

export interface Parsed {
  readonly flags: FlagValues
  /** Positional words, in order. */
  readonly words: readonly string[]
}

/** What is wanted in the words after a command's name: at least and at most so many. */
export interface Arity {
  readonly names: readonly string[]
  readonly atLeast: number
  readonly atMost: number
}

export const NO_WORDS: Arity = { names: [], atLeast: 0, atMost: 0 }

/** oclif's parser with aws-cli's manners: the last of a repeated option wins, and all that is missing is told at once. */
export async function parseArguments(argv: readonly string[], flags: Flags, arity: Arity = NO_WORDS): Promise<Parsed> {
  const optional = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, { ...flag, required: false, ...repeatable(flag) }]),
  )
  const { values, words, unknown } = await runParser(argv, optional as Flags)
  if (unknown.length > 0) throw usageProblem(`Unknown options: ${unknown.join(', ')}`)
  refuseWrongWords(words, arity)
  const missing = Object.keys(flags).filter((name) => flags[name]?.required && values[name] === undefined)
  if (missing.length > 0) {
    throw usageProblem(
      `the following arguments are required: ${missing.map((name) => `--${name}`).join(', ')}`,
      'Add --help to see what the command takes.',
    )
  }
  return { flags: lastOfRepeated(values, flags), words }
}

async function runParser(argv: readonly string[], flags: Flags) {
  try {
    const { flags: values, argv: words, nonExistentFlags } = await oclifParse([...argv], { flags, strict: false })
    // Only `nonExistentFlags` tells them from words; both are in argv.
    const unknown = nonExistentFlags ?? []
    return {
      values: values as Record<string, string | readonly string[] | boolean | undefined>,
      words: (words as string[]).filter((word) => !unknown.includes(word)),
      unknown,
    }
  } catch (error) {
    if (error instanceof Problem) throw error
    throw usageProblem(reword((error as Error).message))
  }
}

// A repeated option with one value is collected by the parser and cut to its last one afterwards; greed would make it
// swallow the words that follow.
const repeatable = (flag: Flag) =>
  flag.type === 'option' && !flag.multiple ? { multiple: true, multipleNonGreedy: true } : {}

function lastOfRepeated(values: FlagValues, flags: Flags): FlagValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const flag = flags[name]
      const single = Array.isArray(value) && flag?.type === 'option' && !flag.multiple
      return [name, single ? (value.at(-1) as string) : value]
    }),
  )
}

function refuseWrongWords(words: readonly string[], { names, atLeast, atMost }: Arity): void {
  if (words.length < atLeast) {
    throw usageProblem(`the following arguments are required: ${names.slice(words.length, atLeast).join(', ')}`)
  }
  if (words.length > atMost) throw usageProblem(`Unknown options: ${words.slice(atMost).join(', ')}`)
}

const reword = (message: string): string =>
  message.replace(/^Flag (--\S+) expects a value$/, 'argument $1: expected at least one argument')
