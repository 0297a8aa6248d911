import { viewOf } from '../../net/bytes.ts'
import type { Client } from '../client.ts'
import { ZSET } from '../keyspace/entry.ts'
import { ZSET_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { readSafe } from '../protocol/numbers.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { bytesOf } from '../types/span.ts'
import { OpenZset } from '../types/zset.ts'
import type { Row } from './command.ts'
import { atLeastOne, positive, refuseTooManyPairs, signedCount } from './ranges.ts'
import { scanMembers } from './scanning.ts'
import { operate, operateInto, operationCount } from './sorted-set-operations.ts'
import { byLex, byRank, byScore, type Ends, rangeOf, shownRange } from './sorted-set-ranges.ts'
import { awaited, timeoutOf } from './waiting.ts'

const NUMKEYS = refusal('ERR numkeys should be greater than 0')
const COUNT = refusal('ERR count should be greater than 0')
const NX_AND_XX = refusal('ERR XX and NX options at the same time are not compatible')
const GT_AND_LT = refusal('ERR GT, LT, and/or NX options at the same time are not compatible')
const INCR_OF_ONE = refusal('ERR INCR option supports a single increment-element pair')
const NOT_A_SCORE = refusal('ERR resulting score is not a number (NaN)')

type End = 'min' | 'max'
const POPS = { min: 'zpopmin', max: 'zpopmax' } as const

/** The commands of sorted sets. */
export const SORTED_SETS: readonly Row[] = [
  { name: 'zadd', run: (client, args) => addToZset(client, args) },
  { name: 'zincrby', run: (client, args) => addToZset(client, args, INCR) },
  { name: 'zrem', run: zrem },
  { name: 'zremrangebyrank', run: (client, args) => removeRange(client, args, byRank(args, 2, 3)) },
  { name: 'zremrangebyscore', run: (client, args) => removeRange(client, args, byScore(args, 2, 3)) },
  { name: 'zremrangebylex', run: (client, args) => removeRange(client, args, byLex(args, 2, 3)) },
  { name: 'zcard', run: (client, args) => client.replies.integer(readable(client, args)?.count ?? 0) },
  { name: 'zcount', run: (client, args) => count(client, args, byScore(args, 2, 3)) },
  { name: 'zlexcount', run: (client, args) => count(client, args, byLex(args, 2, 3)) },
  { name: 'zscore', run: (client, args) => replyScore(client, readable(client, args), args, 2) },
  { name: 'zmscore', run: zmscore },
  { name: 'zrank', run: (client, args) => rank(client, args, false) },
  { name: 'zrevrank', run: (client, args) => rank(client, args, true) },
  { name: 'zrange', run: (client, args) => shownRange(client, args, {}) },
  { name: 'zrevrange', run: (client, args) => shownRange(client, args, { by: byRank, backwards: true }) },
  { name: 'zrangebyscore', run: (client, args) => shownRange(client, args, { by: byScore, backwards: false }) },
  { name: 'zrevrangebyscore', run: (client, args) => shownRange(client, args, { by: byScore, backwards: true }) },
  { name: 'zrangebylex', run: (client, args) => shownRange(client, args, { by: byLex, backwards: false }) },
  { name: 'zrevrangebylex', run: (client, args) => shownRange(client, args, { by: byLex, backwards: true }) },
  { name: 'zrangestore', run: zrangestore },
  { name: 'zunion', run: (client, args) => operate(client, args, 'union') },
  { name: 'zinter', run: (client, args) => operate(client, args, 'inter') },
  { name: 'zdiff', run: (client, args) => operate(client, args, 'diff') },
  { name: 'zunionstore', run: (client, args) => operateInto(client, args, 'union') },
  { name: 'zinterstore', run: (client, args) => operateInto(client, args, 'inter') },
  { name: 'zdiffstore', run: (client, args) => operateInto(client, args, 'diff') },
  { name: 'zintercard', run: operationCount },
  { name: 'zpopmin', run: (client, args) => pop(client, args, 'min') },
  { name: 'zpopmax', run: (client, args) => pop(client, args, 'max') },
  { name: 'bzpopmin', run: (client, args) => blockingPop(client, args, 'min') },
  { name: 'bzpopmax', run: (client, args) => blockingPop(client, args, 'max') },
  { name: 'zmpop', run: (client, args) => popFirst(client, args, 1) },
  { name: 'bzmpop', run: (client, args) => popFirst(client, args, 2, 1) },
  { name: 'zrandmember', run: zrandmember },
  { name: 'zscan', run: zscan },
]

const opened = new OpenZset()

const bulk = ({ replies }: Client, { member: { page, view, start, end } }: OpenZset): void =>
  replies.bulk(page, view, start, end)

/** Opens the sorted set of word 1, which is read; undefined: there is none. */
function readable(client: Client, args: Args): OpenZset | undefined {
  const entry = client.db.readOf(ZSET, args, 1)
  return entry === 0 ? undefined : opened.open(client, entry)
}

const NX = 1
const XX = 2
const GT = 4
const LT = 8
const CH = 16
const INCR = 32
const FLAGS: Readonly<Record<string, number>> = { NX, XX, GT, LT, CH, INCR }
const LONGEST_FLAG = 4

// The scores of the command that runs: all of them are read before one is set.
const scores: number[] = []

/** ZADD, and what comes down to it: ZINCRBY, GEOADD. @param implied Flags that the name of the command stands for. */
export function addToZset(client: Client, args: Args, implied = 0): void {
  const { db, replies } = client
  let flags = implied
  let first = 2
  for (; first < args.count && args.length(first) <= LONGEST_FLAG; first++) {
    const flag = args.bytes[args.start(first)] as number // an empty word has a byte behind it
    const named = flag >= LETTERS ? FLAGS[args.text(first).toUpperCase()] : undefined
    if (named === undefined) break
    flags |= named
  }
  const words = args.count - first
  if (words % 2 === 1 || words === 0) throw SYNTAX
  if ((flags & NX) !== 0 && (flags & XX) !== 0) throw NX_AND_XX
  const exclusive = flags & (NX | GT | LT)
  if ((exclusive & (exclusive - 1)) !== 0) throw GT_AND_LT
  const increments = (flags & INCR) !== 0
  if (increments && words > 2) throw INCR_OF_ONE
  scores.length = 0
  for (let i = first; i < args.count; i += 2) scores.push(scoreOf(args, i))
  const entry = db.writeOf(ZSET, args, 1)
  // Valkey looks at all that are given, whether they are to be added or not.
  const looksAhead = client.core.dialect.engine === 'valkey'
  const longest = looksAhead ? longestOf(args, first + 1) : args.length(first + 1)
  if (entry === 0) {
    if ((flags & XX) === 0) opened.create(client, args, 1, looksAhead ? words / 2 : 1, longest)
  } else {
    opened.open(client, entry)
    if (looksAhead) opened.fit(words / 2, longest)
  }
  let [added, updated, processed, score] = [0, 0, false, 0]
  const isThere = entry !== 0 || (flags & XX) === 0
  for (let i = 0; isThere && i < scores.length; i++) {
    const member = first + 2 * i + 1
    score = scores[i] as number // i is below its length
    if (!opened.find(args.view, args.start(member), args.end(member))) {
      if ((flags & XX) !== 0) continue
      opened.add(score, args.bytes, args.view, args.start(member), args.end(member))
      added++
      processed = true
      continue
    }
    if ((flags & NX) !== 0) continue
    const before = opened.score
    if (increments) score += before
    if (Number.isNaN(score)) throw NOT_A_SCORE
    if (((flags & LT) !== 0 && score >= before) || ((flags & GT) !== 0 && score <= before)) continue
    processed = true
    if (score === before) continue
    opened.setScore(score, args.bytes, args.start(member), args.end(member))
    updated++
  }
  if (added + updated > 0) {
    db.changed(args, 1, ZSET_EVENT, increments ? 'zincr' : 'zadd', added + updated)
    db.ready(args, 1)
  }
  if (!increments) replies.integer((flags & CH) !== 0 ? added + updated : added)
  else if (processed) replies.double(score)
  else replies.null()
}

// No number begins with a letter, but for those that are written out.
const LETTERS = 0x41

/** The length of the longest of every second word. */
function longestOf(args: Args, from: number): number {
  let longest = 0
  for (let i = from; i < args.count; i += 2) longest = Math.max(longest, args.length(i))
  return longest
}

function scoreOf(args: Args, index: number): number {
  const whole = readSafe(args.bytes, args.start(index), args.end(index))
  return Number.isNaN(whole) ? args.float(index) : whole
}

function zrem(client: Client, args: Args): void {
  const { db, replies } = client
  const entry = db.writeOf(ZSET, args, 1)
  let removed = 0
  if (entry !== 0) opened.open(client, entry)
  for (let i = 2; entry !== 0 && i < args.count; i++) {
    if (!opened.find(args.view, args.start(i), args.end(i))) continue
    opened.remove()
    removed++
  }
  if (removed > 0) taken(client, args, 1, 'zrem', removed)
  replies.integer(removed)
}

/** Tells that members were taken from the set that is open, which goes with the last of them. */
function taken({ db }: Client, args: Args, index: number, event: string, members: number): void {
  db.changed(args, index, ZSET_EVENT, event, members)
  if (opened.count === 0) db.removeEmpty(db.peek(args, index), args, index)
}

function removeRange(client: Client, args: Args, ends: Ends): void {
  const { db, replies } = client
  const entry = db.writeOf(ZSET, args, 1)
  if (entry === 0) {
    replies.integer(0)
    return
  }
  const [first, behind] = ends(opened.open(client, entry))
  const members = Math.max(0, behind - first)
  opened.removeRange(first, members)
  if (members > 0) taken(client, args, 1, args.text(0).toLowerCase(), members)
  replies.integer(members)
}

function count(client: Client, args: Args, ends: Ends): void {
  const set = readable(client, args)
  const [first, behind] = set ? ends(set) : [0, 0]
  client.replies.integer(Math.max(0, behind - first))
}

function replyScore({ replies }: Client, set: OpenZset | undefined, args: Args, index: number): void {
  if (set?.find(args.view, args.start(index), args.end(index))) replies.double(set.score)
  else replies.null()
}

function zmscore(client: Client, args: Args): void {
  const set = readable(client, args)
  client.replies.array(args.count - 2)
  for (let i = 2; i < args.count; i++) replyScore(client, set, args, i)
}

function rank(client: Client, args: Args, backwards: boolean): void {
  const { replies } = client
  if (args.count > 4) throw refusal(`ERR wrong number of arguments for '${args.text(0).toLowerCase()}' command`)
  const withScore = args.count === 4
  if (withScore && !args.is(3, 'WITHSCORE')) throw SYNTAX
  const set = readable(client, args)
  if (!set?.find(args.view, args.start(2), args.end(2))) {
    if (withScore) replies.nullArray()
    else replies.null()
    return
  }
  const { score } = set
  const before = set.rank()
  if (withScore) replies.array(2)
  replies.integer(backwards ? set.count - 1 - before : before)
  if (withScore) replies.double(score)
}

function zrangestore(client: Client, args: Args): void {
  const { core, db, replies } = client
  const range = rangeOf(client, args, 2, {}, true)
  const entry = db.readOf(ZSET, args, 2)
  const members: { readonly bytes: Buffer; readonly score: number }[] = []
  if (entry !== 0) {
    range.each(opened.open(client, entry), ({ member, score }) => members.push({ bytes: bytesOf(member), score }))
  }
  if (members.length > 0) {
    // Valkey knows beforehand how many they are, where it goes by rank.
    const expected = core.dialect.engine === 'valkey' && range.isByRank ? members.length : 0
    opened.create(client, args, 1, expected, 0)
    for (const { bytes, score } of members) {
      opened.add(score, bytes, viewOf(bytes), 0, bytes.length)
    }
    db.changed(args, 1, ZSET_EVENT, 'zrangestore')
  } else db.delete(args, 1)
  replies.integer(members.length)
}

function pop(client: Client, args: Args, end: End): void {
  const { db, replies } = client
  if (args.count > 3) throw SYNTAX
  const count = args.count === 3 ? positive(args, 2) : undefined
  const entry = db.writeOf(ZSET, args, 1)
  if (entry === 0 || count === 0) {
    replies.array(0)
    return
  }
  const members = Math.min(count ?? 1, opened.open(client, entry).count)
  const inPairs = count !== undefined && client.resp === 3
  replies.array(inPairs ? members : 2 * members)
  popSome(client, args, 1, end, members, inPairs)
}

/** Replies so many members at an end of the set that is open, and takes them out. */
function popSome(client: Client, args: Args, index: number, end: End, members: number, inPairs: boolean): void {
  const { replies } = client
  const { count } = opened
  opened.each(
    end === 'min' ? 0 : count - 1,
    members,
    (zset) => {
      if (inPairs) replies.array(2)
      bulk(client, zset)
      replies.double(zset.score)
    },
    end === 'max',
  )
  opened.removeRange(end === 'min' ? 0 : count - members, members)
  taken(client, args, index, POPS[end], members)
}

function blockingPop(client: Client, args: Args, end: End): void {
  const { core, db, replies } = client
  const last = args.count - 1
  const timeout = timeoutOf(client, args, last)
  const keys: number[] = []
  for (let i = 1; i < last; i++) {
    const entry = awaited(client, args, i, ZSET)
    if (entry === 0) {
      keys.push(i)
      continue
    }
    opened.open(client, entry)
    replies.array(3)
    replies.bulk(args.bytes, args.view, args.start(i), args.end(i))
    popSome(client, args, i, end, 1, false)
    core.propagation.instead(db, POPS[end].toUpperCase(), args.bytesOf(i))
    return
  }
  core.blocking.block(client, args, { keys, timeout, timedOut: () => replies.nullArray() })
}

/** ZMPOP and BZMPOP: @param at where the number of keys is. */
function popFirst(client: Client, args: Args, at: number, timeoutAt?: number): void {
  const { core, db, replies } = client
  const keys = atLeastOne(args, at, NUMKEYS)
  const where = at + keys + 1
  if (where >= args.count) throw SYNTAX
  const end: End = args.is(where, 'MIN') ? 'min' : 'max'
  if (end === 'max' && !args.is(where, 'MAX')) throw SYNTAX
  let count = 1
  if (where + 1 < args.count) {
    if (!args.is(where + 1, 'COUNT') || where + 2 >= args.count) throw SYNTAX
    count = atLeastOne(args, where + 2, COUNT)
    if (where + 3 !== args.count) throw SYNTAX
  }
  const timeout = timeoutAt && timeoutOf(client, args, timeoutAt)
  for (let i = at + 1; i < where; i++) {
    const entry = timeout === undefined ? db.writeOf(ZSET, args, i) : awaited(client, args, i, ZSET)
    if (entry === 0) continue
    const members = Math.min(count, opened.open(client, entry).count)
    replies.array(2)
    replies.bulk(args.bytes, args.view, args.start(i), args.end(i))
    replies.array(members)
    popSome(client, args, i, end, members, true)
    core.propagation.instead(db, POPS[end].toUpperCase(), args.bytesOf(i), String(members))
    return
  }
  const timedOut = () => replies.nullArray()
  if (timeout === undefined) timedOut()
  else {
    const keysAwaited = Array.from({ length: keys }, (_, i) => at + 1 + i)
    core.blocking.block(client, args, { keys: keysAwaited, timeout, timedOut })
  }
}

function zrandmember(client: Client, args: Args): void {
  const { db, replies } = client
  const { random } = db.keyspace
  if (args.count === 2) {
    const set = readable(client, args)
    if (set) set.one(random, (zset) => bulk(client, zset))
    else replies.null()
    return
  }
  const count = signedCount(args, 2)
  const withScores = args.count === 4
  if (args.count > 4 || (withScores && !args.is(3, 'WITHSCORES'))) throw SYNTAX
  if (withScores) refuseTooManyPairs(count)
  const size = readable(client, args)?.count ?? 0
  const elements = size === 0 ? 0 : count < 0 ? -count : Math.min(count, size)
  const inPairs = withScores && client.resp === 3
  replies.array(withScores && !inPairs ? 2 * elements : elements)
  const reply = (zset: OpenZset): void => {
    if (inPairs) replies.array(2)
    bulk(client, zset)
    if (withScores) replies.double(zset.score)
  }
  if (elements === 0) return
  if (count < 0) for (let left = elements; left > 0; left--) opened.one(random, reply)
  else if (elements === size) opened.each(0, size, reply)
  else opened.sample(random, elements, reply)
}

function zscan(client: Client, args: Args): void {
  const { replies } = client
  scanMembers(client, args, ZSET, (entry, cursor, take) => {
    const { isLarge } = opened.open(client, entry)
    return opened.scan(cursor, ({ member, score }) =>
      take(bytesOf(member), Buffer.from(replies.doubleText(score, isLarge))),
    )
  })
}
