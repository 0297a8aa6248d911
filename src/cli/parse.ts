/**
 * Arguments -> option values and words. Node's own parseArgs takes the line apart; what the parts mean is argparse's rules,
 * which are aws-cli's: unambiguous prefixes, several values after a list option, the last of a repeated option wins
 * (but lists of our own commands grow).
 * The declarations are oclif's flags; its parser has other manners, and its error classes load spinner and help
 * renderer: half the time of bare Node.
 */
import { parseArgs } from 'node:util'
import { nearest } from '../api/nearest.ts'
import type { Flag, Flags, OperationFlags, Said, ValuesOf } from './flags.ts'
import { usageProblem } from './problem.ts'

/** Of an operation, whose options are known at run time only. */
export type FlagValues = ValuesOf<OperationFlags>

export interface Parsed<Values = Readonly<Record<string, Said>>> {
  readonly flags: Values
  /** Words that belong to no option, in order. */
  readonly words: readonly string[]
}

/** How many words a command takes, and what they are called. */
export interface Arity {
  readonly names: readonly string[]
  readonly atLeast: number
  readonly atMost: number
}

const NO_WORDS: Arity = { names: [], atLeast: 0, atMost: 0 }

/** The values of a line. Throws a usage problem that names all that is missing or unknown, or the one that can't be read. */
export function readArguments<F extends Flags>(argv: readonly string[], flags: F, arity?: Arity): Parsed<ValuesOf<F>> {
  const { flags: said, words } = parseArguments(argv, flags, arity)
  const values = Object.entries(flags).flatMap(([name, { read }]) => {
    const value = read ? read(said[name], `--${name}`) : said[name]
    return value === undefined ? [] : [[name, value]]
  })
  return { flags: Object.fromEntries(values) as ValuesOf<F>, words } // each by the reader that its type comes from
}

/** What was said on a line. Throws a usage problem that names everything missing or unknown at once. */
export function parseArguments(argv: readonly string[], flags: Flags, arity: Arity = NO_WORDS): Parsed {
  const spellings = spellingsOf(flags)
  const values: Record<string, string | string[] | boolean> = {}
  const words: string[] = []
  const unknown: number[] = []
  const line = withBareValues(argv, flags)
  let tokens = tokensOf(line, flags, spellings)
  const takeWords = (most: number): string[] => {
    const taken: string[] = []
    while (taken.length < most && tokens[0]?.kind === 'positional') {
      taken.push(tokens[0].value)
      tokens.shift()
    }
    return taken
  }
  for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
    if (token.kind === 'option-terminator') words.push(...takeWords(Number.POSITIVE_INFINITY))
    else if (token.kind === 'positional') {
      if (arity.atMost === 0) unknown.push(token.index)
      else words.push(token.value)
    } else {
      const option = findOption(token, spellings)
      if (!option) unknown.push(token.index)
      else {
        const flag = flags[option.name] as Flag // spellings are of these flags
        if (option.meaning === undefined && hasSwallowed(token))
          tokens = tokensOf(line, flags, spellings, token.index + 1)
        const before = values[option.name]
        const value = option.meaning ?? takeValue(option.name, token, flag, takeWords)
        values[option.name] =
          flag.gathers && Array.isArray(before) && typeof value !== 'boolean' ? before.concat(value) : value
      }
    }
  }
  // Of `-xyz` each letter is unknown, and it is said once.
  if (unknown.length > 0)
    refuseUnknown(
      [...new Set(unknown)].map((at) => argv[at] ?? ''),
      [...spellings.keys()],
    )
  refuseWrongCount(words, arity)
  refuseMissing(flags, values)
  return { flags: values, words }
}

type Token = ReturnType<typeof tokensOf>[number]
type OptionToken = Extract<Token, { kind: 'option' }>

/** `from`: where in the line to begin. */
function tokensOf(argv: readonly string[], flags: Flags, spellings: Spellings, from = 0) {
  const options = Object.fromEntries(
    [...spellings].map(([spelling, { name, meaning }]) => {
      const char = flags[name]?.char
      const isOwnName = spelling === `--${name}`
      return [
        spelling.slice(2),
        {
          type: meaning === undefined ? ('string' as const) : ('boolean' as const),
          ...(char && isOwnName && { short: char }),
        },
      ]
    }),
  )
  const args = argv.slice(from)
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true })
  return tokens.map((token) => ({ ...token, index: token.index + from }))
}

/** To parseArgs whatever stands behind an option is its value, the next option too: of `--id --region x`, too much. */
const hasSwallowed = ({ value, inlineValue }: OptionToken): boolean =>
  value !== undefined && !inlineValue && looksLikeOption(value)

/** An option that may stand alone gets what that means as its value, so that it doesn't take the next option for one. */
const withBareValues = (argv: readonly string[], flags: Flags): string[] =>
  argv.map((word, at) => {
    const bare = word.startsWith('--') ? flags[word.slice(2)]?.bare : undefined
    const next = argv[at + 1]
    return bare !== undefined && (next === undefined || looksLikeOption(next)) ? `${word}=${bare}` : word
  })

