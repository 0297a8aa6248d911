/**
 * Which columns the list of a resource has. The first is its name; those on the right are left out first where the
 * terminal is narrow, so what people look for stands on the left. What is not here is shown with all its plain members.
 */
import { resources } from '../../api/catalog/resources.ts'
import { type Item, isItem, isItems, label, valueText } from './human-value.ts'
import { snapshotSize, snapshotTime } from './node-snapshots.ts'
import type { Style } from './style.ts'

export interface Column<T = Item> {
  readonly head: string
  /** A member's name, or how to tell it from the item. */
  readonly of: (keyof T & string) | ((item: T, style: Style) => string)
  /** Long text, which may be broken over lines. */
  readonly long?: true
}

const column = (head: string, of: Column['of']): Column => ({ head, of })
const longColumn = (head: string, of: Column['of']): Column => ({ head, of, long: true })

const ENGINE = column('Engine', ({ Engine, EngineVersion, MajorEngineVersion }) =>
  [Engine, EngineVersion ?? MajorEngineVersion].filter(Boolean).join(' '),
)

const firstOf =
  (...names: readonly string[]): Column['of'] =>
  (item, style) => {
    const name = names.find((candidate) => item[candidate] !== undefined) ?? ''
    return valueText(item[name], name, style)
  }

const YEAR_SECONDS = 365 * 86_400

const COSTS = [
  column('Years', ({ Duration }) => (typeof Duration === 'number' ? String(Duration / YEAR_SECONDS) : '-')),
  column('Payment', 'OfferingType'),
  column('Upfront', 'FixedPrice'),
  column('Hourly', 'UsagePrice'),
  column('Engine', 'ProductDescription'),
]

const PARAMETER = [
  column('Parameter', 'ParameterName'),
  column('Value', firstOf('ParameterValue', 'CacheNodeTypeSpecificValues')),
  column('Can change', 'IsModifiable'),
  column('Allowed', 'AllowedValues'),
  column('Takes effect', 'ChangeType'),
  column('Set by', 'Source'),
  longColumn('Meaning', 'Description'),
]

