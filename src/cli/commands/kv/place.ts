/** From the word WHERE of `cachectl kv` to the nodes that keys are spread over, and how to speak to them. */

import { existsSync, readFileSync } from 'node:fs'
import { memcached, redis } from '../../../api/catalog/engines.ts'
import { engineFiles } from '../../../api/local-engine.ts'
import { namesOf } from '../../../api/tables.ts'
import { errorMessage } from '../../../api/thrown.ts'
import { askNode } from '../../../discovery/ask.ts'
import { KvClient, keyProblem } from '../../../kv/client.ts'
import { type KvNode, PLACEMENTS } from '../../../kv/placement.ts'
import type { RespClient } from '../../../kv/resp/client.ts'
import type { RespNode } from '../../../kv/resp/topology.ts'
import { PROTOCOLS, type Protocol, protocolOf } from '../../../kv/spoken.ts'
import type { AskTls } from '../../../net/connection.ts'
import { endpoint, parseTarget } from '../../../net/target.ts'
import { trustFor, withClient } from '../../caches/client.ts'
import { findCache } from '../../caches/find.ts'
import { readPlace } from '../../caches/place.ts'
import { cacheWord } from '../../caches/word.ts'
import { time } from '../../flag-kinds.ts'
import { choice, type Flags, text, toggle, type ValuesOf } from '../../flags.ts'
import { globalFlags } from '../../global-flags.ts'
import { Problem, usageProblem } from '../../problem.ts'
import { stateDirOf } from '../../target/state-dir.ts'
import { one } from '../../words.ts'
import { loginFlags, openResp, refuseLogin } from './resp/login.ts'
import { withNextStep } from './resp/next-step.ts'

export const placementNames = namesOf(PLACEMENTS)

export const kvFlags = {
  protocol: choice(PROTOCOLS, {
    summary: 'what the servers speak: memcached, or resp as Redis OSS and Valkey do (default: host:port is asked)',
    helpValue: '<protocol>',
  }),
  hash: choice(placementNames, {
    summary: `how keys find nodes of Memcached: ${placementNames.join(', ')} (default ketama)`,
    helpValue: '<method>',
  }),
  discover: toggle({ summary: 'ask host:port for the nodes of its cluster (a cluster id does so by itself)' }),
  tls: toggle({ summary: 'speak TLS to host:port (a cluster id knows by itself)' }),
  ca: text({
    summary: 'PEM file with the authorities to trust (default: those of the local engine)',
    helpValue: '<path>',
  }),
  ...loginFlags,
  timeout: time({ summary: 'for a connection, and for an answer (default 3s)', otherwise: 3000 }),
  ...globalFlags,
} satisfies Flags

const { hash: _, discover: __, ...withoutPlacement } = kvFlags

/** Of commands for servers that speak RESP alone: they say themselves where keys are. */
export const respFlags = withoutPlacement satisfies Flags

type PlacementOptions = Pick<ValuesOf<typeof kvFlags>, 'hash' | 'discover'>

export type KvOptions = ValuesOf<typeof respFlags> & Partial<PlacementOptions>
/** How to speak to nodes, whichever of them keys are on. */
export type DialOptions = Pick<KvOptions, 'tls' | 'ca' | 'timeout' | 'state-dir'>

export const whereWord = cacheWord(
  'name of a cache, or host:port (several of Memcached with commas: their keys are spread)',
)

/** Each protocol has its own rules of what can be a key. */
export const keyWord = one('the key')

/** A key as it was said, if a node of Memcached takes it. */
export function keyOf(said: string): string {
  const problem = keyProblem(said)
  if (problem === undefined) return said
  throw usageProblem(`argument <key>: ${problem}`)
}

/** Nodes in the order of the cluster's list: to hashing by modulo it matters. */
interface MemcachedPlace {
  readonly protocol: 'memcached'
  readonly nodes: readonly KvNode[]
  readonly tls?: AskTls
}

/** Servers that know of all the others. */
interface RespPlace {
  readonly protocol: 'resp'
  readonly seeds: readonly RespNode[]
  readonly tls?: AskTls
}

export type KvPlace = MemcachedPlace | RespPlace

/**
 * @param unreached What host:port is taken to speak when nothing answers there.
 * @throws Problem, CallFailed, Unreachable
 */
export async function kvPlaceOf(where: string, flags: KvOptions, unreached: Protocol = 'memcached'): Promise<KvPlace> {
  const spoken = where.split(',')
  const [first = ''] = spoken
  const read = readPlace(first)
  if ('cluster' in read) {
    if (spoken.length > 1) throw usageProblem('One cluster at a time.', 'Several are possible as host:port,host:port.')
    return cachePlace(read.cluster, flags)
  }
  const defaultPort = flags.protocol === 'resp' ? redis.port : memcached.port
  const nodes = spoken.map((each): KvNode => {
    const target = parseTarget(each, defaultPort)
    if (!target.ok) throw usageProblem(target.detail, 'Give the id of a cluster, or host:port.')
    return { host: target.host, port: target.port }
  })
  const tls = flags.tls ? { tls: localTrust(flags) } : {}
  if ((await protocolAt(nodes, tls, flags, unreached)) === 'resp') return { protocol: 'resp', seeds: nodes, ...tls }
  return { protocol: 'memcached', ...tls, nodes: flags.discover ? await listOf(read, tls.tls, flags.timeout) : nodes }
}

