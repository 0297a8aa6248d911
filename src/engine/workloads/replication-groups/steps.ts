/**
 * The state machine of a replication group: what each step does to the record. Pure; the life commits the result, makes the
 * servers follow it and only then takes the next step. Every step may be repeated after a crash between commit and effect,
 * because effects are derived from the record, not from the step.
 */
import { NODE_ID } from '../../../api/catalog/cache-node.ts'
import type { EventFacts } from '../../../api/catalog/events.ts'
import { takenAtStart } from '../../parameters/status.ts'
import type { GroupMemberRecord, GroupStep, Place, ReplicationGroupRecord } from '../../store/records.ts'
import { endUpdate, noteNode } from '../clusters/service-updates.ts'
import { withAccess } from './access.ts'
import { isDurable } from './durability.ts'
import { isCluster, isPrimary, isResharding, membersOf, shardOf, withMembers } from './members.ts'
import type { EndpointName } from './names.ts'
import { remade } from './remaking.ts'
import { updateMember } from './service-updates.ts'
import { restartedWith, startedAnew, valuesAtStart } from './starting-values.ts'

/** What has happened, and of what it is told: of a member, or of the group. */
export interface GroupEvent {
  readonly member?: string
  readonly event: EventFacts
}

export interface StepContext {
  readonly now: number
  /** Free places for the port that was asked for, as many as {@link portsNeeded} said, endpoints first. */
  readonly places: readonly Place[]
  /** Free ports that clients are not told of. */
  readonly innerPorts: readonly number[]
  /** A subnet for each member without a place. */
  readonly subnets: readonly string[]
  /** The replica that knows most, when a primary has ended; undefined: there is none. */
  readonly promoted?: string | undefined
}

export interface StepResult {
  /** null: the group is gone. */
  readonly group: ReplicationGroupRecord | null
  /** Oldest first. */
  readonly events: readonly GroupEvent[]
  /** What goes on as a cache cluster of its own. */
  readonly retained?: ReplicationGroupRecord
}

type Take<K extends GroupStep['do']> = (
  group: ReplicationGroupRecord,
  step: Extract<GroupStep, { do: K }>,
  context: StepContext,
) => StepResult

/**
 * Steps that are more than a change of the record: snapshots/preparation.ts takes the first two, restart-step.ts, fit-step.ts and
 * resharding-step.ts the next three, the life the sixth, migration-steps.ts the others.
 */
type Beyond =
  | 'prepare-data'
  | 'drop-data'
  | 'restart-with-data'
  | 'check-fit'
  | 'move-slots'
  | 'change-logs'
  | 'test-source'
  | 'join-source'
  | 'complete-migration'
type PlainStep = Exclude<GroupStep['do'], Beyond>

