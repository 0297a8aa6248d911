/**
 * A command is what it says of itself and what it does with a line that has been read: `run` gets what its words and
 * options hold, by their types, and a printer for what it answers. What can't be read is refused before it runs.
 */
import type { Flags, ValuesOf } from './flags.ts'
import { type Forms, formFlags, type Printer, printerOf } from './forms.ts'
import { errorFlag, type GlobalOptions } from './global-flags.ts'
import { type Arity, readArguments } from './parse.ts'
import { usageProblem } from './problem.ts'
import { askEngineForItsNames } from './target/local-zone.ts'
import type { Word, WordDoc, Words, WordValues } from './words.ts'

/** What the command table, oclif and the pages of help know of a command. */
export interface Command {
  /** `engine:start`. Written by the table, and by oclif. */
  id: string
  readonly summary: string
  readonly description: string
  readonly examples: readonly string[]
  readonly args: Readonly<Record<string, WordDoc>>
  readonly flags: Flags
  readonly kinds?: Kinds
  run(argv: readonly string[]): Promise<void>
}

interface Kind {
  readonly summary: string
  /** Those it takes of the options that not all of them take. */
  readonly flags: readonly string[]
  /** Option -> the few words it takes here. */
  readonly choices?: Readonly<Record<string, readonly string[]>>
}

/** What the word `of` can be, and which options each takes, where they differ: each has a page of its own. */
export interface Kinds {
  readonly of: string
  readonly each: Readonly<Record<string, Kind>>
}

/** What a command is told. */
export interface Line<W extends Words, F extends Flags, Own extends string> {
  readonly words: WordValues<W>
  readonly flags: ValuesOf<F>
  readonly print: Printer<Own>
}

interface Spec<W extends Words, F extends Flags, Own extends string> {
  readonly summary: string
  readonly description?: string
  readonly examples?: readonly string[]
  readonly words?: W
  readonly flags?: F
  readonly kinds?: Kinds
  /** Of a command that answers data: it takes --output and --query. */
  readonly forms?: Forms<Own>
  /** Says the line in the words of the parser, where the command has another way to say it. */
  readonly reword?: (argv: readonly string[]) => readonly string[]
  run(line: Line<W, F, Own>): Promise<void> | void
}

/** An empty record would take any name for one of its own. */
type None = Readonly<Record<never, never>>

/** Makes a command from its declaration; `run` gets words and options typed by it, and printing as its forms allow. */
export function command<W extends Words = None, F extends Flags = None, const Own extends string = never>(
  spec: Spec<W, F, Own>,
): Command {
  const { summary, description = '', examples = [], words, kinds, forms, reword = (argv) => argv } = spec
  const flags: Flags = { ...spec.flags, ...(forms && formFlags(forms, spec.flags)), ...errorFlag }
  const args: Words = words ?? {}
  const made: Command = {
    id: '',
    summary,
    description,
    examples,
    args,
    flags,
    ...(kinds && { kinds }),
    async run(argv) {
      const read = readLine(reword(argv), args, flags)
      const values = read.flags as ValuesOf<F> & GlobalOptions // made of the options that the type is made of
      askEngineForItsNames(values)
      // A query that is broken is refused before the user is asked for a name.
      const print = await printerOf<Own>(made.id.replaceAll(':', ' '), values, forms)
      const words = (await read.words()) as WordValues<W> // likewise
      await spec.run({ words, flags: values, print })
    },
  }
  return made
}

function readLine(argv: readonly string[], args: Words, flags: Flags) {
  const arity = arityOf(args)
  const all = Object.values(args)
  const offered = all.findIndex(({ choose }) => choose)
  const read = readArguments(argv, flags, offered === -1 ? arity : { ...arity, atLeast: offered })
  return {
    flags: read.flags,
    async words() {
      const words = [...read.words]
      const missing = missingFrom(words.length)
      for (let at = words.length; isMissing(at); at = words.length) {
        const { description, choose } = all[at] as Word // it is missing
        // What can't be chosen is typed, once a user is there who has chosen what is before it.
        if (choose) words.push(await choose(read.flags, missing, words))
        else if (at === read.words.length) throw usageProblem(missing)
        else words.push(await (await import('./live/prompt.ts')).typed(`${arity.names[at]}, ${description}:`))
      }
      const values = Object.entries(args).map(([name, { multiple, read: readWord }], at) => [
        name,
        readWord(multiple ? words.slice(at) : words.slice(at, at + 1)),
      ])
      return Object.fromEntries(values)
    },
  }

  function isMissing(at: number): boolean {
    const { required, choose, instead } = all[at] ?? {}
    if (instead !== undefined) return !read.flags[instead]
    return required === true || (choose !== undefined && at >= offered)
  }

  function missingFrom(at: number): string {
    const names = arity.names.slice(at, Math.max(arity.atLeast, at + 1))
    const { instead } = all[at] ?? {}
    return `the following arguments are required: ${names.join(', ')}${instead === undefined ? '' : `, or --${instead}`}`
  }
}

/** How many words a command takes, for the parser. */
function arityOf(args: Readonly<Record<string, WordDoc>>): Arity {
  const all = Object.entries(args)
  return {
    names: all.map(([name, { multiple }]) => `<${name}>${multiple ? '...' : ''}`),
    atLeast: all.filter(([, { required }]) => required).length,
    atMost: all.some(([, { multiple }]) => multiple) ? Number.POSITIVE_INFINITY : all.length,
  }
}
