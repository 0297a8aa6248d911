/** From the word WHERE of `cachectl kv` to the nodes that keys are spread over, and how to speak to them. */

import { existsSync, readFileSync } from 'node:fs'
import { engineFiles } from '../../../api/local-engine.ts'
import { namesOf } from '../../../api/tables.ts'
import { errorMessage } from '../../../api/thrown.ts'
import { askNode } from '../../../discovery/ask.ts'
import { KvClient, keyProblem } from '../../../kv/client.ts'
import { type KvNode, PLACEMENTS } from '../../../kv/placement.ts'
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

export const placementNames = namesOf(PLACEMENTS)

export const kvFlags = {
  hash: choice(placementNames, {
    summary: `how keys find nodes: ${placementNames.join(', ')} (default ketama)`,
    helpValue: '<method>',
  }),
  discover: toggle({ summary: 'ask host:port for the nodes of its cluster (a cluster id does so by itself)' }),
  tls: toggle({ summary: 'speak TLS to host:port (a cluster id knows by itself)' }),
  ca: text({
    summary: 'PEM file with the authorities to trust (default: those of the local engine)',
    helpValue: '<path>',
  }),
  timeout: time({ summary: 'for a connection, and for an answer (default 3s)', helpValue: '<time>', otherwise: 3000 }),
  ...globalFlags,
} satisfies Flags

export type KvOptions = ValuesOf<typeof kvFlags>
/** How to speak to nodes, whichever of them keys are on. */
export type DialOptions = Pick<KvOptions, 'tls' | 'ca' | 'timeout' | 'state-dir'>

export const whereWord = cacheWord(
  'cluster id or serverless cache, or host:port (several with commas: their keys are spread)',
)

export const keyWord = one('the key', keyOf)

/** A key as it was said, if a node takes it. */
export function keyOf(said: string): string {
  const problem = keyProblem(said)
  if (problem === undefined) return said
  throw usageProblem(`argument <key>: ${problem}`)
}

/** Nodes in the order of the cluster's list: to hashing by modulo it matters. */
export interface KvPlace {
  readonly nodes: readonly KvNode[]
  readonly tls?: AskTls
}

/** @throws Problem, CallFailed */
export async function kvPlaceOf(where: string, flags: KvOptions): Promise<KvPlace> {
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
  const tls = flags.tls ? { tls: localTrust(flags) } : {}
  return flags.discover ? { ...tls, nodes: await listOf(read, tls.tls, flags.timeout) } : { ...tls, nodes }
}

/** Runs `use` with a client of WHERE's nodes. */
export async function withKv<T>(where: string, flags: KvOptions, use: (client: KvClient) => Promise<T>): Promise<T> {
  const { nodes, tls } = await kvPlaceOf(where, flags)
  const client = new KvClient(nodes, {
    placement: flags.hash ?? 'ketama',
    timeoutMs: flags.timeout,
    ...(tls && { tls }),
  })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

const clusterPlace = (id: string, flags: KvOptions): Promise<KvPlace> =>
  withClient(flags, async (client) => {
    const { configuration, servers, status, not, tls: usesTls } = await findCache(client, id)
    const seed = configuration ?? servers[0]
    if (!seed) throw new Problem('general', `${id} has no endpoint (it is ${status}).`)
    const tls = usesTls ? (givenTrust(flags) ?? trustFor(client, flags)) : undefined
    // One endpoint stands for all of it; what spreads the keys is behind it.
    if (not.listed) return { nodes: [{ host: seed.host, port: seed.port }], ...(tls && { tls }) }
    return { nodes: await listOf(seed, tls, flags.timeout), ...(tls && { tls }) }
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