function protocolAt(
  nodes: readonly KvNode[],
  tls: { readonly tls?: AskTls },
  { protocol, hash, discover, timeout: timeoutMs }: KvOptions,
  unreached: Protocol,
): Protocol | Promise<Protocol> {
  if (protocol) return protocol
  // What only nodes of Memcached have says enough.
  if (hash !== undefined || discover) return 'memcached'
  return protocolOf(
    nodes.map(({ host, port }) => ({ host, port, ...tls, timeoutMs })),
    unreached,
  )
}

/** What a command does in each protocol. */
export interface InProtocol<T> {
  readonly memcached: (client: KvClient) => Promise<T>
  readonly resp: (client: RespClient) => Promise<T>
  readonly unreached?: Protocol
}

/** Runs what stands for the protocol of WHERE with a client of its servers. */
export async function withKv<T>(where: string, flags: KvOptions, use: InProtocol<T>): Promise<T> {
  const place = await kvPlaceOf(where, flags, use.unreached)
  if (place.protocol === 'resp') return withResp(place, where, flags, use.resp)
  const client = new KvClient(place.nodes, memcachedOptions(place, flags))
  try {
    return await use.memcached(client)
  } finally {
    await client.close()
  }
}

/** Of a command for what Memcached does not have: `lacks` says so of its protocol, `instead` what there is. */
export const onlyInResp = <T>(
  where: string,
  { lacks, instead }: { readonly lacks: string; readonly instead: string },
  resp: InProtocol<T>['resp'],
): InProtocol<T> => ({
  unreached: 'resp',
  async memcached() {
    throw new Problem('general', `${where} speaks Memcached's protocol, which ${lacks}.`, instead)
  },
  resp,
})

/** How to speak to nodes of Memcached. @throws Problem for options that mean nothing to them. */
function memcachedOptions({ tls }: MemcachedPlace, flags: KvOptions) {
  refuseLogin(flags)
  return { placement: flags.hash ?? ('ketama' as const), timeoutMs: flags.timeout, ...(tls && { tls }) }
}

/** Runs `use` with a client of servers that speak RESP; what they refuse is told with the next step. */
export async function withResp<T>(
  { seeds, tls }: RespPlace,
  where: string,
  flags: KvOptions,
  use: (client: RespClient) => Promise<T>,
): Promise<T> {
  if (flags.hash !== undefined || flags.discover) {
    throw usageProblem(
      `argument --${flags.discover ? 'discover' : 'hash'}: not for servers that speak RESP`,
      'They say themselves where keys are.',
    )
  }
  const dial = { timeoutMs: flags.timeout, ...(tls && { tls }) }
  try {
    const client = await openResp(seeds, dial, flags)
    try {
      return await use(client)
    } finally {
      await client.close()
    }
  } catch (error) {
    throw withNextStep(error, where, flags.user)
  }
}

const cachePlace = (id: string, flags: KvOptions): Promise<KvPlace> =>
  withClient(flags, async (client) => {
    const cache = await findCache(client, id)
    const { configuration, servers, status, not, engine, tls: usesTls } = cache
    const seed = configuration ?? servers[0]
    if (!seed) throw new Problem('general', `${id} has no endpoint (it is ${status}).`)
    const trust = usesTls ? (givenTrust(flags) ?? trustFor(client, flags)) : undefined
    const tls = trust ? { tls: trust } : {}
    const [{ host, port }, protocol] = [seed, flags.protocol ?? (engine === memcached.name ? 'memcached' : 'resp')]
    if (protocol === 'resp') return { protocol, seeds: [{ host, port }], ...tls }
    // One endpoint stands for all of it; what spreads the keys is behind it.
    if (not.listed) return { protocol, nodes: [{ host, port }], ...tls }
    return { protocol, nodes: await listOf(seed, trust, flags.timeout), ...tls }
  })

async function listOf(
  seed: { host: string; port: number },
  tls: AskTls | undefined,
  timeoutMs: number,
): Promise<KvNode[]> {
  const answer = await askNode({ ...seed, timeoutMs, ...(tls && { tls }) })
  if (!answer.ok) throw new Problem('general', `${endpoint(seed.host, seed.port)} tells no nodes: ${answer.detail}`)
  return answer.nodes.map(({ host, ip, port }) => ({ host, port, ...(ip !== undefined && { ip }) }))
}

export function givenTrust({ ca }: Pick<KvOptions, 'ca'>): AskTls | undefined {
  if (ca === undefined) return undefined
  try {
    return { ca: readFileSync(ca, 'utf8') }
  } catch (error) {
    throw new Problem('configuration', `Cannot read ${ca}: ${errorMessage(error)}`)
  }
}

/** What verifies host:port: the file given, else the local engine's authority, else those that Node knows. */
export function localTrust(flags: Pick<KvOptions, 'ca' | 'state-dir'>): AskTls {
  const given = givenTrust(flags)
  if (given) return given
  const { authorityCertificate } = engineFiles(stateDirOf(flags))
  return existsSync(authorityCertificate) ? { ca: readFileSync(authorityCertificate, 'utf8') } : {}
}
