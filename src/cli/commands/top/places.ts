/** From the word of `cachectl top` to the nodes it looks at. */

import { memcached } from '../../../api/catalog/engines.ts'
import { shell } from '../../../api/shell.ts'
import type { HostAndPort } from '../../caches/cache.ts'
import { trustFor } from '../../caches/client.ts'
import { findCache } from '../../caches/find.ts'
import { readPlace } from '../../caches/place.ts'
import { Problem } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { type DialOptions, givenTrust, localTrust } from '../kv/place.ts'
import { labelOf } from './view.ts'
import type { WatchedNode } from './watch.ts'

/** Nodes of host:port, of several with commas. */
export function givenNodes(word: string, flags: DialOptions): WatchedNode[] {
  const tls = flags.tls ? { tls: localTrust(flags) } : {}
  return word.split(',').map((each) => {
    const { host, port } = readPlace(each) as HostAndPort // without clusters among them, all are addresses
    return { label: labelOf(host, port), dial: { host, port, timeoutMs: flags.timeout, ...tls } }
  })
}

/** The nodes there are now of a cluster, or the endpoint of a serverless cache of that name. */
export async function nodesOf(client: ApiClient, id: string, flags: DialOptions): Promise<WatchedNode[]> {
  const { servers, status, tls: usesTls, engine } = await findCache(client, id)
  if (engine !== memcached.name) {
    throw new Problem(
      'general',
      `${id} is of ${engine}: top watches nodes of Memcached.`,
      `${shell`What the engine counted: cachectl metrics ${id}`}\n${shell`What its servers say: cachectl kv stats ${id}`}`,
    )
  }
  const timeoutMs = flags.timeout
  const tls = usesTls ? { tls: givenTrust(flags) ?? trustFor(client, flags) } : {}
  const nodes = servers.map(({ label, host, port }) => ({ label, dial: { host, port, timeoutMs, ...tls } }))
  if (nodes.length > 0) return nodes
  throw new Problem('general', `${id} has no node that answers (it is ${status}).`)
}
