/** From the word of `cachectl top` to the nodes it looks at. */
import type { ApiClient } from '../../client.ts'
import {
  type CacheCluster,
  describeCluster,
  type HostAndPort,
  nodeEndpoints,
  readPlace,
  trustFor,
  usesTls,
} from '../../clusters.ts'
import { CallFailed, Problem } from '../../problem.ts'
import { type DialOptions, givenTrust, localTrust } from '../kv/place.ts'
import { labelOf } from './view.ts'
import type { WatchedNode } from './watch.ts'

/** Nodes of host:port, of several with commas. */
export function givenNodes(word: string, flags: DialOptions): WatchedNode[] {
  const tls = flags.tls ? { tls: localTrust(flags) } : {}
  return word.split(',').map((each) => {
    const { host, port } = readPlace(each) as HostAndPort // nobody asks with a cluster among them
    return { label: labelOf(host, port), dial: { host, port, timeoutMs: flags.timeout, ...tls } }
  })
}

/** The nodes there are now of a cluster, or the endpoint of a serverless cache of that name. */
export async function nodesOf(client: ApiClient, id: string, flags: DialOptions): Promise<WatchedNode[]> {
  let cluster: CacheCluster
  try {
    cluster = await describeCluster(client, id)
  } catch (error) {
    const cache = error instanceof CallFailed ? await serverlessNode(client, id, flags) : undefined
    if (cache) return [cache]
    throw error
  }
  const timeoutMs = flags.timeout
  const tls = usesTls(cluster) ? { tls: givenTrust(flags) ?? trustFor(client, flags) } : {}
  const nodes = nodeEndpoints(cluster).map(({ id: node, host, port }) => ({
    label: node,
    dial: { host, port, timeoutMs, ...tls },
  }))
  if (nodes.length > 0) return nodes
  throw new Problem('general', `${id} has no node that answers (it is ${cluster.CacheClusterStatus}).`)
}

async function serverlessNode(client: ApiClient, name: string, flags: DialOptions): Promise<WatchedNode | undefined> {
  const { ServerlessCaches = [] } = await client.call('DescribeServerlessCaches', {})
  const cache = ServerlessCaches.find(({ ServerlessCacheName }) => ServerlessCacheName === name.toLowerCase())
  const { Address, Port } = cache?.Endpoint ?? {}
  if (!Address || !Port) return undefined
  const tls = givenTrust(flags) ?? trustFor(client, flags)
  return { label: 'serverless', dial: { host: Address, port: Port, timeoutMs: flags.timeout, tls } }
}
