/** The servers of a replication group, asked what they are: the API does not tell all, and may be behind. */
import { errorMessage } from '../../api/thrown.ts'
import type { RespOptions } from '../../kv/resp/client.ts'
import { RespConnection } from '../../kv/resp/connection.ts'
import { RespRefusal } from '../../kv/resp/refusal.ts'
import { type Standing, shardsAt, standingOf } from '../../kv/resp/standing.ts'
import type { Shard } from '../../kv/resp/topology.ts'
import { wholeOf } from '../../protocols/resp/reply.ts'
import { withNextStep } from '../commands/kv/resp/next-step.ts'
import { type Cache, endpointsOf, type HostAndPort } from './cache.ts'

export type GroupNode = ReturnType<typeof membersOf>[number]

/** Members that have an address, without the endpoints that stand for several. */
export const membersOf = (cache: Cache): (Cache['nodes'][number] & HostAndPort)[] =>
  endpointsOf(cache).filter(({ shard }) => shard !== undefined)

export type AskOptions = Pick<RespOptions, 'tls' | 'login' | 'timeoutMs'>

export interface AskedNode {
  readonly node: GroupNode
  readonly standing?: Standing
  /** In cluster mode. */
  readonly shards?: readonly Shard[]
  /** How many its first database holds, which is all there are in cluster mode. */
  readonly keys?: number
  /** Why it did not tell. */
  readonly problem?: string
  /** What to do about that. */
  readonly hint?: string
  /** The code it refused with, where it did answer: `NOAUTH`. */
  readonly refusal?: string
}

/** Each member on a connection of its own, all at once. Never rejects. */
export const askMembers = (nodes: readonly GroupNode[], options: AskOptions): Promise<AskedNode[]> =>
  Promise.all(nodes.map((node) => askOne(node, options)))

async function askOne(node: GroupNode, { login = {}, ...dial }: AskOptions): Promise<AskedNode> {
  let connection: RespConnection | undefined
  try {
    connection = await RespConnection.open({ ...dial, host: node.host, port: node.port }, login)
    const standing = await standingOf(connection)
    const shards = await shardsAt(connection, node, dial.tls !== undefined)
    const [size = null] = await connection.send([['DBSIZE']])
    const keys = wholeOf(size) // an error tells that the user may not ask
    return { node, standing, ...(shards && { shards }), ...(keys !== undefined && { keys: Number(keys) }) }
  } catch (error) {
    const told = withNextStep(error, node.id)
    const hint = told instanceof Error && 'hint' in told ? String(told.hint) : undefined
    return {
      node,
      problem: errorMessage(told),
      ...(hint !== undefined && { hint }),
      ...(error instanceof RespRefusal && { refusal: error.code }),
    }
  } finally {
    connection?.close()
  }
}

/** The primary of a shard's nodes: as one says itself, else as the API does. Undefined: neither tells. Pure. */
export const primaryAmong = (asked: readonly AskedNode[]): AskedNode | undefined =>
  asked.find(({ standing }) => standing?.role === 'primary') ?? asked.find(({ node }) => node.role === 'primary')