const views: Readonly<Record<string, readonly Column[]>> = {
  [resources.cluster.shape]: [
    column('Cluster', resources.cluster.id),
    column('Status', resources.cluster.status),
    column('Endpoint', clusterEndpoint),
    column('Nodes', nodeCount),
    column('Node type', 'CacheNodeType'),
    ENGINE,
    column('Network', network),
    column('TLS', 'TransitEncryptionEnabled'),
    column('Created', 'CacheClusterCreateTime'),
    column('Zone', 'PreferredAvailabilityZone'),
  ],
  CacheNode: [
    column('Node', 'CacheNodeId'),
    column('Status', 'CacheNodeStatus'),
    column('Endpoint', 'Endpoint'),
    column('Zone', 'CustomerAvailabilityZone'),
    column('Parameters', 'ParameterGroupStatus'),
    column('Created', 'CacheNodeCreateTime'),
  ],
  [resources.serverlessCache.shape]: [
    column('Cache', resources.serverlessCache.id),
    column('Status', resources.serverlessCache.status),
    column('Endpoint', 'Endpoint'),
    ENGINE,
    column('Network', 'NetworkType'),
    column('Created', 'CreateTime'),
    column('Limits', 'CacheUsageLimits'),
  ],
  [resources.replicationGroup.shape]: [
    column('Replication group', resources.replicationGroup.id),
    column('Status', resources.replicationGroup.status),
    column('Endpoint', groupEndpoint),
    column('Shards', ({ NodeGroups }) => shapeOf(NodeGroups)),
    column('Node type', 'CacheNodeType'),
    ENGINE,
    column('Failover', 'AutomaticFailover'),
    column('Multi-AZ', 'MultiAZ'),
    column('TLS', 'TransitEncryptionEnabled'),
    column('Created', 'ReplicationGroupCreateTime'),
    column('Clusters', 'MemberClusters'),
  ],
  NodeGroup: [
    column('Shard', 'NodeGroupId'),
    column('Status', 'Status'),
    column('Slots', 'Slots'),
    column('Primary', 'PrimaryEndpoint'),
    column('Reader', 'ReaderEndpoint'),
    column('Nodes', ({ NodeGroupMembers: members }) => String(isItems(members) ? members.length : 0)),
  ],
  NodeGroupMember: [
    column('Member', 'CacheClusterId'),
    column('Role', 'CurrentRole'),
    column('Endpoint', 'ReadEndpoint'),
    column('Zone', 'PreferredAvailabilityZone'),
  ],
  [resources.snapshot.shape]: [
    column('Snapshot', resources.snapshot.id),
    column('Status', resources.snapshot.status),
    column('Of', firstOf('ReplicationGroupId', 'CacheClusterId')),
    column('Made', (item, style) => valueText(snapshotTime(item), '', style)),
    column('Size', (item) => snapshotSize(item) ?? '-'),
    ENGINE,
    column('Node type', 'CacheNodeType'),
    column('Source', 'SnapshotSource'),
  ],
  [resources.serverlessSnapshot.shape]: [
    column('Snapshot', resources.serverlessSnapshot.id),
    column('Status', resources.serverlessSnapshot.status),
    column('Of', ({ ServerlessCacheConfiguration: of }, style) =>
      valueText(isItem(of) ? of.ServerlessCacheName : undefined, '', style),
    ),
    column('Made', 'CreateTime'),
    column('Bytes', 'BytesUsedForCache'),
    column('Type', 'SnapshotType'),
    column('Expires', 'ExpiryTime'),
  ],
  Event: [
    column('When', 'Date'),
    // Second, so that it is there on the narrowest screen.
    longColumn('Message', 'Message'),
    column('Source', 'SourceIdentifier'),
    column('Type', 'SourceType'),
  ],
  [resources.subnetGroup.shape]: [
    column('Subnet group', resources.subnetGroup.id),
    column('VPC', 'VpcId'),
    column('Subnets', ({ Subnets }) => String(Array.isArray(Subnets) ? Subnets.length : 0)),
    column('Network types', 'SupportedNetworkTypes'),
    longColumn('Description', 'CacheSubnetGroupDescription'),
  ],
  Subnet: [
    column('Subnet', 'SubnetIdentifier'),
    column('Zone', 'SubnetAvailabilityZone'),
    column('Network types', 'SupportedNetworkTypes'),
  ],
  [resources.parameterGroup.shape]: [
    column('Parameter group', resources.parameterGroup.id),
    column('Family', 'CacheParameterGroupFamily'),
    longColumn('Description', 'Description'),
    column('Global', 'IsGlobal'),
  ],
  Parameter: PARAMETER,
  CacheNodeTypeSpecificParameter: PARAMETER,
  CacheEngineVersion: [
    column('Engine', 'Engine'),
    column('Version', 'EngineVersion'),
    column('Parameter group family', 'CacheParameterGroupFamily'),
    longColumn('Description', 'CacheEngineVersionDescription'),
  ],
  [resources.cacheSecurityGroup.shape]: [
    column('Security group', resources.cacheSecurityGroup.id),
    column('Let in', 'EC2SecurityGroups'),
    longColumn('Description', 'Description'),
  ],
  [resources.user.shape]: [
    column('User', resources.user.id),
    column('Status', resources.user.status),
    column('Name', 'UserName'),
    column('Engine', 'Engine'),
    column('Groups', 'UserGroupIds'),
    longColumn('Access', 'AccessString'),
  ],
  [resources.userGroup.shape]: [
    column('User group', resources.userGroup.id),
    column('Status', resources.userGroup.status),
    column('Users', 'UserIds'),
    column('Engine', 'Engine'),
    column('Serverless caches', 'ServerlessCaches'),
    column('Replication groups', 'ReplicationGroups'),
  ],
  [resources.reservedNode.shape]: [
    column('Reservation', resources.reservedNode.id),
    column('State', resources.reservedNode.status),
    column('Node type', 'CacheNodeType'),
    column('Nodes', 'CacheNodeCount'),
    column('Since', 'StartTime'),
    ...COSTS,
  ],
  ReservedCacheNodesOffering: [
    column('Node type', 'CacheNodeType'),
    ...COSTS,
    column('Offering', 'ReservedCacheNodesOfferingId'),
  ],
  ServiceUpdate: [
    column('Service update', 'ServiceUpdateName'),
    column('Status', 'ServiceUpdateStatus'),
    column('Severity', 'ServiceUpdateSeverity'),
    column('Apply by', 'ServiceUpdateRecommendedApplyByDate'),
    column('Engine', 'Engine'),
    column('Released', 'ServiceUpdateReleaseDate'),
    longColumn('Description', 'ServiceUpdateDescription'),
  ],
  UpdateAction: [
    column('For', firstOf('ReplicationGroupId', 'CacheClusterId')),
    column('Service update', 'ServiceUpdateName'),
    column('Status', 'UpdateActionStatus'),
    column('Nodes', 'NodesUpdated'),
    column('Severity', 'ServiceUpdateSeverity'),
    column('Apply by', 'ServiceUpdateRecommendedApplyByDate'),
  ],
  Tag: [column('Key', 'Key'), longColumn('Value', 'Value')],
}

