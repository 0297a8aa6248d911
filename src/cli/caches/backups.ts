/** Backups of both sorts as one: snapshots of serverless caches, and those of replication groups and their nodes. */

import { memcached } from '../../api/catalog/engines.ts'
import { LIMITS } from '../../api/catalog/limits.ts'
import { type ResourceKind, resources } from '../../api/catalog/resources.ts'
import { isOlder } from '../../api/catalog/versions.ts'
import type { Input, OperationName } from '../../api/model.ts'
import { shellWord } from '../../api/shell.ts'
import { type Item, isItem } from '../output/human-value.ts'
import { snapshotSize, snapshotTime } from '../output/node-snapshots.ts'
import { Problem } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'
import { type Found, findById, nameOf } from './resources.ts'

/** A call that is to be made; what its answer is about is for the printer to know. */
export interface Request<N extends OperationName = OperationName> {
  readonly name: N
  readonly input: Input<N>
}

const request = <N extends OperationName>(name: N, input: Input<N>): Request<N> => ({ name, input })

/** What a backup can be made of, and the call that makes it: a row a kind. */
const sources: readonly { kind: ResourceKind; creation: (item: Item, id: string, name: string) => Request }[] = [
  { kind: resources.cluster, creation: ofCluster },
  {
    kind: resources.serverlessCache,
    creation: (_, id, name) =>
      request('CreateServerlessCacheSnapshot', { ServerlessCacheName: id, ServerlessCacheSnapshotName: name }),
  },
  {
    kind: resources.replicationGroup,
    creation: (_, id, name) => request('CreateSnapshot', { ReplicationGroupId: id, SnapshotName: name }),
  },
]

/** Backups, and what can be done with one: a row a kind. */
const sorts: readonly {
  kind: ResourceKind
  restoration: (item: Item, name: string, cache: string) => Request
  exportation: (name: string, bucket: string) => Request
  deletion: (name: string) => Request
}[] = [
  {
    kind: resources.snapshot,
    restoration: (item, name, cache) =>
      request('CreateReplicationGroup', {
        ReplicationGroupId: cache,
        ReplicationGroupDescription: `restored from ${name}`,
        SnapshotName: name,
        ...clusterMode(item),
      }),
    exportation: (name, bucket) =>
      request('CopySnapshot', { SourceSnapshotName: name, TargetSnapshotName: name, TargetBucket: bucket }),
    deletion: (name) => request('DeleteSnapshot', { SnapshotName: name }),
  },
  {
    kind: resources.serverlessSnapshot,
    restoration: serverlessRestoration,
    exportation: (name, bucket) =>
      request('ExportServerlessCacheSnapshot', { ServerlessCacheSnapshotName: name, S3BucketName: bucket }),
    deletion: (name) => request('DeleteServerlessCacheSnapshot', { ServerlessCacheSnapshotName: name }),
  },
]

/** A backup in parts becomes as many node groups, and those are not to be had without automatic failover. */
const clusterMode = ({ CacheClusterId, NumNodeGroups: groups }: Item) =>
  CacheClusterId === undefined && typeof groups === 'number'
    ? { NumNodeGroups: groups, AutomaticFailoverEnabled: true }
    : {}

export const backedUpKinds: readonly ResourceKind[] = sources.map(({ kind }) => kind)
export const backupKinds: readonly ResourceKind[] = sorts.map(({ kind }) => kind)

/** The cache of this name, of whatever kind. Rejects with a Problem when there is none. */
export const findSource = async (client: ApiClient, id: string): Promise<Found> =>
  (await findById(client, id, backedUpKinds, { none: `There is no cache ${id}.`, see: 'list' }))[0]

/** The backup of this name, of whatever kind. Rejects with a Problem when there is none. */
export const findBackup = async (client: ApiClient, name: string): Promise<Found> =>
  (await findById(client, name, backupKinds, { none: `There is no backup ${name}.`, see: 'backup list' }))[0]

