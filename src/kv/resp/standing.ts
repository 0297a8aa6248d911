/** What a server is in its replication, as it says itself (ROLE). */
import { isError, itemsOf, type Reply, textOf } from '../../protocols/resp/reply.ts'
import type { RespConnection } from './connection.ts'
import { RespRefusal } from './refusal.ts'
import { numberOf, type RespNode, readShards, type Shard } from './topology.ts'

export interface Standing {
  readonly role: 'primary' | 'replica'
  /** Bytes of the primary's stream: written, or received. */
  readonly offset: number
  /** Of a replica: whether it receives what its primary writes. */
  readonly linked?: boolean
  /** Of a replica. */
  readonly primary?: RespNode
}

/** @throws RespRefusal, Unreachable, BadReply */
export const standingOf = async (connection: RespConnection): Promise<Standing> =>
  readRole(await connection.ask('ROLE'), connection.node)

/** The reply to ROLE: `master, offset, replicas`, or `slave, host, port, state, offset`. @throws RespRefusal for any other. */
export function readRole(reply: Reply, node: string): Standing {
  const [kind = null, ...rest] = itemsOf(reply)
  if (textOf(kind) === 'master') return { role: 'primary', offset: numberOf(rest[0]) }
  if (textOf(kind) === 'slave') {
    const [host = null, port, state = null, offset] = rest
    return {
      role: 'replica',
      offset: numberOf(offset),
      linked: textOf(state) === 'connected',
      primary: { host: textOf(host), port: numberOf(port) },
    }
  }
  throw new RespRefusal(node, { kind: 'error', code: '', text: 'ROLE tells neither master nor slave' })
}

/** What a server says of its cluster; undefined: it is of none. @throws RespRefusal, Unreachable, BadReply */
export async function shardsAt(
  connection: RespConnection,
  asked: RespNode,
  tls: boolean,
): Promise<Shard[] | undefined> {
  const [shards = null] = await connection.send([['CLUSTER', 'SHARDS']])
  return isError(shards) ? undefined : readShards(shards, asked, tls)
}
