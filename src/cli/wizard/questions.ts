/** What the wizard asks for: members without which an operation can't succeed, and others worth a question. */
import { inputOf, type OperationName } from '../../api/model.ts'

/** The answers so far: member -> the words after its option. */
export type Answers = ReadonlyMap<string, readonly string[]>

interface Asking {
  /** More than the model says is required. */
  readonly needed: readonly string[]
  /** Any of these given means another way to use the operation: then nothing more than the model's is needed. */
  readonly unless?: readonly string[]
  /** Asked only if the person wants to be asked. */
  readonly offered?: readonly string[]
}

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
  const { needed = [], unless = [] } = asking[name] ?? {}
  const all = unless.some(given) ? required : [...new Set([...needed, ...required])]
  return all.filter((member) => !given(member))
}

/** Members worth a question, given what has been answered. */
export function offeredMembers(name: OperationName, given: (member: string) => boolean): readonly string[] {
  return (asking[name]?.offered ?? []).filter((member) => !given(member))
}

/** A question that the answers so far have settled: which family to tell is one only with both. */
export const isSettled = (member: string, answers: Answers): boolean =>
  member === 'IpDiscovery' && answers.get('NetworkType')?.[0] !== 'dual_stack'
