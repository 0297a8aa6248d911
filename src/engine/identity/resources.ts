import { defaultGroupOf, hasVersion, newestVersion } from '../../api/catalog/engines.ts'
import { type ResourceKind, resources } from '../../api/catalog/resources.ts'
import { arn } from '../../api/names.ts'
import { findFamily } from '../families/families.ts'
import type { Call } from '../http/call.ts'

export interface Place {
  readonly region: string
  readonly account: string
}

const {
  cluster,
  serverlessCache,
  serverlessSnapshot,
  replicationGroup,
  snapshot,
  parameterGroup,
  subnetGroup,
  cacheSecurityGroup,
  user,
  userGroup,
} = resources

/** Longest first: `CreateServerlessCacheSnapshot` is about a snapshot of a serverless cache. */
const BY_SHAPE = Object.values<ResourceKind>(resources).sort((a, b) => b.shape.length - a.shape.length)

/** Operations that do not say in their names what they are about. */
const UNNAMED: readonly (readonly [operation: RegExp, kind: ResourceKind])[] = [
  [/ReplicaCount|Migration|TestFailover/, replicationGroup],
  [/CacheParameter/, parameterGroup],
]

/** The kind of resource that an operation is about. */
const kindOf = (operation: string): ResourceKind | undefined =>
  BY_SHAPE.find(({ shape }) => operation.includes(shape)) ?? UNNAMED.find(([pattern]) => pattern.test(operation))?.[1]

/** Members that may hold the name of what an operation is about: the first wins. */
const namesOf = ({ id }: ResourceKind): readonly string[] => [
  id,
  `Source${id}`,
  `${id}Suffix`,
  'ReservedCacheNodesOfferingId',
]

/** Members that name resources a call depends on, or is about besides: one name or a list of them. */
const OTHERS: Readonly<Record<string, ResourceKind | 'arn'>> = {
  [cluster.id]: cluster,
  CacheClusterIds: cluster,
  PrimaryClusterId: cluster,
  SnapshottingClusterId: cluster,
  [replicationGroup.id]: replicationGroup,
  ReplicationGroupIds: replicationGroup,
  [parameterGroup.id]: parameterGroup,
  [subnetGroup.id]: subnetGroup,
  CacheSecurityGroupNames: cacheSecurityGroup,
  [snapshot.id]: snapshot,
  [`Target${snapshot.id}`]: snapshot,
  FinalSnapshotIdentifier: snapshot,
  [serverlessCache.id]: serverlessCache,
  [serverlessSnapshot.id]: serverlessSnapshot,
  [`Target${serverlessSnapshot.id}`]: serverlessSnapshot,
  [userGroup.id]: userGroup,
  UserGroupIds: userGroup,
  UserGroupIdsToAdd: userGroup,
  UserGroupIdsToRemove: userGroup,
  UserIds: user,
  UserIdsToAdd: user,
  UserIdsToRemove: user,
  ResourceName: 'arn',
  SnapshotArnsToRestore: 'arn',
}

/** Lists of everything of a kind, and operations that are about nothing of the account. */
const ABOUT_NOTHING = '*'

/**
 * ARNs a call needs permission for; the main one first, the only one that conditions on what the call asks for apply to. A
 * call that names nothing of the kind it is about (a list) is about all of it: `...:cluster:*`.
 */
export function resourcesOf({ operation, input }: Call, { region, account }: Place): [string, ...string[]] {
  const arnOf = (kind: ResourceKind | 'arn', name: string) =>
    kind === 'arn' ? name : arn({ region, account, type: kind.arnType, name: name.toLowerCase() })
  const about = kindOf(operation)
  const member = about && namesOf(about).find((name) => typeof input[name] === 'string')
  const others = Object.entries(OTHERS)
    .filter(([name]) => name !== member)
    .flatMap(([name, kind]) => stringsOf(input[name]).map((value) => arnOf(kind, value)))
  if (operation === 'CreateCacheCluster')
    others.push(...defaultParameterGroup(input).map((name) => arnOf(parameterGroup, name)))
  if (about) return [arnOf(about, member === undefined ? '*' : String(input[member])), ...others]
  const [first = ABOUT_NOTHING, ...rest] = others
  return [first, ...rest]
}

/** A cluster always has a parameter group; created without naming one, it has the default one of its version. */
function defaultParameterGroup({ CacheParameterGroupName, Engine, EngineVersion }: Call['input']): string[] {
  const engine = typeof Engine === 'string' ? findFamily(Engine)?.engine : undefined
  if (CacheParameterGroupName !== undefined || !engine) return []
  const version = EngineVersion ?? newestVersion(engine)
  return typeof version === 'string' && hasVersion(engine, version) ? [defaultGroupOf(engine, version)] : []
}

function stringsOf(value: unknown): string[] {
  const values = Array.isArray(value) ? value : [value]
  return values.filter((each) => typeof each === 'string' && each !== '')
}
