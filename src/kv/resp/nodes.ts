/** Commands about servers rather than keys. */
import { endpoint } from '../../net/target.ts'
import { textOf } from '../../protocols/resp/reply.ts'
import type { RespClient } from './client.ts'
import type { RespNode } from './topology.ts'

interface NodeStats {
  /** host:port. */
  readonly node: string
  readonly stats: Readonly<Record<string, string>>
}

interface AllStats {
  readonly answered: readonly NodeStats[]
  /** Why the others did not answer: LostNode, RespRefusal, Unreachable, BadReply. */
  readonly failed: readonly unknown[]
}

/** INFO of every server, replicas too, or one section of it. */
export async function statsOf(client: RespClient, section?: string): Promise<AllStats> {
  const nodes = client.shards.flatMap(({ primary, replicas }) => [primary, ...replicas])
  const told = await Promise.allSettled(nodes.map((node) => statsAt(client, node, section)))
  return {
    answered: told.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
    failed: told.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : [])), // it is any
  }
}

async function statsAt(client: RespClient, node: RespNode, section: string | undefined): Promise<NodeStats> {
  const connection = await client.connection(node)
  const info = await connection.ask('INFO', ...(section === undefined ? [] : [section]))
  // INFO tells no more of a cluster than that it is one.
  const cluster = section === 'cluster' && client.isCluster ? await connection.ask('CLUSTER', 'INFO') : ''
  return { node: endpoint(node.host, node.port), stats: readInfo(`${textOf(info)}\n${textOf(cluster)}`) }
}

/** `name:value` lines under `# Section` lines. */
export const readInfo = (info: string): Record<string, string> =>
  Object.fromEntries(
    info.split(/\r?\n/).flatMap((line) => {
      const colon = line.indexOf(':')
      return colon > 0 && !line.startsWith('#') ? [[line.slice(0, colon), line.slice(colon + 1)]] : []
    }),
  )

interface Flushed {
  /** host:port. */
  readonly node: string
  readonly reply: string
}

/** Deletes every key of every database, on every primary. @throws LostNode, RespRefusal, BadReply */
export function flushAll(client: RespClient): Promise<Flushed[]> {
  return Promise.all(
    client.primaries.map(async (node) => {
      const connection = await client.connection(node)
      return { node: endpoint(node.host, node.port), reply: textOf(await connection.ask('FLUSHALL')) }
    }),
  )
}
