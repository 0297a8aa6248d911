import { readEvent, tellsFailure } from '../../api/catalog/events.ts'
import { resources } from '../../api/catalog/resources.ts'
import { kebabCase } from '../../api/names.ts'
import { meantAmong } from '../../api/nearest.ts'
import { shell, shellWord } from '../../api/shell.ts'
import type { AddressEvidence, ClusterFacts, Evidence } from '../evidence.ts'
import { type Cause, failure, note, warning } from './cause.ts'
import { losesData } from './flow.ts'
import { isSilent, speaks, telling } from './places.ts'

/** Stands for the command that waits for this very cluster. */
const WAIT = 'Wait: <wait>'
/** User guide, "Cluster status" and "Cache node status": what to do about a state that is not `available`. */
const NEXT_STEP: Readonly<Record<string, string>> = {
  creating: WAIT,
  modifying: WAIT,
  'rebooting cluster nodes': `${WAIT} What rebooted nodes held is gone.`,
  'rebooting cache cluster nodes': `${WAIT} What rebooted nodes held is gone.`,
  snapshotting: 'Wait until it is available.',
  deleting: 'It will not come back: create another one.',
  deleted: 'It will not come back: create another one.',
  'incompatible-network':
    'Its events say why. No free address in its subnet group, or subnets that are gone: mend the subnet group.',
  'incompatible-parameters': 'Mend its parameter group: a value does not fit the node type or engine version.',
  'create-failed': 'Mend what its event names, delete it, and create it again.',
  'restore-failed': 'Create it again from another backup, or empty.',
}

