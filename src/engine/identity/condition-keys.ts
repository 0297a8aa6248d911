/** What a call says under each condition key (guide, "Using condition keys"). Keys are in small letters. */

import { CLUSTER_ON } from '../../api/catalog/engines.ts'
import type { Call } from '../http/call.ts'
import type { Tag } from '../store/records.ts'

type Read = (input: Call['input'], operation: Call['operation']) => unknown

const at =
  (...path: string[]): Read =>
  (input) =>
    // Of a string or a number, a member is undefined.
    path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], input)

/** A group of one shard has cluster mode off unless the call says otherwise. */
const clusterMode: Read = ({ ClusterMode, NumNodeGroups, CacheParameterGroupName: group }, operation) => {
  if (ClusterMode !== undefined) return ClusterMode === 'enabled'
  if (operation !== 'CreateReplicationGroup') return undefined
  return Number(NumNodeGroups ?? 1) > 1 || String(group).endsWith(CLUSTER_ON)
}

/** Of a replication group it is true only where the call asks for encryption and that no client goes without. */
const transitEncryption: Read = ({
  TransitEncryptionEnabled: isOn,
  TransitEncryptionMode: mode,
  ReplicationGroupId: group,
}) => (group === undefined || (isOn ?? mode) === undefined ? isOn : isOn !== false && mode === 'required')

const KEYS: Readonly<Record<string, Read>> = {
  'elasticache:AtRestEncryptionEnabled': at('AtRestEncryptionEnabled'),
  'elasticache:AuthTokenEnabled': ({ AuthToken }) => (AuthToken === undefined ? undefined : true),
  'elasticache:AutomaticFailoverEnabled': at('AutomaticFailoverEnabled'),
  'elasticache:CacheNodeType': at('CacheNodeType'),
  'elasticache:CacheParameterGroupName': at('CacheParameterGroupName'),
  'elasticache:ClusterModeEnabled': clusterMode,
  'elasticache:DataStorageUnit': at('CacheUsageLimits', 'DataStorage', 'Unit'),
  'elasticache:EngineType': at('Engine'),
  'elasticache:EngineVersion': ({ EngineVersion, MajorEngineVersion }) => EngineVersion ?? MajorEngineVersion,
  'elasticache:KmsKeyId': at('KmsKeyId'),
  'elasticache:MaximumDataStorage': at('CacheUsageLimits', 'DataStorage', 'Maximum'),
  'elasticache:MaximumECPUPerSecond': at('CacheUsageLimits', 'ECPUPerSecond', 'Maximum'),
  'elasticache:MinimumDataStorage': at('CacheUsageLimits', 'DataStorage', 'Minimum'),
  'elasticache:MinimumECPUPerSecond': at('CacheUsageLimits', 'ECPUPerSecond', 'Minimum'),
  'elasticache:MultiAZEnabled': at('MultiAZEnabled'),
  'elasticache:NumNodeGroups': at('NumNodeGroups'),
  'elasticache:ReplicasPerNodeGroup': at('ReplicasPerNodeGroup'),
  'elasticache:SnapshotRetentionLimit': at('SnapshotRetentionLimit'),
  'elasticache:TransitEncryptionEnabled': transitEncryption,
  'elasticache:UserAuthenticationMode': at('AuthenticationMode', 'Type'),
}

/** The caller, its address, the time: the same for every resource of the call. */
export interface Circumstances {
  readonly userName: string
  readonly userId: string
  readonly userArn: string
  readonly account: string
  readonly region: string
  readonly sourceIp: string
  readonly userAgent: string
  /** Milliseconds since the epoch, of the engine's clock. */
  readonly now: number
}

export function circumstanceKeys(who: Circumstances): [string, string[]][] {
  return [
    ['aws:username', [who.userName]],
    ['aws:userid', [who.userId]],
    ['aws:principalarn', [who.userArn]],
    ['aws:principalaccount', [who.account]],
    ['aws:principaltype', ['User']],
    ['aws:requestedregion', [who.region]],
    ['aws:sourceip', [who.sourceIp]],
    ['aws:useragent', [who.userAgent]],
    ['aws:securetransport', ['false']],
    ['aws:currenttime', [new Date(who.now).toISOString()]],
    ['aws:epochtime', [String(Math.floor(who.now / 1000))]],
  ]
}

/** Tags the call brings, or in RemoveTagsFromResource names. */
export function requestTagKeys({ input }: Pick<Call, 'input'>): [string, string[]][] {
  // The input was decoded by the model.
  const tags = (Array.isArray(input.Tags) ? input.Tags : []) as { Key?: string; Value?: string }[]
  const named = (Array.isArray(input.TagKeys) ? input.TagKeys : []) as string[]
  const keys = [...tags.flatMap(({ Key }) => Key ?? []), ...named]
  return [
    ...tags.map(({ Key = '', Value = '' }): [string, string[]] => [`aws:requesttag/${Key.toLowerCase()}`, [Value]]),
    ...(keys.length > 0 ? [['aws:tagkeys', keys] satisfies [string, string[]]] : []),
  ]
}

/** The tags of a resource as condition keys `aws:ResourceTag/<key>`. */
export const resourceTagKeys = (tags: readonly Tag[]): [string, string[]][] =>
  tags.map(({ Key, Value }) => [`aws:resourcetag/${Key.toLowerCase()}`, [Value]])

/** The service's own keys: there only when the call says something, and only for its main resource. */
export function requestKeys({ input, operation }: Call): [string, string[]][] {
  return Object.entries(KEYS).flatMap(([key, read]): [string, string[]][] => {
    const value = read(input, operation)
    return value === undefined || value === null ? [] : [[key.toLowerCase(), [String(value)]]]
  })
}
