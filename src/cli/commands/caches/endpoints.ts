import { shellQuoted } from '../../../api/shell.ts'
import { endpoint } from '../../../net/target.ts'
import {
  type CacheCluster,
  configurationEndpoint,
  describeCache,
  type HostAndPort,
  isServerless,
  nodeEndpoints,
  usesTls,
  withClient,
} from '../../caches/clusters.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { globalFlags } from '../../global-flags.ts'
import { tableText } from '../../output/table.ts'
import { forPeople } from '../../terminal.ts'

export const endpoints = command({
  summary: 'Show where a cluster answers: configuration endpoint and every node',
  description:
    '--output json: for programs. --output env: shell variables MEMCACHED_ENDPOINT and MEMCACHED_SERVERS. --output hosts: host:port, one node a line.',
  examples: ['endpoints shop', 'eval "$(cachectl endpoints shop --output env)"'],
  words: { cluster: cacheWord('id of a cluster, or name of a serverless cache') },
  flags: globalFlags,
  forms: { own: ['env', 'hosts'] },
  async run({ words, flags, print }) {
    const cluster = await withClient(flags, (client) => describeCache(client, words.cluster))
    await print.answer(endpointsOf(cluster), () => describeEndpoints(forPeople(cluster)), {
      env: () => variables(cluster),
      hosts: () => serversOf(cluster).map(addressOf).join('\n'),
    })
  },
})

const addressOf = ({ host, port }: HostAndPort): string => endpoint(host, port)

function endpointsOf(cluster: CacheCluster) {
  return {
    cluster: cluster.CacheClusterId,
    status: cluster.CacheClusterStatus,
    networkType: cluster.NetworkType,
    ipDiscovery: cluster.IpDiscovery,
    tls: usesTls(cluster),
    configurationEndpoint: configurationEndpoint(cluster) ?? null,
    nodes: nodeEndpoints(cluster),
  }
}

async function describeEndpoints(cluster: CacheCluster): Promise<string> {
  const { status, networkType, ipDiscovery, tls, configurationEndpoint: config, nodes } = endpointsOf(cluster)
  const rows = [
    ...(config ? [['configuration', status ?? '', addressOf(config)]] : []),
    ...nodes.map((node) => [/^\d+$/.test(node.id) ? `node ${node.id}` : node.id, node.status, addressOf(node)]),
  ]
  const head = `${cluster.CacheClusterId}: ${networkType ?? 'ipv4'}, discovery ${ipDiscovery ?? 'ipv4'}, ${tls ? 'TLS' : 'plain text'}`
  return `${head}\n${await tableText(['Endpoint', 'Status', 'Address'], rows)}`
}

/** What keys are spread over: the reader of a serverless cache is another door to the same. */
const serversOf = (cluster: CacheCluster) => nodeEndpoints(cluster).slice(0, isServerless(cluster) ? 1 : undefined)

function variables(cluster: CacheCluster): string {
  const config = configurationEndpoint(cluster) ?? (isServerless(cluster) ? nodeEndpoints(cluster)[0] : undefined)
  const servers = serversOf(cluster).map(addressOf)
  return [
    `export MEMCACHED_ENDPOINT=${shellQuoted(config ? addressOf(config) : '')}`,
    `export MEMCACHED_SERVERS=${shellQuoted(servers.join(','))}`,
  ].join('\n')
}