export const clusterCauses: readonly Cause[] = [
  {
    id: 'C00',
    title: 'there is no such cluster',
    seat: 'cluster',
    source: 'DescribeCacheClusters answers CacheClusterNotFound',
    odds: 0.05,
    suspect: ({ evidence: { missing = [] } }) =>
      missing.map(({ id, at, known, deletedAt }) => {
        const gone = deletedAt === undefined ? '' : `: it was deleted at ${deletedAt}`
        const hint =
          deletedAt === undefined
            ? 'Check the id, --region, --profile and --target.'
            : 'Create it again, and point clients at its new endpoint.'
        return failure(
          id,
          `There is no cluster, serverless cache or replication group ${id} in ${at}${gone}.`,
          [hint, ...(known ? [meantAmong(id, known)] : [])].join(' '),
          'cachectl describe-events --source-type cache-cluster',
        )
      }),
  },
  {
    id: 'C01',
    title: 'the cluster is not available',
    seat: 'cluster',
    source: 'User guide, "Viewing a cluster\'s details": status values',
    odds: 0.05,
    suspect: ({ evidence: { clusters, api } }) =>
      clusters
        .filter(({ status }) => status !== 'available')
        .map((cluster) => {
          const { id, status } = cluster
          const last = api?.events?.find(({ source }) => source === id)
          const taken = last && portTakenBy(last.message)
          const step = taken === undefined ? nextStep(status, cluster) : portTaken(taken)
          const serving = status === 'modifying' || status === 'snapshotting'
          const told = last ? ` Its last event, ${last.at}: ${last.message}` : ''
          const words = [id, `The ${sortOf(cluster).name} ${id} is ${status}.${told}`, step, describe(cluster)] as const
          return serving ? warning(...words) : failure(...words)
        }),
  },
  {
    id: 'C02',
    title: 'a node of the cluster is not available',
    seat: 'cluster',
    source: 'User guide, "Viewing a cluster\'s details": node status',
    odds: 0.05,
    suspect: ({ evidence: { clusters } }) =>
      clusters.flatMap((cluster) =>
        cluster.status !== 'available'
          ? []
          : cluster.nodes
              .filter(({ status }) => status !== 'available')
              .map(({ id, status }) =>
                warning(
                  `${cluster.id} ${id}`,
                  `Node ${id} of ${cluster.id} is ${status}; ${cluster.group ? 'where it is the primary of its shard, keys are not served until another one is.' : 'keys that hash to it are not served.'}`,
                  nextStep(status, cluster),
                  describe(cluster),
                ),
              ),
      ),
  },
  {
    id: 'C05',
    title: 'all nodes of one Availability Zone are out of reach',
    seat: 'cluster',
    source: 'User guide, "Mitigating failures": Availability Zones',
    odds: 0.05,
    suspect: ({ evidence }) => {
      const out = zoneOut(evidence)
      if (!out) return []
      const { zone, dead, others } = out
      return [...new Set(dead.map(({ cluster }) => cluster))].map((id) => {
        const nodes = dead.filter(({ cluster }) => cluster === id).map(({ node }) => node)
        const sentence = others
          ? `No node of ${id} in ${zone} answers (${nodes.join(', ')}), those in other zones do: the zone is out of reach.`
          : `No node of ${id} answers, and all of them are in ${zone} (${nodes.join(', ')}): the zone is out, or what stands before all of them.`
        const hint = `See the AWS Health Dashboard. Clients that leave dead nodes out go on; nodes can be added in another zone: cachectl scale ${shellWord(id)}`
        return failure(id, sentence, hint, describe(clusterOf(evidence, id)))
      })
    },
  },
  {
    id: 'C06',
    title: 'events of the last day tell of a failure',
    seat: 'cluster',
    source: 'User guide, "Event notifications": ElastiCache:* failure events',
    odds: 0.05,
    suspect: ({ evidence: { clusters, api } }) =>
      clusters.flatMap((cluster) => {
        const { id } = cluster
        const bad = api?.events?.filter(({ source, message }) => source === id && tellsFailure(message)) ?? []
        const [last] = bad
        if (!last) return []
        const more = bad.length > 1 ? ` (${bad.length} such events in the last day)` : ''
        return [
          note(
            id,
            `An event of ${id}, ${last.at}: ${last.message}${more}`,
            'See whether it is over.',
            shell`cachectl describe-events --source-type ${sortOf(cluster).source} --source-identifier ${id} --duration 1440`,
          ),
        ]
      }),
  },
  {
    id: 'C07',
    title: 'the subnet group does not carry the network type of the cluster',
    seat: 'cluster',
    source: 'User guide, "Choosing a network type": subnets must support IPv6',
    odds: 0.05,
    suspect: ({ evidence: { clusters, api } }) =>
      clusters.flatMap(({ id, subnetGroup, networkType }) => {
        const group = api?.subnetGroups?.find(({ name }) => name === subnetGroup)
        if (!group || group.networkTypes.length === 0 || group.networkTypes.includes(networkType)) return []
        const sentence = `${id} is ${networkType}, and its subnet group ${group.name} supports ${group.networkTypes.join(', ')} only.`
        return [
          warning(
            id,
            sentence,
            'Give its subnets IPv6 CIDR blocks, or take them out of the group.',
            shell`cachectl describe-cache-subnet-groups --cache-subnet-group-name ${group.name}`,
          ),
        ]
      }),
  },
  {
    id: 'C08',
    title: 'accepted changes wait for the maintenance window',
    seat: 'cluster',
    source: 'User guide, "Modifying a cluster": ApplyImmediately',
    odds: 0.05,
    suspect: ({ evidence: { clusters } }) =>
      clusters.flatMap(({ id, status, pending = [], maintenanceWindow, ...sort }) =>
        pending.length === 0 || status !== 'available'
          ? []
          : [
              note(
                id,
                `${pending.join(', ')} of ${id} will change in the maintenance window${maintenanceWindow ? ` (${maintenanceWindow}, UTC)` : ''}.`,
                `To have it now, send the same change again with --apply-immediately: ${command('modify', { id, ...sort })} ... --apply-immediately`,
                describe({ id, ...sort }),
              ),
            ],
      ),
  },
  {
    id: 'C03',
    title: 'changed parameters wait for a reboot',
    seat: 'cluster',
    source: 'User guide, "Modifying a parameter group"',
    odds: 0.05,
    suspect: ({ evidence: { clusters } }) =>
      clusters
        .filter(({ parameterApplyStatus }) => parameterApplyStatus === 'pending-reboot')
        .map(({ id, nodes, nodesToReboot = nodes.map((node) => node.id), ...sort }) =>
          warning(
            id,
            `Parameters of ${id} were changed and take effect only after a reboot, which empties the cache.`,
            shell`cachectl reboot-cache-cluster --cache-cluster-id ${id} --cache-node-ids-to-reboot ${nodesToReboot}`,
            describe({ id, ...sort }),
          ),
        ),
  },
]

interface ZoneOut {
  readonly zone: string
  readonly dead: readonly { readonly cluster: string; readonly node: string }[]
  /** Whether nodes in other zones work; otherwise there are none. */
  readonly others: boolean
}

