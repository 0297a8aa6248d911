import { SLOTS } from '../../protocols/resp/hash-slot.ts'
import type { Client } from '../client.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopologyNode } from '../cluster/topology.ts'
import type { Args } from '../protocol/args.ts'
import { refusal } from '../protocol/refusals.ts'
import type { Handler } from './command.ts'

const DISABLED = refusal('ERR This instance has cluster support disabled')
const INVALID_SLOT = refusal('ERR Invalid or out of range slot')

/** A handler that only nodes in cluster mode have. */
export const inCluster =
  (run: Handler): Handler =>
  (client, args) => {
    if (client.core.cluster === undefined) throw DISABLED
    run(client, args)
  }

/** The cluster of a client's node, which is in cluster mode. */
export const clusterOf = ({ core }: Client): Cluster => core.cluster as Cluster // inCluster has looked

/** The node whose id is a word. @throws Refusal */
export function nodeNamed(client: Client, args: Args, index: number, unknown = 'Unknown node'): TopologyNode {
  const node = clusterOf(client).view.node(args.text(index))
  if (node === undefined) throw refusal(`ERR ${unknown} ${args.shown(index)}`)
  return node
}

/** The slot that a word is. @throws Refusal */
export const slotAt = (args: Args, index: number): number => args.integerFrom(index, 0, SLOTS - 1, INVALID_SLOT)
