import { memcached } from '../../../api/catalog/engines.ts'
import { resources } from '../../../api/catalog/resources.ts'
import type { Output } from '../../../api/model.ts'
import { shellWord } from '../../../api/shell.ts'
import { endpoint } from '../../../net/target.ts'
import { type Cache, type CacheKind, endOf, networkTypeOf } from '../cache.ts'

type ServerlessCache = NonNullable<Output<'DescribeServerlessCaches'>['ServerlessCaches']>[number]

export const serverlessCache: CacheKind = {
  kind: resources.serverlessCache,
  cacheOf: (item) => serverlessOf(item as ServerlessCache), // what that operation lists
}

/** Its nodes are its doors, `endpoint` and `reader`. */
function serverlessOf(given: ServerlessCache): Cache {
  const { ServerlessCacheName: id = '', Status: status = 'unknown' } = given
  const networkType = networkTypeOf(given.NetworkType)
  const [main, reader] = [endOf(given.Endpoint), endOf(given.ReaderEndpoint)]
  const nodes = [
    ...(main ? [{ id: 'endpoint', status, ...main }] : []),
    ...(reader ? [{ id: 'reader', status, ...reader }] : []),
  ]
  return {
    kind: resources.serverlessCache,
    id,
    status,
    engine: given.Engine ?? memcached.name,
    ...(networkType && { networkType }),
    tls: true,
    numCacheNodes: 0,
    nodes,
    servers: nodes.slice(0, 1).map(({ host, port }) => ({ label: 'serverless', host, port })),
    pending: [],
    securityGroups: [],
    serverless: true,
    not: {
      listed: {
        why: 'it has no nodes to list, and clients need no Auto Discovery.',
        instead:
          nodes.length > 0
            ? `They go to its ${nodes.map(({ id: door, host, port }) => `${door} ${endpoint(host, port)}`).join(' and ')}, with TLS.`
            : `It is ${status}.`,
      },
      scaled: {
        why: 'it has no nodes to scale, and grows by itself.',
        instead: `Its limits: cachectl modify-serverless-cache --serverless-cache-name ${shellWord(id)} --cache-usage-limits ...`,
      },
    },
  }
}
