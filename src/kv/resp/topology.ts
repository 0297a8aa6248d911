/** Which server has which keys, as servers in cluster mode tell. Pure. */
import { SLOTS } from '../../protocols/resp/hash-slot.ts'
import { fieldsOf, inPairs, itemsOf, type Reply, textOf, wholeOf } from '../../protocols/resp/reply.ts'

export interface RespNode {
  readonly host: string
  readonly port: number
}

/** Inclusive at both ends. */
export type SlotRange = readonly [first: number, last: number]

export interface Shard {
  readonly slots: readonly SlotRange[]
  readonly primary: RespNode
  readonly replicas: readonly RespNode[]
}

/** One server without cluster mode has all the keys. */
export const singleShard = (primary: RespNode): Shard[] => [{ slots: [[0, SLOTS - 1]], primary, replicas: [] }]

/** Every server tells them in an order of its own. */
const bySlots = (shards: readonly Shard[]): Shard[] =>
  shards.toSorted(({ slots: [a] }, { slots: [b] }) => (a?.[0] ?? 0) - (b?.[0] ?? 0))

/** The shard of a slot; undefined: none serves it. */
export const shardOf = (shards: readonly Shard[], slot: number): Shard | undefined =>
  shards.find(({ slots }) => slots.some(([first, last]) => first <= slot && slot <= last))

/** A whole number of a reply; 0 where there is none. */
export const numberOf = (reply: Reply | undefined): number => Number(wholeOf(reply ?? null) ?? 0n)

/**
 * What CLUSTER SHARDS (7.0) tells. Nodes that have failed are left out, and shards without slots.
 * @param asked The node that told it: a node of unknown address is reached at its host.
 */
export function readShards(reply: Reply, asked: RespNode, tls: boolean): Shard[] {
  return bySlots(
    itemsOf(reply).flatMap((each): Shard[] => {
      const shard = fieldsOf(each)
      const slots = inPairs(itemsOf(shard.get('slots') ?? null)).map(([a, b]): SlotRange => [numberOf(a), numberOf(b)])
      const nodes = itemsOf(shard.get('nodes') ?? null).map(fieldsOf)
      const live = nodes.filter((node) => textOf(node.get('health') ?? null) !== 'fail')
      const at = (node: ReadonlyMap<string, Reply>): RespNode => ({
        host: hostOf([node.get('endpoint'), node.get('ip')], asked),
        port: numberOf(tls ? (node.get('tls-port') ?? node.get('port')) : (node.get('port') ?? node.get('tls-port'))),
      })
      const isPrimary = (node: ReadonlyMap<string, Reply>): boolean =>
        /^(master|primary)$/.test(textOf(node.get('role') ?? null))
      const primary = live.find(isPrimary) ?? nodes.find(isPrimary)
      if (!primary || slots.length === 0) return []
      return [{ slots, primary: at(primary), replicas: live.filter((node) => !isPrimary(node)).map(at) }]
    }),
  )
}

/** What CLUSTER SLOTS tells: ranges, each with its nodes, the primary first. */
export function readSlots(reply: Reply, asked: RespNode): Shard[] {
  const shards = new Map<string, Shard>()
  for (const each of itemsOf(reply)) {
    const [first = null, last = null, ...nodes] = itemsOf(each)
    const [primary, ...replicas] = nodes.map((node): RespNode => {
      const [host = null, port = null] = itemsOf(node)
      return { host: hostOf([host], asked), port: numberOf(port) }
    })
    if (!primary) continue
    const name = `${primary.host} ${primary.port}`
    const range: SlotRange = [numberOf(first), numberOf(last)]
    shards.set(name, { primary, replicas, slots: [...(shards.get(name)?.slots ?? []), range] })
  }
  return bySlots([...shards.values()])
}

/** The first that is known: `?` and null are a preferred endpoint that the node does not have. */
function hostOf(said: readonly (Reply | undefined)[], asked: RespNode): string {
  return said.map((each) => textOf(each ?? null)).find((host) => host !== '' && host !== '?') ?? asked.host
}
