import { shellQuoted } from '../../../api/shell.ts'
import { endpoint } from '../../../net/target.ts'
import { type Cache, endpointsOf, type HostAndPort } from '../../caches/cache.ts'
import { withClient } from '../../caches/client.ts'
import { findCache } from '../../caches/find.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { globalFlags } from '../../global-flags.ts'
import { tableText } from '../../output/table.ts'

export const endpoints = command({
  summary: 'Show where a cluster answers: configuration endpoint and every node',
  description:
    '--output json: for programs. --output env: shell variables MEMCACHED_ENDPOINT and MEMCACHED_SERVERS. --output hosts: host:port, one node a line.',
  examples: ['endpoints shop', 'eval "$(cachectl endpoints shop --output env)"'],
  words: { cluster: cacheWord('id of a cluster, or name of a serverless cache') },
  flags: globalFlags,
  forms: { own: ['env', 'hosts'] },
  async run({ words, flags, print }) {
    const cache = await withClient(flags, (client) => findCache(client, words.cluster))
    await print.answer(viewOf(cache), describeEndpoints, {
      env: () => variables(cache),
      hosts: () => cache.servers.map(addressOf).join('\n'),
    })
  },
})

const addressOf = ({ host, port }: HostAndPort): string => endpoint(host, port)

function viewOf(cache: Cache) {
  const { id, status, networkType, ipDiscovery, tls, configuration } = cache
  const nodes = endpointsOf(cache)
  return { cluster: id, status, networkType, ipDiscovery, tls, configurationEndpoint: configuration ?? null, nodes }
}

async function describeEndpoints(view: ReturnType<typeof viewOf>): Promise<string> {
  const { cluster, status, networkType, ipDiscovery, tls, configurationEndpoint: config, nodes } = view
  const rows = [
    ...(config ? [['configuration', status, addressOf(config)]] : []),
    ...nodes.map((node) => [/^\d+$/.test(node.id) ? `node ${node.id}` : node.id, node.status, addressOf(node)]),
  ]
  const head = `${cluster}: ${networkType ?? 'ipv4'}, discovery ${ipDiscovery ?? 'ipv4'}, ${tls ? 'TLS' : 'plain text'}`
  return `${head}\n${await tableText(['Endpoint', 'Status', 'Address'], rows)}`
}

function variables({ configuration, not, servers }: Cache): string {
  const entry = configuration ?? (not.listed ? servers[0] : undefined)
  return [
    `export MEMCACHED_ENDPOINT=${shellQuoted(entry ? addressOf(entry) : '')}`,
    `export MEMCACHED_SERVERS=${shellQuoted(servers.map(addressOf).join(','))}`,
  ].join('\n')
}
