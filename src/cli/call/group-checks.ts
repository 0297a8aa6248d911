/** What can be seen to be wrong with a request for a replication group without sending it: what members say of each other. Pure. */
import { CLUSTER_ON, defaultGroupOf, engines, isSince, newestVersion } from '../../api/catalog/engines.ts'
import { LIMITS } from '../../api/catalog/limits.ts'
import type { OperationName } from '../../api/model.ts'
import type { Item } from '../output/human-value.ts'
import type { Complaint } from './checks.ts'

const { replicasPerShard: MOST_REPLICAS, snapshotRetentionDays: LONGEST_RETENTION_DAYS } = LIMITS
const GROUP_ENGINES: readonly unknown[] = ['valkey', 'redis']

type Rule = readonly [wrong: boolean, option: string, text: string]

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const countOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

const RULES: Partial<Record<OperationName, (given: Item) => readonly Rule[]>> = {
  CreateReplicationGroup: (given) => [
    ...shapeRules(given),
    ...zoneRules(given),
    ...releaseRules(given),
    ...accessRules(given),
    ...snapshotRules(given),
  ],
  ModifyReplicationGroup: (given) => [
    [
      given.MultiAZEnabled === true && given.AutomaticFailoverEnabled === false,
      'multi-az-enabled',
      'Multi-AZ needs automatic failover, which this turns off.',
    ],
    [
      given.AuthToken !== undefined && given.AuthTokenUpdateStrategy === 'DELETE',
      'auth-token-update-strategy',
      'DELETE takes no --auth-token.',
    ],
    [
      given.AuthToken === undefined && ['SET', 'ROTATE'].includes(String(given.AuthTokenUpdateStrategy)),
      'auth-token',
      `${String(given.AuthTokenUpdateStrategy)} needs the token.`,
    ],
    tokenRule(given),
    ...snapshotRules(given),
  ],
  IncreaseReplicaCount: (given) => [...countRules(given), atOnce(given)],
  DecreaseReplicaCount: (given) => [...countRules(given), atOnce(given)],
  ModifyReplicationGroupShardConfiguration: (given) => [
    atOnce(given),
    [(countOf(given.NodeGroupCount) ?? 1) < 1, 'node-group-count', 'At least one shard.'],
    [
      listOf(given.NodeGroupsToRemove).length > 0 && listOf(given.NodeGroupsToRetain).length > 0,
      'node-groups-to-retain',
      'Those that go, or those that stay: not both.',
    ],
  ],
}

/** None for operations of other things. */
export const checkGroup = (name: OperationName, given: Item): Complaint[] =>
  (RULES[name]?.(given) ?? []).flatMap(([wrong, option, text]) => (wrong ? [{ option, text }] : []))

const atOnce = ({ ApplyImmediately }: Item): Rule => [
  ApplyImmediately === false,
  'apply-immediately',
  'It is done at once or not at all: --apply-immediately.',
]

const countRules = ({ NewReplicaCount, ReplicaConfiguration, ReplicasToRemove }: Item): readonly Rule[] => {
  const said = [NewReplicaCount, ReplicaConfiguration, ReplicasToRemove].filter((each) => each !== undefined).length
  return [
    [said === 0, 'new-replica-count', 'How many replicas each shard is to have, or --replica-configuration.'],
    [said > 1, 'new-replica-count', 'A count, counts of shards or names of replicas: one of them.'],
    tooMany('new-replica-count', NewReplicaCount),
  ]
}

const tooMany = (option: string, replicas: unknown): Rule => [
  (countOf(replicas) ?? 0) < 0 || (countOf(replicas) ?? 0) > MOST_REPLICAS,
  option,
  `0 to ${MOST_REPLICAS} replicas of a shard.`,
]