const STEPS: { readonly [K in PlainStep]: Take<K> } = {
  'place-members': (group, { clusterMode = group.clusterMode }, { places, innerPorts, subnets }) => {
    const needsBus = isCluster({ clusterMode })
    const outer = [...places]
    const inner = [...innerPorts]
    const free = [...subnets]
    const take = <T>(from: T[]) => from.shift() as T // as many as needed were reserved
    const placed = withEndpoints(
      group,
      missingEndpoints({ ...group, clusterMode }).map((name) => [name, take(outer)] as const),
    )
    return quietly(
      withMembers(placed, (member) =>
        member.place
          ? { ...member, place: { ...member.place, busPort: member.place.busPort ?? (needsBus ? take(inner) : null) } }
          : {
              ...member,
              parameters: valuesAtStart(group, member),
              place: {
                subnetId: take(free),
                ...take(outer),
                innerPort: take(inner),
                busPort: needsBus ? take(inner) : null,
              },
            },
      ),
    )
  },

  'join-members': (group, _step, { now }) => {
    const added = membersOf(group).filter(({ status }) => status === 'creating')
    const joined = withMembers(group, (member) =>
      member.status === 'creating' ? { ...member, status: 'available', createdAt: now } : member,
    )
    const events = added.flatMap(({ id: member, zone }): GroupEvent[] => [
      { member, event: { kind: 'cluster-created' } },
      { member, event: { kind: 'no-persistence' } },
      { member, event: { kind: 'node-added', node: NODE_ID, zone } },
    ])
    const isNewGroup = !group.created && !group.lone
    return {
      group: {
        ...joined,
        created: true,
        createdAt: group.created ? group.createdAt : now,
        shards: joined.shards.map((shard) => ({ ...shard, status: isResharding(group) ? 'modifying' : 'available' })),
      },
      events: [
        ...events,
        ...(isNewGroup ? [{ event: { kind: 'replication-group-created', group: group.id } } as const] : []),
      ],
    }
  },

  'change-servers': (group, { ids, release }) =>
    quietly(
      withMembers(group, (member) =>
        // A primary has no replica to give what it holds to.
        ids.includes(member.id) && !isPrimary(group, member.id)
          ? { ...startedAnew(group, member, ids), status: 'modifying', release }
          : member,
      ),
    ),

  remake: (group, { as }) => quietly(remade(group, as)),

  upgrade: (group, { to }) => {
    const upgraded = { ...group, ...to }
    const { nodeType, engine, engineVersion } = to
    const isOther = engine !== group.engine || engineVersion !== group.engineVersion
    const source = (event: EventFacts): GroupEvent => ({ event })
    return {
      group: withMembers(upgraded, ({ release: _, ...member }) => ({
        ...member,
        ...(isOther && { parameters: takenAtStart(upgraded) }),
      })),
      events: [
        ...(isOther
          ? [source({ kind: 'engine-upgrading', fromVersion: group.engineVersion, toVersion: engineVersion })]
          : []),
        ...(nodeType === group.nodeType ? [] : [source({ kind: 'type-modified', toType: nodeType })]),
      ],
    }
  },

  'remove-shards': (group, { ids }) => ({
    group: { ...group, shards: group.shards.filter(({ id }) => !ids.includes(id)) },
    events: group.shards
      .filter(({ id }) => ids.includes(id))
      .flatMap(({ members }) => members.map(({ id: member }) => ({ member, event: { kind: 'cluster-deleted' } }))),
  }),

  'restart-members': (group, { ids }) => {
    const all = restartedWith(group, ids)
    return {
      group: withMembers(group, (member) =>
        all.includes(member.id) ? { ...startedAnew(group, member, all), status: 'rebooting cluster nodes' } : member,
      ),
      events: all.map((member) => ({ member, event: { kind: 'node-shut-down', node: NODE_ID } })),
    }
  },

  'members-restarted': (group) => ({
    group: withMembers(group, (member) => (isRebooting(member) ? { ...member, status: 'available' } : member)),
    events: membersOf(group)
      .filter(isRebooting)
      .map(({ id: member }) => ({ member, event: { kind: 'node-restarted', node: NODE_ID } })),
  }),

  'remove-members': (group, { ids }) => ({
    group: {
      ...group,
      shards: group.shards.map((shard) => ({
        ...shard,
        members: shard.members.filter(({ id }) => !ids.includes(id)),
      })),
    },
    events: ids.map((member) => ({ member, event: { kind: 'cluster-deleted' } })),
  }),

  'fail-over': (group, { lost, stays }, { promoted }) => {
    const gone = stays
      ? group
      : withMembers(group, (member) => (member.id === lost ? { ...member, lost: true } : member))
    const steps = stays ? group.steps : withUrgent(recovery(lost), group.steps)
    const shard = shardOf(group, lost)
    // The primary has moved on meanwhile, or there is no replica that could take its place.
    if (!promoted || shard?.primary !== lost) return quietly({ ...gone, steps })
    const event: EventFacts = { kind: 'failed-over', fromNode: lost, toNode: promoted }
    return {
      group: {
        ...gone,
        shards: gone.shards.map((each) => (each.id === shard.id ? { ...each, primary: promoted } : each)),
        steps,
      },
      events: [{ member: lost, event }, { event }],
    }
  },

  recover: (group, { id }) => ({
    group: withMembers(group, (member) => (member.id === id ? startedAnew(group, member) : member)),
    events: [{ member: id, event: { kind: 'recovery-begun', nodes: NODE_ID } }],
  }),

  recovered: (group, { id: member }) => ({
    group,
    events: [{ member, event: { kind: 'recovery-done', nodes: NODE_ID } }],
  }),

  promote: (group, { id }) => {
    const shard = shardOf(group, id)
    if (!shard || shard.primary === id) return quietly(group)
    const event: EventFacts = { kind: 'failed-over', fromNode: shard.primary, toNode: id }
    return {
      group: {
        ...group,
        shards: group.shards.map((each) => (each === shard ? { ...each, primary: id } : each)),
      },
      events: [{ member: shard.primary, event }, { event }],
    }
  },

  'take-over': (group) => {
    if (!group.global) return quietly(group)
    const { takesOverFrom: _, ...global } = group.global
    return quietly({ ...group, global })
  },

  'await-others': (group) => quietly(group),

  'begin-migration': (group, { source }) => quietly({ ...group, status: 'migrating', migration: { source } }),

  'end-migration': ({ migration: _, ...group }) => quietly(group),

  'change-access': (group, { change }, { now }) =>
    quietly({ ...withAccess(group, change), ...(change.token?.status && { authTokenModifiedAt: now }) }),

  'update-member': (group, step, { now }) => {
    const updated = updateMember(group, step, now)
    const isToShutDown = updated.steps === group.steps
    return {
      group: updated,
      events: isToShutDown ? [{ member: step.id, event: { kind: 'node-shut-down', node: NODE_ID } }] : [],
    }
  },

  'note-update': (group, { update, ids, status }, { now }) => ({
    group: ids.reduce((noted, id) => noteNode(noted, update, id, status, now), group),
    events: ids.map((member) => ({
      member,
      event: { kind: status === 'complete' ? 'node-restarted' : 'node-shut-down', node: NODE_ID },
    })),
  }),

  'end-update': (group, { update }, { now }) => quietly(endUpdate(group, update, now)),

  finish: (group, { events = [] }) => {
    const { automaticFailover: failover } = group
    const turned: EventFacts[] =
      failover === 'enabling' || failover === 'disabling'
        ? [{ kind: failover === 'enabling' ? 'failover-on' : 'failover-off', group: group.id }]
        : []
    const settled = withMembershipSettled(calmed(group))
    return {
      group: {
        ...settled.group,
        status: 'available',
        automaticFailover: failover === 'enabling' ? 'enabled' : failover === 'disabling' ? 'disabled' : failover,
      },
      events: [...events, ...turned, ...settled.events].map((event) => ({ event })),
    }
  },

  delete: (group, { retain }) => {
    const kept = membersOf(group).find(({ id }) => id === retain)
    return {
      group: null,
      events: [
        ...membersOf(group)
          .filter((member) => member !== kept)
          .map(({ id: member }): GroupEvent => ({ member, event: { kind: 'cluster-deleted' } })),
        ...(group.lone ? [] : [{ event: { kind: 'replication-group-deleted', group: group.id } } as const]),
      ],
      ...(kept && { retained: aloneWith(group, kept) }),
    }
  },
}

