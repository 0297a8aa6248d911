import type { Client } from '../client.ts'
import { ZSET } from '../keyspace/entry.ts'
import type { Args } from '../protocol/args.ts'
import { scanFloat } from '../protocol/numbers.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { OpenZset } from '../types/zset.ts'
import { fromStart } from './ranges.ts'

const NOT_A_BOUND = refusal('ERR min or max is not a float')
const NOT_A_LEX_BOUND = refusal('ERR min or max not valid string range item')
const LIMIT_OF_RANKS = refusal('ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX')
const SCORES_OF_LEX = refusal('ERR syntax error, WITHSCORES not supported in combination with BYLEX')

/** The ranks of a range's first member and of the one behind its last; where the second is not above the first, it is empty. */
export type Ends = (zset: OpenZset) => readonly [first: number, behind: number]

/** Reads the ends of a range from two words. @throws Refusal */
export type EndsOf = (args: Args, min: number, max: number) => Ends

export const byRank: EndsOf = (args, min, max) => {
  const [from, to] = [args.integer(min), args.integer(max)]
  return ({ count }) => [Math.max(0, fromStart(from, count)), Math.min(count, fromStart(to, count) + 1)]
}

interface ScoreBound {
  readonly score: number
  readonly isExclusive: boolean
}

export const byScore: EndsOf = (args, min, max) => {
  const [least, most] = [scoreBound(args, min), scoreBound(args, max)]
  return (zset) => [
    zset.countWhile((at) => isBelow(at.score, least)),
    zset.countWhile((at) => !isAbove(at.score, most)),
  ]
}

const isBelow = (score: number, { score: least, isExclusive }: ScoreBound): boolean =>
  score < least || (isExclusive && score === least)

const isAbove = (score: number, { score: most, isExclusive }: ScoreBound): boolean =>
  score > most || (isExclusive && score === most)

function scoreBound(args: Args, index: number): ScoreBound {
  const text = args.shown(index)
  const isExclusive = text.startsWith('(')
  const score = scoreIn(isExclusive ? text.slice(1) : text)
  if (score === undefined) throw NOT_A_BOUND
  return { score, isExclusive }
}

/** As strtod reads it: nothing is zero. */
const scoreIn = (text: string): number | undefined => (text === '' ? 0 : scanFloat(text.replace(/^[ \t-\r]+/, '')))

interface LexBound {
  /** Absent: before all, or behind all. */
  readonly bytes?: Buffer
  readonly isLast: boolean
  readonly isExclusive: boolean
}

export const byLex: EndsOf = (args, min, max) => {
  const [least, most] = [lexBound(args, min), lexBound(args, max)]
  return (zset) => [
    zset.countWhile((at) => order(at, least) < 0 || (least.isExclusive && order(at, least) === 0)),
    zset.countWhile((at) => order(at, most) < 0 || (!most.isExclusive && order(at, most) === 0)),
  ]
}

const MINUS = 0x2d
const PLUS = 0x2b
const INCLUSIVE = 0x5b
const EXCLUSIVE = 0x28

function lexBound(args: Args, index: number): LexBound {
  const first = args.length(index) > 0 ? args.bytes[args.start(index)] : undefined
  if (first === INCLUSIVE || first === EXCLUSIVE) {
    return { bytes: args.bytesOf(index).subarray(1), isLast: false, isExclusive: first === EXCLUSIVE }
  }
  if (args.length(index) !== 1 || (first !== MINUS && first !== PLUS)) throw NOT_A_LEX_BOUND
  return { isLast: first === PLUS, isExclusive: false }
}

/** Negative: the member is before the bound. */
function order({ member: { page, start, end } }: OpenZset, { bytes, isLast }: LexBound): number {
  if (bytes === undefined) return isLast ? -1 : 1
  return page.compare(bytes, 0, bytes.length, start, end)
}

/** What the name of a command says of its range; what it doesn't say, its options may. */
interface Named {
  readonly by?: EndsOf
  readonly backwards?: boolean
}

interface Range {
  readonly withScores: boolean
  readonly isByRank: boolean
  /** Shows `take` the members of a set in the range. Answers how many. */
  readonly each: (zset: OpenZset, take: (zset: OpenZset) => void, before?: (members: number) => void) => number
}

/** @param at Where the key is; min and max are behind it. @throws Refusal */
export function rangeOf({ core }: Client, args: Args, at: number, named: Named, forStore = false): Range {
  let { by, backwards } = named
  let [withScores, offset, limit] = [false, 0, -1]
  for (let i = at + 3; i < args.count; i++) {
    if (!forStore && args.is(i, 'WITHSCORES')) withScores = true
    else if (args.is(i, 'LIMIT') && i + 2 < args.count) {
      offset = args.integer(i + 1)
      limit = args.integer(i + 2)
      i += 2
    } else if (backwards === undefined && args.is(i, 'REV')) backwards = true
    else if (by === undefined && args.is(i, 'BYLEX')) by = byLex
    else if (by === undefined && args.is(i, 'BYSCORE')) by = byScore
    else throw SYNTAX
  }
  const ranks = by === undefined || by === byRank
  if (ranks && limit !== -1) throw LIMIT_OF_RANKS
  if (ranks) offset = 0
  if (withScores && by === byLex) throw SCORES_OF_LEX
  const isSwapped = backwards === true && !ranks
  const ends = (by ?? byRank)(args, at + (isSwapped ? 2 : 1), at + (isSwapped ? 1 : 2))
  return {
    withScores,
    isByRank: ranks,
    each: (zset, take, before) => {
      const { count } = zset
      let [first, behind] = ends(zset)
      // Ranks count from the end too.
      if (ranks && backwards === true) [first, behind] = [count - behind, count - first]
      const found = Math.max(0, behind - first)
      // Valkey counts from the end of large ones; elsewhere, nothing is found.
      const skipped = offset < 0 && zset.isLarge && core.dialect.engine === 'valkey' ? found + offset : offset
      const rest = skipped < 0 ? 0 : Math.max(0, found - skipped)
      const members = limit < 0 ? rest : Math.min(limit, rest)
      before?.(members)
      zset.each(backwards === true ? behind - 1 - skipped : first + skipped, members, take, backwards)
      return members
    },
  }
}

const opened = new OpenZset()

/** Replies a range of the set of word 1. */
export function shownRange(client: Client, args: Args, named: Named): void {
  const { db, replies } = client
  const { each, withScores } = rangeOf(client, args, 1, named)
  const entry = db.readOf(ZSET, args, 1)
  if (entry === 0) {
    replies.array(0)
    return
  }
  const inPairs = withScores && client.resp === 3
  each(
    opened.open(client, entry),
    ({ member: { page, view, start, end }, score }) => {
      if (inPairs) replies.array(2)
      replies.bulk(page, view, start, end)
      if (withScores) replies.double(score)
    },
    (members) => replies.array(withScores && !inPairs ? 2 * members : members),
  )
}
