/** A replication group around a cache cluster that was in none: its server goes on as the primary. */

import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context } from '../../calls/context.ts'
import { clusterNotFound } from '../../calls/not-found.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import { isClusterId } from '../../store/replication-groups.ts'
import { refuseBeyondRegionQuota } from '../clusters/node-counts.ts'
import { logSteps, newMember, readZones } from './creation.ts'
import { findMember } from './find.ts'
import { memberIds } from './names.ts'
import { readShape } from './shape.ts'

type CreateInput = Input<'CreateReplicationGroup'>

export interface Around {
  readonly cluster: ReplicationGroupRecord
  readonly group: ReplicationGroupRecord
}

/** Node type, engine, parameter group, subnets and the rest are the cluster's (guide, "Creating a replication group using an available cluster"). */
export function groupAround(id: string, description: string, input: CreateInput, context: Context): Around {
  const cluster = findPrimary(input.PrimaryClusterId, context)
  refuseAccess(input, cluster)
  const { tags } = cluster
  const { shards } = readShape(input, false)
  const [plan] = shards
  const [primary] = cluster.shards[0]?.members ?? []
  if (!plan || !primary) throw new Error(`cache cluster ${cluster.id} has no node`)
  const added = { ...plan, zones: plan.zones.slice(1) }
  const [zones = []] = readZones(input, [added], cluster, context)
  refuseBeyondRegionQuota(zones.length, context)
  const ids = memberIds(id, null, zones.length, (each) => isClusterId(each, context.store, context.region))
  const members = ids.map((member, at) => newMember(member, zones[at] ?? '', tags, context))
  const isSaved = cluster.snapshotRetentionLimit > 0
  const group: ReplicationGroupRecord = {
    ...cluster,
    id,
    description,
    created: false,
    lone: false,
    status: 'creating',
    automaticFailover: input.AutomaticFailoverEnabled ? 'enabling' : 'disabled',
    multiAz: input.MultiAZEnabled ?? false,
    shards: [{ id: plan.id, status: 'creating', slots: [], primary: primary.id, members: [primary, ...members] }],
    ...(isSaved && { snapshottingClusterId: primary.id }),
    steps: [{ do: 'place-members' }, { do: 'join-members' }, ...logSteps(input, cluster), { do: 'finish' }],
    stepDue: context.now,
  }
  return { cluster, group }
}

/** Its clients go on as they are: what was made without encryption gets it, and what needs it, later. The text is ours. */
function refuseAccess(
  { TransitEncryptionEnabled, AuthToken, UserGroupIds = [] }: CreateInput,
  { id }: ReplicationGroupRecord,
): void {
  if (!TransitEncryptionEnabled && AuthToken === undefined && UserGroupIds.length === 0) return
  throw new Fault(
    'InvalidParameterCombination',
    `Cache cluster ${id} is not encrypted in transit: make the group without encryption, AuthToken and UserGroupIds, and modify it.`,
  )
}

/** Texts are ours. */
function findPrimary(id: string | undefined, context: Context): ReplicationGroupRecord {
  const found = findMember(id, context)
  if (!found) throw clusterNotFound(id)
  const { group } = found
  if (!group.lone) {
    throw new Fault('InvalidParameterCombination', `Cache cluster ${id} is already a member of ${group.id}.`)
  }
  if (group.status !== 'available') {
    throw new Fault('InvalidCacheClusterState', `Cache cluster ${id} is ${group.status}, not available.`)
  }
  return group
}
