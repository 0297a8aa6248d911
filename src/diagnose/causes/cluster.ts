import { readEvent, tellsFailure } from '../../api/catalog/events.ts'
import { resources } from '../../api/catalog/resources.ts'
import { kebabCase } from '../../api/names.ts'
import { meantAmong } from '../../api/nearest.ts'
import { shell, shellWord } from '../../api/shell.ts'
import { endpoint } from '../../net/target.ts'
import type { AddressEvidence, ClusterFacts, Evidence } from '../evidence.ts'
import { meantId } from '../meant-id.ts'
import { type Cause, type Evident, evident, failure, type Hint, note, type Seen, shows, warning } from './cause.ts'
import { at, name, speaks } from './places.ts'
import { OUT, type Sign } from './sign.ts'
import { isOnItsWay } from './signs/changes.ts'
import { isServing, nodeOf } from './signs/clusters.ts'

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

export const clusterRows: readonly Evident[] = [
  {
    id: 'C00',
    title: 'there is no such cluster',
    seat: 'cluster',
    source: 'DescribeCacheClusters answers CacheClusterNotFound',
    odds: 0.05,
    shows: 'missing',
    find: ({ missing = [] }) =>
      missing.map(({ id, at, known, deletedAt }) => {
        const gone = deletedAt === undefined ? '' : `: it was deleted at ${deletedAt}`
        const meant = deletedAt === undefined ? meantId(id, known ?? []) : undefined
        const right = meant === undefined ? '' : `: it is called ${meant}`
        const hint =
          deletedAt === undefined
            ? 'Check the id, --region, --profile and --target.'
            : 'Create it again, and point clients at its new endpoint.'
        return failure(
          id,
          `There is no cluster, serverless cache or replication group ${id} in ${at}${gone}${right}.`,
          meant === undefined
            ? [hint, ...(known ? [meantAmong(id, known)] : [])].join(' ')
            : shell`cachectl doctor ${meant}`,
          meant === undefined ? 'cachectl describe-events --source-type cache-cluster' : 'cachectl list',
        )
      }),
  },
  {
    id: 'C07',
    title: 'the subnet group does not carry the network type of the cluster',
    seat: 'cluster',
    source: 'User guide, "Choosing a network type": subnets must support IPv6',
    odds: 0.05,
    shows: 'subnets-without-family',
    follows: (seen, { subject }) =>
      shows(
        0.9,
        ...seen.evidence.places.flatMap(({ cluster, host }) =>
          cluster === subject ? seen.at(host, 'family-missing') : [],
        ),
      ),
    find: ({ clusters, api }) =>
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
]

export const clusterCauses: readonly Cause[] = [
  ...clusterRows.map(evident),
  {
    id: 'C01',
    title: 'the cluster is not available',
    seat: 'cluster',
    source: 'User guide, "Viewing a cluster\'s details": status values',
    odds: 0.05,
    suspect: (seen) =>
      seen.evidence.clusters
        .filter(({ status }) => status !== 'available')
        .map((cluster) => {
          const { id, status } = cluster
          const last = seen.evidence.api?.events?.find(({ source }) => source === id)
          const taken = portTakenBy(seen.evidence.api?.events?.filter(({ source }) => source === id) ?? [])
          const step = taken === undefined ? nextStep(status, cluster) : portTaken(taken)
          const told = last ? ` Its last event, ${last.at}: ${last.message}` : ''
          const words = [id, `The ${sortOf(cluster).name} ${id} is ${status}.${told}`, step, describe(cluster)] as const
          const away = cluster.nodes.filter((node) => node.status !== 'available')
          const out = signsOfCluster(seen, id)
          const ofAway = away.flatMap((node) => signsOfCluster(seen, id, node.id))
          const others = out.filter((sign) => !ofAway.includes(sign))
          const refusing = status === 'modifying' ? refusingIn(seen, id, others) : []
          return {
            ...(isServing(status) && ofAway.length + refusing.length === 0 ? warning(...words) : failure(...words)),
            explains: [
              ...shows(0.99, ...seen.at(id, 'not-available', 'in-change')),
              ...shows(0.95, ...away.flatMap((node) => seen.at(nodeOf(cluster, node.id), 'node-not-available'))),
              ...shows(0.95, ...cluster.nodes.flatMap((node) => seen.at(nodeOf(cluster, node.id), 'node-in-change'))),
              ...shows(USUALLY_OUT, ...ofAway),
              ...shows(
                isServing(status) ? SELDOM_OUT : USUALLY_OUT,
                ...others.filter((sign) => !refusing.includes(sign)),
              ),
              ...shows(OFTEN_REFUSING, ...refusing),
              ...shows(0.6, ...(status === 'modifying' ? signsOfLists(seen, id) : [])),
            ],
          }
        }),
  },
  {
    id: 'C02',
    title: 'a node of the cluster is not available',
    seat: 'cluster',
    source: 'User guide, "Viewing a cluster\'s details": node status',
    odds: 0.05,
    suspect: (seen) =>
      seen.evidence.clusters.flatMap((cluster) =>
        cluster.nodes
          .filter(({ status }) => status !== 'available')
          .map(({ id, status }) => {
            const out = signsOfCluster(seen, cluster.id, id)
            return {
              ...(out.length > 0 ? failure : warning)(
                nodeOf(cluster, id),
                `Node ${id} of ${cluster.id} is ${status}; ${cluster.group ? 'where it is the primary of its shard, keys are not served until another one is.' : 'keys that hash to it are not served.'}`,
                nextStep(status, cluster),
                describe(cluster),
              ),
              explains: [
                ...shows(0.99, ...seen.at(nodeOf(cluster, id), 'node-not-available')),
                ...shows(USUALLY_OUT, ...out),
              ],
            }
          }),
      ),
  },
  {
    id: 'C05',
    title: 'all nodes of one Availability Zone are out of reach',
    seat: 'cluster',
    source: 'User guide, "Mitigating failures": Availability Zones',
    odds: 0.01,
    suspect: (seen) =>
      zonesOut(seen).map(({ zone, out, others, signs }) => {
        const ids = [...new Set(out.map(({ cluster }) => cluster))]
        const nodes = ids.map((id) => {
          const own = out.filter(({ cluster }) => cluster === id).map(({ node }) => node)
          return { id, list: `${id} (${own.join(', ')})` }
        })
        const told =
          nodes.length === 1 ? `No node of ${ids[0]}` : `No node of ${nodes.map(({ list }) => list).join(', ')}`
        const which = nodes.length === 1 ? ` (${out.map(({ node }) => node).join(', ')})` : ''
        const sentence = others
          ? `${told} in ${zone} answers${which}, those in other zones do: the zone is out of reach.`
          : `${told} answers, and all of them are in ${zone}${which}: the zone is out, or what stands before all of them.`
        const hint = `See the AWS Health Dashboard. Clients that leave dead nodes out go on; nodes can be added in another zone: cachectl scale ${shellWord(ids[0] ?? '')}`
        return {
          ...failure(ids.join(', '), sentence, hint, describe(clusterOf(seen.evidence, ids[0] ?? ''))),
          explains: shows(0.9, ...signs),
        }
      }),
  },
  {
    id: 'C06',
    title: 'events of the last day tell of a failure',
    seat: 'cluster',
    source: 'User guide, "Event notifications": ElastiCache:* failure events',
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
    id: 'C08',
    title: 'accepted changes wait for the maintenance window',
    seat: 'cluster',
    source: 'User guide, "Modifying a cluster": ApplyImmediately',
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
    suspect: ({ evidence: { clusters } }) =>
      clusters
        .filter(({ parameterApplyStatus }) => parameterApplyStatus === 'pending-reboot')
        .map(({ id, nodes, nodesToReboot = nodes.map((node) => node.id), ...sort }) =>
          warning(
            id,
            `Parameters of ${id} were changed and take effect only after a reboot, which empties the cache.`,
            [
              'Reboot it:',
              shell`cachectl reboot-cache-cluster --cache-cluster-id ${id} --cache-node-ids-to-reboot ${nodesToReboot}`,
            ],
            describe({ id, ...sort }),
          ),
        ),
  },
]

/** How surely nodes of a cluster that is not available are out of reach, and those of one that is only being changed. */
const [USUALLY_OUT, SELDOM_OUT] = [0.8, 0.05]

/** A node that is added or replaced refuses connections for a while; the others serve. */
const OFTEN_REFUSING = 0.3

/** Of these signs of a cluster that says what is done to its nodes, and whose nodes serve otherwise. */
const refusingIn = ({ evidence }: Seen, cluster: string, signs: readonly Sign[]): Sign[] =>
  isOnItsWay(evidence, cluster) && evidence.addresses.some((one) => one.place.cluster === cluster && speaks(one))
    ? signs.filter(({ kind }) => kind === 'refused' || kind === 'reset' || kind === 'closed')
    : []

/** Lists that are on their way to what the cluster will be. */
const signsOfLists = (seen: Seen, cluster: string): readonly Sign[] =>
  seen.evidence.discovery
    .filter(({ place }) => place.cluster === cluster)
    .flatMap(({ place, round }) => [
      ...seen.at(cluster, 'list-unlike-api'),
      ...seen.at(name(place), 'lists-differ'),
      ...round.perNode.flatMap(({ node }) => seen.at(endpoint(node.ip ?? node.host, node.port), 'listed-dead')),
    ])

/** Signs of its nodes that are out, or of one of them, and of their names. */
export const signsOfCluster = (seen: Seen, cluster: string, node?: string): Sign[] =>
  seen.evidence.places
    .filter((place) => place.cluster === cluster && (node === undefined || place.role === node))
    .flatMap((place) => [
      ...seen.of(...OUT).filter(({ address }) => address && name(address.place) === name(place)),
      ...seen.at(place.host, 'unknown-name', 'no-address', 'lookup-failed'),
    ])

interface ZoneOut {
  readonly zone: string
  readonly out: readonly { readonly cluster: string; readonly node: string }[]
  /** Whether nodes in other zones work; otherwise there are none. */
  readonly others: boolean
  readonly signs: readonly Sign[]
}

/**
 * Zones where at least two nodes are silent and none works, while others work elsewhere: of all clusters seen. Where there
 * are no others, nodes have to take connections without a word: that no node answers at all has commoner causes.
 */
function zonesOut(seen: Seen): ZoneOut[] {
  const { clusters, addresses } = seen.evidence
  const nodes = clusters.flatMap((cluster) =>
    cluster.nodes.flatMap(({ id, zone }) => {
      const own = addresses.filter(({ place }) => place.cluster === cluster.id && place.role === id)
      return zone === undefined || own.length === 0 ? [] : [{ cluster: cluster.id, node: id, zone, own }]
    }),
  )
  const zones = new Set(nodes.map(({ zone }) => zone))
  const isOut = (one: AddressEvidence): boolean => seen.at(at(one), 'timeout', 'silent', 'unacknowledged').length > 0
  return [...zones].flatMap((zone) => {
    const inside = nodes.filter((each) => each.zone === zone)
    // Refused is an answer: the machine is there, its server is not.
    const out = inside.filter(({ own }) => own.every(isOut))
    const others = nodes.some((each) => each.zone !== zone && each.own.some(speaks))
    const mute = out.every(({ own }) => own.every((one) => seen.at(at(one), 'silent').length > 0))
    if (out.length < 2 || inside.some(({ own }) => own.some(speaks)) || !(others || (zones.size === 1 && mute)))
      return []
    const ids = out.map(({ cluster }) => cluster)
    const signs = addresses
      // The configuration endpoint may answer from there.
      .filter(
        ({ place: { cluster = '', role } }) =>
          out.some((each) => each.cluster === cluster && each.node === role) ||
          (role === 'configuration' && ids.includes(cluster)),
      )
      .flatMap((one) => seen.at(at(one), 'timeout', 'silent', 'unacknowledged'))
    return [{ zone, out, others, signs }]
  })
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

/** The port that events, the newest first, say others have; whatever else has happened since, unless it is back. */
function portTakenBy(events: readonly { readonly message: string }[]): number | undefined {
  for (const { message } of events) {
    const event = readEvent(message)
    if (event.kind === 'ports-back' || event.kind === 'reachable-again') return undefined
    if (event.kind === 'ports-lost') return event.lostPorts.find(({ code }) => code === 'EADDRINUSE')?.port
  }
  return undefined
}

/** Of the local engine: its nodes lie on ports of this machine, which others may have taken while it was stopped. */
const portTaken = (port: number): Hint => [
  `Another program of this machine has taken the port: ss -ltnp sport = :${port}. End it, then:`,
  'cachectl engine stop; cachectl engine start',
]

const describe = ({ id, ...sort }: Sorted): string => {
  const { source, option, more } = sortOf(sort)
  return shell`cachectl describe-${source}s ${option} ${id} ${more}`.trimEnd()
}
