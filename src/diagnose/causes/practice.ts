/** What the guide advises. Nothing is broken where these find something; they are told apart, and quietly. */
import { engines } from '../../api/catalog/engines.ts'
import { nodeTypes } from '../../api/catalog/node-types.ts'
import { DEFAULT_QUOTAS } from '../../api/catalog/quotas.ts'
import { compareVersions, isAtLeast } from '../../api/catalog/versions.ts'
import { shell, shellWord } from '../../api/shell.ts'
import type { ClusterFacts } from '../evidence.ts'
import { type Cause, note } from './cause.ts'
import { at, each, memoryShare, whoIs } from './places.ts'

const BEST = 'User guide, "Best practices"'
const DEFAULT_MOST_NODES = DEFAULT_QUOTAS['nodes-per-cluster']

export const practiceCauses: readonly Cause[] = [
  {
    id: 'B01',
    title: 'the cluster has a single node',
    seat: 'practice',
    source: 'User guide, "Mitigating failures": with N nodes a failure loses 1/N of the data',
    suspect: ({ evidence: { clusters } }) =>
      clusters
        .filter(({ numCacheNodes }) => numCacheNodes === 1)
        .map(({ id }) =>
          note(
            id,
            `${id} has one node: when it is replaced, all is lost at once.`,
            shell`cachectl scale ${id} --nodes 3`,
          ),
        ),
  },
  {
    id: 'B02',
    title: 'all nodes are in one Availability Zone',
    seat: 'practice',
    source: 'User guide, "Mitigating Availability Zone failures"',
    suspect: ({ evidence: { clusters } }) =>
      clusters.flatMap(({ id, nodes }) => {
        const zones = new Set(nodes.flatMap(({ zone }) => zone ?? []))
        if (nodes.length < 2 || zones.size !== 1) return []
        return [
          note(
            id,
            `All ${nodes.length} nodes of ${id} are in ${[...zones][0]}.`,
            'Add nodes in other zones, and remove some of these: cachectl scale',
          ),
        ]
      }),
  },
  {
    id: 'B03',
    title: 'there is a newer version of Memcached',
    seat: 'practice',
    source: 'User guide, "Engine versions": use the newest; upgrading empties the cache',
    suspect: ({ evidence: { clusters, api } }) =>
      clusters.flatMap(({ id, engineVersion }) => {
        const newest = [...(api?.versions ?? [])].sort(compareVersions).at(-1)
        if (!engineVersion || !newest || isAtLeast(engineVersion, newest)) return []
        return [
          note(
            id,
            `${id} runs Memcached ${engineVersion}; ${newest} is the newest.`,
            shell`cachectl modify-cache-cluster --cache-cluster-id ${id} --engine-version ${newest} (this empties the cache)`,
          ),
        ]
      }),
  },
  {
    id: 'B04',
    title: 'traffic is not encrypted',
    seat: 'practice',
    source: `User guide, "In-transit encryption (TLS)": from ${engines.memcached?.tlsSince} on, chosen when the cluster is created`,
    suspect: ({ evidence: { clusters } }) =>
      clusters
        .filter((cluster) => !cluster.tls && canHaveTls(cluster))
        .map(({ id }) =>
          note(id, `${id} talks to clients in plain text.`, 'Create the next one with --transit-encryption-enabled.'),
        ),
  },
  {
    id: 'B05',
    title: 'the maintenance window lies in working hours',
    seat: 'practice',
    source: 'User guide, "Managing maintenance": choose the time of lowest use',
    suspect: ({ evidence: { clusters } }) =>
      clusters.flatMap(({ id, maintenanceWindow = '' }) =>
        isBusy(maintenanceWindow)
          ? [
              note(
                id,
                `${id} is maintained ${maintenanceWindow} UTC, on a working day.`,
                shell`cachectl modify-cache-cluster --cache-cluster-id ${id} --preferred-maintenance-window sun:05:00-sun:06:00`,
              ),
            ]
          : [],
      ),
  },
  {
    id: 'B06',
    title: 'events go to no topic',
    seat: 'practice',
    source: 'User guide, "Monitoring events": notifications tell of replaced nodes',
    suspect: ({ evidence: { clusters } }) =>
      clusters.flatMap(({ id, notifications }) => {
        if (notifications === 'active') return []
        const sentence =
          notifications === undefined
            ? `${id} has no notification topic.`
            : `The notification topic of ${id} is ${notifications}.`
        return [
          note(
            id,
            sentence,
            shell`cachectl modify-cache-cluster --cache-cluster-id ${id} --notification-topic-arn <arn>`,
          ),
        ]
      }),
  },
  {
    id: 'B07',
    title: 'the node type is of a previous generation',
    seat: 'practice',
    source: 'User guide, "Supported node types": previous generation',
    suspect: ({ evidence: { clusters } }) =>
      clusters
        .filter(({ nodeType = '' }) => nodeTypes.get(nodeType)?.generation === 'previous')
        .map(({ id, nodeType }) =>
          note(
            id,
            `${id} runs on ${nodeType}, of a previous generation.`,
            'Create the next one on a current type, such as cache.t4g or cache.r7g.',
          ),
        ),
  },
  {
    id: 'B08',
    title: 'parameters of item and slab size do not fit each other',
    seat: 'practice',
    source: 'User guide, "Memcached specific parameters": max_item_size, slab_chunk_max',
    suspect: ({ evidence: { clusters, api } }) =>
      clusters.flatMap((cluster) => {
        const value = (name: string): number | undefined => {
          const found = api?.parameters?.find((each) => each.group === cluster.parameterGroup && each.name === name)
          return found && /^\d+$/.test(found.value) ? Number(found.value) : undefined
        }
        const [item, chunk] = [value('max_item_size'), value('slab_chunk_max')]
        if (item === undefined || chunk === undefined || (chunk <= item && item % chunk === 0)) return []
        return [
          note(
            cluster.id,
            `In ${cluster.parameterGroup}, max_item_size (${item}) is no multiple of slab_chunk_max (${chunk}): nodes refuse it or waste memory.`,
            'Make max_item_size a multiple of slab_chunk_max.',
          ),
        ]
      }),
  },
  {
    id: 'B09',
    title: 'idle connections are closed',
    seat: 'practice',
    source: 'User guide, "Memcached specific parameters": idle_timeout',
    suspect: ({ evidence: { addresses } }) =>
      each(addresses, (one) => (one.answers?.settings.idle_timeout ?? 0) >= 60)
        .slice(0, 1)
        .map((one) => {
          const seconds = one.answers?.settings.idle_timeout
          return note(
            at(one),
            `Connections that are idle for ${seconds} s are closed.`,
            `Let pools retire connections before ${seconds} s.`,
          )
        }),
  },
  {
    id: 'B10',
    title: 'items are evicted now and then',
    seat: 'practice',
    source: 'User guide, "Which metrics should I monitor?": Evictions',
    suspect: (seen) =>
      each(
        seen.evidence.addresses,
        (one) => (one.answers?.stats.evictions ?? 0) > 0 && seen.at(at(one), 'evicting').length === 0,
      ).map((one) =>
        note(
          at(one),
          `${whoIs(one.place, at(one))} has evicted ${one.answers?.stats.evictions} items with ${Math.round(memoryShare(one) * 100)} % of its memory in use: ${memoryShare(one) < 0.8 ? 'one slab class is full' : 'seldom, or what goes is not missed'}.`,
          'See which: cachectl kv stats; items of that size need more room, or slab_automove.',
        ),
      ),
  },
  {
    id: 'B11',
    title: 'most reads miss',
    seat: 'practice',
    source: 'User guide, "Which metrics should I monitor?": cache hit ratio',
    suspect: ({ evidence: { addresses } }) =>
      each(addresses, (one) => hitRatio(one.answers?.stats ?? {}) < 0.5).map((one) =>
        note(
          at(one),
          `Only ${Math.round(hitRatio(one.answers?.stats ?? {}) * 100)} % of the reads at ${at(one)} hit.`,
          'Look at expiry times, at keys that are never written, and at clients that hash to different nodes.',
        ),
      ),
  },
  {
    id: 'B12',
    title: 'the default parameter group is used',
    seat: 'practice',
    source: 'User guide, "Parameter management": default groups can not be changed',
    suspect: ({ evidence: { clusters } }) =>
      clusters
        .filter(({ parameterGroup = '' }) => /^default\./.test(parameterGroup))
        .map(({ id, parameterGroup }) =>
          note(
            id,
            `${id} uses ${parameterGroup}, which can not be changed.`,
            'A group of your own can be given now, before a parameter has to change in a hurry.',
          ),
        ),
  },
  {
    id: 'B13',
    title: 'the cache is reached by an address instead of a name',
    seat: 'practice',
    source: `${BEST}: use the endpoint names; addresses change when nodes are replaced`,
    suspect: ({ evidence: { places } }) =>
      places
        .filter(({ role, host }) => role === 'given' && /^[\d.]+$|:/.test(host) && !/^127\.|^::1$/.test(host))
        .map(({ host }) =>
          note(
            host,
            `${host} is an address: it changes when the node is replaced.`,
            'Use the name of the endpoint: cachectl endpoints',
          ),
        ),
  },
  {
    id: 'B14',
    title: 'a service update waits',
    seat: 'practice',
    source: 'User guide, "Service updates": apply security updates as soon as possible',
    suspect: ({ evidence: { api } }) =>
      (api?.updates ?? []).map(({ cluster, name, severity, due }) =>
        note(
          cluster,
          `The ${severity} update ${name} waits for ${cluster}${due ? `, to be applied by ${due.slice(0, 10)}` : ''}.`,
          shell`cachectl batch-apply-update-action --service-update-name ${name} --cache-cluster-ids ${cluster}`,
        ),
      ),
  },
  {
    id: 'B15',
    title: 'the cluster is close to the most nodes it may have',
    seat: 'practice',
    source: `User guide, "Quotas": ${DEFAULT_MOST_NODES} nodes in a Memcached cluster`,
    suspect: ({ evidence: { clusters, api } }) =>
      clusters
        .filter(({ numCacheNodes }) => isNearQuota(numCacheNodes, api?.mostNodes))
        .map(({ id, numCacheNodes }) =>
          note(
            id,
            `${id} has ${numCacheNodes} of ${api?.mostNodes ?? DEFAULT_MOST_NODES} nodes.`,
            'Ask for a higher quota, or take a larger node type.',
          ),
        ),
  },
  {
    id: 'B16',
    title: 'programs here may open few files',
    seat: 'practice',
    source: `${BEST}: connection pools; setrlimit(2)`,
    suspect: ({
      evidence: {
        limits: { openFiles },
      },
    }) =>
      openFiles !== undefined && openFiles.hard < 4096
        ? [
            note(
              'this host',
              `A program here may hold ${openFiles.hard} files and sockets at most.`,
              'Raise it: ulimit -Hn 65536',
            ),
          ]
        : [],
  },
  {
    id: 'B17',
    title: 'minor versions are not taken by themselves',
    seat: 'practice',
    source: 'User guide, "Upgrading engine versions": AutoMinorVersionUpgrade',
    suspect: ({ evidence: { clusters } }) =>
      clusters
        .filter(({ autoMinorVersionUpgrade }) => autoMinorVersionUpgrade === false)
        .map(({ id }) =>
          note(
            id,
            `${id} does not take minor versions by itself.`,
            shell`cachectl modify-cache-cluster --cache-cluster-id ${id} --auto-minor-version-upgrade`,
          ),
        ),
  },
  {
    id: 'B18',
    title: 'IP discovery is ipv6 for a cluster with TLS, where it has no effect',
    seat: 'practice',
    source: 'User guide, "Choosing a network type": TLS enabled dual stack clusters',
    suspect: ({ evidence: { clusters } }) =>
      clusters
        .filter(({ tls, networkType, ipDiscovery }) => tls && networkType === 'dual_stack' && ipDiscovery === 'ipv6')
        .map(({ id }) =>
          note(
            id,
            `${id} uses TLS: its list shows names, and IP discovery ipv6 changes nothing.`,
            `Each client chooses the family when it resolves the names: cachectl gai check ${shellWord(id)}`,
          ),
        ),
  },
]