/**
 * The one zone where at least two nodes are silent and none works, while others work elsewhere: of all clusters seen. Where
 * there are no others, nodes have to take connections without a word: that no node answers at all has commoner causes.
 */
function zoneOut({ clusters, addresses }: Evidence): ZoneOut | undefined {
  const zones = new Map<string, { working: number; mute: number; dead: { cluster: string; node: string }[] }>()
  for (const cluster of clusters) {
    for (const { id, zone } of cluster.nodes) {
      const own = addresses.filter(({ place }) => place.cluster === cluster.id && place.role === id)
      if (zone === undefined || own.length === 0) continue
      const tally = zones.get(zone) ?? { working: 0, mute: 0, dead: [] }
      zones.set(zone, tally)
      if (own.some(speaks)) tally.working++
      // Refused is an answer: the machine is there, its server is not.
      else if (own.every(isUnheard)) tally.dead.push({ cluster: cluster.id, node: id })
      if (own.every((one) => isSilent(one) && !losesData(one))) tally.mute++
    }
  }
  const out = [...zones].filter(([, { working, dead }]) => working === 0 && dead.length > 0)
  const others = [...zones.values()].some(({ working }) => working > 0)
  const [zone, { dead, mute }] = out[0] ?? ['', { dead: [], mute: 0 }]
  const alone = zones.size === 1 && mute === dead.length
  return out.length === 1 && (others || alone) && dead.length >= 2 ? { zone, dead, others } : undefined
}

/** It is silent because its whole zone is. The configuration endpoint may answer from there. */
export function isOutWithZone(evidence: Evidence, { place }: AddressEvidence): boolean {
  const out = zoneOut(evidence)
  return (
    out?.dead.some(
      ({ cluster, node }) => cluster === place.cluster && (node === place.role || place.role === 'configuration'),
    ) === true
  )
}

type Sorted = Pick<ClusterFacts, 'id' | 'serverless' | 'group'>

const sortOfKind = (
  { name, sourceType, id }: (typeof resources)['cluster' | 'serverlessCache' | 'replicationGroup'],
  ...more: readonly string[]
) => ({
  name,
  source: sourceType,
  option: `--${kebabCase(id)}`,
  more,
})

const SORTS = {
  cluster: sortOfKind(resources.cluster, '--show-cache-node-info'),
  serverless: sortOfKind(resources.serverlessCache),
  group: sortOfKind(resources.replicationGroup),
}

const sortOf = ({ serverless, group }: Omit<Sorted, 'id'>): (typeof SORTS)['cluster'] =>
  SORTS[serverless ? 'serverless' : group ? 'group' : 'cluster']

const clusterOf = ({ clusters }: Evidence, id: string): Sorted => clusters.find((each) => each.id === id) ?? { id }

/** `cachectl modify-cache-cluster --cache-cluster-id shop`, as it is for the sort of cache. */
function command(verb: string, { id, ...sort }: Sorted): string {
  const { source, option } = sortOf(sort)
  return shell`cachectl ${verb}-${source} ${option} ${id}`
}

function nextStep(status: string, { id, ...sort }: Sorted): string {
  const { source, option } = sortOf(sort)
  const wait = shell`cachectl wait ${source}-available ${option} ${id}`
  const events = shell`cachectl describe-events --source-type ${source} --source-identifier ${id}`
  // By a function: in a text to put in, `$'` of a quoted name would stand for what follows.
  return (NEXT_STEP[status] ?? `See the events: ${events}`).replace('<wait>', () => wait)
}

/** The port that an event says others have. */
function portTakenBy(message: string): number | undefined {
  const event = readEvent(message)
  return event.kind === 'ports-lost' ? event.lostPorts.find(({ code }) => code === 'EADDRINUSE')?.port : undefined
}

/** Of the local engine: its nodes lie on ports of this machine, which others may have taken while it was stopped. */
const portTaken = (port: number): string =>
  `Another program of this machine has taken the port: ss -ltnp sport = :${port}. End it, then: cachectl engine stop; cachectl engine start`

const isUnheard = (one: AddressEvidence): boolean => isSilent(one) || telling(one)?.outcome === 'timeout'

const describe = ({ id, ...sort }: Sorted): string => {
  const { source, option, more } = sortOf(sort)
  return shell`cachectl describe-${source}s ${option} ${id} ${more}`.trimEnd()
}
