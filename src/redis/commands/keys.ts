import type { Args } from '../protocol/args.ts'
import type { Command, KeySpec } from './command.ts'

/** The keys that one specification tells of a command: indexes of words; undefined: the words are wrong, or it can't tell. */
function keysBySpec({ begin_search: begin, find_keys: find }: KeySpec, args: Args): number[] | undefined {
  let first: number
  if (begin.type === 'index') first = begin.spec.index
  else if (begin.type === 'keyword') first = afterKeyword(args, begin.spec.keyword, begin.spec.startfrom)
  else return undefined
  if (first <= 0) return begin.type === 'keyword' ? [] : undefined
  if (find.type === 'range') {
    const { lastkey, keystep, limit } = find.spec
    let last = lastkey >= 0 ? first + lastkey : args.count + lastkey
    if (lastkey === -1 && limit > 1) last = first + Math.floor((args.count - first) / limit) - 1
    // Keys that are counted may be none; those of a range may not.
    return last < first && begin.type === 'index' ? undefined : steps(args, first, last, keystep)
  }
  if (find.type !== 'keynum') return undefined
  const { keynumidx, firstkey, keystep } = find.spec
  const at = first + keynumidx
  if (at >= args.count) return undefined
  const keys = /^\d{1,9}$/.test(args.text(at)) ? Number(args.text(at)) : -1
  if (keys < 0) return undefined
  return steps(args, first + firstkey, first + firstkey + (keys - 1) * keystep, keystep)
}

function afterKeyword(args: Args, keyword: string, from: number): number {
  const backwards = from < 0
  let at = backwards ? args.count + from : from
  for (; at > 0 && at < args.count; at += backwards ? -1 : 1) if (args.is(at, keyword)) return at + 1
  return 0
}

function steps(args: Args, first: number, last: number, step: number): number[] | undefined {
  if (last >= args.count || (last < first && last !== first - step)) return undefined
  const keys: number[] = []
  for (let at = first; at <= last; at += step) keys.push(at)
  return keys
}

/** Indexes of the words that are keys of a command; undefined: its words are wrong. */
export function keysOf(command: Command, args: Args): readonly number[] | undefined {
  if (command.findKeys !== undefined) return command.findKeys(args)
  const keys: number[] = []
  for (const spec of command.facts.keySpecs) {
    if (spec.flags.includes('not_key')) continue
    const found = keysBySpec(spec, args)
    if (found === undefined && spec.begin_search.type !== 'unknown') return undefined
    // Where keys are counted, some have to come behind those before them.
    if (found?.length === 0 && keys.length > 0 && spec.find_keys.type === 'keynum') return undefined
    keys.push(...(found ?? []))
  }
  return keys
}

/**
 * The keys by which a client is sent elsewhere, in the order in which servers look at them for that: those of a command whose words
 * can't be told apart are none.
 */
export function keysToRoute(command: Command, args: Args): readonly number[] {
  const keys = keysOf(command, args) ?? []
  const [first = 0] = keys
  if (DESTINATION_LAST.has(command.name)) return keys.length < 2 ? [] : [...keys.slice(1), first]
  if (ONE_DESTINATION.has(command.name)) return [...new Set([first, keys.at(-1) ?? first])]
  return STREAMS.has(command.name) && (args.count - first) % 2 !== 0 ? [] : keys
}

const DESTINATION_LAST: ReadonlySet<string> = new Set(['zunionstore', 'zinterstore', 'zdiffstore'])
const ONE_DESTINATION: ReadonlySet<string> = new Set(['georadius', 'georadiusbymember'])
const STREAMS: ReadonlySet<string> = new Set(['xread', 'xreadgroup'])

/** What a command does to one of its keys, as COMMAND GETKEYSANDFLAGS tells it. */
export function keyFlags(command: Command, args: Args, key: number): readonly string[] {
  const specs = command.facts.keySpecs
  const spec =
    specs.find((each) => keysBySpec(each, args)?.includes(key)) ??
    specs.findLast(({ begin_search: begin }) => begin.type === 'unknown') ??
    specs[0]
  if (!spec?.flags.includes('variable_flags')) return spec?.flags ?? []
  if (command.name === 'bitfield') return hasWord(args, ['SET', 'INCRBY']) ? CHANGES : ['RO', 'access']
  return hasWord(args, ['GET']) ? CHANGES : ['OW', 'update']
}

const CHANGES = ['RW', 'access', 'update']

function hasWord(args: Args, words: readonly string[]): boolean {
  for (let i = 2; i < args.count; i++) if (words.some((word) => args.is(i, word))) return true
  return false
}
