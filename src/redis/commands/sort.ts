import { viewOf } from '../../net/bytes.ts'
import { slotOf } from '../../protocols/resp/hash-slot.ts'
import type { Client } from '../client.ts'
import { patternSlot } from '../cluster/pattern-slot.ts'
import { HASH_TYPE, LIST, LISTPACK, SET, STRING, ZSET } from '../keyspace/entry.ts'
import { LIST_EVENT } from '../keyspace/events.ts'
import { Args } from '../protocol/args.ts'
import { readFloat } from '../protocol/numbers.ts'
import { refusal, SYNTAX, WRONG_TYPE } from '../protocol/refusals.ts'
import { OpenHash } from '../types/hash.ts'
import { OpenList } from '../types/list.ts'
import { createPacked } from '../types/packed.ts'
import { sortFirst } from '../types/partial-sort.ts'
import { OpenSet } from '../types/set.ts'
import { bytesOf } from '../types/span.ts'
import { OpenZset } from '../types/zset.ts'
import type { Row } from './command.ts'

const NOT_A_SCORE = refusal("ERR One or more scores can't be converted into double")
const BY_DENIED = refusal('ERR BY option of SORT denied due to insufficient ACL permissions.')
const GET_DENIED = refusal('ERR GET option of SORT denied due to insufficient ACL permissions.')
const NO_BYTES = Buffer.alloc(0)
const STAR = 0x2a
const ZERO_BYTE = 0

/** The commands that sort. */
export const SORT: readonly Row[] = [
  { name: 'sort', run: (client, args) => sort(client, args, false), keys: sortKeys },
  { name: 'sort_ro', run: (client, args) => sort(client, args, true) },
]

/** Words behind an option that are no options, whatever they are called. */
const OPERANDS: Readonly<Record<string, number>> = { LIMIT: 2, GET: 1, BY: 1 }

/** The key that is sorted, and the last that it is to be stored in. */
function sortKeys(args: Args): readonly number[] {
  let target = 0
  for (let i = 2; i < args.count; i++) {
    const option = Object.keys(OPERANDS).find((each) => args.is(i, each))
    if (option !== undefined) i += OPERANDS[option] ?? 0
    else if (args.is(i, 'STORE') && i + 1 < args.count) target = i + 1
  }
  return target === 0 ? [1] : [1, target]
}

interface SortOptions {
  descending: boolean
  alpha: boolean
  start: number
  /** Negative: all. */
  count: number
  by: Buffer | undefined
  readonly gets: Buffer[]
  /** The word that is the key to store the result in; 0: none. */
  target: number
}

function optionsOf(client: Client, args: Args, onlyReads: boolean): SortOptions {
  const { access, running } = client.core
  const readsAll = running === undefined || access.readsAllKeys(client, running, args)
  const gets: Buffer[] = []
  const options: SortOptions = { descending: false, alpha: false, start: 0, count: -1, by: undefined, gets, target: 0 }
  for (let i = 2; i < args.count; i++) {
    const left = args.count - i - 1
    if (args.is(i, 'ASC')) options.descending = false
    else if (args.is(i, 'DESC')) options.descending = true
    else if (args.is(i, 'ALPHA')) options.alpha = true
    else if (args.is(i, 'LIMIT') && left >= 2) {
      options.start = args.integer(++i)
      options.count = args.integer(++i)
    } else if (!onlyReads && args.is(i, 'STORE') && left >= 1) options.target = ++i
    else if (args.is(i, 'BY') && left >= 1) {
      options.by = args.bytesOf(++i)
      if (options.by.includes(STAR)) refuseElsewhere(client, args, i)
      if (!readsAll && options.by.includes(STAR)) throw BY_DENIED
    } else if (args.is(i, 'GET') && left >= 1) {
      refuseElsewhere(client, args, i + 1)
      if (!readsAll) throw GET_DENIED
      gets.push(args.bytesOf(++i))
    } else throw SYNTAX
  }
  return options
}

/** In cluster mode, keys of a pattern may be elsewhere: Valkey takes it if it names the slot of the key that is sorted. */
function refuseElsewhere({ core }: Client, args: Args, index: number): void {
  if (core.cluster === undefined) return
  const option = args.text(index - 1).toUpperCase()
  if (core.dialect.engine === 'redis') throw refusal(`ERR ${option} option of SORT denied in Cluster mode.`)
  if (patternSlot(args.slice(index)) === slotOf(args.bytes, args.start(1), args.end(1))) return
  throw refusal(
    `ERR ${option} option of SORT denied in Cluster mode when keys formed by the pattern may be in different slots.`,
  )
}

const openedList = new OpenList()
const openedSet = new OpenSet()
const openedHash = new OpenHash()
const openedZset = new OpenZset()

/** Copies of all members of a key, in its own order. */
function membersOf(client: Client, entry: number): Buffer[] {
  if (entry === 0) return []
  const { core, db } = client
  const members: Buffer[] = []
  switch (db.typeOf(entry)) {
    case LIST: {
      const list = openedList.open(db, entry, core.config.settings.listMaxListpackSize)
      for (let there = list.seek(0); there; there = list.next()) members.push(list.element())
      return members
    }
    case SET:
      openedSet.open(client, entry).each((member) => {
        members.push(bytesOf(member))
      })
      return members
    case ZSET: {
      // Servers make it a large one for this.
      const zset = openedZset.open(client, entry).fit(Number.POSITIVE_INFINITY, 0)
      zset.each(0, zset.count, ({ member }) => {
        members.push(bytesOf(member))
      })
      return members
    }
    default:
      throw WRONG_TYPE
  }
}

