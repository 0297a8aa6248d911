import { shellQuoted } from '../../api/shell.ts'
import { endpoint } from '../../net/target.ts'
import { BaseCommand, word } from '../base-command.ts'
import {
  type CacheCluster,
  configurationEndpoint,
  describeCache,
  isServerless,
  nodeEndpoints,
  usesTls,
  withClient,
} from '../clusters.ts'
import { globalFlags } from '../global-flags.ts'
import { tableText } from '../output/table.ts'
import { forPeople, print, printLine } from '../terminal.ts'
import { choiceOf, outputOf } from './engine-flags.ts'

export class Endpoints extends BaseCommand {
  static override summary = 'Show where a cluster answers: configuration endpoint and every node'
  static override description =
    '--output json: for programs. --output env: shell variables MEMCACHED_ENDPOINT and MEMCACHED_SERVERS. --output hosts: host:port, one node a line.'
  static override args = { cluster: word('id of a cluster, or name of a serverless cache', { required: true }) }
  static override flags = { ...globalFlags, ...outputOf('table (default), json, env or hosts') }
  static override examples = ['endpoints shop', 'eval "$(cachectl endpoints shop --output env)"']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const form = choiceOf(flags, 'output', ['table', 'json', 'env', 'hosts'], 'table')
    const cluster = await withClient(flags, (client) => describeCache(client, words[0] as string))
    if (form === 'table') printLine(await describeEndpoints(forPeople(cluster)))
    if (form === 'json') print(`${JSON.stringify(endpointsOf(cluster), null, 4)}\n`)
    if (form === 'env') print(variables(cluster))
    if (form === 'hosts')
      print(
        serversOf(cluster)
          .map((node) => `${endpoint(node.host, node.port)}\n`)
          .join(''),
      )
  }
}

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
    ...(config ? [['configuration', status ?? '', endpoint(config.host, config.port)]] : []),
    ...nodes.map((node) => [
      /^\d+$/.test(node.id) ? `node ${node.id}` : node.id,
      node.status,
      endpoint(node.host, node.port),
    ]),
  ]
  const head = `${cluster.CacheClusterId}: ${networkType ?? 'ipv4'}, discovery ${ipDiscovery ?? 'ipv4'}, ${tls ? 'TLS' : 'plain text'}`
  return `${head}\n${await tableText(['Endpoint', 'Status', 'Address'], rows)}`
}

/** What keys are spread over: the reader of a serverless cache is another door to the same. */
const serversOf = (cluster: CacheCluster) => nodeEndpoints(cluster).slice(0, isServerless(cluster) ? 1 : undefined)

function variables(cluster: CacheCluster): string {
  const config = configurationEndpoint(cluster) ?? (isServerless(cluster) ? nodeEndpoints(cluster)[0] : undefined)
  const servers = serversOf(cluster).map((node) => endpoint(node.host, node.port))
  return [
    `export MEMCACHED_ENDPOINT=${shellQuoted(config ? endpoint(config.host, config.port) : '')}`,
    `export MEMCACHED_SERVERS=${shellQuoted(servers.join(','))}`,
    '',
  ].join('\n')
}