const quietly = (group: ReplicationGroupRecord): StepResult => ({ group, events: [] })

/** It is in the global datastore as what it is to be there, or has left it: at once with the end of the modification. */
function withMembershipSettled(group: ReplicationGroupRecord): {
  readonly group: ReplicationGroupRecord
  readonly events: readonly EventFacts[]
} {
  if (!group.global) return { group, events: [] }
  const { global, ...rest } = group
  const told = { group: group.id, datastore: global.id }
  if (global.status === 'disassociating') return { group: rest, events: [{ kind: 'global-left', ...told }] }
  if (global.status === 'associated' && !global.changing) return { group, events: [] }
  const { changing: _, ...settled } = global
  return {
    group: { ...group, global: { ...settled, status: 'associated' } },
    events: [{ kind: 'global-joined', ...told, role: global.role }],
  }
}

/** Nothing of it is being modified any more. */
function calmed(group: ReplicationGroupRecord): ReplicationGroupRecord {
  const members = withMembers(group, (member) =>
    member.status === 'modifying' ? { ...member, status: 'available' } : member,
  )
  return { ...members, shards: members.shards.map((shard) => ({ ...shard, status: 'available' })) }
}

const isRebooting = ({ status }: GroupMemberRecord): boolean => status === 'rebooting cluster nodes'

/** A member as a cache cluster of its own: its server goes on. */
function aloneWith(group: ReplicationGroupRecord, member: GroupMemberRecord): ReplicationGroupRecord {
  const { snapshottingClusterId: _, endpointAddresses: __, ...rest } = group
  return {
    ...rest,
    id: member.id,
    lone: true,
    status: 'available',
    description: '',
    automaticFailover: 'disabled',
    multiAz: false,
    endpointPorts: { primary: null, reader: null, configuration: null },
    shards: group.shards
      .filter(({ members }) => members.includes(member))
      .map((shard) => ({ ...shard, primary: member.id, members: [member] })),
    steps: [],
  }
}

/** Endpoints of a group that have no port yet. */
function missingEndpoints({ lone, clusterMode, endpointPorts }: ReplicationGroupRecord) {
  if (lone) return []
  const byMode = {
    disabled: ['primary', 'reader'],
    compatible: ['configuration', 'primary', 'reader'],
    enabled: ['configuration'],
  } as const
  return byMode[clusterMode].filter((name) => endpointPorts[name] === null)
}

/** The group with endpoints at these places. */
function withEndpoints(
  group: ReplicationGroupRecord,
  placed: readonly (readonly [EndpointName, Place])[],
): ReplicationGroupRecord {
  const endpointAddresses = { ...group.endpointAddresses }
  for (const [name, { ipv4 }] of placed) {
    if (ipv4 === undefined) delete endpointAddresses[name]
    else endpointAddresses[name] = ipv4
  }
  return {
    ...group,
    endpointPorts: { ...group.endpointPorts, ...Object.fromEntries(placed.map(([name, { port }]) => [name, port])) },
    ...(Object.keys(endpointAddresses).length > 0 && { endpointAddresses }),
  }
}

