import { viewOf } from '../../net/bytes.ts'
import type { Client } from '../client.ts'
import { ZSET } from '../keyspace/entry.ts'
import { ZSET_EVENT } from '../keyspace/events.ts'
import { Args } from '../protocol/args.ts'
import { humanText } from '../protocol/long-double.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import {
  distance,
  distanceWithin,
  geohashOf,
  type Position,
  positionOfScore,
  scoreOfPosition,
  scoresAround,
  wholeScore,
} from '../types/geohash.ts'
import { sortFirst } from '../types/partial-sort.ts'
import { bytesOf } from '../types/span.ts'
import { OpenZset } from '../types/zset.ts'
import type { Row } from './command.ts'
import { positionAt, type Search, searchOf, unitOf, type Variant } from './geo-search.ts'
import { addToZset } from './sorted-sets.ts'

const NOT_THERE = refusal('ERR could not decode requested zset member')
const DIGITS = 4

const SEARCHES: Readonly<Record<string, Variant>> = {
  georadius: { around: 'place', stores: 'option' },
  georadius_ro: { around: 'place', stores: 'never' },
  georadiusbymember: { around: 'member', stores: 'option' },
  georadiusbymember_ro: { around: 'member', stores: 'never' },
  geosearch: { around: 'options', stores: 'never' },
  geosearchstore: { around: 'options', stores: 'always' },
}

/** The commands of places, which are scores of sorted sets. */
export const GEO: readonly Row[] = [
  { name: 'geoadd', run: geoadd },
  { name: 'geodist', run: geodist },
  {
    name: 'geohash',
    run: (client, args) =>
      eachPlace(client, args, (place) => {
        if (place) client.replies.bulkText(geohashOf(place))
        else client.replies.null()
      }),
  },
  {
    name: 'geopos',
    run: (client, args) =>
      eachPlace(client, args, (place) => {
        if (place) replyPlace(client, place)
        else client.replies.nullArray()
      }),
  },
  ...Object.entries(SEARCHES).map(
    ([name, variant]): Row => ({ name, run: (client, args) => search(client, args, variant) }),
  ),
]

const opened = new OpenZset()
const target = new OpenZset()

/** Opens the sorted set of a word, which is read; undefined: there is none. */
function readable(client: Client, args: Args, index: number): OpenZset | undefined {
  const entry = client.db.readOf(ZSET, args, index)
  return entry === 0 ? undefined : opened.open(client, entry)
}

/** Where a member is; undefined: it is not there. */
function placeOf(set: OpenZset, args: Args, index: number): Position | undefined {
  return set.find(args.view, args.start(index), args.end(index)) ? positionOfScore(set.score) : undefined
}

/** GEOADD: a ZADD, and passed on as one. */
function geoadd(client: Client, args: Args): void {
  let first = 2
  let [nx, xx] = [false, false]
  for (; first < args.count; first++) {
    if (args.is(first, 'NX')) nx = true
    else if (args.is(first, 'XX')) xx = true
    else if (!args.is(first, 'CH')) break
  }
  if ((args.count - first) % 3 !== 0 || (nx && xx)) throw SYNTAX
  const words: (Buffer | string)[] = ['zadd']
  for (let i = 1; i < first; i++) words.push(args.slice(i))
  for (let i = first; i < args.count; i += 3) {
    words.push(String(scoreOfPosition(positionAt(args, i))), args.slice(i + 2))
  }
  const added = Args.of(words)
  addToZset(client, added)
  client.core.propagation.instead(client.db, ...added.words())
}

function geodist(client: Client, args: Args): void {
  const { replies } = client
  if (args.count > 5) throw SYNTAX
  const unit = args.count === 5 ? unitOf(args, 4) : 1
  const set = readable(client, args, 1)
  const from = set && placeOf(set, args, 2)
  const to = set && placeOf(set, args, 3)
  if (from && to) replies.bulkText(distanceText(distance(from, to) / unit))
  else replies.null()
}