/** As far as members tell: a snapshot, or a cluster that becomes the primary, has a shape of its own. */
function shapeOf({ NumCacheClusters, NumNodeGroups, ReplicasPerNodeGroup, NodeGroupConfiguration }: Item) {
  const configured = listOf(NodeGroupConfiguration)
  const shards = configured.length || countOf(NumNodeGroups) || 1
  const alike = countOf(ReplicasPerNodeGroup) ?? (countOf(NumCacheClusters) ?? 1) - 1
  return { shards, replicas: configured.length > 0 ? undefined : alike }
}

function shapeRules(given: Item): readonly Rule[] {
  const { AutomaticFailoverEnabled, MultiAZEnabled, ClusterMode, NumCacheClusters, ReplicasPerNodeGroup } = given
  const { shards, replicas } = shapeOf(given)
  const fails = AutomaticFailoverEnabled === true
  const isRestored = given.SnapshotName !== undefined || given.SnapshotArns !== undefined
  const isLone = replicas === 0 && !isRestored && given.GlobalReplicationGroupId === undefined
  return [
    [
      NumCacheClusters !== undefined && (ReplicasPerNodeGroup !== undefined || shards > 1),
      'num-cache-clusters',
      'Only of a group with one shard; else --num-node-groups and --replicas-per-node-group.',
    ],
    [
      (countOf(NumCacheClusters) ?? 1) < 1 || (countOf(NumCacheClusters) ?? 1) > MOST_REPLICAS + 1,
      'num-cache-clusters',
      `1 to ${MOST_REPLICAS + 1}: a primary and up to ${MOST_REPLICAS} replicas.`,
    ],
    tooMany('replicas-per-node-group', ReplicasPerNodeGroup),
    [
      shards > 1 && !fails,
      'automatic-failover-enabled',
      'Several shards are cluster mode, which is not to be had without it.',
    ],
    [
      shards > 1 && (ClusterMode === 'disabled' || ClusterMode === 'compatible'),
      'cluster-mode',
      `${String(ClusterMode)} has one shard, not ${shards}.`,
    ],
    [
      fails && shards === 1 && isLone && ClusterMode !== 'enabled',
      'automatic-failover-enabled',
      'It needs a replica that takes over: --num-cache-clusters 2.',
    ],
    [MultiAZEnabled === true && !fails, 'multi-az-enabled', 'It needs --automatic-failover-enabled.'],
    [
      MultiAZEnabled === true && fails && isLone,
      'multi-az-enabled',
      'It needs a replica in each shard: --replicas-per-node-group 1.',
    ],
  ]
}

function zoneRules(given: Item): readonly Rule[] {
  const zones = listOf(given.PreferredCacheClusterAZs)
  const { shards, replicas } = shapeOf(given)
  const nodes = (replicas ?? 0) + 1
  const option = 'preferred-cache-cluster-azs'
  return [
    [
      zones.length > 0 && shards > 1,
      option,
      'Only of one shard; of several each has its zones in --node-group-configuration.',
    ],
    [
      zones.length > 0 && shards === 1 && replicas !== undefined && zones.length !== nodes,
      option,
      `One zone for each node, the primary first: ${zones.length} for ${nodes}.`,
    ],
    [
      given.MultiAZEnabled === true && zones.length > 1 && new Set(zones).size === 1,
      option,
      `Multi-AZ, and every node in ${String(zones[0])}: name two zones or more.`,
    ],
  ]
}

