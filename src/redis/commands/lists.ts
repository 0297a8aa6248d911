import type { Client } from '../client.ts'
import type { Database } from '../keyspace/database.ts'
import { LIST, LISTPACK } from '../keyspace/entry.ts'
import { LIST_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { NO_SUCH_KEY, OUT_OF_RANGE, refusal, SYNTAX } from '../protocol/refusals.ts'
import { OpenList } from '../types/list.ts'
import { createPacked } from '../types/packed.ts'
import type { Row } from './command.ts'
import { atLeastOne, fromStart, positive, signedCount } from './ranges.ts'
import { awaited, timeoutOf } from './waiting.ts'

const NUMKEYS = refusal('ERR numkeys should be greater than 0')
const COUNT = refusal('ERR count should be greater than 0')
const RANK_ZERO = refusal(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
)
const COUNT_NEGATIVE = refusal("ERR COUNT can't be negative")
const MAXLEN_NEGATIVE = refusal("ERR MAXLEN can't be negative")

type End = 'head' | 'tail'
const PUSHES = { head: 'lpush', tail: 'rpush' } as const
const POPS = { head: 'lpop', tail: 'rpop' } as const

/** The commands of lists. */
export const LISTS: readonly Row[] = [
  { name: 'lpush', run: (client, args) => push(client, args, 'head', false) },
  { name: 'rpush', run: (client, args) => push(client, args, 'tail', false) },
  { name: 'lpushx', run: (client, args) => push(client, args, 'head', true) },
  { name: 'rpushx', run: (client, args) => push(client, args, 'tail', true) },
  { name: 'lpop', run: (client, args) => pop(client, args, 'head') },
  { name: 'rpop', run: (client, args) => pop(client, args, 'tail') },
  { name: 'llen', run: llen },
  { name: 'lindex', run: lindex },
  { name: 'lset', run: lset },
  { name: 'linsert', run: linsert },
  { name: 'lrange', run: lrange },
  { name: 'ltrim', run: ltrim },
  { name: 'lrem', run: lrem },
  { name: 'lpos', run: lpos },
  { name: 'lmove', run: (client, args) => move(client, args, endOf(args, 3), endOf(args, 4)) },
  { name: 'rpoplpush', run: (client, args) => move(client, args, 'tail', 'head') },
  { name: 'lmpop', run: (client, args) => popFirst(client, args, 1) },
  { name: 'blpop', run: (client, args) => blockingPop(client, args, 'head') },
  { name: 'brpop', run: (client, args) => blockingPop(client, args, 'tail') },
  { name: 'blmove', run: blockingMove },
  { name: 'brpoplpush', run: (client, args) => move(client, args, 'tail', 'head', timeoutOf(client, args, 3)) },
  { name: 'blmpop', run: (client, args) => popFirst(client, args, 2, 1) },
]

const opened = new OpenList()
// For commands of two lists.
const openedTarget = new OpenList()

const openIn = ({ core, db }: Client, entry: number, list = opened): OpenList =>
  list.open(db, entry, core.config.settings.listMaxListpackSize)

/** The list of a key, which is made if it isn't there. */
function writable(client: Client, args: Args, index: number, list = opened): OpenList {
  const { db } = client
  const found = db.writeOf(LIST, args, index)
  return openIn(client, found || db.create(args, index, LIST, LISTPACK, createPacked(db.arena)), list)
}

function push(client: Client, args: Args, end: End, onlyThere: boolean): void {
  const { db, replies } = client
  if (onlyThere && db.writeOf(LIST, args, 1) === 0) {
    replies.integer(0)
    return
  }
  const list = writable(client, args, 1)
  for (let i = 2; i < args.count; i++) list.push(end === 'head', args.bytes, args.start(i), args.end(i))
  db.changed(args, 1, LIST_EVENT, PUSHES[end], args.count - 2)
  db.ready(args, 1)
  replies.integer(list.length)
}

/** Tells that so many elements were taken from a list, which goes with the last of them. */
function taken(db: Database, args: Args, index: number, event: string, elements: number): void {
  db.changed(args, index, LIST_EVENT, event, elements)
  tidy(db, args, index)
}

function tidy(db: Database, args: Args, index: number): void {
  if (opened.length === 0) db.removeEmpty(db.peek(args, index), args, index)
  else opened.settle()
}

function pop(client: Client, args: Args, end: End): void {
  const { db, replies } = client
  if (args.count > 3) throw refusal(`ERR wrong number of arguments for '${POPS[end]}' command`)
  const count = args.count === 3 ? positive(args, 2) : undefined
  const entry = db.writeOf(LIST, args, 1)
  if (entry === 0) {
    if (count === undefined) replies.null()
    else replies.nullArray()
    return
  }
  if (count === 0) {
    replies.array(0)
    return
  }
  openIn(client, entry)
  if (count === undefined) popOne(client, args, 1, end)
  else popSome(client, args, 1, end, count)
}

/** Replies the element at an end of the list that is open, and takes it out. */
function popOne({ db, replies }: Client, args: Args, index: number, end: End): void {
  opened.seek(end === 'head' ? 0 : -1)
  const { arena, chunk, start } = opened
  replies.bulk(arena.page(chunk), arena.view(chunk), start, start + opened.elementLength)
  opened.remove()
  taken(db, args, index, POPS[end], 1)
}

function popSome(client: Client, args: Args, index: number, end: End, count: number): void {
  const { db, replies } = client
  const elements = Math.min(count, opened.length)
  replies.array(elements)
  opened.each(end === 'head' ? 0 : -1, elements, replies.bulk.bind(replies), end === 'tail')
  opened.removeEnd(end === 'head', elements)
  taken(db, args, index, POPS[end], elements)
}

function llen(client: Client, args: Args): void {
  const { db, replies } = client
  const entry = db.readOf(LIST, args, 1)
  replies.integer(entry === 0 ? 0 : openIn(client, entry).length)
}

function lindex(client: Client, args: Args): void {
  const { db, replies } = client
  const entry = db.readOf(LIST, args, 1)
  if (entry === 0 || !openIn(client, entry).seek(args.integer(2))) {
    replies.null()
    return
  }
  const { arena, chunk, start } = opened
  replies.bulk(arena.page(chunk), arena.view(chunk), start, start + opened.elementLength)
}

function lset(client: Client, args: Args): void {
  const { db, replies } = client
  const entry = db.writeOf(LIST, args, 1)
  if (entry === 0) throw NO_SUCH_KEY
  const index = args.integer(2)
  // Valkey takes 32 bits of it.
  const at = client.core.dialect.engine === 'valkey' ? Number(BigInt.asIntN(32, args.integer64(2))) : index
  if (!openIn(client, entry).seek(at)) throw OUT_OF_RANGE
  opened.expect(args.length(3))
  opened.replace(args.bytes, args.start(3), args.end(3))
  opened.settle()
  db.changed(args, 1, LIST_EVENT, 'lset')
  replies.ok()
}

function linsert(client: Client, args: Args): void {
  const { db, replies } = client
  const behind = args.is(2, 'AFTER')
  if (!behind && !args.is(2, 'BEFORE')) throw SYNTAX
  const entry = db.writeOf(LIST, args, 1)
  if (entry === 0) {
    replies.integer(0)
    return
  }
  openIn(client, entry).expect(args.length(4))
  if (!opened.find(args.view, args.start(3), args.length(3))) {
    replies.integer(-1)
    return
  }
  opened.insert(behind, args.bytes, args.start(4), args.end(4))
  db.changed(args, 1, LIST_EVENT, 'linsert')
  replies.integer(opened.length)
}

function lrange(client: Client, args: Args): void {
  const { db, replies } = client
  const [from, to] = [args.integer(2), args.integer(3)]
  const entry = db.readOf(LIST, args, 1)
  const length = entry === 0 ? 0 : openIn(client, entry).length
  const first = Math.max(0, fromStart(from, length))
  const elements = Math.min(length - 1, fromStart(to, length)) - first + 1
  if (elements <= 0) {
    replies.array(0)
    return
  }
  replies.array(elements)
  opened.each(first, elements, replies.bulk.bind(replies))
}

function ltrim(client: Client, args: Args): void {
  const { db, replies } = client
  const [from, to] = [args.integer(2), args.integer(3)]
  const entry = db.writeOf(LIST, args, 1)
  if (entry === 0) {
    replies.ok()
    return
  }
  const { length } = openIn(client, entry)
  const first = Math.max(0, fromStart(from, length))
  const last = Math.min(length - 1, fromStart(to, length))
  if (first > last) {
    db.changed(args, 1, LIST_EVENT, 'ltrim', length)
    db.removeEmpty(entry, args, 1)
  } else {
    opened.removeEnd(false, length - 1 - last)
    opened.removeEnd(true, first)
    taken(db, args, 1, 'ltrim', length - 1 - last + first)
  }
  replies.ok()
}

function lrem(client: Client, args: Args): void {
  const { db, replies } = client
  const asked = client.core.dialect.engine === 'valkey' ? signedCount(args, 2) : args.integer(2)
  const entry = db.writeOf(LIST, args, 1)
  if (entry === 0) {
    replies.integer(0)
    return
  }
  const most = asked === 0 ? Number.POSITIVE_INFINITY : Math.abs(asked)
  const backwards = asked < 0
  let removed = 0
  let there = openIn(client, entry).seek(backwards ? -1 : 0)
  while (there && removed < most) {
    if (opened.is(args.view, args.start(3), args.length(3))) {
      opened.remove()
      removed++
      there = backwards ? opened.previous() : opened.here()
    } else there = backwards ? opened.previous() : opened.next()
  }
  if (removed > 0) taken(db, args, 1, 'lrem', removed)
  replies.integer(removed)
}

// Has no opposite of 64 bits, and is one to redis that is met at once.
const LEAST_RANK = -(2 ** 63)

function rankOf(engine: 'redis' | 'valkey', args: Args, index: number): number {
  if (engine === 'valkey') return signedCount(args, index)
  const rank = args.integer(index)
  return rank === LEAST_RANK ? -1 : rank
}

function lpos(client: Client, args: Args): void {
  const { core, db, replies } = client
  let [rank, count, most] = [1, -1, 0]
  for (let i = 3; i < args.count; i += 2) {
    if (i + 1 >= args.count) throw SYNTAX
    if (args.is(i, 'RANK')) {
      rank = rankOf(core.dialect.engine, args, i + 1)
      if (rank === 0) throw RANK_ZERO
    } else if (args.is(i, 'COUNT')) count = positive(args, i + 1, COUNT_NEGATIVE)
    else if (args.is(i, 'MAXLEN')) most = positive(args, i + 1, MAXLEN_NEGATIVE)
    else throw SYNTAX
  }
  const entry = db.readOf(LIST, args, 1)
  if (entry === 0) {
    if (count < 0) replies.null()
    else replies.array(0)
    return
  }
  const wanted = count < 0 ? 1 : count === 0 ? Number.POSITIVE_INFINITY : count
  const found = positions(openIn(client, entry), args, rank, wanted, most || Number.POSITIVE_INFINITY)
  if (count >= 0) {
    replies.array(found.length)
    for (const index of found) replies.integer(index)
  } else if (found[0] === undefined) replies.null()
  else replies.integer(found[0])
}

/** Indexes of elements that are word 2, from the one of a rank on, having looked at so many elements at most. */
function positions(list: OpenList, args: Args, rank: number, wanted: number, most: number): number[] {
  const backwards = rank < 0
  const { length } = list
  const found: number[] = []
  let skipped = Math.abs(rank) - 1
  let there = list.seek(backwards ? -1 : 0)
  for (let seen = 0; there && seen < most && found.length < wanted; seen++) {
    if (list.is(args.view, args.start(2), args.length(2)) && skipped-- <= 0) {
      found.push(backwards ? length - 1 - seen : seen)
    }
    there = backwards ? list.previous() : list.next()
  }
  return found
}

function endOf(args: Args, index: number): End {
  if (args.is(index, 'LEFT')) return 'head'
  if (args.is(index, 'RIGHT')) return 'tail'
  throw SYNTAX
}

function blockingMove(client: Client, args: Args): void {
  const [from, to] = [endOf(args, 3), endOf(args, 4)]
  move(client, args, from, to, timeoutOf(client, args, 5))
}

/** Takes the element at an end of one list to an end of another. @param timeout Waits so long for one; absent: not at all. */
function move(client: Client, args: Args, from: End, to: End, timeout?: number): void {
  const { core, db, replies } = client
  const entry = timeout === undefined ? db.writeOf(LIST, args, 1) : awaited(client, args, 1, LIST)
  if (entry === 0) {
    // What can't wait misses an element, what has waited a list.
    if (timeout === undefined || !core.blocking.mayBlock(client)) replies.null()
    else core.blocking.block(client, args, { keys: [1], timeout, timedOut: () => replies.nullArray() })
    return
  }
  db.writeOf(LIST, args, 2)
  openIn(client, entry).seek(from === 'head' ? 0 : -1)
  const element = opened.element()
  const target = writable(client, args, 2, openedTarget)
  target.push(to === 'head', element, 0, element.length)
  // An element that moves is one change.
  db.changed(args, 2, LIST_EVENT, PUSHES[to], 0)
  // Where both are the same list, it may be in other chunks now.
  openIn(client, db.peek(args, 1)).removeEnd(from === 'head', 1)
  taken(db, args, 1, POPS[from], 1)
  db.ready(args, 2)
  replies.bulkBytes(element)
  if (timeout === undefined) return
  const words = args.words(1).slice(0, -1)
  core.propagation.instead(db, words.length === 2 ? 'RPOPLPUSH' : 'LMOVE', ...words)
}

function blockingPop(client: Client, args: Args, end: End): void {
  const { core, db, replies } = client
  const last = args.count - 1
  const timeout = timeoutOf(client, args, last)
  const keys: number[] = []
  for (let i = 1; i < last; i++) {
    const entry = awaited(client, args, i, LIST)
    if (entry === 0) {
      keys.push(i)
      continue
    }
    openIn(client, entry)
    replies.array(2)
    replies.bulk(args.bytes, args.view, args.start(i), args.end(i))
    popOne(client, args, i, end)
    core.propagation.instead(db, POPS[end].toUpperCase(), args.bytesOf(i))
    return
  }
  core.blocking.block(client, args, { keys, timeout, timedOut: () => replies.nullArray() })
}

/** LMPOP and BLMPOP: @param at where the number of keys is. */
function popFirst(client: Client, args: Args, at: number, timeoutAt?: number): void {
  const { core, db, replies } = client
  const keys = atLeastOne(args, at, NUMKEYS)
  const where = at + keys + 1
  if (where >= args.count) throw SYNTAX
  const end = endOf(args, where)
  let count = 1
  if (where + 1 < args.count) {
    if (!args.is(where + 1, 'COUNT') || where + 2 >= args.count) throw SYNTAX
    count = atLeastOne(args, where + 2, COUNT)
    if (where + 3 !== args.count) throw SYNTAX
  }
  const timeout = timeoutAt && timeoutOf(client, args, timeoutAt)
  for (let i = at + 1; i < where; i++) {
    const entry = timeout === undefined ? db.writeOf(LIST, args, i) : awaited(client, args, i, LIST)
    if (entry === 0) continue
    const elements = Math.min(count, openIn(client, entry).length)
    replies.array(2)
    replies.bulk(args.bytes, args.view, args.start(i), args.end(i))
    popSome(client, args, i, end, elements)
    core.propagation.instead(db, POPS[end].toUpperCase(), args.bytesOf(i), String(elements))
    return
  }
  const timedOut = () => replies.nullArray()
  if (timeout === undefined) timedOut()
  else {
    const keysAwaited = Array.from({ length: keys }, (_, i) => at + 1 + i)
    core.blocking.block(client, args, { keys: keysAwaited, timeout, timedOut })
  }
}
