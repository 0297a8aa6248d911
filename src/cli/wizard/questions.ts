/** What the wizard asks for: members without which an operation can't succeed, and others worth a question. */
import { inputOf, type OperationName } from '../../api/model.ts'

/** The answers so far: member -> the words after its option. */
export type Answers = ReadonlyMap<string, readonly string[]>

interface Asking {
  /** More than the model says is required. */
  readonly needed: readonly string[]
  /** Any of these given means another way to use the operation: then nothing more than the model's is needed. */
  readonly unless?: readonly string[]
  /** Members that are answered by others: one of those given, there is no question. */
  readonly instead?: Readonly<Record<string, readonly string[]>>
  /** Asked as well, once anything is; a line that has all that is needed is not held up for them. */
  readonly also?: readonly string[]
  /** Options without a value that follow from the answers, and are no question. */
  readonly implied?: (answers: Answers) => readonly string[]
  /** Asked only if the person wants to be asked. */
  readonly offered?: readonly string[]
}

const NETWORK = ['NetworkType', 'IpDiscovery']
/** Other ways to say how many nodes a replication group has. */
const SHAPES = ['NumCacheClusters', 'NodeGroupConfiguration']
const numberOf = (answers: Answers, member: string): number => Number(answers.get(member)?.[0] ?? 0)
/** The API takes nothing else. */
const atOnce = (): readonly string[] => ['ApplyImmediately']

const asking: Partial<Record<OperationName, Asking>> = {
  CreateCacheCluster: {
    needed: ['CacheClusterId', 'Engine', 'CacheNodeType', 'NumCacheNodes'],
    unless: ['ReplicationGroupId', 'SnapshotName', 'SnapshotArns'],
    offered: [
      'EngineVersion',
      'CacheParameterGroupName',
      'CacheSubnetGroupName',
      'NetworkType',
      'IpDiscovery',
      'PreferredAvailabilityZones',
      'TransitEncryptionEnabled',
    ],
  },
  CreateReplicationGroup: {
    needed: [
      'ReplicationGroupId',
      'ReplicationGroupDescription',
      'Engine',
      'CacheNodeType',
      'NumNodeGroups',
      'ReplicasPerNodeGroup',
    ],
    instead: { NumNodeGroups: SHAPES, ReplicasPerNodeGroup: SHAPES },
    unless: ['PrimaryClusterId', 'SnapshotName', 'SnapshotArns', 'GlobalReplicationGroupId'],
    also: ['AutomaticFailoverEnabled'],
    implied: (answers) =>
      // Cluster mode is not to be had without it.
      numberOf(answers, 'NumNodeGroups') > 1 ? ['AutomaticFailoverEnabled'] : [],
    offered: [
      'EngineVersion',
      'MultiAZEnabled',
      'TransitEncryptionEnabled',
      'UserGroupIds',
      'CacheParameterGroupName',
      'CacheSubnetGroupName',
      ...NETWORK,
    ],
  },
  ModifyReplicationGroup: {
    needed: ['ReplicationGroupId'],
    offered: [
      'CacheNodeType',
      'AutomaticFailoverEnabled',
      'MultiAZEnabled',
      'EngineVersion',
      'CacheParameterGroupName',
      'SnapshotRetentionLimit',
      'ApplyImmediately',
    ],
  },
  IncreaseReplicaCount: {
    needed: ['ReplicationGroupId', 'NewReplicaCount'],
    instead: { NewReplicaCount: ['ReplicaConfiguration'] },
    implied: atOnce,
  },
  DecreaseReplicaCount: {
    needed: ['ReplicationGroupId', 'NewReplicaCount'],
    instead: { NewReplicaCount: ['ReplicaConfiguration', 'ReplicasToRemove'] },
    implied: atOnce,
  },
  ModifyReplicationGroupShardConfiguration: {
    needed: ['ReplicationGroupId', 'NodeGroupCount'],
    also: ['NodeGroupsToRemove'],
    instead: { NodeGroupsToRemove: ['NodeGroupsToRetain'] },
    implied: atOnce,
  },
  CreateServerlessCache: {
    needed: ['ServerlessCacheName', 'Engine'],
    offered: ['MajorEngineVersion', 'NetworkType', 'SubnetIds'],
  },
  ModifyCacheParameterGroup: { needed: ['CacheParameterGroupName', 'ParameterNameValues'] },
  CreateUser: {
    needed: ['UserId', 'UserName', 'Engine', 'AccessString', 'Passwords'],
    unless: ['NoPasswordRequired', 'AuthenticationMode'],
  },
  CreateUserGroup: { needed: ['UserGroupId', 'Engine', 'UserIds'] },
  CreateSnapshot: { needed: ['CacheClusterId', 'SnapshotName'], unless: ['ReplicationGroupId'] },
}

/** Members to ask for, in the order to ask; empty: the operation has what it needs. */
export function neededMembers(name: OperationName, given: (member: string) => boolean): readonly string[] {
  const { required } = inputOf(name)
  const { needed = [], unless = [], implied } = asking[name] ?? {}
  const all = unless.some(given) ? required : [...new Set([...needed, ...required])]
  const told = implied?.(new Map()) ?? []
  return all.filter((member) => !told.includes(member) && isOpen(name, member, given))
}

/** Members worth a question now that others are asked for. */
export const alsoAsked = (name: OperationName, given: (member: string) => boolean): readonly string[] =>
  (asking[name]?.also ?? []).filter((member) => isOpen(name, member, given))

/** Members worth a question, given what has been answered. */
export const offeredMembers = (name: OperationName, given: (member: string) => boolean): readonly string[] =>
  (asking[name]?.offered ?? []).filter((member) => isOpen(name, member, given))

const isOpen = (name: OperationName, member: string, given: (member: string) => boolean): boolean =>
  !given(member) && !(asking[name]?.instead?.[member] ?? []).some(given)

/** What goes on the line besides the answers. */
export const impliedMembers = (name: OperationName, answers: Answers): readonly string[] =>
  (asking[name]?.implied?.(answers) ?? []).filter((member) => !answers.has(member))

/** What stands in the field already. */
export const USUAL: Readonly<Record<string, string>> = {
  NumCacheNodes: '1',
  NumNodeGroups: '1',
  ReplicasPerNodeGroup: '1',
}

/** A question that the answers so far have settled. */
export const isSettled = (name: OperationName, member: string, answers: Answers): boolean =>
  SETTLED[`${name}.${member}`]?.(answers) ?? SETTLED[member]?.(answers) ?? false

const SETTLED: Readonly<Record<string, (answers: Answers) => boolean>> = {
  // Which family to tell is a question only with both.
  IpDiscovery: (answers) => answers.get('NetworkType')?.[0] !== 'dual_stack',
  UserGroupIds: (answers) => !answers.has('TransitEncryptionEnabled'),
  // Of several shards it is implied; without a replica nothing takes over.
  'CreateReplicationGroup.AutomaticFailoverEnabled': (answers) =>
    numberOf(answers, 'NumNodeGroups') > 1 ||
    Math.max(numberOf(answers, 'ReplicasPerNodeGroup'), numberOf(answers, 'NumCacheClusters') - 1) < 1,
  'CreateReplicationGroup.MultiAZEnabled': (answers) =>
    !answers.has('AutomaticFailoverEnabled') && numberOf(answers, 'NumNodeGroups') < 2,
}
