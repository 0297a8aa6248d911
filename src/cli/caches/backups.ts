/** Backups of both sorts as one: snapshots of serverless caches, and those of replication groups and their nodes. */

import { memcached } from '../../api/catalog/engines.ts'
import { LIMITS } from '../../api/catalog/limits.ts'
import { type ResourceKind, resources } from '../../api/catalog/resources.ts'
import { isOlder } from '../../api/catalog/versions.ts'
import type { Input, OperationName } from '../../api/model.ts'
import { nearest } from '../../api/nearest.ts'
import { shellWord } from '../../api/shell.ts'
import { type Item, isItem } from '../output/human-value.ts'
import { type CallFailed, Problem } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'
import { isUnsupported } from './refusals.ts'
import { type Found, findAll } from './resources.ts'

/** A call that is to be made; what its answer is about is for the printer to know. */
export interface Request<N extends OperationName = OperationName> {
  readonly name: N
  readonly input: Input<N>
}

const request = <N extends OperationName>(name: N, input: Input<N>): Request<N> => ({ name, input })

export const cacheKinds: readonly ResourceKind[] = [
  resources.cluster,
  resources.serverlessCache,
  resources.replicationGroup,
]
export const backupKinds: readonly ResourceKind[] = [resources.snapshot, resources.serverlessSnapshot]

export const findCache = (client: ApiClient, id: string): Promise<Found> => findOne(client, id, cacheKinds, 'cache')

export const findBackup = (client: ApiClient, name: string): Promise<Found> =>
  findOne(client, name, backupKinds, 'backup')

async function findOne(client: ApiClient, id: string, among: readonly ResourceKind[], called: string): Promise<Found> {
  const unasked: CallFailed[] = []
  const all = await findAll(client, among, (error) => unasked.push(error))
  const nameOf = ({ kind, item }: Found) => String(item[kind.id])
  const found = all.find((each) => nameOf(each) === id)
  if (found) return found
  const [refusal] = unasked.filter((error) => !isUnsupported(error))
  if (refusal) throw refusal.withHint(`Of what could be asked for, nothing is called ${id}.`)
  const guess = nearest(id, all.map(nameOf))
  const hint = guess ? `Did you mean ${guess}?` : `See: cachectl ${called === 'backup' ? 'backup list' : 'list'}`
  throw new Problem('absent', `There is no ${called} ${id}.`, hint)
}

const isServerless = ({ kind }: Found): boolean => kind.id.startsWith('Serverless')

/** Throws a {@link Problem} for a Memcached cluster, which has no backups (user guide, "Snapshot and restore"). */
export function creation(cache: Found, name: string): Request {
  const { kind, item } = cache
  const id = String(item[kind.id])
  if (isServerless(cache)) {
    return request('CreateServerlessCacheSnapshot', { ServerlessCacheName: id, ServerlessCacheSnapshotName: name })
  }
  if (kind.id === 'ReplicationGroupId') return request('CreateSnapshot', { ReplicationGroupId: id, SnapshotName: name })
  if (item.Engine !== 'memcached') return request('CreateSnapshot', { CacheClusterId: id, SnapshotName: name })
  throw new Problem(
    'general',
    `${id} is a Memcached cluster, and those have no backups: ElastiCache makes them of serverless caches and of Valkey and Redis OSS.`,
    [dumpHint(id, item.EngineVersion), SERVERLESS_HINT].join('\n'),
  )
}

const SERVERLESS_HINT =
  'A serverless cache for Memcached has backups: cachectl create-serverless-cache --engine memcached --serverless-cache-name <name>'

/** Keys can be listed only where lru_crawler is left: see `kv dump`. */
const dumpHint = (id: string, version: unknown): string =>
  typeof version === 'string' && isOlder(version, memcached.keysHiddenSince)
    ? `Keep what it holds in a file: cachectl kv dump ${shellWord(id)} > ${shellWord(`${id}.jsonl`)}, and back: cachectl kv load ${shellWord(id)} ${shellWord(`${id}.jsonl`)}`
    : `Its version does not let clients list keys (since ${memcached.keysHiddenSince}): fill a new one from where the items come from.`

/** The cache that a backup becomes, of the engine and the version it was made of. */
export function restoration(backup: Found, cache: string): Request {
  const { item } = backup
  if (!isServerless(backup)) {
    return request('CreateReplicationGroup', {
      ReplicationGroupId: cache,
      ReplicationGroupDescription: `restored from ${String(item.SnapshotName)}`,
      SnapshotName: String(item.SnapshotName),
    })
  }
  const configuration = isItem(item.ServerlessCacheConfiguration) ? item.ServerlessCacheConfiguration : {}
  const version = configuration.MajorEngineVersion
  return request('CreateServerlessCache', {
    ServerlessCacheName: cache,
    Engine: String(configuration.Engine),
    ...(typeof version === 'string' && { MajorEngineVersion: version }),
    SnapshotArnsToRestore: [String(item.ARN)],
  })
}

export function exportation(backup: Found, bucket: string): Request {
  const name = String(backup.item[backup.kind.id])
  return isServerless(backup)
    ? request('ExportServerlessCacheSnapshot', { ServerlessCacheSnapshotName: name, S3BucketName: bucket })
    : request('CopySnapshot', { SourceSnapshotName: name, TargetSnapshotName: name, TargetBucket: bucket })
}

export function deletion(backup: Found): Request {
  const name = String(backup.item[backup.kind.id])
  return isServerless(backup)
    ? request('DeleteServerlessCacheSnapshot', { ServerlessCacheSnapshotName: name })
    : request('DeleteSnapshot', { SnapshotName: name })
}

/** `shop-20261121-130500`, no longer than a name may be. */
export function backupName(cache: string, at: Date): string {
  const stamp = at
    .toISOString()
    .replace(/[-:]|\..*/g, '')
    .replace('T', '-')
  return `${cache.slice(0, LIMITS.serverlessNameLength - 1 - stamp.length).replace(/-+$/, '')}-${stamp}`
}

export interface Backup {
  readonly name: string
  /** Of a serverless cache, or of nodes. */
  readonly kind: string
  readonly of: string
  readonly status: string
  readonly engine: string
  readonly size: string | null
  /** ISO 8601. */
  readonly created: string | null
  readonly expires: string | null
  readonly arn: string
}

export function backupOf({ kind, item }: Found): Backup {
  const configuration = isItem(item.ServerlessCacheConfiguration) ? item.ServerlessCacheConfiguration : {}
  const nodes = Array.isArray(item.NodeSnapshots) && isItem(item.NodeSnapshots[0]) ? item.NodeSnapshots[0] : {}
  const text = (...values: unknown[]) => values.find((value) => typeof value === 'string' && value !== '')
  return {
    name: String(item[kind.id]),
    kind: kind.name,
    of: String(text(configuration.ServerlessCacheName, item.ReplicationGroupId, item.CacheClusterId) ?? '-'),
    status: String(text(item.Status, item.SnapshotStatus) ?? '-'),
    engine: [text(configuration.Engine, item.Engine), text(configuration.MajorEngineVersion, item.EngineVersion)]
      .filter(Boolean)
      .join(' '),
    size: (text(item.BytesUsedForCache, nodes.CacheSize) as string | undefined) ?? null,
    created: timeOf(item.CreateTime) ?? timeOf(nodes.SnapshotCreateTime) ?? null,
    expires: timeOf(item.ExpiryTime) ?? null,
    arn: String(item.ARN ?? ''),
  }
}

const timeOf = (value: Item[string]): string | undefined => (value instanceof Date ? value.toISOString() : undefined)