/** How many free places the group's next step needs, and how many ports that clients are not told of. */
export function portsNeeded(group: ReplicationGroupRecord): { readonly outer: number; readonly inner: number } {
  const [step] = group.steps
  if (step?.do !== 'place-members') return { outer: 0, inner: 0 }
  const { clusterMode = group.clusterMode } = step
  const members = unplacedMembers(group).length
  const buses = isCluster({ clusterMode }) ? membersOf(group).filter(({ place }) => place?.busPort == null).length : 0
  return { outer: members + missingEndpoints({ ...group, clusterMode }).length, inner: members + buses }
}

export const unplacedMembers = (group: ReplicationGroupRecord): GroupMemberRecord[] =>
  membersOf(group).filter(({ place }) => place === null)

/** Steps that are taken once the servers stand as the record wants. */
const WAITING: ReadonlySet<GroupStep['do']> = new Set([
  'join-members',
  'move-slots',
  'members-restarted',
  'recovered',
  'change-access',
  'change-logs',
  'note-update',
  'end-migration',
  'finish',
])

export const awaitsServers = ([step]: readonly GroupStep[]): boolean => step !== undefined && WAITING.has(step.do)

/** Whether the next step is one towards a server that takes the place of one that has ended. */
export const replacesServer = ([step]: readonly GroupStep[]): boolean =>
  step?.do === 'fail-over' || step?.do === 'recover'

/** Takes the first of the group's steps off the list and does it. */
export function takeStep(group: ReplicationGroupRecord, context: StepContext): StepResult {
  const [step, ...steps] = group.steps
  if (!step) throw new Error(`replication group ${group.id} has no step to take`)
  // Sound: the row is chosen by the step's own discriminant, which the compiler cannot follow through the table.
  const take = STEPS[step.do as PlainStep] as Take<GroupStep['do']>
  return take({ ...group, steps }, step as never, context)
}

/** Members whose subnet is among those that are gone, and those whose subnet is back. */
export function withNetworkOf(
  group: ReplicationGroupRecord,
  lost: readonly string[],
): Required<Pick<StepResult, 'events'>> & {
  readonly group: ReplicationGroupRecord
} {
  const events: GroupEvent[] = []
  const moved = withMembers(group, (member) => {
    const { id, status, place } = member
    const isOut = place !== null && lost.includes(place.subnetId)
    if (isOut && status === 'available') {
      const facts = { subnets: place.subnetId, subnetGroup: group.subnetGroup }
      events.push({ member: id, event: { kind: 'subnets-gone', ...facts } })
      return { ...member, status: 'incompatible-network' }
    }
    if (isOut || status !== 'incompatible-network') return member
    events.push({ member: id, event: { kind: 'reachable-again' } })
    return { ...member, status: 'available' }
  })
  return { group: moved, events }
}

/**
 * The group after the server of one of its members ended by itself: what is to be done about it comes before everything else.
 * The place of a primary is taken by a replica with automatic failover; else it starts again where it was, empty. One that is durable
 * starts with all it has acknowledged, which a replica might not have heard.
 */
export function withLostServer(group: ReplicationGroupRecord, id: string, now: number): ReplicationGroupRecord {
  const shard = shardOf(group, id)
  const lost = withMembers(group, (member) => (member.id === id ? { ...member, lost: true } : member))
  // What it is to start with again its replicas may not have yet.
  const failsOver =
    group.automaticFailover === 'enabled' &&
    !group.restoring &&
    !isDurable(group) &&
    shard?.primary === id &&
    shard.members.length > 1
  const due = failsOver ? [{ do: 'fail-over', lost: id } as const] : recovery(id)
  return { ...lost, steps: withUrgent(due, group.steps), stepDue: now }
}

const recovery = (id: string): GroupStep[] => [
  { do: 'recover', id },
  { do: 'recovered', id },
]

const URGENT: readonly GroupStep['do'][] = ['fail-over', 'recover', 'recovered']

/** With what is to be done about servers that have ended, each thing once. */
function withUrgent(due: readonly GroupStep[], present: readonly GroupStep[]): GroupStep[] {
  const known = new Set(due.map((step) => JSON.stringify(step)))
  return urgentFirst([...due, ...present.filter((step) => !known.has(JSON.stringify(step)))])
}

/**
 * What is to be done about servers that have ended comes before everything else: first shards get primaries, then what is lost is
 * started, and only then is anything waited for. What is held keeps nothing of that waiting.
 */
export function urgentFirst(
  steps: readonly GroupStep[],
  isHeld: (step: GroupStep) => boolean = () => false,
): GroupStep[] {
  const urgent = URGENT.flatMap((kind) => steps.filter((step) => step.do === kind))
  return [
    ...urgent.filter((step) => !isHeld(step)),
    ...urgent.filter(isHeld),
    ...steps.filter((step) => !URGENT.includes(step.do)),
  ]
}
