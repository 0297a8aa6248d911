import { shellQuoted } from '../../../api/shell.ts'
import { endpoint } from '../../../net/target.ts'
import { type Cache, endpointsOf, type HostAndPort, nodeLabel } from '../../caches/cache.ts'
import { authorityFile, withClient } from '../../caches/client.ts'
import { allCaches, findCache } from '../../caches/find.ts'
import { tellUnasked } from '../../caches/refusals.ts'
import { cacheWordUnless } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { toggle } from '../../flags.ts'
import { globalFlags } from '../../global-flags.ts'
import { jsonText } from '../../output/json.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { usageProblem } from '../../problem.ts'

export const endpoints = command({
  summary: 'Show where a cache answers: configuration, primary and reader endpoint, and every node',
  description:
    '--output json: for programs. --output env: shell variables that begin with the name of the cache, of my-shop MY_SHOP_ENDPOINT, MY_SHOP_SERVERS (with commas between them) and MY_SHOP_TLS (true or false); of a group with a reader endpoint MY_SHOP_READER_ENDPOINT; of a cache with TLS whose authority is the local one MY_SHOP_CA, its file. --output hosts: host:port, one node a line; ids: names of nodes; prometheus-sd: targets with labels for file_sd_configs and http_sd_configs of Prometheus, one a node, for an exporter. Of a replication group each node is shown with its shard and slots, and its role where the API tells it: in cluster mode the nodes do (cachectl discover).',
  examples: [
    'endpoints shop',
    'eval "$(cachectl endpoints shop --output env)"',
    'endpoints --all',
    'endpoints --all --output prometheus-sd > elasticache.json',
  ],
  words: { cluster: cacheWordUnless('all', 'id of a cluster or replication group, or name of a serverless cache') },
  flags: { all: toggle({ summary: 'of every cache of the target' }), ...globalFlags },
  forms: { own: ['env', 'hosts', 'ids', 'prometheus-sd'] },
  async run({ words: { cluster: id }, flags, print }) {
    if (id !== undefined && flags.all) throw usageProblem('Name a cache, or --all: not both.')
    const { caches, authority } = await withClient(flags, async (client) => ({
      caches: id === undefined ? await allCaches(client, tellUnasked) : [await findCache(client, id)],
      authority: authorityFile(client, flags),
    }))
    const views = caches.map(viewOf)
    const [first] = views
    await print.answer(
      id === undefined || !first ? views : first,
      (_, style) => views.map((each) => describeEndpoints(each, style)).join('\n\n') || 'No caches.',
      {
        env: () => caches.map((cache) => variables(cache, authority)).join('\n'),
        hosts: () => caches.flatMap(serversOf).map(addressOf).join('\n'),
        ids: () =>
          caches
            .flatMap(nodesOf)
            .map(({ id: node }) => node)
            .join('\n'),
        'prometheus-sd': () => jsonText(caches.flatMap(scrapeTargets)).trimEnd(),
      },
    )
  },
})

const addressOf = ({ host, port }: HostAndPort): string => endpoint(host, port)

/** Without the endpoints that stand for several nodes of a group. */
const nodesOf = (cache: Cache) => endpointsOf(cache).filter(({ shard }) => !cache.group || shard !== undefined)

/** Of a group every node: its `servers` are doors to some of them. */
const serversOf = (cache: Cache): readonly HostAndPort[] => (cache.group ? nodesOf(cache) : cache.servers)

/** A group of targets for each node: their labels differ. Serverless caches have one endpoint, which stands for all of them. */
function scrapeTargets(cache: Cache) {
  const { id, engine, tls } = cache
  return nodesOf(cache).map((node) => ({
    targets: [addressOf(node)],
    labels: {
      cache: id,
      node: node.id,
      engine,
      tls: String(tls),
      ...(node.zone !== undefined && { zone: node.zone }),
      ...(node.shard !== undefined && { shard: node.shard }),
      ...(node.role !== undefined && { role: node.role }),
    },
  }))
}

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

function describeEndpoints(view: View, style: Style): string {
  const { cluster, status, networkType, ipDiscovery, tls, configurationEndpoint: config, nodes, shards } = view
  const head = `${cluster}: ${networkType ?? 'ipv4'}, discovery ${ipDiscovery ?? 'ipv4'}, ${tls ? 'TLS' : 'plain text'}`
  const rows = [
    ...(config ? [['configuration', status, addressOf(config)]] : []),
    ...nodes.map((node) => [nodeLabel(node.id), node.status, addressOf(node)]),
  ]
  if (!shards) return `${head}\n${tableText(['Endpoint', 'Status', ADDRESS], rows, style)}`
  const places = [...(config ? [''] : []), ...nodes.map(({ shard }) => shard ?? '')]
  const roles = [...(config ? [''] : []), ...nodes.map(({ role }) => role ?? '')]
  const slotsOf = (id: string | undefined): string => shards.find((shard) => shard.id === id)?.slots ?? ''
  // A column that would say nothing is left out: without cluster mode there are no slots, in cluster mode no roles.
  const more = [
    { head: 'Role', cells: roles },
    { head: 'Shard', cells: places },
    { head: 'Slots', cells: places.map(slotsOf) },
  ].filter(({ cells }) => cells.some((cell) => cell !== ''))
  const table = tableText(
    ['Endpoint', 'Status', ADDRESS, ...more.map((column) => column.head)],
    rows.map((row, at) => [...row, ...more.map(({ cells }) => cells[at] ?? '')]),
    style,
  )
  return `${head}\n${table}`
}

/** What is to be copied is never shortened. */
const ADDRESS = { long: 'Address' }

/** Named after the cache, so that those of several stand side by side: a name holds letters, digits and hyphens only. */
function variables(cache: Cache, authority: string | undefined): string {
  const { id, configuration, not, servers, shards, tls } = cache
  const prefix = id.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
  const entry = configuration ?? (not.listed || cache.group ? servers[0] : undefined)
  const reader = shards?.[0]?.reader
  return [
    [`${prefix}_ENDPOINT`, entry ? addressOf(entry) : ''],
    ...(reader ? [[`${prefix}_READER_ENDPOINT`, addressOf(reader)]] : []),
    [`${prefix}_SERVERS`, serversOf(cache).map(addressOf).join(',')],
    [`${prefix}_TLS`, String(tls)],
    ...(tls && authority !== undefined ? [[`${prefix}_CA`, authority]] : []),
  ]
    .map(([name, value = '']) => `export ${name}=${shellQuoted(value)}`)
    .join('\n')
}
