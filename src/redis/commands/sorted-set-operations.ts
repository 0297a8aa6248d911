import { viewOf } from '../../net/bytes.ts'
import type { Client } from '../client.ts'
import { SET, ZSET } from '../keyspace/entry.ts'
import { ZSET_EVENT } from '../keyspace/events.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, SYNTAX, WRONG_TYPE } from '../protocol/refusals.ts'
import { OpenSet } from '../types/set.ts'
import { type Span, textOf } from '../types/span.ts'
import { OpenZset } from '../types/zset.ts'
import { positive } from './ranges.ts'

const NOT_A_WEIGHT = refusal('ERR weight value is not a float')
const LIMIT_NEGATIVE = refusal("ERR LIMIT can't be negative")

export type Operation = 'union' | 'inter' | 'diff'

/** A set or a sorted set that an operation reads: members of the first have a score of 1. */
interface Source {
  readonly count: number
  weight: number
  readonly score: (view: DataView, start: number, end: number) => number | undefined
  /** Shows `take` each member with its score; false from it ends that. */
  readonly each: (take: (member: Span, score: number) => unknown) => void
}

const NONE = { count: 0, score: () => undefined, each: () => undefined }

function sourceOf(client: Client, args: Args, index: number): Source {
  const { db } = client
  const entry = db.lookupRead(args, index)
  if (entry === 0) return { ...NONE, weight: 1 }
  const type = db.typeOf(entry)
  if (type === SET) {
    const set = new OpenSet().open(client, entry)
    return {
      count: set.count,
      weight: 1,
      score: (view, start, end) => (set.has(view, start, end) ? 1 : undefined),
      each: (take) => set.each((member) => take(member, 1)),
    }
  }
  if (type !== ZSET) throw WRONG_TYPE
  const zset = new OpenZset().open(client, entry)
  // Members are looked up while others are shown.
  const asked = new OpenZset().open(client, entry)
  return {
    count: zset.count,
    weight: 1,
    score: (view, start, end) => (asked.find(view, start, end) ? asked.score : undefined),
    each: (take) => {
      let goesOn = true
      zset.each(0, zset.count, ({ member, score }) => {
        if (goesOn) goesOn = take(member, score) !== false
      })
    },
  }
}

const orNothing = (sum: number): number => (Number.isNaN(sum) ? 0 : sum)

type Aggregate = (a: number, b: number) => number
const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  // Infinities of both signs are nothing together.
  SUM: (a, b) => orNothing(a + b),
  // Zero times infinity is left out, and of zeros of both signs the first stays.
  MIN: (a, b) => (Number.isNaN(b) || a <= b ? a : b),
  MAX: (a, b) => (Number.isNaN(b) || a >= b ? a : b),
}

interface Asked {
  readonly sources: Source[]
  readonly aggregate: Aggregate
  readonly withScores: boolean
  readonly limit: number
}

/** Reads what an operation is asked for. @param at Where the number of keys is. @throws Refusal */
function asked(client: Client, args: Args, at: number, operation: Operation | 'count'): Asked {
  const keys = args.integer(at)
  if (keys < 1) throw refusal(`ERR at least 1 input key is needed for '${args.text(0).toLowerCase()}' command`)
  if (keys > args.count - at - 1) throw SYNTAX
  const sources = Array.from({ length: keys }, (_, i) => sourceOf(client, args, at + 1 + i))
  const combines = operation === 'union' || operation === 'inter'
  let [aggregate, withScores, limit]: [Aggregate | undefined, boolean, number] = [AGGREGATES.SUM, false, 0]
  for (let i = at + 1 + keys; i < args.count; i++) {
    const left = args.count - i
    if (combines && left > keys && args.is(i, 'WEIGHTS')) {
      for (const source of sources) source.weight = args.float(++i, NOT_A_WEIGHT)
    } else if (combines && left >= 2 && args.is(i, 'AGGREGATE')) {
      aggregate = AGGREGATES[args.text(++i).toUpperCase()]
    } else if (operation === 'count' && left >= 2 && args.is(i, 'LIMIT')) limit = positive(args, ++i, LIMIT_NEGATIVE)
    else if (operation !== 'count' && at === 1 && args.is(i, 'WITHSCORES')) withScores = true
    else throw SYNTAX
    if (aggregate === undefined) throw SYNTAX
  }
  return { sources, aggregate: aggregate as Aggregate, withScores, limit } // the loop has refused others
}

