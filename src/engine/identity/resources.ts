import { defaultGroupOf, hasVersion, memcached, newestVersion } from '../../api/catalog/engines.ts'
import { arn } from '../../api/names.ts'
import type { Call } from '../http/call.ts'

export interface Place {
  readonly region: string
  readonly account: string
}

/** The resource an operation is about, by its name: type in the ARN, and the members that may hold it, the first wins. */
const MAIN: readonly (readonly [operation: RegExp, type: string, members: readonly string[]])[] = [
  [
    /ServerlessCacheSnapshot/,
    'serverlesscachesnapshot',
    ['ServerlessCacheSnapshotName', 'SourceServerlessCacheSnapshotName'],
  ],
  [/ServerlessCache/, 'serverlesscache', ['ServerlessCacheName']],
  [/GlobalReplicationGroup/, 'globalreplicationgroup', ['GlobalReplicationGroupId', 'GlobalReplicationGroupIdSuffix']],
  [/ReplicationGroup|ReplicaCount|Migration|TestFailover/, 'replicationgroup', ['ReplicationGroupId']],
  [/CacheCluster/, 'cluster', ['CacheClusterId']],
  [/CacheParameter/, 'parametergroup', ['CacheParameterGroupName']],
  [/CacheSecurityGroup/, 'securitygroup', ['CacheSecurityGroupName']],
  [/CacheSubnetGroup/, 'subnetgroup', ['CacheSubnetGroupName']],
  [/Snapshot/, 'snapshot', ['SnapshotName', 'SourceSnapshotName']],
  [/UserGroup/, 'usergroup', ['UserGroupId']],
  [/User/, 'user', ['UserId']],
  [/ReservedCacheNode/, 'reserved-instance', ['ReservedCacheNodeId', 'ReservedCacheNodesOfferingId']],
]

/** Members that name resources a call depends on, or is about besides: one name or a list of them. */
const OTHERS: Readonly<Record<string, string>> = {
  CacheClusterId: 'cluster',
  CacheClusterIds: 'cluster',
  PrimaryClusterId: 'cluster',
  SnapshottingClusterId: 'cluster',
  ReplicationGroupId: 'replicationgroup',
  ReplicationGroupIds: 'replicationgroup',
  CacheParameterGroupName: 'parametergroup',
  CacheSubnetGroupName: 'subnetgroup',
  CacheSecurityGroupNames: 'securitygroup',
  SnapshotName: 'snapshot',
  TargetSnapshotName: 'snapshot',
  ServerlessCacheName: 'serverlesscache',
  TargetServerlessCacheSnapshotName: 'serverlesscachesnapshot',
  UserGroupId: 'usergroup',
  UserIds: 'user',
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
  const arnOf = (type: string, name: string) =>
    type === 'arn' ? name : arn({ region, account, type, name: name.toLowerCase() })
  const row = MAIN.find(([pattern]) => pattern.test(operation))
  const member = row?.[2].find((name) => typeof input[name] === 'string')
  const others = Object.entries(OTHERS)
    .filter(([name]) => name !== member)
    .flatMap(([name, type]) => stringsOf(input[name]).map((value) => arnOf(type, value)))
  if (operation === 'CreateCacheCluster')
    others.push(...defaultParameterGroup(input).map((name) => arnOf('parametergroup', name)))
  if (row) return [arnOf(row[1], member === undefined ? '*' : String(input[member])), ...others]
  const [first = ABOUT_NOTHING, ...rest] = others
  return [first, ...rest]
}

/** A cluster always has a parameter group; who creates one without naming it uses the default one of the version. */
function defaultParameterGroup({
  CacheParameterGroupName,
  Engine,
  EngineVersion = newestVersion(memcached),
}: Call['input']): string[] {
  if (CacheParameterGroupName !== undefined || Engine !== 'memcached') return []
  return typeof EngineVersion === 'string' && hasVersion(memcached, EngineVersion)
    ? [defaultGroupOf(memcached, EngineVersion)]
    : []
}

function stringsOf(value: unknown): string[] {
  const values = Array.isArray(value) ? value : [value]
  return values.filter((each) => typeof each === 'string' && each !== '')
}
