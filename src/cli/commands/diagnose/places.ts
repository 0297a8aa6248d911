/** From the words of a command line to places, clusters and what verifies their certificates. */
import { readFileSync } from 'node:fs'
import { memcached } from '../../../api/catalog/engines.ts'
import { errorMessage } from '../../../api/thrown.ts'
import type { DnsServer } from '../../../diagnose/dns-query.ts'
import type { ClusterFacts, Place } from '../../../diagnose/evidence.ts'
import { parseServer } from '../../../diagnose/resolv-conf.ts'
import type { AskTls } from '../../../net/connection.ts'
import type { NameServices } from '../../../net/resolve.ts'
import type { Cache } from '../../caches/cache.ts'
import { trustFor, withClient } from '../../caches/client.ts'
import { allCaches, findCache } from '../../caches/find.ts'
import { joinPorts, readPlace } from '../../caches/place.ts'
import { type OnUnasked, tellUnasked } from '../../caches/refusals.ts'
import { type Flags, text, toggle, type ValuesOf, values } from '../../flags.ts'
import type { GlobalOptions } from '../../global-flags.ts'
import { type CallFailed, Problem, usageProblem } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { bothLoopbacks } from '../../target/loopback-names.ts'
import { optional } from '../../words.ts'

export const serverFlag = {
  server: values(
    { summary: 'ask these DNS servers instead of /etc/resolv.conf', helpValue: '<address[:port]>...' },
    serverOf,
  ),
} satisfies Flags

export const tlsFlags = {
  tls: toggle({ summary: 'clients speak TLS to host:port (a cluster id knows by itself)' }),
  ca: text({ summary: 'PEM file with the authorities to trust', helpValue: '<path>' }),
} satisfies Flags

export type AimOptions = GlobalOptions & Partial<ValuesOf<typeof tlsFlags>>

/** What may follow the host, of commands that look at one place. */
export const portArgs = { port: optional('port of a host that is named without') }

export interface Aim {
  readonly places: readonly Place[]
  readonly clusters: readonly ClusterFacts[]
  /** Per cluster id, and under '' for what was given as host:port. */
  readonly trust: ReadonlyMap<string, AskTls>
  readonly names?: NameServices
}

/** `note` hears of what could not be asked. Rejects with CacheClusterNotFound, or when no engine runs and a cluster is asked for. */
export async function aimAt(words: readonly string[], flags: AimOptions, note: OnUnasked = tellUnasked): Promise<Aim> {
  const named = aimAtNamed(words, flags)
  if (words.length > 0 && named.places.length === joinPorts(words).length) return named
  return withClient(flags, (client) => aimBy(client, words, flags, note))
}

/** Places that are named as host:port alone, for which no API is asked. */
export function aimAtNamed(words: readonly string[], flags: AimOptions): Aim {
  const places = joinPorts(words)
    .map(readPlace)
    .flatMap((each): Place[] => ('host' in each ? [{ ...each, role: 'given', tls: flags.tls === true }] : []))
  const ca = flags.ca === undefined ? undefined : authorities(flags.ca)
  return { places, clusters: [], trust: new Map([['', ca === undefined ? {} : { ca }]]) }
}

/** As `aimAt`, asking by this client. */
export async function aimBy(
  client: ApiClient,
  words: readonly string[],
  flags: AimOptions,
  note: OnUnasked,
): Promise<Aim> {
  const named = aimAtNamed(words, flags)
  const ids = joinPorts(words)
    .map(readPlace)
    .flatMap((each) => ('cluster' in each ? [each.cluster] : []))
  const described =
    ids.length > 0 ? await Promise.all(ids.map((id) => findCache(client, id))) : await everyCache(client, note)
  if (described.length === 0)
    throw new Problem('general', 'There is no cluster to look at.', 'Name a host: cachectl doctor host:port')
  return aimOf(
    client,
    described.map((cache) => factsOf(cache, client.target.kind === 'local')),
    named,
    flags,
  )
}

/** At these clusters, and at what was named beside them. */
export function aimOf(client: ApiClient, clusters: readonly ClusterFacts[], named: Aim, flags: AimOptions): Aim {
  const own = named.trust.get('') ?? {}
  const trust = new Map(named.trust)
  for (const cluster of clusters)
    if (cluster.tls) trust.set(cluster.id, flags.ca === undefined ? trustFor(client, flags) : own)
  const dualStack = clusters.some(({ local, networkType }) => local && networkType === 'dual_stack')
  return {
    places: [...clusters.flatMap(placesOf), ...named.places],
    clusters,
    trust,
    ...(dualStack && { names: bothLoopbacks }),
  }
}

async function everyCache(client: ApiClient, note: OnUnasked): Promise<Cache[]> {
  const unasked: CallFailed[] = []
  const found = await allCaches(client, (error) => unasked.push(error))
  // With nothing else to look at, what was refused is all there is to say.
  if (found.length === 0 && unasked[0]) throw unasked[0]
  unasked.forEach(note)
  return found
}

const factsOf = ({ kind: _, servers: __, not: ___, shards: ____, ...facts }: Cache, local: boolean): ClusterFacts => ({
  ...facts,
  networkType: facts.networkType ?? 'ipv4',
  ipDiscovery: facts.ipDiscovery ?? 'ipv4',
  local,
})

function placesOf({ id, tls, engine, configuration, nodes }: ClusterFacts): Place[] {
  const all = { tls, cluster: id, ...(engine !== memcached.name && { speaks: 'resp' as const }) }
  return [
    ...(configuration ? [{ ...configuration, role: 'configuration', ...all }] : []),
    ...nodes.flatMap(({ id: role, host, port }) => (host && port ? [{ host, port, role, ...all }] : [])),
  ]
}

function authorities(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Problem('configuration', `Cannot read ${file}: ${errorMessage(error)}`)
  }
}

function serverOf(said: string, argument: string): DnsServer {
  const server = parseServer(said)
  if (server) return server
  throw usageProblem(`argument ${argument}: ${said} is no address`, 'Write 10.0.0.2, 10.0.0.2:5353 or [fd00::2]:53.')
}
