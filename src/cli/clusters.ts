/** A cluster's endpoints as DescribeCacheClusters tells them. */
import { readFileSync } from 'node:fs'
import { engineFiles } from '../api/local-engine.ts'
import type { Output } from '../api/model.ts'
import { parseTarget } from '../diagnose/target.ts'
import type { AskTls } from '../discovery/connection.ts'
import type { ApiClient } from './client.ts'
import { openClient } from './client.ts'
import { environment } from './environment.ts'
import type { FlagValues } from './parse.ts'
import { Problem, usageProblem } from './problem.ts'
import { stateDirectory } from './state-dir.ts'
import { resolveTarget } from './targets.ts'

export type CacheCluster = NonNullable<Output<'DescribeCacheClusters'>['CacheClusters']>[number]

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** Asks with nodes. Rejects with CacheClusterNotFound. */
export async function describeCluster(client: ApiClient, id: string): Promise<CacheCluster> {
  const { CacheClusters = [] } = await client.call('DescribeCacheClusters', {
    CacheClusterId: id,
    ShowCacheNodeInfo: true,
  })
  const [cluster] = CacheClusters
  if (!cluster) throw new Problem('general', `The answer to DescribeCacheClusters holds no cluster ${id}.`)
  return cluster
}

export async function describeAllClusters(client: ApiClient): Promise<CacheCluster[]> {
  const found: CacheCluster[] = []
  let marker: string | undefined
  do {
    const page = await client.call('DescribeCacheClusters', {
      ShowCacheNodeInfo: true,
      ...(marker !== undefined && { Marker: marker }),
    })
    found.push(...(page.CacheClusters ?? []))
    marker = page.Marker
  } while (marker)
  return found
}

/** Opens a client of the flags' target for as long as `use` runs. */
export async function withClient<T>(flags: FlagValues, use: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = await openClient(resolveTarget(flags, environment))
  try {
    return await use(client)
  } finally {
    client.close()
  }
}

export function configurationEndpoint({ ConfigurationEndpoint: endpoint }: CacheCluster): HostAndPort | undefined {
  return endpoint?.Address && endpoint.Port ? { host: endpoint.Address, port: endpoint.Port } : undefined
}

/** Nodes that have an endpoint; one that is being created has none yet. */
export const nodeEndpoints = ({ CacheNodes = [] }: CacheCluster): (HostAndPort & { id: string; status: string })[] =>
  CacheNodes.flatMap(({ CacheNodeId = '', CacheNodeStatus = '', Endpoint }) =>
    Endpoint?.Address && Endpoint.Port
      ? [{ id: CacheNodeId, status: CacheNodeStatus, host: Endpoint.Address, port: Endpoint.Port }]
      : [],
  )

export const usesTls = ({ TransitEncryptionEnabled }: CacheCluster): boolean => TransitEncryptionEnabled === true

/** What verifies a cluster's certificates: the local authority on the local target, the public ones elsewhere. */
export function trustFor(client: ApiClient, flags: FlagValues): AskTls {
  if (client.target.kind !== 'local') return {}
  const stateDir = stateDirectory(flags['state-dir'] as string | undefined, environment)
  return { ca: readFileSync(engineFiles(stateDir).authorityCertificate, 'utf8') }
}

/**
 * A word that names a cluster, or an address to go to directly: identifiers have neither dots nor colons, and nobody
 * calls a cluster localhost.
 */
export function readPlace(word: string): { cluster: string } | HostAndPort {
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(word) && word.toLowerCase() !== 'localhost') return { cluster: word }
  const parsed = parseTarget(word)
  if (parsed.ok) return { host: parsed.host, port: parsed.port }
  throw usageProblem(parsed.detail, 'Give the id of a cluster, or host:port.')
}
