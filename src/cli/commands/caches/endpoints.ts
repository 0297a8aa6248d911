import { memcached } from '../../../api/catalog/engines.ts'
import { shellQuoted } from '../../../api/shell.ts'
import { endpoint } from '../../../net/target.ts'
import { type Cache, endpointsOf, type HostAndPort } from '../../caches/cache.ts'
import { withClient } from '../../caches/client.ts'
import { allCaches, findCache } from '../../caches/find.ts'
import { tellUnasked } from '../../caches/refusals.ts'
import { cacheWordUnless } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { toggle } from '../../flags.ts'
import { globalFlags } from '../../global-flags.ts'
import { tableText } from '../../output/table.ts'
import { usageProblem } from '../../problem.ts'

export const endpoints = command({
  summary: 'Show where a cache answers: configuration, primary and reader endpoint, and every node',
  description:
    '--output json: for programs. --output env: shell variables MEMCACHED_ENDPOINT and MEMCACHED_SERVERS; of Redis OSS and Valkey REDIS_ENDPOINT or VALKEY_ENDPOINT, ..._READER_ENDPOINT and ..._SERVERS. --output hosts: host:port, one node a line; ids: names of nodes. Of a replication group each node is shown with its shard and slots, and its role where the API tells it: in cluster mode the nodes do (cachectl discover).',
  examples: ['endpoints shop', 'eval "$(cachectl endpoints shop --output env)"', 'endpoints --all'],
  words: { cluster: cacheWordUnless('all', 'id of a cluster or replication group, or name of a serverless cache') },
  flags: { all: toggle({ summary: 'of every cache of the target' }), ...globalFlags },
  forms: { own: ['env', 'hosts', 'ids'] },
  async run({ words: { cluster: id }, flags, print }) {
    if (id !== undefined && flags.all) throw usageProblem('Name a cache, or --all: not both.')
    if (flags.all && print.form === 'env') {
      throw usageProblem('argument --output: env is of one cache', 'Variables have one value each: name the cache.')
    }
    const caches = await withClient(flags, async (client) =>
      id === undefined ? allCaches(client, tellUnasked) : [await findCache(client, id)],
    )
    const views = caches.map(viewOf)
    const [first] = views
    await print.answer(
      id === undefined || !first ? views : first,
      async () => (views.length > 0 ? (await Promise.all(views.map(describeEndpoints))).join('\n\n') : 'No caches.'),
      {
        env: () => caches.map(variables).join('\n'),
        hosts: () => caches.flatMap(serversOf).map(addressOf).join('\n'),
        ids: () =>
          caches
            .flatMap(nodesOf)
            .map(({ id: node }) => node)
            .join('\n'),
      },
    )
  },
})

const addressOf = ({ host, port }: HostAndPort): string => endpoint(host, port)

/** Without the endpoints that stand for several nodes of a group. */
const nodesOf = (cache: Cache) => endpointsOf(cache).filter(({ shard }) => !cache.group || shard !== undefined)

/** Of a group every node: its `servers` are doors to some of them. */
const serversOf = (cache: Cache): readonly HostAndPort[] => (cache.group ? nodesOf(cache) : cache.servers)

function viewOf(cache: Cache) {
  const { id, status, networkType, ipDiscovery, tls, configuration, shards } = cache
  const nodes = endpointsOf(cache)
  return {
    cluster: id,
    status,
    networkType,
    ipDiscovery,
    tls,
    configurationEndpoint: configuration ?? null,
    ...(shards && { shards }),
    nodes,
  }
}

type View = ReturnType<typeof viewOf>

async function describeEndpoints(view: View): Promise<string> {
  const { cluster, status, networkType, ipDiscovery, tls, configurationEndpoint: config, nodes, shards } = view
  const head = `${cluster}: ${networkType ?? 'ipv4'}, discovery ${ipDiscovery ?? 'ipv4'}, ${tls ? 'TLS' : 'plain text'}`
  const rows = [
    ...(config ? [['configuration', status, addressOf(config)]] : []),
    ...nodes.map((node) => [/^\d+$/.test(node.id) ? `node ${node.id}` : node.id, node.status, addressOf(node)]),
  ]
  if (!shards) return `${head}\n${await tableText(['Endpoint', 'Status', 'Address'], rows)}`
  const places = [...(config ? [''] : []), ...nodes.map(({ shard }) => shard ?? '')]
  const roles = [...(config ? [''] : []), ...nodes.map(({ role }) => role ?? '')]
  const slotsOf = (id: string | undefined): string => shards.find((shard) => shard.id === id)?.slots ?? ''
  // A column that would say nothing is left out: without cluster mode there are no slots, in cluster mode no roles.
  const more = [
    { head: 'Role', cells: roles },
    { head: 'Shard', cells: places },
    { head: 'Slots', cells: places.map(slotsOf) },
  ].filter(({ cells }) => cells.some((cell) => cell !== ''))
  const table = await tableText(
    ['Endpoint', 'Status', 'Address', ...more.map((column) => column.head)],
    rows.map((row, at) => [...row, ...more.map(({ cells }) => cells[at] ?? '')]),
  )
  return `${head}\n${table}`
}

function variables(cache: Cache): string {
  const { engine, configuration, not, servers, shards } = cache
  const prefix = engine.toUpperCase()
  const entry = configuration ?? (not.listed || cache.group ? servers[0] : undefined)
  const reader = shards?.[0]?.reader
  return [
    [`${prefix}_ENDPOINT`, entry ? addressOf(entry) : ''],
    ...(engine !== memcached.name && reader ? [[`${prefix}_READER_ENDPOINT`, addressOf(reader)]] : []),
    [`${prefix}_SERVERS`, serversOf(cache).map(addressOf).join(',')],
  ]
    .map(([name, value = '']) => `export ${name}=${shellQuoted(value)}`)
    .join('\n')
}
