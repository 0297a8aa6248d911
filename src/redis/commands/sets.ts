import { viewOf } from '../../net/bytes.ts'
import type { Client } from '../client.ts'
import { INTSET, SET } from '../keyspace/entry.ts'
import { SET_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { readInteger } from '../protocol/numbers.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import type { Replies } from '../protocol/replies.ts'
import { OpenSet } from '../types/set.ts'
import { bytesOf, type Span, textOf } from '../types/span.ts'
import type { Row } from './command.ts'
import { atLeastOne, positive, signedCount } from './ranges.ts'
import { scanMembers } from './scanning.ts'

const NUMKEYS = refusal('ERR numkeys should be greater than 0')
const TOO_FEW_KEYS = refusal("ERR Number of keys can't be greater than number of args")
const LIMIT_NEGATIVE = refusal("ERR LIMIT can't be negative")

/** The commands of sets. */
export const SETS: readonly Row[] = [
  { name: 'sadd', run: sadd },
  { name: 'srem', run: srem },
  { name: 'scard', run: scard },
  { name: 'sismember', run: sismember },
  { name: 'smismember', run: smismember },
  { name: 'smembers', run: smembers },
  { name: 'smove', run: smove },
  { name: 'spop', run: spop },
  { name: 'srandmember', run: srandmember },
  { name: 'sinter', run: (client, args) => replySet(client, intersection(client, args, 1, args.count)) },
  { name: 'sunion', run: (client, args) => replySet(client, union(client, args, 1)) },
  { name: 'sdiff', run: (client, args) => replySet(client, difference(client, args, 1)) },
  { name: 'sinterstore', run: sinterstore },
  { name: 'sunionstore', run: (client, args) => store(client, args, union(client, args, 2)) },
  { name: 'sdiffstore', run: (client, args) => store(client, args, difference(client, args, 2)) },
  { name: 'sintercard', run: sintercard },
  { name: 'sscan', run: sscan },
]

const opened = new OpenSet()
const openedTarget = new OpenSet()

const bulk = (replies: Replies, { page, view, start, end }: Span): void => replies.bulk(page, view, start, end)

/** Opens the set of a key that is read; undefined: there is none. */
function readable(client: Client, args: Args, index: number, set = opened): OpenSet | undefined {
  const entry = client.db.readOf(SET, args, index)
  return entry === 0 ? undefined : set.open(client, entry)
}

function sadd(client: Client, args: Args): void {
  const { db, replies } = client
  const entry = db.writeOf(SET, args, 1)
  if (entry === 0) opened.create(client, args, 1)
  else opened.open(client, entry)
  if (client.core.dialect.engine === 'valkey')
    opened.expect(args.count - 2, entry === 0 ? readsAsInteger(args, 2) : undefined)
  let added = 0
  for (let i = 2; i < args.count; i++) if (opened.add(args.bytes, args.view, args.start(i), args.end(i))) added++
  if (added > 0) db.changed(args, 1, SET_EVENT, 'sadd', added)
  replies.integer(added)
}

const readsAsInteger = (args: Args, index: number): boolean =>
  readInteger(args.bytes, args.start(index), args.end(index)) !== undefined

function srem(client: Client, args: Args): void {
  const { db, replies } = client
  const entry = db.writeOf(SET, args, 1)
  let removed = 0
  if (entry !== 0) {
    opened.open(client, entry)
    for (let i = 2; i < args.count; i++) if (opened.remove(args.view, args.start(i), args.end(i))) removed++
  }
  if (removed > 0) taken(client, args, entry, 'srem', removed)
  replies.integer(removed)
}

/** Tells that so many members were taken from the set of word 1, which goes with the last of them. */
function taken({ db }: Client, args: Args, entry: number, event: string, members: number): void {
  db.changed(args, 1, SET_EVENT, event, members)
  if (opened.count === 0) db.removeEmpty(entry, args, 1)
}

function scard(client: Client, args: Args): void {
  client.replies.integer(readable(client, args, 1)?.count ?? 0)
}

const holds = (set: OpenSet | undefined, args: Args, index: number): 0 | 1 =>
  set?.has(args.view, args.start(index), args.end(index)) === true ? 1 : 0

function sismember(client: Client, args: Args): void {
  client.replies.integer(holds(readable(client, args, 1), args, 2))
}

function smismember(client: Client, args: Args): void {
  const { replies } = client
  const set = readable(client, args, 1)
  replies.array(args.count - 2)
  for (let i = 2; i < args.count; i++) replies.integer(holds(set, args, i))
}

function smove(client: Client, args: Args): void {
  const { db, replies } = client
  const source = db.lookupWrite(args, 1)
  if (source === 0) {
    replies.integer(0)
    return
  }
  db.writeOf(SET, args, 1)
  const target = db.writeOf(SET, args, 2)
  opened.open(client, source)
  const isThere = holds(opened, args, 3)
  if (isThere === 1 && source !== target) {
    opened.remove(args.view, args.start(3), args.end(3))
    taken(client, args, source, 'srem', 1)
    if (target === 0) {
      openedTarget.create(client, args, 2)
      if (client.core.dialect.engine === 'valkey') openedTarget.expect(1, readsAsInteger(args, 3))
    } else openedTarget.open(client, target)
    const isNew = openedTarget.add(args.bytes, args.view, args.start(3), args.end(3))
    if (isNew) db.changed(args, 2, SET_EVENT, 'sadd')
  }
  replies.integer(isThere)
}

function spop(client: Client, args: Args): void {
  const { core, db, replies } = client
  if (args.count > 3) throw SYNTAX
  const count = args.count === 3 ? positive(args, 2) : undefined
  const entry = db.writeOf(SET, args, 1)
  if (entry === 0 || count === 0) {
    if (count === undefined) replies.null()
    else replies.set(0)
    return
  }
  const { random } = db.keyspace
  const size = opened.open(client, entry).count
  const popped: Buffer[] = []
  const take = (member: Span): void => {
    popped.push(bytesOf(member))
  }
  if (count === undefined) take(opened.one(random))
  else if (count >= size) opened.each(take)
  else opened.sample(random, count, take)
  if (count !== undefined) replies.set(popped.length)
  for (const member of popped) {
    replies.bulkBytes(member)
    opened.remove(viewOf(member), 0, member.length)
  }
  if (popped.length === size && count !== undefined) {
    core.propagation.instead(db, core.deletionWord('lazyServerDel'), args.bytesOf(1))
  } else core.propagation.instead(db, 'SREM', args.bytesOf(1), ...popped)
  taken(client, args, entry, 'spop', popped.length)
}

function srandmember(client: Client, args: Args): void {
  const { db, replies } = client
  const { random } = db.keyspace
  if (args.count > 3) throw SYNTAX
  if (args.count === 2) {
    const set = readable(client, args, 1)
    if (set) bulk(replies, set.one(random))
    else replies.null()
    return
  }
  const count = signedCount(args, 2)
  const size = readable(client, args, 1)?.count ?? 0
  const elements = size === 0 ? 0 : count < 0 ? -count : Math.min(count, size)
  replies.array(elements)
  const reply = (member: Span): void => bulk(replies, member)
  if (elements === 0) return
  if (count < 0) for (let left = elements; left > 0; left--) reply(opened.one(random))
  else if (elements === size) opened.each(reply)
  else opened.sample(random, elements, reply)
}

function smembers(client: Client, args: Args): void {
  const { replies } = client
  const set = readable(client, args, 1)
  replies.set(set?.count ?? 0)
  set?.each((member) => bulk(replies, member))
}

/** Shows `take` each member of the result of an operation on sets, once; it ends when that answers false. */
type Result = (take: (member: Span) => unknown) => void

/** All of them are looked at first: one that is no set is an error, whatever the others are. */
const allSets = (client: Client, args: Args, from: number, to: number): (OpenSet | undefined)[] =>
  Array.from({ length: to - from }, (_, i) => readable(client, args, from + i, new OpenSet()))

function intersection(client: Client, args: Args, from: number, to: number): Result {
  const sets = allSets(client, args, from, to)
  const [least, ...others] = sets.filter((set): set is OpenSet => set !== undefined).sort((a, b) => a.count - b.count)
  return (take) => {
    if (least === undefined || sets.includes(undefined)) return
    least.each((member) => {
      const { view, start, end } = member
      return others.every((other) => other.has(view, start, end)) ? take(member) : true
    })
  }
}

function difference(client: Client, args: Args, from: number): Result {
  const [first, ...others] = allSets(client, args, from, args.count)
  return (take) =>
    first?.each((member) => {
      const { view, start, end } = member
      return others.some((other) => other?.has(view, start, end)) ? true : take(member)
    })
}

function union(client: Client, args: Args, from: number): Result {
  const sets = allSets(client, args, from, args.count)
  return (take) => {
    const seen = new Set<string>()
    for (const [at, set] of sets.entries()) {
      set?.each((member) => {
        const text = textOf(member)
        if (seen.has(text)) return true
        // What is in the last one only comes there once.
        if (at < sets.length - 1) seen.add(text)
        return take(member)
      })
    }
  }
}

function replySet({ replies }: Client, result: Result): void {
  replies.counted('set', () => {
    let members = 0
    result((member) => {
      bulk(replies, member)
      members++
    })
    return members
  })
}

/** Valkey begins with what the smallest of the sets is, and has integers among themselves only at the end, if they are few enough. */
function sinterstore(client: Client, args: Args): void {
  const { core } = client
  const result = intersection(client, args, 2, args.count)
  const [least] = allSets(client, args, 2, args.count).sort((a, b) => (a?.count ?? 0) - (b?.count ?? 0))
  const isMixed = core.dialect.engine === 'valkey' && least !== undefined && least.encoding !== INTSET
  store(client, args, result, isMixed ? core.config.settings.setMaxIntsetEntries : undefined)
}

/**
 * Makes the set of word 1 of a result, which may come from it.
 * @param mostIntegers As many are kept as such; absent: as many as always.
 */
function store(client: Client, args: Args, result: Result, mostIntegers = Number.POSITIVE_INFINITY): void {
  const { db, replies } = client
  const members: Buffer[] = []
  result((member) => members.push(bytesOf(member)))
  if (members.length > 0) {
    opened.create(client, args, 1)
    if (members.length > mostIntegers) opened.expect(1, false)
    for (const member of members) opened.add(member, viewOf(member), 0, member.length)
    db.changed(args, 1, SET_EVENT, args.text(0).toLowerCase())
  } else db.delete(args, 1)
  replies.integer(members.length)
}

function sintercard(client: Client, args: Args): void {
  const keys = atLeastOne(args, 1, NUMKEYS)
  if (keys > args.count - 2) throw TOO_FEW_KEYS
  let limit = 0
  for (let i = 2 + keys; i < args.count; i += 2) {
    if (!args.is(i, 'LIMIT') || i + 1 >= args.count) throw SYNTAX
    limit = positive(args, i + 1, LIMIT_NEGATIVE)
  }
  let members = 0
  intersection(client, args, 2, 2 + keys)(() => ++members !== limit)
  client.replies.integer(members)
}

function sscan(client: Client, args: Args): void {
  scanMembers(client, args, SET, (entry, cursor, take) =>
    opened.open(client, entry).scan(cursor, (member) => take(bytesOf(member))),
  )
}
