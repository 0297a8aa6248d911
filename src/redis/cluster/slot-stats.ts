import { SLOTS } from '../../protocols/resp/hash-slot.ts'
import type { Client } from '../client.ts'
import type { Args } from '../protocol/args.ts'
import { refusal, SYNTAX } from '../protocol/refusals.ts'
import { subcommandSyntax } from '../refused.ts'
import type { Cluster } from './cluster.ts'
import { USAGES } from './slot-usage.ts'

const INVALID_SLOT = refusal('ERR Invalid or out of range slot')
const NO_METRIC = refusal('ERR Unrecognized sort metric for ORDERBY.')
const SEVERAL = refusal('ERR Multiple filters of the same type are disallowed.')
const LIMIT_RANGE = refusal('ERR Limit has to lie in between 1 and 16384 (maximum number of slots).')

/** CLUSTER SLOT-STATS: how many keys slots of this node have, and what they took, in their own order or in that of a figure. */
export function replySlotStats(cluster: Cluster, client: Client, args: Args): void {
  if (args.is(2, 'SLOTSRANGE') && args.count === 5) byRange(cluster, client, args)
  else if (args.is(2, 'ORDERBY') && args.count >= 4) byFigure(cluster, client, args)
  else throw refusal(subcommandSyntax(args))
}

function byRange(cluster: Cluster, client: Client, args: Args): void {
  const [first, last] = [3, 4].map((index) => args.integerFrom(index, 0, SLOTS - 1, INVALID_SLOT)) as [number, number] // of two
  if (first > last) throw refusal(`ERR Start slot number ${first} is greater than end slot number ${last}`)
  reply(
    cluster,
    client,
    ownSlots(cluster).filter((slot) => slot >= first && slot <= last),
  )
}

function byFigure(cluster: Cluster, client: Client, args: Args): void {
  const figure = figureNamed(cluster, client, args.text(3).toLowerCase())
  if (figure === undefined) throw NO_METRIC
  let [most, ascending] = [SLOTS, false]
  const seen = new Set<string>()
  for (let at = 4; at < args.count; at++) {
    const isLimit = args.is(at, 'LIMIT') && at + 1 < args.count
    const isOrder = args.is(at, 'ASC') || args.is(at, 'DESC')
    const kind = isLimit ? 'limit' : 'order'
    if (!isLimit && !isOrder) throw SYNTAX
    if (seen.has(kind)) throw SEVERAL
    seen.add(kind)
    if (isLimit) most = args.integerFrom(++at, 1, SLOTS, LIMIT_RANGE)
    else ascending = args.is(at, 'ASC')
  }
  const ordered = ownSlots(cluster).sort((a, b) => (figure(a) - figure(b)) * (ascending ? 1 : -1) || a - b)
  reply(cluster, client, ordered.slice(0, most))
}

type Figure = (slot: number) => number

function figureNamed(cluster: Cluster, client: Client, name: string): Figure | undefined {
  return figuresOf(cluster, client).find(([each]) => each === name)?.[1]
}

function figuresOf({ usage }: Cluster, { db }: Client): readonly (readonly [name: string, figure: Figure])[] {
  const { figures } = usage
  const used = figures && USAGES.map((name) => [name, (slot: number) => figures[name][slot] ?? 0] as const)
  return [['key-count', (slot) => db.slots?.count(slot) ?? 0], ...(used ?? [])]
}

function ownSlots({ view }: Cluster): number[] {
  return Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => view.isOfMyShard(slot))
}

function reply(cluster: Cluster, client: Client, slots: readonly number[]): void {
  const { replies } = client
  const figures = figuresOf(cluster, client)
  replies.array(slots.length)
  for (const slot of slots) {
    replies.array(2)
    replies.integer(slot)
    replies.map(figures.length)
    for (const [name, figure] of figures) {
      replies.bulkText(name)
      replies.integer(figure(slot))
    }
  }
}