/** The columns of a list of such items, whose members the model calls by these names. */
export const columnsOf = (shape: string, items: readonly Item[]): readonly Column[] =>
  views[shape] ?? plainColumns(shape, items)

function plainColumns(shape: string, items: readonly Item[]): Column[] {
  const names = new Set(items.flatMap((item) => Object.keys(item).filter((name) => !isItems(item[name]))))
  return [...names].map((name) => column(label(name, shape), name))
}

/** Clusters of one Redis node have no configuration endpoint: their nodes' stand for it. */
export function clusterEndpoint({ ConfigurationEndpoint, CacheNodes }: Item, style: Style): string {
  if (ConfigurationEndpoint) return valueText(ConfigurationEndpoint, '', style)
  const nodes = isItems(CacheNodes) ? CacheNodes.flatMap(({ Endpoint }) => (Endpoint ? [Endpoint] : [])) : []
  return valueText(nodes, '', style)
}

function groupEndpoint({ ConfigurationEndpoint, NodeGroups }: Item, style: Style): string {
  const [first] = isItems(NodeGroups) ? NodeGroups : []
  return valueText(ConfigurationEndpoint ?? first?.PrimaryEndpoint, '', style)
}

/** `3 x 2`: shards, and nodes of each; `2 + 3` where they differ. */
function shapeOf(shards: unknown): string {
  const counts = isItems(shards)
    ? shards.map(({ NodeGroupMembers: members }) => (isItems(members) ? members.length : 0))
    : []
  const [first = 0] = counts
  if (counts.length === 0) return '-'
  return counts.every((count) => count === first) ? `${counts.length} x ${first}` : counts.join(' + ')
}

/** `3`, or `2 of 3` while some are not available. */
function nodeCount({ CacheNodes, NumCacheNodes }: Item): string {
  if (!isItems(CacheNodes)) return String(NumCacheNodes ?? '-')
  const available = CacheNodes.filter(({ CacheNodeStatus }) => CacheNodeStatus === 'available').length
  return available === CacheNodes.length ? String(available) : `${available} of ${CacheNodes.length}`
}

function network({ NetworkType, IpDiscovery }: Item): string {
  return NetworkType === 'dual_stack' ? `dual_stack, tells ${String(IpDiscovery)}` : String(NetworkType ?? 'ipv4')
}
