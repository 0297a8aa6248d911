/** Commands about servers rather than keys. */
import { endpoint } from '../../net/target.ts'
import { textOf } from '../../protocols/resp/reply.ts'
import type { RespClient } from './client.ts'

interface NodeStats {
  /** host:port. */
  readonly node: string
  readonly stats: Readonly<Record<string, string>>
}

/** INFO of every server that can be asked, replicas too, or one section of it. @throws LostNode, RespRefusal, BadReply */
export function statsOf(client: RespClient, section?: string): Promise<NodeStats[]> {
  const nodes = client.shards.flatMap(({ primary, replicas }) => [primary, ...replicas])
  return Promise.all(
    nodes.map(async (node) => {
      const connection = await client.connection(node)
      const info = await connection.ask('INFO', ...(section === undefined ? [] : [section]))
      // INFO tells no more of a cluster than that it is one.
      const cluster = section === 'cluster' && client.isCluster ? await connection.ask('CLUSTER', 'INFO') : ''
      return { node: endpoint(node.host, node.port), stats: readInfo(`${textOf(info)}\n${textOf(cluster)}`) }
    }),
  )
}

/** `name:value` lines under `# Section` lines. */
const readInfo = (info: string): Record<string, string> =>
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
