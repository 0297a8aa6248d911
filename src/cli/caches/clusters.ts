/** A cluster's endpoints as DescribeCacheClusters tells them. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resources } from '../../api/catalog/resources.ts'
import { engineFiles } from '../../api/local-engine.ts'
import type { Output } from '../../api/model.ts'
import { parseArn } from '../../api/names.ts'
import type { AskTls } from '../../net/connection.ts'
import { parseTarget } from '../../net/target.ts'
import { environment } from '../environment.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { CallFailed, Problem, usageProblem } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'
import { openClient } from '../target/client.ts'
import { stateDirectory } from '../target/state-dir.ts'
import { resolveTarget } from '../target/targets.ts'
import { stderrIsTerminal } from '../terminal.ts'
import { noting, type OnUnasked, saysOneOf, unless } from './refusals.ts'
import { describeAll } from './resources.ts'

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

/**
 * As `describeCluster`. A serverless cache of that name is told as a cluster of two nodes, `endpoint` and `reader`.
 * Rejects with CacheClusterNotFound when there is neither.
 */
export async function describeCache(client: ApiClient, id: string): Promise<CacheCluster> {
  try {
    return await describeCluster(client, id)
  } catch (error) {
    if (!isNoCluster(error)) throw error
    const { ServerlessCaches: [found] = [] } = await client
      .call('DescribeServerlessCaches', { ServerlessCacheName: id })
      .catch(unless(NO_SERVERLESS, { ServerlessCaches: [] }))
      .catch((refusal: unknown) => {
        const hint = `There is no cluster ${id}; whether there is a serverless cache of that name is not known.`
        throw refusal instanceof CallFailed ? refusal.withHint(hint) : refusal
      })
    if (!found) throw error
    return asCluster(found)
  }
}

export const isNoCluster = (error: unknown): error is CallFailed => saysOneOf(error, ['CacheClusterNotFound'])

/** The last two: of an endpoint that has no serverless caches at all. */
const NO_SERVERLESS = ['ServerlessCacheNotFoundFault', 'UnsupportedOperation', 'InvalidAction']

/** Those for Memcached; none where they could not be asked for, and `note` hears why. */
export async function describeServerlessAsClusters(client: ApiClient, note: OnUnasked): Promise<CacheCluster[]> {
  const items = await describeAll(client, 'DescribeServerlessCaches').catch(noting(note, []))
  const found = items as readonly ServerlessCache[] // what that operation lists
  return found.filter(({ Engine }) => Engine === 'memcached').map(asCluster)
}

type ServerlessCache = NonNullable<Output<'DescribeServerlessCaches'>['ServerlessCaches']>[number]

function asCluster(cache: ServerlessCache): CacheCluster {
  const ends = { endpoint: cache.Endpoint, reader: cache.ReaderEndpoint }
  return {
    CacheClusterId: cache.ServerlessCacheName,
    CacheClusterStatus: cache.Status,
    Engine: cache.Engine,
    ARN: cache.ARN,
    NetworkType: cache.NetworkType,
    TransitEncryptionEnabled: true,
    CacheNodes: Object.entries(ends).flatMap(([CacheNodeId, Endpoint]) =>
      Endpoint ? [{ CacheNodeId, CacheNodeStatus: cache.Status, Endpoint }] : [],
    ),
  } as CacheCluster
}

export const isServerless = ({ ARN = '' }: CacheCluster): boolean =>
  parseArn(ARN)?.type === resources.serverlessCache.arnType

export async function describeAllClusters(client: ApiClient): Promise<CacheCluster[]> {
  const items = await describeAll(client, 'DescribeCacheClusters', { ShowCacheNodeInfo: true })
  return [...items] as CacheCluster[] // what that operation lists
}

/**
 * Opens a client of the flags' target for as long as `use` runs. A person is told what would be looked up next after a
 * refusal, as after that of an operation.
 */
export async function withClient<T>(flags: GlobalOptions, use: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = await openClient(resolveTarget(flags, environment))
  try {
    return await use(client)
  } catch (error) {
    throw stderrIsTerminal() && error instanceof CallFailed
      ? await (await import('./hints.ts')).withHint(client, error.input, error)
      : error
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
export function trustFor(client: ApiClient, flags: GlobalOptions): AskTls {
  if (client.target.kind !== 'local') return {}
  const stateDir = stateDirectory(flags['state-dir'], environment)
  return { ca: readFileSync(engineFiles(stateDir).authorityCertificate, 'utf8') }
}

/**
 * A word that names a cluster, or an address to go to directly: identifiers have neither dots nor colons, and nobody
 * calls a cluster localhost.
 */
export function readPlace(word: string): { cluster: string } | HostAndPort {
  if (isClusterName(word)) return { cluster: word }
  const parsed = parseTarget(word)
  if (parsed.ok) return { host: parsed.host, port: parsed.port }
  throw usageProblem(parsed.detail, 'Give the id of a cluster, or host:port.')
}

/** `11211`; for ranges also `80,443`, `18100-18102`. */
const PORTS = /^\d+(?:[,-]\d+)*$/

/**
 * A bare number is the port of the hosts before it that name none: `a b 11211 c 80` is `a:11211 b:11211 c:80`. Never an
 * address, which getaddrinfo would make of it. @throws Problem where there is no such host.
 */
export function joinPorts(words: readonly string[]): string[] {
  const joined: string[] = []
  let waiting = 0
  for (const word of words) {
    if (!PORTS.test(word)) {
      joined.push(word)
      waiting++
      continue
    }
    if (waiting === 0)
      throw usageProblem(`${word} is a port, and no host stands before it.`, 'Write host:port, or host port.')
    for (let at = joined.length - waiting; at < joined.length; at++) joined[at] = withPort(joined[at] ?? '', word)
    waiting = 0
  }
  return joined
}

/** Of a command that looks at one place: it, with the port that may stand after it. */
export function onePlace(words: readonly string[]): string {
  const [place = '', ...more] = joinPorts(words)
  if (more.length > 0) throw usageProblem(`One place at a time: ${more.join(' ')} is one too many.`)
  return place
}

function withPort(host: string, port: string): string {
  if (isIP(host.replace(/\/\d+$/, '')) === 6) return `[${host}]:${port}`
  if (/^\[[^\]]*\]$/.test(host)) return `${host}:${port}`
  if (host.includes(':')) throw usageProblem(`${port} stands after ${host}, which names its port.`)
  if (isClusterName(host))
    throw usageProblem(
      `${port} stands after ${host}, which is the id of a cluster: its ports are known.`,
      `If a host is called so, write ${host}:${port}.`,
    )
  return `${host}:${port}`
}

const isClusterName = (word: string): boolean =>
  /^[A-Za-z][A-Za-z0-9-]*$/.test(word) && word.toLowerCase() !== 'localhost'