/** A cluster with more nodes than the default allows has a higher quota, of which nothing is known. */
const isNearQuota = (nodes: number, quota: number | undefined): boolean =>
  nodes >= (quota ?? DEFAULT_MOST_NODES) * 0.9 && (quota !== undefined || nodes <= DEFAULT_MOST_NODES)

/** Of an engine without a row, and of a type that is newer than the table, any may. */
function canHaveTls({ engine, engineVersion = '', nodeType = '' }: ClusterFacts): boolean {
  const facts = engines[engine]
  if (!facts) return true
  return nodeTypes.get(nodeType)?.tls.includes(facts.name) !== false && isAtLeast(engineVersion, facts.tlsSince)
}

/** `mon:08:30-mon:09:30`: hours of the day in which offices from the Americas to Europe are at work. */
function isBusy(window: NonNullable<ClusterFacts['maintenanceWindow']>): boolean {
  const [, day = '', hour = ''] = /^(\w{3}):(\d\d):\d\d-/.exec(window) ?? []
  return ['mon', 'tue', 'wed', 'thu', 'fri'].includes(day) && Number(hour) >= 8 && Number(hour) < 22
}

const ENOUGH_READS = 10_000

/** 1 where too little was read to tell. */
function hitRatio({ get_hits: hits = 0, get_misses: misses = 0 }: Readonly<Partial<Record<string, number>>>): number {
  return hits + misses < ENOUGH_READS ? 1 : hits / (hits + misses)
}
