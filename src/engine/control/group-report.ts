import type { GroupReport, MemberReport } from '../../api/local-engine.ts'
import { listenAddresses } from '../nodes/addresses.ts'
import type { NodeCounters } from '../nodes/runtime.ts'
import { nameOf } from '../nodes/wanted.ts'
import type { GroupMemberRecord, ReplicationGroupRecord, ShardRecord } from '../store/records.ts'
import { runtimeOf } from '../workloads/node-runtime.ts'
import { isPrimary } from '../workloads/replication-groups/members.ts'
import { type EndpointName, endpointAddressOf, placeOfEndpoint } from '../workloads/replication-groups/names.ts'

/** A replication group, or a cache cluster of one server, as the engine's status shows it. */
export function reportGroup(group: ReplicationGroupRecord, counters: ReadonlyMap<string, NodeCounters>): GroupReport {
  const { region, id, lone, status, engine, engineVersion, clusterMode, networkType, transit, lostPorts } = group
  const at = (name: EndpointName) => {
    const place = placeOfEndpoint(group, name)
    return place ? { address: endpointAddressOf(group, name, place), port: place.port } : null
  }
  return {
    ...{ region, id, lone, status, engine, engineVersion, clusterMode, networkType, transit },
    nodeRuntime: runtimeOf(group),
    endpoints: { primary: at('primary'), reader: at('reader'), configuration: at('configuration') },
    lostPorts: lostPorts ?? [],
    members: group.shards.flatMap((shard) =>
      shard.members.map((member) => {
        const name = nameOf({ region, kind: 'replicationGroup', id, node: member.id })
        return reportMember(group, shard, member, counters.get(name))
      }),
    ),
  }
}

const reportMember = (
  group: ReplicationGroupRecord,
  shard: ShardRecord,
  { id, status, zone, place }: GroupMemberRecord,
  counters: NodeCounters | undefined,
): MemberReport => ({
  ...{ id, status, zone },
  shard: shard.id,
  role: isPrimary(group, id) ? 'primary' : 'replica',
  addresses: listenAddresses(group.networkType, place ?? {}),
  port: place?.port ?? null,
  pid: counters?.pid ?? null,
  connections: counters?.connections ?? 0,
  items: counters?.items ?? 0,
  bytes: counters?.bytes ?? 0,
})