function releaseRules(given: Item): readonly Rule[] {
  const { Engine, EngineVersion, NetworkType, IpDiscovery, CacheParameterGroupName: group, CacheNodeType: type } = given
  const facts = GROUP_ENGINES.includes(Engine) ? engines[String(Engine)] : undefined
  const version = facts && (typeof EngineVersion === 'string' ? EngineVersion : newestVersion(facts))
  const ipv6 = NetworkType === 'ipv6' || NetworkType === 'dual_stack'
  const tiered = typeof type === 'string' && type.startsWith('cache.r6gd.')
  const { shards } = shapeOf(given)
  const isDefault = typeof group === 'string' && group.startsWith('default.')
  const fitting = facts && version !== undefined ? defaultGroupOf(facts, version) : undefined
  return [
    [
      Engine !== undefined && facts === undefined,
      'engine',
      `"${String(Engine)}" has no replication groups. Engines that have: ${GROUP_ENGINES.join(', ')}.`,
    ],
    [
      ipv6 && facts !== undefined && version !== undefined && !isSince(version, facts.ipv6Since),
      'network-type',
      `${String(NetworkType)} needs ${facts?.name} ${facts?.ipv6Since} or later, not ${version}.`,
    ],
    [IpDiscovery === 'ipv6' && !ipv6, 'ip-discovery', 'ipv6 needs --network-type ipv6 or dual_stack.'],
    [
      IpDiscovery === 'ipv4' && NetworkType === 'ipv6',
      'ip-discovery',
      'ipv4 is not possible with --network-type ipv6.',
    ],
    [
      given.TransitEncryptionEnabled === true &&
        facts !== undefined &&
        version !== undefined &&
        !isSince(version, facts.tlsSince),
      'transit-encryption-enabled',
      `TLS needs ${facts?.name} ${facts?.tlsSince} or later, not ${version}.`,
    ],
    [
      isDefault && fitting !== undefined && ![fitting, `${fitting}${CLUSTER_ON}`].includes(String(group)),
      'cache-parameter-group-name',
      `${String(group)} is not of the family of ${facts?.name} ${version}: ${fitting}, with ${CLUSTER_ON} for several shards.`,
    ],
    [
      isDefault && shards > 1 && !String(group).endsWith(CLUSTER_ON),
      'cache-parameter-group-name',
      `Several shards need one with cluster mode: ${String(group)}${CLUSTER_ON}.`,
    ],
    [
      tiered && given.DataTieringEnabled !== true,
      'data-tiering-enabled',
      `${String(type)} has an SSD, and is to be had with --data-tiering-enabled only.`,
    ],
    [
      given.DataTieringEnabled === true && typeof type === 'string' && !tiered,
      'data-tiering-enabled',
      `${type} has no SSD: node types of R6gd have.`,
    ],
  ]
}

function accessRules(given: Item): readonly Rule[] {
  const { TransitEncryptionEnabled, TransitEncryptionMode, AuthToken } = given
  const encrypted = TransitEncryptionEnabled === true
  const groups = listOf(given.UserGroupIds)
  return [
    [
      TransitEncryptionMode !== undefined && !encrypted,
      'transit-encryption-mode',
      'It needs --transit-encryption-enabled.',
    ],
    [
      AuthToken !== undefined && (!encrypted || TransitEncryptionMode === 'preferred'),
      'auth-token',
      'It needs --transit-encryption-enabled, and no plain text beside it.',
    ],
    [AuthToken !== undefined && groups.length > 0, 'user-group-ids', 'An AUTH token or a user group: not both.'],
    [groups.length > 1, 'user-group-ids', 'A group has one user group.'],
    [groups.length > 0 && !encrypted, 'user-group-ids', 'Users need --transit-encryption-enabled.'],
    tokenRule(given),
  ]
}

/** Guide, "Authenticating with AUTH". */
const tokenRule = ({ AuthToken }: Item): Rule => [
  typeof AuthToken === 'string' && !/^[A-Za-z0-9!&#$^<>-]{16,128}$/.test(AuthToken),
  'auth-token',
  '16 to 128 letters, digits and ! & # $ ^ < > - are allowed.',
]

const snapshotRules = ({ SnapshotRetentionLimit: days }: Item): readonly Rule[] => [
  [
    (countOf(days) ?? 0) < 0 || (countOf(days) ?? 0) > LONGEST_RETENTION_DAYS,
    'snapshot-retention-limit',
    `0 to ${LONGEST_RETENTION_DAYS} days; 0: no automatic snapshots.`,
  ],
]
