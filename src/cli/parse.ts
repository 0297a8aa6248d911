/**
 * Arguments -> option values and words, by argparse's rules, which are aws-cli's: `--name=value`, unambiguous prefixes,
 * several values after a list option, the last of a repeated option wins. The declarations are oclif's flags; its own
 * parser has other manners, and its error classes load spinner and help renderer: half the time of bare Node.
 */
import type { Flag, Flags } from './flags.ts'
import { usageProblem } from './problem.ts'
import { nearest } from './suggest.ts'

export type FlagValues = Readonly<Record<string, string | readonly string[] | boolean | undefined>>

export interface Parsed {
  readonly flags: FlagValues
  /** Words that belong to no option, in order. */
  readonly words: readonly string[]
}

/** How many words a command takes, and what they are called. */
export interface Arity {
  readonly names: readonly string[]
  readonly atLeast: number
  readonly atMost: number
}

export const NO_WORDS: Arity = { names: [], atLeast: 0, atMost: 0 }

/** Throws a usage problem that names everything missing or unknown at once. */
export function parseArguments(argv: readonly string[], flags: Flags, arity: Arity = NO_WORDS): Parsed {
  const spellings = spellingsOf(flags)
  const end = argv.indexOf('--')
  const queue = [...(end === -1 ? argv : argv.slice(0, end))]
  const values: Record<string, string | string[] | boolean> = {}
  const words: string[] = []
  const unknown: string[] = []
  while (queue.length > 0) {
    const word = queue.shift() as string
    const option = looksLikeOption(word, spellings) ? findOption(word, spellings) : undefined
    if (option) values[option.name] = option.value ?? takeValue(option, flags[option.name] as Flag, queue, spellings)
    else if (looksLikeOption(word, spellings)) unknown.push(word)
    else words.push(word)
  }
  if (end !== -1) words.push(...argv.slice(end + 1))
  if (unknown.length > 0) refuseUnknown(unknown, [...spellings.keys()])
  refuseWrongCount(words, arity)
  refuseMissing(flags, values)
  return { flags: values, words }
}

interface Found extends Spelling {
  /** What followed `=`, or a short option without a space. */
  readonly attached?: string | undefined
}

function takeValue({ name, attached }: Found, flag: Flag, queue: string[], spellings: Spellings): string | string[] {
  const several = flag.type === 'option' && flag.multiple === true
  const given = attached === undefined ? [] : [attached]
  const isValue = () => queue.length > 0 && !looksLikeOption(queue[0] as string, spellings)
  while (isValue() && (several || given.length === 0)) given.push(queue.shift() as string)
  if (several && given.length > 0) return given
  const [value] = given
  if (value !== undefined) return value
  throw usageProblem(`argument --${name}: expected ${several ? 'at least one argument' : 'one argument'}`)
}

type Spellings = ReadonlyMap<string, Spelling>

interface Spelling {
  readonly name: string
  /** What the spelling alone means: `--no-wait` is false. undefined: the option takes a value. */
  readonly value: boolean | undefined
}

function spellingsOf(flags: Flags): Spellings {
  const spellings = new Map<string, Spelling>()
  for (const [name, flag] of Object.entries(flags)) {
    const meaning = { name, value: flag.type === 'boolean' ? true : undefined }
    spellings.set(`--${name}`, meaning)
    if (flag.char) spellings.set(`-${flag.char}`, meaning)
    if (flag.type === 'boolean' && flag.allowNo) spellings.set(`--no-${name}`, { name, value: false })
  }
  return spellings
}

// As argparse sees it: text with a space is a value, a lone dash is one, and so is a negative number, unless the
// command has an option of that name (-4, -6).
function looksLikeOption(word: string, spellings: Spellings): boolean {
  if (word.length < 2 || !word.startsWith('-')) return false
  return spellings.has(word) || !(word.includes(' ') || /^-\d+(\.\d+)?$/.test(word))
}

function findOption(word: string, spellings: Spellings): Found | undefined {
  const equals = word.indexOf('=')
  const [spoken, attached] = equals === -1 ? [word] : [word.slice(0, equals), word.slice(equals + 1)]
  const found = spellings.get(spoken) ?? (spoken.startsWith('--') ? findByPrefix(spoken, spellings) : undefined)
  if (!found) return findShort(word, spellings)
  if (found.value === undefined || attached === undefined) return { ...found, attached }
  throw usageProblem(`argument ${spoken}: ignored explicit argument '${attached}'`)
}

function findByPrefix(spoken: string, spellings: Spellings): Spelling | undefined {
  const candidates = [...spellings.keys()].filter((spelling) => spelling.startsWith(spoken))
  if (candidates.length < 2) return spellings.get(candidates[0] ?? '')
  throw usageProblem(`ambiguous option: ${spoken} could match ${candidates.join(', ')}`)
}

/** `-c10`: the value may follow a short option without a space. */
function findShort(word: string, spellings: Spellings): Found | undefined {
  const found = spellings.get(word.slice(0, 2))
  return found?.value === undefined ? found && { ...found, attached: word.slice(2) } : undefined
}

function refuseUnknown(unknown: readonly string[], known: readonly string[]): never {
  const guess = nearest(unknown[0] as string, known)
  throw usageProblem(`Unknown options: ${unknown.join(', ')}`, guess && `Did you mean ${guess}?`)
}

function refuseWrongCount(words: readonly string[], { names, atLeast, atMost }: Arity): void {
  if (words.length < atLeast) {
    throw usageProblem(`the following arguments are required: ${names.slice(words.length, atLeast).join(', ')}`)
  }
  if (words.length > atMost) throw usageProblem(`Unknown options: ${words.slice(atMost).join(', ')}`)
}

function refuseMissing(flags: Flags, values: FlagValues): void {
  const missing = Object.keys(flags).filter((name) => flags[name]?.required && values[name] === undefined)
  if (missing.length === 0) return
  throw usageProblem(
    `the following arguments are required: ${missing.map((name) => `--${name}`).join(', ')}`,
    'Add --help to see what the command takes.',
  )
}