/** An option's value: attached with `=`, the word behind it, or all of them for a list. */
function takeValue(
  name: string,
  token: OptionToken,
  flag: Flag,
  takeWords: (most: number) => string[],
): string | string[] {
  const several = flag.type === 'option' && flag.multiple === true
  const given = token.value === undefined || hasSwallowed(token) ? [] : [token.value]
  // A prefix was not known for an option when the line was taken apart: its value still stands behind it as a word.
  given.push(...takeWords(several ? Number.POSITIVE_INFINITY : 1 - given.length))
  const [first] = given
  if (several) return given
  if (first === undefined) throw valueMissing(name)
  return first
}

/** Of an option that stands without its value. */
export const valueMissing = (name: string) => usageProblem(`argument --${name}: expected one argument`)

/** As argparse sees it: text with a space is a value, and so is a negative number. */
export const looksLikeOption = (word: string): boolean =>
  /^-./.test(word) && !word.includes(' ') && !/^-\d+(\.\d+)?$/.test(word)

/** Every way to say an option, and what it means alone: `--no-wait` is false; undefined: it takes a value. */
type Spellings = ReadonlyMap<string, Spelling>

interface Spelling {
  readonly name: string
  readonly meaning: boolean | undefined
  /** Not an option of aws-cli. */
  readonly own: boolean
}

function spellingsOf(flags: Flags): Spellings {
  const spellings = new Map<string, Spelling>()
  for (const [name, flag] of Object.entries(flags)) {
    const own = flag.own === true
    const spelling = { name, meaning: flag.type === 'boolean' ? true : undefined, own }
    for (const word of [name, ...(flag.aliases ?? [])]) spellings.set(`--${word}`, spelling)
    if (flag.type === 'boolean' && flag.allowNo) spellings.set(`--no-${name}`, { name, meaning: false, own })
  }
  return spellings
}

function findOption({ name, rawName, value, inlineValue }: OptionToken, spellings: Spellings): Spelling | undefined {
  const found = spellings.get(`--${name}`) ?? (rawName.startsWith('--') ? findByPrefix(rawName, spellings) : undefined)
  if (found?.meaning !== undefined && inlineValue) {
    throw usageProblem(`argument ${rawName}: ignored explicit argument '${value}'`)
  }
  return found
}

/**
 * The global options of aws-cli in its order. It reads them before it knows of the operation's: a prefix that fits one
 * of them never means another.
 */
export const GLOBAL_SPELLINGS: readonly string[] = [
  ...['--debug', '--endpoint-url', '--no-verify-ssl', '--no-paginate', '--output', '--query', '--profile', '--region'],
  ...['--version', '--color', '--no-sign-request', '--ca-bundle', '--cli-read-timeout', '--cli-connect-timeout'],
]

function findByPrefix(spoken: string, spellings: Spellings): Spelling | undefined {
  const everywhere = GLOBAL_SPELLINGS.filter((spelling) => spelling.startsWith(spoken) && spellings.has(spelling))
  const all = everywhere.length > 0 ? everywhere : [...spellings.keys()].filter((word) => word.startsWith(spoken))
  // What aws-cli has goes before what we have added: a prefix that is unambiguous there must be so here.
  const theirs = all.filter((spelling) => !spellings.get(spelling)?.own)
  const candidates = theirs.length > 0 ? theirs : all
  if (candidates.length < 2) return spellings.get(candidates[0] ?? '')
  throw usageProblem(`ambiguous option: ${spoken} could match ${candidates.join(', ')}`)
}

function refuseUnknown(unknown: readonly string[], known: readonly string[]): never {
  const guess = nearest(unknown[0] ?? '', known)
  throw usageProblem(`Unknown options: ${unknown.join(', ')}`, guess && `Did you mean ${guess}?`)
}

function refuseWrongCount(words: readonly string[], { names, atLeast, atMost }: Arity): void {
  if (words.length < atLeast) {
    throw usageProblem(`the following arguments are required: ${names.slice(words.length, atLeast).join(', ')}`)
  }
  if (words.length > atMost) throw usageProblem(`Unknown options: ${words.slice(atMost).join(', ')}`)
}

/** A whole input, or the wish to see what one looks like, stands for what is required. */
const isExcused = (values: FlagValues): boolean =>
  values['cli-input-json'] !== undefined ||
  values['cli-input-yaml'] !== undefined ||
  ![undefined, 'output'].some((usual) => usual === values['generate-cli-skeleton'])

function refuseMissing(flags: Flags, values: FlagValues): void {
  if (isExcused(values)) return
  // A truth is never missing from aws-cli's command line, only from the input that it makes of it.
  const missing = Object.keys(flags).filter((name) => {
    const flag = flags[name]
    return flag?.required && flag.type !== 'boolean' && values[name] === undefined
  })
  if (missing.length === 0) return
  throw usageProblem(
    `the following arguments are required: ${missing.map((name) => `--${name}`).join(', ')}`,
    'Add --help to see what the command takes.',
  )
}