/** Throws a {@link Problem} for a Memcached cluster, which has no backups (user guide, "Snapshot and restore"). */
export const creation = (cache: Found, name: string): Request =>
  rowOf(sources, cache).creation(cache.item, nameOf(cache), name)

/** The cache that a backup becomes, of the engine and the version it was made of. */
export const restoration = (backup: Found, cache: string): Request =>
  rowOf(sorts, backup).restoration(backup.item, nameOf(backup), cache)

/** The call that writes a backup to an S3 bucket. */
export const exportation = (backup: Found, bucket: string): Request =>
  rowOf(sorts, backup).exportation(nameOf(backup), bucket)

/** The call that deletes a backup. */
export const deletion = (backup: Found): Request => rowOf(sorts, backup).deletion(nameOf(backup))

function rowOf<R extends { kind: ResourceKind }>(rows: readonly R[], { kind }: Found): R {
  const row = rows.find((each) => each.kind === kind)
  if (!row) throw new Error(`no row for a ${kind.name}`)
  return row
}

function ofCluster({ Engine, EngineVersion }: Item, id: string, name: string): Request {
  if (Engine !== memcached.name) return request('CreateSnapshot', { CacheClusterId: id, SnapshotName: name })
  throw new Problem(
    'general',
    `${id} is a Memcached cluster, and those have no backups: ElastiCache makes them of serverless caches and of Valkey and Redis OSS.`,
    [dumpHint(id, EngineVersion), SERVERLESS_HINT].join('\n'),
  )
}

const SERVERLESS_HINT =
  'A serverless cache for Memcached has backups: cachectl create-serverless-cache --engine memcached --serverless-cache-name <name>'

/** Keys can be listed only where lru_crawler is left: see `kv dump`. */
const dumpHint = (id: string, version: unknown): string =>
  typeof version === 'string' && isOlder(version, memcached.keysHiddenSince)
    ? `Keep what it holds in a file: cachectl kv dump ${shellWord(id)} > ${shellWord(`${id}.jsonl`)}, and back: cachectl kv load ${shellWord(id)} ${shellWord(`${id}.jsonl`)}`
    : `Its version does not let clients list keys (since ${memcached.keysHiddenSince}): fill a new one from where the items come from.`

function serverlessRestoration(item: Item, _: string, cache: string): Request {
  const configuration = isItem(item.ServerlessCacheConfiguration) ? item.ServerlessCacheConfiguration : {}
  const version = configuration.MajorEngineVersion
  return request('CreateServerlessCache', {
    ServerlessCacheName: cache,
    Engine: String(configuration.Engine),
    ...(typeof version === 'string' && { MajorEngineVersion: version }),
    SnapshotArnsToRestore: [String(item.ARN)],
  })
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

/** A backup in the form that all kinds of backups share. */
export function backupOf({ kind, item }: Found): Backup {
  const configuration = isItem(item.ServerlessCacheConfiguration) ? item.ServerlessCacheConfiguration : {}
  const text = (...values: unknown[]): string | undefined =>
    values.find((value) => typeof value === 'string' && value !== '') as string | undefined // or none is
  return {
    name: nameOf({ kind, item }),
    kind: kind.name,
    of: text(configuration.ServerlessCacheName, item.ReplicationGroupId, item.CacheClusterId) ?? '-',
    status: text(item.Status, item.SnapshotStatus) ?? '-',
    engine: [text(configuration.Engine, item.Engine), text(configuration.MajorEngineVersion, item.EngineVersion)]
      .filter(Boolean)
      .join(' '),
    size: text(item.BytesUsedForCache, snapshotSize(item)) ?? null,
    created: timeOf(item.CreateTime) ?? timeOf(snapshotTime(item)) ?? null,
    expires: timeOf(item.ExpiryTime) ?? null,
    arn: String(item.ARN ?? ''),
  }
}

const timeOf = (value: Item[string]): string | undefined => (value instanceof Date ? value.toISOString() : undefined)