/** Zero times infinity is nothing, for those that begin a sum. */
const weighed = ({ weight }: Source, score: number): number => orNothing(weight * score)

/** Members of one byte a character with their scores, in the order of a sorted set. */
type Result = readonly (readonly [member: string, score: number])[]

const RESULTS: Readonly<Record<Operation, (asked: Asked) => Map<string, number>>> = {
  union: ({ sources, aggregate }) => {
    const found = new Map<string, number>()
    for (const source of leastFirst(sources)) {
      source.each((member, score) => {
        const text = textOf(member)
        const own = weighed(source, score)
        const before = found.get(text)
        found.set(text, before === undefined ? own : aggregate(before, own))
      })
    }
    return found
  },
  inter: ({ sources, aggregate }) => {
    const found = new Map<string, number>()
    const [least, ...others] = leastFirst(sources)
    least?.each((member, first) => {
      let sum = weighed(least, first)
      for (const other of others) {
        const score = other.score(member.view, member.start, member.end)
        if (score === undefined) return
        sum = aggregate(sum, other.weight * score)
      }
      found.set(textOf(member), sum)
    })
    return found
  },
  diff: ({ sources }) => {
    const found = new Map<string, number>()
    const [first, ...others] = sources
    first?.each((member, score) => {
      const { view, start, end } = member
      if (!others.some((other) => other.score(view, start, end) !== undefined)) found.set(textOf(member), score)
    })
    return found
  },
}

const leastFirst = (sources: readonly Source[]): Source[] => [...sources].sort((a, b) => a.count - b.count)

const resultOf = (operation: Operation, asked: Asked): Result =>
  [...RESULTS[operation](asked)].sort(([a, first], [b, second]) => first - second || (a < b ? -1 : 1))

/** ZUNION, ZINTER, ZDIFF. */
export function operate(client: Client, args: Args, operation: Operation): void {
  const { replies } = client
  const wanted = asked(client, args, 1, operation)
  const result = resultOf(operation, wanted)
  const { withScores } = wanted
  const inPairs = withScores && client.resp === 3
  replies.array(withScores && !inPairs ? 2 * result.length : result.length)
  for (const [member, score] of result) {
    if (inPairs) replies.array(2)
    replies.bulkText(member)
    if (withScores) replies.double(score)
  }
}

const target = new OpenZset()

/** ZUNIONSTORE, ZINTERSTORE, ZDIFFSTORE: makes the sorted set of word 1 of the result, which may come from it. */
export function operateInto(client: Client, args: Args, operation: Operation): void {
  const { db, replies } = client
  const result = resultOf(operation, asked(client, args, 2, operation))
  if (result.length > 0) {
    const longest = result.reduce((most, [member]) => Math.max(most, member.length), 0)
    target.create(client, args, 1, result.length, longest)
    for (const [member, score] of result) {
      const bytes = Buffer.from(member, 'latin1')
      target.add(score, bytes, viewOf(bytes), 0, bytes.length)
    }
    db.changed(args, 1, ZSET_EVENT, args.text(0).toLowerCase())
  } else db.delete(args, 1)
  replies.integer(result.length)
}

/** ZINTERCARD. */
export function operationCount(client: Client, args: Args): void {
  const { sources, limit } = asked(client, args, 1, 'count')
  const [least, ...others] = leastFirst(sources)
  let members = 0
  least?.each(({ view, start, end }) => {
    if (others.every((other) => other.score(view, start, end) !== undefined)) members++
    return limit === 0 || members < limit
  })
  client.replies.integer(members)
}
