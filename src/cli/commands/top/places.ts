/** From the word of `cachectl top` to the nodes it looks at. */

import { memcached } from '../../../api/catalog/engines.ts'
import type { Login } from '../../../kv/resp/connection.ts'
import { protocolOf } from '../../../kv/spoken.ts'
import { endpointsOf, type HostAndPort } from '../../caches/cache.ts'
import { trustFor } from '../../caches/client.ts'
import { findCache } from '../../caches/find.ts'
import { readPlace } from '../../caches/place.ts'
import { Problem } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { type DialOptions, givenTrust, localTrust } from '../kv/place.ts'
import { memcachedTalk, respTalk } from './talks.ts'
import { labelOf } from './view.ts'
import type { WatchedNode } from './watch.ts'

/** Nodes of host:port, of several with commas: the first that answers tells what they speak. */
export async function givenNodes(word: string, flags: DialOptions, login: Login): Promise<WatchedNode[]> {
  const tls = flags.tls ? { tls: localTrust(flags) } : {}
  const dials = word.split(',').map((each) => {
    const { host, port } = readPlace(each) as HostAndPort // without clusters among them, all are addresses
    return { host, port, timeoutMs: flags.timeout, ...tls }
  })
  const talk = (await protocolOf(dials, 'memcached')) === 'resp' ? respTalk(login, word) : memcachedTalk
  return dials.map((dial) => ({ label: labelOf(dial.host, dial.port), dial, talk }))
}

/** The nodes there are now of a cluster or a replication group, or the endpoint of a serverless cache of that name. */
export async function nodesOf(client: ApiClient, id: string, flags: DialOptions, login: Login): Promise<WatchedNode[]> {
  const cache = await findCache(client, id)
  const { servers, status, tls: usesTls, engine, group } = cache
  const timeoutMs = flags.timeout
  const tls = usesTls ? { tls: givenTrust(flags) ?? trustFor(client, flags) } : {}
  const talk = engine === memcached.name ? memcachedTalk : respTalk(login, id)
  const members = endpointsOf(cache).flatMap(({ id: label, host, port, shard }) =>
    shard === undefined ? [] : [{ label, host, port, shard }],
  )
  const nodes = (group ? members : servers).map(({ label, host, port, ...shard }) => ({
    label,
    dial: { host, port, timeoutMs, ...tls },
    talk,
    ...shard,
  }))
  if (nodes.length > 0) return nodes
  throw new Problem('general', `${id} has no node that answers (it is ${status}).`)
}
