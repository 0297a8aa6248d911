/** Operations that take the id of a cache cluster, whatever its engine: what it is of has the say. */
import type { Handler } from '../calls/context.ts'
import { page } from '../calls/paging.ts'
import { findFamily } from '../families/families.ts'
import { missing } from '../http/query-protocol.ts'
import { answerCacheCluster } from './clusters/answer.ts'
import * as clusters from './clusters/operations.ts'
import {
  createLoneCluster,
  createReplica,
  deleteMember,
  modifyMember,
  rebootMember,
} from './replication-groups/cluster-operations.ts'
import { findMember } from './replication-groups/find.ts'
import { answerMemberCluster } from './replication-groups/member-answer.ts'
import { membersOf } from './replication-groups/members.ts'

export const CreateCacheCluster: Handler<'CreateCacheCluster'> = (input, context) => {
  const family = findFamily(input.Engine ?? '')
  if (input.ReplicationGroupId && (!family || family.replication)) return createReplica(input, context)
  // Snapshots are of engines that replicate only, and a new cluster has that of its snapshot.
  const isOfSnapshot = input.Engine === undefined && input.SnapshotName !== undefined
  if (family?.replication || isOfSnapshot) return createLoneCluster(input, context)
  return clusters.CreateCacheCluster(input, context)
}

export const DescribeCacheClusters: Handler<'DescribeCacheClusters'> = (input, context) => {
  const { store, region, account } = context
  const options = { showNodes: input.ShowCacheNodeInfo ?? false }
  const one = findMember(input.CacheClusterId, context)
  if (one) return { CacheClusters: [answerMemberCluster(one.group, one.member, account, options)] }
  if (input.CacheClusterId) {
    return {
      CacheClusters: [answerCacheCluster(clusters.findCluster(input.CacheClusterId, context), account, options)],
    }
  }
  const groups = store
    .list('replicationGroup', region)
    .filter(({ lone }) => lone || !input.ShowCacheClustersNotInReplicationGroups)
  const answers = [
    ...store.list('cluster', region).map((cluster) => ({
      id: cluster.id,
      answer: () => answerCacheCluster(cluster, account, options),
    })),
    ...groups.flatMap((group) =>
      membersOf(group).map((member) => ({
        id: member.id,
        answer: () => answerMemberCluster(group, member, account, options),
      })),
    ),
  ]
  if (groups.length > 0) answers.sort((a, b) => (a.id < b.id ? -1 : 1))
  const { items, Marker } = page('CacheClusters', answers, ({ id }) => id, input)
  return { ...(Marker && { Marker }), CacheClusters: items.map(({ answer }) => answer()) }
}

export const ModifyCacheCluster: Handler<'ModifyCacheCluster'> = (input, context) => {
  if (!input.CacheClusterId) throw missing('CacheClusterId', input.CacheClusterId)
  const found = findMember(input.CacheClusterId, context)
  return found ? modifyMember(found, input, context) : clusters.ModifyCacheCluster(input, context)
}

export const RebootCacheCluster: Handler<'RebootCacheCluster'> = (input, context) => {
  const found = findMember(input.CacheClusterId, context)
  return found ? rebootMember(found, input, context) : clusters.RebootCacheCluster(input, context)
}

export const DeleteCacheCluster: Handler<'DeleteCacheCluster'> = (input, context) => {
  const found = findMember(input.CacheClusterId, context)
  return found ? deleteMember(found, input, context) : clusters.DeleteCacheCluster(input, context)
}
