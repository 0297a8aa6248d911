import type { NodeSnapshot, Snapshot } from '@aws-sdk/client-elasticache'
import { NODE_ID } from '../../../api/catalog/cache-node.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { arn } from '../../../api/names.ts'
import type { ShardSnapshot, SnapshotRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { dataTieringOf } from '../replication-groups/node-types.ts'
import { formatSlots } from '../replication-groups/slots.ts'
import { reportedVersion } from '../replication-groups/versions.ts'
import { isBeingRestored } from './find.ts'

const MIB = 2 ** 20

/**
 * A snapshot as the API shows it: of a cache cluster, or, with cluster mode enabled, of a group of node groups. Of a group with
 * cluster mode disabled it has the members of both.
 * @param showConfig ShowNodeGroupConfig.
 */
export function answerSnapshot(
  snapshot: SnapshotRecord,
  { account, store }: { readonly account: string; readonly store: Store },
  showConfig = false,
): Snapshot {
  const { region, id, source, group, shards } = snapshot
  const [first] = shards
  const isOfCluster = source.clusterMode === 'disabled'
  return {
    SnapshotName: id,
    ...(group !== undefined && { ReplicationGroupId: group, ReplicationGroupDescription: source.description }),
    ...(isOfCluster && first && { CacheClusterId: first.member }),
    SnapshotStatus: statusOf(snapshot, store),
    SnapshotSource: snapshot.type,
    CacheNodeType: source.nodeType,
    Engine: source.engine,
    EngineVersion: reportedVersion(source.engine, source.engineVersion),
    ...(isOfCluster && first && { NumCacheNodes: 1, PreferredAvailabilityZone: first.zone }),
    CacheClusterCreateTime: new Date(source.createdAt),
    PreferredMaintenanceWindow: source.maintenanceWindow,
    ...(source.notificationTopic && { TopicArn: source.notificationTopic.arn }),
    Port: source.requestedPort,
    CacheParameterGroupName: source.parameterGroup,
    CacheSubnetGroupName: source.subnetGroup,
    VpcId: snapshot.vpcId,
    AutoMinorVersionUpgrade: source.autoMinorVersionUpgrade,
    SnapshotRetentionLimit: source.snapshotRetentionLimit,
    SnapshotWindow: source.snapshotWindow,
    ...(group !== undefined && { NumNodeGroups: shards.length, AutomaticFailover: source.automaticFailover }),
    NodeSnapshots: shards.map((shard) => answerShard(shard, isOfCluster, showConfig)),
    ...(snapshot.kmsKeyId !== undefined && { KmsKeyId: snapshot.kmsKeyId }),
    ARN: arn({ region, account, type: resources.snapshot.arnType, name: id }),
    DataTiering: dataTieringOf(source),
    ...(source.durability && { Durability: source.durability }),
  }
}

function statusOf(snapshot: SnapshotRecord, store: Store): string {
  return snapshot.status === 'available' && isBeingRestored(snapshot, store) ? 'restoring' : snapshot.status
}

/** Until it is there it has no size, and says of a node group nothing but its id (recorded answers of AWS). */
function answerShard(shard: ShardSnapshot, isOfCluster: boolean, showConfig: boolean): NodeSnapshot {
  const { bytes, savedAt } = shard
  const isThere = bytes !== null && savedAt !== null
  return {
    ...(!isOfCluster && { NodeGroupId: shard.id }),
    ...(!isOfCluster && isThere && { CacheClusterId: shard.member }),
    ...((isOfCluster || isThere) && { CacheNodeId: NODE_ID, CacheNodeCreateTime: new Date(shard.nodeCreatedAt) }),
    CacheSize: isThere ? `${Math.max(1, Math.ceil(bytes / MIB))} MB` : '',
    ...(isThere && { SnapshotCreateTime: new Date(savedAt) }),
    ...(showConfig && { NodeGroupConfiguration: configurationOf(shard) }),
  }
}

function configurationOf({ id, slots, zones }: ShardSnapshot) {
  const [primary = '', ...replicas] = zones
  return {
    NodeGroupId: id,
    ...(slots && { Slots: formatSlots(slots) }),
    ReplicaCount: replicas.length,
    PrimaryAvailabilityZone: primary,
    ReplicaAvailabilityZones: replicas,
  }
}
