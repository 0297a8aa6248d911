import { isAtLeast } from '../../api/catalog/versions.ts'
import { SLOTS, slotOf } from '../../protocols/resp/hash-slot.ts'
import type { Client } from '../client.ts'
import { infoText, nodeLine, nodesText, replyShards, replySlots } from '../cluster/descriptions.ts'
import { replySlotStats } from '../cluster/slot-stats.ts'
import type { TopologyNode } from '../cluster/topology.ts'
import { refusal } from '../protocol/refusals.ts'
import { CLUSTER_CHANGES } from './cluster-changes.ts'
import { clusterOf, inCluster, nodeNamed } from './cluster-words.ts'
import type { Handler, Row } from './command.ts'
import { sayHelp } from './help.ts'

const INVALID_SLOT = refusal('ERR Invalid slot')
const INVALID_SLOT_OR_COUNT = refusal('ERR Invalid slot or number of keys')
const NOT_A_PRIMARY = refusal('ERR The specified node is not a master')

const replicas: Handler = inCluster((client, args) => {
  const cluster = clusterOf(client)
  const node = nodeNamed(client, args, 2)
  if (node.replicaOf !== undefined) throw NOT_A_PRIMARY
  const found = cluster.view.replicasOf(node.id)
  client.replies.array(found.length)
  for (const each of found) client.replies.bulkText(nodeLine(cluster, each, client))
})

const text = (of: (client: Client, self: TopologyNode) => string): Handler =>
  inCluster((client) => client.replies.bulkText(of(client, clusterOf(client).self)))

/** READONLY and READWRITE. Valkey 8.0 sends clients from replicas to primaries outside of cluster mode, too. */
function readsOnly(isOn: boolean): Handler {
  const run: Handler = (client) => {
    client.readOnly = isOn
    client.replies.ok()
  }
  const runInCluster = inCluster(run)
  return (client, args) => {
    const { engine, version } = client.core.dialect
    if (engine === 'valkey' && isAtLeast(version, '8.0')) run(client, args)
    else runInCluster(client, args)
  }
}

/** The commands of cluster mode. */
export const CLUSTER: readonly Row[] = [
  { name: 'cluster' },
  { name: 'cluster|info', run: inCluster((client) => client.replies.verbatim(infoText(clusterOf(client)))) },
  { name: 'cluster|nodes', run: inCluster((client) => client.replies.verbatim(nodesText(clusterOf(client), client))) },
  { name: 'cluster|slots', run: inCluster((client) => replySlots(clusterOf(client), client)) },
  { name: 'cluster|shards', run: inCluster((client) => replyShards(clusterOf(client), client)) },
  { name: 'cluster|myid', run: text((_, { id }) => id) },
  { name: 'cluster|myshardid', run: text((_, { shard }) => shard) },
  { name: 'cluster|replicas', run: replicas },
  { name: 'cluster|slaves', run: replicas },
  // There is no bus: nobody is linked to anybody, and nobody reports anyone.
  { name: 'cluster|links', run: inCluster(({ replies }) => replies.array(0)) },
  {
    name: 'cluster|count-failure-reports',
    run: inCluster((client, args) => {
      nodeNamed(client, args, 2)
      client.replies.integer(0)
    }),
  },
  {
    name: 'cluster|keyslot',
    run: inCluster(({ replies }, args) => replies.integer(slotOf(args.bytes, args.start(2), args.end(2)))),
  },
  {
    name: 'cluster|countkeysinslot',
    run: inCluster(({ db, replies }, args) => {
      const slot = args.integer(2)
      if (slot < 0 || slot >= SLOTS) throw INVALID_SLOT
      replies.integer(db.slots?.count(slot) ?? 0)
    }),
  },
  {
    name: 'cluster|getkeysinslot',
    run: inCluster(({ db, replies }, args) => {
      const [slot, most] = [args.integer(2), args.integer(3)]
      if (slot < 0 || slot >= SLOTS || most < 0) throw INVALID_SLOT_OR_COUNT
      const { slots } = db
      const count = Math.min(slots?.count(slot) ?? 0, most)
      replies.array(count)
      let entry = slots?.first(slot) ?? 0
      for (let left = count; left > 0; left--) {
        replies.bulkBytes(db.keyOf(entry))
        entry = slots?.next(entry) ?? 0
      }
    }),
  },
  { name: 'cluster|slot-stats', run: inCluster((client, args) => replySlotStats(clusterOf(client), client, args)) },
  { name: 'cluster|help', run: inCluster(sayHelp('cluster')) },
  ...CLUSTER_CHANGES,
  { name: 'readonly', run: readsOnly(true) },
  { name: 'readwrite', run: readsOnly(false) },
  {
    name: 'asking',
    run: inCluster((client) => {
      client.askingUntil = client.commands + 1
      client.replies.ok()
    }),
  },
]
