/** From the word WHERE of `cachectl kv` to the nodes that keys are spread over, and how to speak to them. */
import { existsSync, readFileSync } from 'node:fs'
import { engineFiles } from '../api/local-engine.ts'
import { askNode } from '../discovery/ask.ts'
import { KvClient } from '../kv/client.ts'
import { type KvNode, PLACEMENTS, type PlacementName } from '../kv/placement.ts'
import type { AskTls } from '../net/connection.ts'
import { endpoint, parseTarget } from '../net/target.ts'
import {
  configurationEndpoint,
  describeCache,
  isServerless,
  nodeEndpoints,
  readPlace,
  trustFor,
  usesTls,
  withClient,
} from './clusters.ts'
import { environment } from './environment.ts'
import { type Flags, text, toggle } from './flags.ts'
import { globalFlags } from './global-flags.ts'
import type { FlagValues } from './parse.ts'
import { Problem, usageProblem } from './problem.ts'
import { millisecondsOf } from './seconds.ts'
import { stateDirectory } from './state-dir.ts'

export const placementNames = Object.keys(PLACEMENTS) as PlacementName[]

export const kvFlags: Flags = {
  hash: text({ summary: `how keys find nodes: ${placementNames.join(', ')} (default ketama)`, helpValue: '<method>' }),
  discover: toggle({ summary: 'ask host:port for the nodes of its cluster (a cluster id does so by itself)' }),
  tls: toggle({ summary: 'speak TLS to host:port (a cluster id knows by itself)' }),
  ca: text({
    summary: 'PEM file with the authorities to trust (default: those of the local engine)',
    helpValue: '<path>',
  }),
  timeout: text({ summary: 'for a connection, and for an answer (default 3s)', helpValue: '<time>' }),
  ...globalFlags,
}

export const whereWord = 'cluster id or serverless cache, or host:port (several with commas: their keys are spread)'

export function placementOf(flags: FlagValues): PlacementName {
  const { hash } = flags
  if (hash === undefined) return 'ketama'
  const found = placementNames.find((name) => name === hash)
  if (found) return found
  throw usageProblem(`argument --hash: invalid choice: '${String(hash)}' (choose from: ${placementNames.join(', ')})`)
}

/** Nodes in the order of the cluster's list: to hashing by modulo it matters. */
export interface KvPlace {
  readonly nodes: readonly KvNode[]
  readonly tls?: AskTls
}

/** @throws Problem, CallFailed */
export async function kvPlaceOf(where: string, flags: FlagValues): Promise<KvPlace> {
  const spoken = where.split(',')
  const [first = ''] = spoken
  const read = readPlace(first)
  if ('cluster' in read) {
    if (spoken.length > 1) throw usageProblem('One cluster at a time.', 'Several are possible as host:port,host:port.')
    return clusterPlace(read.cluster, flags)
  }
  const nodes = spoken.map((each): KvNode => {
    const target = parseTarget(each)
    if (!target.ok) throw usageProblem(target.detail, 'Give the id of a cluster, or host:port.')
    return { host: target.host, port: target.port }
  })
  const tls = flags.tls === true ? { tls: localTrust(flags) } : {}
  return flags.discover === true ? { ...tls, nodes: await listOf(read, tls.tls, timeoutOf(flags)) } : { ...tls, nodes }
}

/** Runs `use` with a client of WHERE's nodes. */
export async function withKv<T>(where: string, flags: FlagValues, use: (client: KvClient) => Promise<T>): Promise<T> {
  const { nodes, tls } = await kvPlaceOf(where, flags)
  const client = new KvClient(nodes, {
    placement: placementOf(flags),
    timeoutMs: timeoutOf(flags),
    ...(tls && { tls }),
  })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

export const timeoutOf = ({ timeout }: FlagValues): number =>
  typeof timeout === 'string' ? millisecondsOf('timeout', timeout) : 3000

const clusterPlace = (id: string, flags: FlagValues): Promise<KvPlace> =>
  withClient(flags, async (client) => {
    const cluster = await describeCache(client, id)
    const seed = configurationEndpoint(cluster) ?? nodeEndpoints(cluster)[0]
    if (!seed) throw new Problem('general', `${id} has no endpoint (it is ${cluster.CacheClusterStatus}).`)
    const tls = usesTls(cluster) ? (givenTrust(flags) ?? trustFor(client, flags)) : undefined
    // One endpoint stands for all of it; what spreads the keys is behind it.
    if (isServerless(cluster)) return { nodes: [{ host: seed.host, port: seed.port }], ...(tls && { tls }) }
    return { nodes: await listOf(seed, tls, timeoutOf(flags)), ...(tls && { tls }) }
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

export function givenTrust(flags: FlagValues): AskTls | undefined {
  if (typeof flags.ca !== 'string') return undefined
  try {
    return { ca: readFileSync(flags.ca, 'utf8') }
  } catch (error) {
    throw new Problem('configuration', `Cannot read ${flags.ca}: ${(error as Error).message}`)
  }
}

/** What verifies host:port: the file given, else the local engine's authority, else those that Node knows. */
export function localTrust(flags: FlagValues): AskTls {
  const given = givenTrust(flags)
  if (given) return given
  const { authorityCertificate } = engineFiles(stateDirectory(flags['state-dir'] as string | undefined, environment))
  return existsSync(authorityCertificate) ? { ca: readFileSync(authorityCertificate, 'utf8') } : {}
}
