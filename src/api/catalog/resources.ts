/** The kinds of resources that the API has: a row a kind, which says all that differs between them by name. */
import type { FaultCode } from '../faults.ts'
import type { OperationName } from '../model.ts'

export interface ResourceKind {
  /** As people call it. */
  readonly name: string
  /** What the model calls one: in lists of answers, and in names of operations and codes. */
  readonly shape: string
  /** Its type in ARNs. */
  readonly arnType: string
  /** The operation that lists them, and in its answer the member that holds the list. */
  readonly describe: OperationName
  readonly list: string
  /** The member that names one: of an item, and of the operation's input. */
  readonly id: string
  /** The member of an item that holds its ARN. */
  readonly arn: string
  /** The member of an item that tells how it stands; absent: it is there as soon as it is made. */
  readonly status?: string
  /** What the API answers when there is none of the name. */
  readonly notFound: FaultCode
  /** What it answers when one can't be deleted since a cluster uses it. AWS sends the two states for other reasons, too. */
  readonly inUse?: FaultCode
  /** How DescribeEvents calls what an event is about. */
  readonly sourceType?: string
  /** Holds data: what `cachectl list` shows. */
  readonly cache: boolean
  /** Spans regions: not among what one region has. */
  readonly global?: true
}

export const resources = {
  cluster: {
    name: 'cluster',
    shape: 'CacheCluster',
    arnType: 'cluster',
    describe: 'DescribeCacheClusters',
    list: 'CacheClusters',
    id: 'CacheClusterId',
    arn: 'ARN',
    status: 'CacheClusterStatus',
    notFound: 'CacheClusterNotFound',
    sourceType: 'cache-cluster',
    cache: true,
  },
  serverlessCache: {
    name: 'serverless cache',
    shape: 'ServerlessCache',
    arnType: 'serverlesscache',
    describe: 'DescribeServerlessCaches',
    list: 'ServerlessCaches',
    id: 'ServerlessCacheName',
    arn: 'ARN',
    status: 'Status',
    notFound: 'ServerlessCacheNotFoundFault',
    sourceType: 'serverless-cache',
    cache: true,
  },
  replicationGroup: {
    name: 'replication group',
    shape: 'ReplicationGroup',
    arnType: 'replicationgroup',
    describe: 'DescribeReplicationGroups',
    list: 'ReplicationGroups',
    id: 'ReplicationGroupId',
    arn: 'ARN',
    status: 'Status',
    notFound: 'ReplicationGroupNotFoundFault',
    sourceType: 'replication-group',
    cache: true,
  },
  snapshot: {
    name: 'snapshot',
    shape: 'Snapshot',
    arnType: 'snapshot',
    describe: 'DescribeSnapshots',
    list: 'Snapshots',
    id: 'SnapshotName',
    arn: 'ARN',
    status: 'SnapshotStatus',
    notFound: 'SnapshotNotFoundFault',
    cache: true,
  },
  serverlessSnapshot: {
    name: 'serverless snapshot',
    shape: 'ServerlessCacheSnapshot',
    arnType: 'serverlesscachesnapshot',
    describe: 'DescribeServerlessCacheSnapshots',
    list: 'ServerlessCacheSnapshots',
    id: 'ServerlessCacheSnapshotName',
    arn: 'ARN',
    status: 'Status',
    notFound: 'ServerlessCacheSnapshotNotFoundFault',
    sourceType: 'serverless-cache-snapshot',
    cache: true,
  },
  parameterGroup: {
    name: 'parameter group',
    shape: 'CacheParameterGroup',
    arnType: 'parametergroup',
    describe: 'DescribeCacheParameterGroups',
    list: 'CacheParameterGroups',
    id: 'CacheParameterGroupName',
    arn: 'ARN',
    notFound: 'CacheParameterGroupNotFound',
    inUse: 'InvalidCacheParameterGroupState',
    sourceType: 'cache-parameter-group',
    cache: false,
  },
  subnetGroup: {
    name: 'subnet group',
    shape: 'CacheSubnetGroup',
    arnType: 'subnetgroup',
    describe: 'DescribeCacheSubnetGroups',
    list: 'CacheSubnetGroups',
    id: 'CacheSubnetGroupName',
    arn: 'ARN',
    notFound: 'CacheSubnetGroupNotFoundFault',
    inUse: 'CacheSubnetGroupInUse',
    sourceType: 'cache-subnet-group',
    cache: false,
  },
  cacheSecurityGroup: {
    name: 'security group',
    shape: 'CacheSecurityGroup',
    arnType: 'securitygroup',
    describe: 'DescribeCacheSecurityGroups',
    list: 'CacheSecurityGroups',
    id: 'CacheSecurityGroupName',
    arn: 'ARN',
    notFound: 'CacheSecurityGroupNotFound',
    inUse: 'InvalidCacheSecurityGroupState',
    sourceType: 'cache-security-group',
    cache: false,
  },
  user: {
    name: 'user',
    shape: 'User',
    arnType: 'user',
    describe: 'DescribeUsers',
    list: 'Users',
    id: 'UserId',
    arn: 'ARN',
    status: 'Status',
    notFound: 'UserNotFound',
    sourceType: 'user',
    cache: false,
  },
  userGroup: {
    name: 'user group',
    shape: 'UserGroup',
    arnType: 'usergroup',
    describe: 'DescribeUserGroups',
    list: 'UserGroups',
    id: 'UserGroupId',
    arn: 'ARN',
    status: 'Status',
    notFound: 'UserGroupNotFound',
    sourceType: 'user-group',
    cache: false,
  },
  reservedNode: {
    name: 'reservation',
    shape: 'ReservedCacheNode',
    arnType: 'reserved-instance',
    describe: 'DescribeReservedCacheNodes',
    list: 'ReservedCacheNodes',
    id: 'ReservedCacheNodeId',
    arn: 'ReservationARN',
    status: 'State',
    notFound: 'ReservedCacheNodeNotFound',
    cache: false,
  },
  globalReplicationGroup: {
    name: 'global datastore',
    shape: 'GlobalReplicationGroup',
    arnType: 'globalreplicationgroup',
    describe: 'DescribeGlobalReplicationGroups',
    list: 'GlobalReplicationGroups',
    id: 'GlobalReplicationGroupId',
    arn: 'ARN',
    status: 'Status',
    notFound: 'GlobalReplicationGroupNotFoundFault',
    cache: true,
    global: true,
  },
} as const satisfies Readonly<Record<string, ResourceKind>>

export type ResourceName = keyof typeof resources

/** What one region has. */
export const regionalKinds: readonly ResourceKind[] = Object.values<ResourceKind>(resources).filter(
  ({ global }) => !global,
)
