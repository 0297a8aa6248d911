import { NODE_ID } from '../../../api/catalog/cache-node.ts'
import type { NodeType } from '../../../api/catalog/node-types.ts'
import type { ServiceUpdate } from '../../catalog/service-updates.ts'
import { familyOfEngine } from '../../families/families.ts'
import type { Family, GroupSettings } from '../../families/family.ts'
import { certificateOf } from '../../faults/effects.ts'
import { faultsOfGroup, isCutOff, memberImpairment } from '../../faults/group-effects.ts'
import type { Due } from '../../lifecycle/runner.ts'
import { claimsOf } from '../../network/ports.ts'
import { ingressOf } from '../../network/security-groups.ts'
import { listenAddresses } from '../../nodes/addresses.ts'
import { redisPrograms } from '../../nodes/redis/settings.ts'
import { nameOf, type WantedEndpoint, type WantedNode } from '../../nodes/wanted.ts'
import { awaitsRestart, nodeValues } from '../../parameters/status.ts'
import type { FaultRecord, ParameterValues, ReplicationGroupRecord } from '../../store/records.ts'
import { hasUpdateNews, nextAutomaticUpdate, nextRelease } from '../clusters/service-updates.ts'
import { runtimeOf } from '../node-runtime.ts'
import { dataFileOf } from '../snapshots/data-files.ts'
import { automaticSnapshotDue, type SnapshotWork } from '../snapshots/schedule.ts'
import { nextStep, type StepWork, type Workload } from '../workload.ts'
import { accessOf } from './access.ts'
import { type Clients, clientsOf } from './clients.ts'
import { durabilityDirectives } from './durability.ts'
import { feedOf, leadOf } from './lead.ts'
import { announcedAddress, type Lead, liveOf, transitOf } from './live.ts'
import { deliveredLogs } from './logs.ts'
import { isCluster, isPrimary, membersOf, type PlacedMember, runningMembers } from './members.ts'
import {
  certificateNames,
  ENDPOINT_NAMES,
  type EndpointName,
  nameForClients,
  namesOf,
  placeOfEndpoint,
} from './names.ts'
import { typeOf } from './node-types.ts'
import { rehearsed } from './rehearsed.ts'
import { updatableOf } from './service-updates.ts'
import { reportedVersion } from './versions.ts'

/** A group without steps may have values that its servers start anew for, changes whose window has begun, or be due to be saved. */
export type GroupWork =
  | StepWork
  | SnapshotWork
  | { readonly do: 'begin-restart' }
  | { readonly do: 'begin-pending-changes' }
  | { readonly do: 'announce-updates' }
  /** It is applied by itself, for no user has applied it. */
  | { readonly do: 'begin-update'; readonly update: ServiceUpdate }

/** Servers that replicate, with cluster mode disabled or enabled; a cache cluster of one server, too. */
export const replicationGroups: Workload<ReplicationGroupRecord, GroupWork> = {
  kind: 'replicationGroup',

  next(group, now) {
    if (group.steps.length > 0) return nextStep(group, now)
    const { pendingDue, status } = group
    if (status !== 'available') return automaticSnapshotDue(group, now)
    if (runningMembers(group).some((member) => awaitsRestart(group, member))) return { do: 'begin-restart' }
    if (pendingDue !== null && pendingDue <= now) return { do: 'begin-pending-changes' }
    const updatable = updatableOf(group)
    if (hasUpdateNews(updatable, now)) return { do: 'announce-updates' }
    const update = pendingDue === null ? nextAutomaticUpdate(updatable, now) : undefined
    if (update && update.due <= now) return { do: 'begin-update', update: update.update }
    const later = Math.min(
      pendingDue ?? Number.POSITIVE_INFINITY,
      update?.due ?? Number.POSITIVE_INFINITY,
      nextRelease(now),
    )
    return sooner(automaticSnapshotDue(group, now), later)
  },

  faultsOf: (group, faults) => (faults.length === 0 ? faults : faultsOfGroup(faults, group)),

  nodesOf(group, faults, store) {
    const known = membersOf(group).filter(
      (member): member is PlacedMember => member.place !== null && member.status !== 'deleting',
    )
    const clients = clientsOf(group, store)
    const feed = (member: string) => feedOf(group, group.shards.find(({ primary }) => primary === member)?.id, store)
    const of = { known, clients, lead: leadOf(group, store), feed, faults }
    return [...runningMembers(group).map((member) => wanted(group, member, of)), ...readerOf(group, clients, faults)]
  },

  endpointsOf(group) {
    const running = runningMembers(group).map(({ id }) => id)
    const primaries = group.shards.map((shard) => shard.primary)
    const replicas = running.filter((id) => !primaries.includes(id))
    return [...endpoint(group, 'configuration', [...primaries, ...replicas]), ...endpoint(group, 'primary', primaries)]
  },

  namesOf,

  certificateOf(group, faults) {
    return accessOf(group).transit === 'plain' ? null : { kind: certificateOf(faults), ...certificateNames(group) }
  },

  ingressOf: ({ region, securityGroupIds, requestedPort }, store) =>
    ingressOf(store, region, securityGroupIds, requestedPort),

  claimsOf(group) {
    const endpoints = ENDPOINT_NAMES.flatMap((name) => placeOfEndpoint(group, name) ?? [])
    const places = membersOf(group).flatMap(({ place }) => place ?? [])
    return [
      ...[...endpoints, ...places].flatMap((place) => claimsOf(place, group.networkType)),
      ...places.flatMap(({ innerPort, busPort }) => [innerPort, ...(busPort === null ? [] : [busPort])]),
    ]
  },

  subjectsOf: (group) =>
    membersOf(group).map((member) => ({
      key: nameOf({ region: group.region, kind: 'replicationGroup', id: group.id, node: member.id }),
      region: group.region,
      kind: familyOfEngine(group.engine).metrics.name,
      dimensions: [
        { Name: 'CacheClusterId', Value: member.id },
        { Name: 'CacheNodeId', Value: NODE_ID },
      ],
      nodeType: group.nodeType,
      createdAt: member.createdAt,
    })),
}