function sort(client: Client, args: Args, onlyReads: boolean): void {
  const { db, replies } = client
  const options = optionsOf(client, args, onlyReads)
  const entry = db.lookupRead(args, 1)
  const members = membersOf(client, entry)
  const keepsOrder = options.by !== undefined && !options.by.includes(STAR)
  const isSet = entry !== 0 && db.typeOf(entry) === SET
  // The order of a set is chance, which must not be in what is stored, nor decide what a script does.
  const isChance = isSet && (options.target !== 0 || client.connection === undefined)
  if (keepsOrder && isChance) sortMembers(client, members, { ...options, alpha: true, by: undefined })
  else if (!keepsOrder) sortMembers(client, members, options)
  else if (options.descending && !isSet) members.reverse()
  const chosen = limited(members, options)
  if (options.target !== 0) {
    store(client, args, options, chosen)
    return
  }
  replies.array(chosen.length * Math.max(1, options.gets.length))
  for (const member of chosen) {
    if (options.gets.length === 0) replies.bulkBytes(member)
    for (const pattern of options.gets) {
      const value = valueBy(client, pattern, member)
      if (value === undefined) replies.null()
      else replies.bulkBytes(value)
    }
  }
}

function limited(members: readonly Buffer[], { start, count }: SortOptions): readonly Buffer[] {
  const from = Math.max(0, start)
  return members.slice(from, count < 0 ? undefined : from + count)
}

/** Sorts in place. @throws what can't be read as a number */
function sortMembers(client: Client, members: Buffer[], options: SortOptions): void {
  const { by, alpha, descending, target } = options
  const sign = descending ? -1 : 1
  const weights = members.map((member) => (by === undefined ? member : valueBy(client, by, member)))
  const order = members.map((_, index) => index)
  const member = (index: number): Buffer => members[index] ?? NO_BYTES
  if (alpha) {
    const texts = target === 0 ? weights.map(untilZero) : weights
    sortAsAsked(order, options, (a, b) => sign * compareTexts(texts[a], texts[b]))
  } else {
    const scores = weights.map((weight) => (weight === undefined ? 0 : scoreOf(weight)))
    const score = (index: number): number => scores[index] ?? 0
    sortAsAsked(order, options, (a, b) => {
      if (score(a) === score(b)) return sign * member(a).compare(member(b))
      return score(a) < score(b) ? -sign : sign
    })
  }
  const sorted = order.map(member)
  for (const [index, each] of sorted.entries()) members[index] = each
}

/** Servers sort no more than they have to, if it is by something else; what is equal comes out in another order then. */
function sortAsAsked(
  order: number[],
  { by, start, count }: SortOptions,
  compare: (a: number, b: number) => number,
): void {
  const from = Math.max(0, start)
  const behind = count < 0 ? order.length : Math.min(order.length, from + count)
  const isPart = by !== undefined && (from > 0 || behind < order.length)
  if (!isPart) order.sort(compare)
  else if (from < behind) sortFirst(order, behind, compare, from)
}

/** Servers compare as C does, up to a zero byte, what they don't store. */
function untilZero(text: Buffer | undefined): Buffer | undefined {
  const end = text?.indexOf(ZERO_BYTE) ?? -1
  return end < 0 ? text : text?.subarray(0, end)
}

/** What isn't there comes first. */
function compareTexts(a: Buffer | undefined, b: Buffer | undefined): number {
  if (a !== undefined && b !== undefined) return a.compare(b)
  return Number(a !== undefined) - Number(b !== undefined)
}

/** As C's strtod: blanks before it are skipped, and nothing is zero. */
function scoreOf(weight: Buffer): number {
  if (weight.length === 0) return 0
  const score = readFloat(weight.toString('latin1').replace(/^[\t-\r ]+/, ''))
  if (score === undefined) throw NOT_A_SCORE
  return score
}

// The key that a pattern makes of a member.
const madeKey = new Args()

/** What is at the key, or the field of a hash (`key->field`), that a pattern makes of a member. */
function valueBy(client: Client, pattern: Buffer, member: Buffer): Buffer | undefined {
  if (pattern.length === 1 && pattern[0] === 0x23) return member
  const { db } = client
  const star = pattern.indexOf(STAR)
  if (star < 0) return undefined
  const arrow = pattern.indexOf('->', star + 1, 'latin1')
  const hasField = arrow >= 0 && arrow + 2 < pattern.length
  const behind = pattern.subarray(star + 1, hasField ? arrow : pattern.length)
  const key = Buffer.concat([pattern.subarray(0, star), member, behind])
  madeKey.setBytes(key)
  madeKey.count = 0
  madeKey.add(0, key.length)
  const entry = db.lookupRead(madeKey, 0)
  if (entry === 0 || db.typeOf(entry) !== (hasField ? HASH_TYPE : STRING)) return undefined
  if (!hasField) return db.stringOf(entry)
  const field = pattern.subarray(arrow + 2)
  const hash = openedHash.open(client, entry)
  if (!hash.find(viewOf(field), 0, field.length)) return undefined
  return bytesOf(hash.value)
}

/** Makes a list of the result. */
function store(client: Client, args: Args, { gets, target }: SortOptions, members: readonly Buffer[]): void {
  const { core, db, replies } = client
  const elements =
    gets.length === 0
      ? members
      : members.flatMap((member) => gets.map((pattern) => valueBy(client, pattern, member) ?? NO_BYTES))
  if (elements.length > 0) {
    const entry = db.overwrite(args, target, LIST, LISTPACK, createPacked(db.arena))
    const list = openedList.open(db, entry, core.config.settings.listMaxListpackSize)
    for (const element of elements) list.push(false, element, 0, element.length)
    db.changed(args, target, LIST_EVENT, 'sortstore', elements.length)
  } else db.delete(args, target)
  replies.integer(elements.length)
}