function eachPlace(client: Client, args: Args, reply: (place: Position | undefined) => void): void {
  const set = readable(client, args, 1)
  client.replies.array(args.count - 2)
  for (let i = 2; i < args.count; i++) reply(set && placeOf(set, args, i))
}

function replyPlace({ replies }: Client, { longitude, latitude }: Position): void {
  replies.array(2)
  replies.doubleAs(humanText(longitude))
  replies.doubleAs(humanText(latitude))
}

/** With four digits behind the point, rounded to even. */
function distanceText(value: number): string {
  const scaled = value * 10 ** DIGITS
  const below = Math.floor(scaled)
  const isUp = scaled - below > 0.5 || (scaled - below === 0.5 && below % 2 === 1)
  const digits = String(BigInt(isUp ? below + 1 : below)).padStart(DIGITS + 1, '0')
  return `${digits.slice(0, -DIGITS)}.${digits.slice(-DIGITS)}`
}

interface Found {
  readonly member: Buffer
  readonly score: number
  readonly place: Position
  /** In meters. */
  readonly distance: number
}

function search(client: Client, args: Args, variant: Variant): void {
  const { db, replies } = client
  const set = readable(client, args, variant.stores === 'always' ? 2 : 1)
  const asked = searchOf(args, variant, set && ((index) => placeOf(set, args, index) ?? refuse()))
  const found = set ? chosen(membersWithin(set, asked), asked) : []
  if (asked.target === 0) {
    replyFound(client, found, asked)
    return
  }
  if (found.length > 0) {
    const longest = found.reduce((most, { member }) => Math.max(most, member.length), 0)
    target.create(client, args, asked.target, found.length, longest)
    for (const { member, score, distance: meters } of found) {
      target.add(asked.storesDistance ? meters / asked.unit : score, member, viewOf(member), 0, member.length)
    }
    const event = variant.around === 'options' ? 'geosearchstore' : 'georadiusstore'
    db.changed(args, asked.target, ZSET_EVENT, event, found.length)
  } else db.delete(args, asked.target)
  replies.integer(found.length)
}

function refuse(): never {
  throw NOT_THERE
}

/** The members within a shape, in the order in which the server comes by them. */
function membersWithin(set: OpenZset, { center, size, any, count }: Search): Found[] {
  const found: Found[] = []
  if (!center || !size) return found
  const shape = { center, size }
  const isEnough = (): boolean => any && found.length >= count
  for (const [from, before] of scoresAround(shape)) {
    if (isEnough()) break
    const first = set.countWhile(({ score }) => score < from)
    const behind = set.countWhile(({ score }) => score < before)
    set.each(first, behind - first, ({ member, score }) => {
      if (isEnough()) return
      const place = positionOfScore(score)
      const meters = distanceWithin(shape, place)
      if (meters !== undefined) found.push({ member: bytesOf(member), score, place, distance: meters })
    })
  }
  return found
}

function chosen(found: Found[], { order, count }: Search): readonly Found[] {
  const sign = order === 'DESC' ? -1 : 1
  const byDistance = (a: Found, b: Found): number => sign * Math.sign(a.distance - b.distance)
  const isPart = count !== 0 && count < found.length
  if (order && isPart) sortFirst(found, count, byDistance)
  else if (order) found.sort(byDistance)
  return isPart ? found.slice(0, count) : found
}

function replyFound(client: Client, found: readonly Found[], asked: Search): void {
  const { replies } = client
  const { withDistance, withHash, withPlace, unit } = asked
  const parts = 1 + [withDistance, withHash, withPlace].filter(Boolean).length
  replies.array(found.length)
  for (const { member, score, place, distance: meters } of found) {
    if (parts > 1) replies.array(parts)
    replies.bulkBytes(member)
    if (withDistance) replies.bulkText(distanceText(meters / unit))
    if (withHash) replies.integer64(wholeScore(score))
    if (withPlace) replyPlace(client, place)
  }
}