/** What is due, or the sooner of two times to look again. */
function sooner(due: Due<SnapshotWork>, time: number): Due<SnapshotWork> {
  if (due && 'do' in due) return due
  return { until: Math.min(time, due?.until ?? time) }
}

function endpoint(group: ReplicationGroupRecord, name: EndpointName, nodes: readonly string[]): WantedEndpoint[] {
  const place = placeOfEndpoint(group, name)
  return place ? [{ name, port: place.port, addresses: listenAddresses(group.networkType, place), nodes }] : []
}

function wanted(
  group: ReplicationGroupRecord,
  member: PlacedMember,
  of: {
    known: readonly PlacedMember[]
    clients: Clients
    lead: Lead
    feed: (member: string) => ReturnType<typeof feedOf>
    faults: readonly FaultRecord[]
  },
): WantedNode {
  const { known, clients, lead, faults } = of
  const { engine, engineVersion } = group
  const release = member.release ?? group
  const family = familyOfEngine(engine)
  const type = typeOf(group)
  const { port, innerPort } = member.place
  const hostname = nameForClients(group, member.id)
  const values = nodeValues(group, member)
  const { directives, fixed, renamed, closeOnReplicaWrite } = settingsOf(family, values, engineVersion, type)
  return {
    node: member.id,
    incarnation: member.incarnation,
    ports: [port],
    addresses: listenAddresses(group.networkType, member.place),
    engineVersion: reportedVersion(release.engine, release.engineVersion),
    memoryLimit: family.memoryForItems(values, engineVersion, type),
    threads: type.threads,
    impairment: memberImpairment(faults, { group, member }),
    programs: redisPrograms(runtimeOf(group), {
      engine: release.engine,
      innerPort,
      announce: { ip: announcedAddress(group, member), ...(hostname !== undefined && { hostname }) },
      ...(isCluster(group) && { nodeId: member.nodeId }),
      fixed,
      renamed,
      ...rdbOf(group, member),
      live: {
        ...liveOf(
          group,
          member,
          known,
          { ...directives, ...durabilityDirectives(group), ...namedBy(group, hostname) },
          clients,
          lead,
        ),
        ...of.feed(member.id),
        ...rehearsed(group, member, known, faults),
        closeOnReplicaWrite,
        ...logs(group, member.id),
      },
    }),
  }
}

/** What a server of a cluster with names tells clients that ask for its nodes, while it runs. */
const namedBy = (group: ReplicationGroupRecord, hostname: string | undefined): Readonly<Record<string, string>> =>
  group.named && isCluster(group)
    ? {
        'cluster-announce-hostname': hostname ?? '',
        'cluster-preferred-endpoint-type': hostname === undefined ? 'ip' : 'hostname',
      }
    : {}

function logs(group: ReplicationGroupRecord, member: string) {
  const delivered = deliveredLogs(group, member)
  return delivered.length === 0 ? {} : { logs: delivered }
}

/** What a server is told of its parameter group. */
function settingsOf(family: Family, ...of: [ParameterValues, string, NodeType]): GroupSettings {
  const settings = family.replication?.settings(...of)
  if (!settings) throw new Error(`no replication groups of ${family.engine.name}`)
  return settings
}

/** What answers the reader endpoint: replicas that hold their data, each in its turn; without any, the primary. */
function readerOf(group: ReplicationGroupRecord, { logins }: Clients, faults: readonly FaultRecord[]): WantedNode[] {
  const { region, id, engineVersion, networkType } = group
  const running = runningMembers(group)
  const place = placeOfEndpoint(group, 'reader')
  if (!place || running.length === 0) return []
  const replicas = running
    .filter((member) => !isPrimary(group, member.id) && member.status !== 'creating')
    .filter((member) => !isCutOff(faults, { group, member }))
  const servers = replicas.length > 0 ? replicas : running.filter((member) => isPrimary(group, member.id))
  const named = servers.map((member) => ({
    name: nameOf({ region, kind: 'replicationGroup', id, node: member.id }),
    impairment: memberImpairment(faults, { group, member }),
  }))
  const impaired = named.flatMap(({ name, impairment }) => (impairment ? [[name, impairment] as const] : []))
  const live = {
    servers: named.map(({ name }) => name),
    ...(impaired.length > 0 && { impairments: Object.fromEntries(impaired) }),
    transit: transitOf(group),
    ...(logins && { logins }),
  }
  return [
    {
      // No cache cluster is called so.
      node: `${id}.reader`,
      incarnation: 1,
      ports: [place.port],
      addresses: listenAddresses(networkType, place),
      ...{ engineVersion, memoryLimit: 0, threads: 1, impairment: null },
      programs: { process: { program: 'redis-reader', live } },
    },
  ]
}

/** Primaries of a group that has data to begin with begin with it, until all have read it: its replicas have it from them. */
function rdbOf(group: ReplicationGroupRecord, { id }: PlacedMember): { readonly rdb?: string } {
  const shard = group.shards.find(({ primary }) => primary === id)
  return shard && group.restoring ? { rdb: dataFileOf(group, shard.id) } : {}
}
