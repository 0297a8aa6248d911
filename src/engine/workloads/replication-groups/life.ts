import { NODE_ID } from '../../../api/catalog/cache-node.ts'
import type { EventFacts } from '../../../api/catalog/events.ts'
import { errorMessage } from '../../../api/thrown.ts'
import { holdsSlots, isCutOff } from '../../faults/group-effects.ts'
import { RETRY_MS, type Round } from '../../lifecycle/loops.ts'
import type { Life } from '../../lifecycle/runner.ts'
import type { Setback } from '../../lifecycle/setbacks.ts'
import { claimsOf } from '../../network/ports.ts'
import { lostSubnets, placeNodes } from '../../network/subnet-groups.ts'
import type { Failure } from '../../nodes/failure.ts'
import { isOwnPortTaken, SERVER_ENDED } from '../../nodes/redis/server.ts'
import { type Deployment, nameOf } from '../../nodes/wanted.ts'
import { isBehind, takenOver } from '../../parameters/status.ts'
import type { FaultRecord, GroupStep, Place, ReplicationGroupRecord } from '../../store/records.ts'
import { globalMembers, groupOfMember } from '../../store/replication-groups.ts'
import { doSnapshotWork } from '../snapshots/automatic.ts'
import { dropData, prepareData } from '../snapshots/preparation.ts'
import { deploymentOf, type LifeTools } from '../workload.ts'
import { commitGroup } from './commit.ts'
import { checkFit } from './fit-step.ts'
import { type GroupWork, replicationGroups } from './group.ts'
import { isStarved } from './lead.ts'
import { settledLogs } from './logs.ts'
import { isCluster, membersOf, runningMembers, withInnerPorts, withMembers } from './members.ts'
import { isMigrationStep, migrate } from './migration-steps.ts'
import { withChanges } from './modification.ts'
import { withDueDate } from './pace.ts'
import { afflicted, isBack, waits } from './rehearsed.ts'
import { restartSteps } from './remaking.ts'
import { afterMove, type Moved, moveSome, type SlotsStep } from './resharding-step.ts'
import { restartWithData } from './restart-step.ts'
import { beginGroupUpdate } from './service-updates.ts'
import { bestReplica, holdsAllOf, isLed, isWhole, type Standings } from './standing.ts'
import {
  awaitsServers,
  type GroupEvent,
  portsNeeded,
  replacesServer,
  takeStep,
  unplacedMembers,
  withLostServer,
  withNetworkOf,
} from './steps.ts'
import { isUpgrading } from './upgrades.ts'

/** How long until servers that do not yet stand as they should are asked again. */
const ASK_AGAIN_MS = 50
/** How long until slots that did not move are tried again. */
const MOVE_AGAIN_MS = 1_000
/** Where free ports that clients are not told of are looked for from. */
const FIRST_INNER_PORT = 16_379

/** What becomes of replication groups, besides that their servers follow. */
export class ReplicationGroupLife implements Life<'replicationGroup', GroupWork> {
  readonly kind = 'replicationGroup'
  readonly noun = 'replication group'
  readonly next = replicationGroups.next
  readonly #tools: LifeTools
  /** Lines of the log, each of which is written once. */
  readonly #toldRefusals = new Set<string>()

  constructor(tools: LifeTools) {
    this.#tools = tools
  }

  deploymentOf(group: ReplicationGroupRecord): Deployment {
    return deploymentOf(replicationGroups, group, this.#tools.store)
  }

  readonly comesBack = (group: ReplicationGroupRecord): boolean => {
    const { status, steps, lostPorts = [] } = group
    return (
      status === 'available' &&
      steps[0]?.do === 'recover' &&
      lostPorts.length === 0 &&
      this.#faultsOf(group).length === 0
    )
  }

  needsToRun({ status }: ReplicationGroupRecord): boolean {
    return status !== 'deleting' && status !== 'create-failed'
  }

  readonly heirOf = (region: string, node: string): string | undefined =>
    groupOfMember(this.#tools.store, region, node)?.id

  /** What faults to rehearse with do to members comes before anything else. */
  prepare(group: ReplicationGroupRecord): boolean {
    const after = afflicted(group, this.#faultsOf(group), this.#tools.clock.now())
    if (after === group) return false
    this.#commit(group, this.#withDueDate(after), [])
    return true
  }

  #faultsOf(group: ReplicationGroupRecord): readonly FaultRecord[] {
    return replicationGroups.faultsOf(group, this.#tools.store.list('fault', group.region))
  }

  settle(group: ReplicationGroupRecord): Round | undefined {
    if (this.needsToRun(group) && this.#tellPorts(group, [])) return 'again'
    return this.#settleValues(group) ?? this.#settleNetwork(group)
  }

  /** Members in a subnet that is gone are incompatible-network until it is back, and nothing is begun with the group meanwhile. */
  #settleNetwork(group: ReplicationGroupRecord): Round | undefined {
    if (group.steps.length > 0 || group.status !== 'available') return undefined
    const lost = lostSubnets(
      this.#tools.store,
      group.region,
      membersOf(group).map(({ place }) => place?.subnetId),
    )
    const moved = withNetworkOf(group, lost)
    if (moved.events.length > 0) {
      this.#commit(group, moved.group, moved.events)
      return 'again'
    }
    return lost.length > 0 ? 'done' : undefined
  }

  /** Servers go by the immediate values of their group by now. */
  #settleValues(group: ReplicationGroupRecord): Round | undefined {
    const behind = runningMembers(group).filter((member) => isBehind(group, member))
    if (behind.length === 0) return undefined
    const ids = behind.map(({ id }) => id)
    const settled = withMembers(group, (member) => (ids.includes(member.id) ? takenOver(group, member) : member))
    const event: EventFacts = { kind: 'parameters-applied', group: group.parameterGroup }
    this.#commit(
      group,
      settled,
      ids.map((member) => ({ member, event })),
    )
    // They are asked, and what they did not take is told.
    void this.#standings(group)
    return 'again'
  }

  /** A server has ended by itself. */
  ended(group: ReplicationGroupRecord, member: string): boolean {
    this.#lose(group, member)
    return false
  }

  #lose({ region, id }: ReplicationGroupRecord, member: string): void {
    const group = this.#tools.store.get('replicationGroup', region, id)
    if (!group || !runningMembers(group).some(({ id }) => id === member)) return
    const { clock } = this.#tools
    const after = this.#withDueDate(withLostServer(group, member, clock.now()))
    this.#commit(group, after, [])
  }

  async carryOut(group: ReplicationGroupRecord, work: GroupWork): Promise<Round> {
    if (work.do === 'step') return this.#takeStep(group)
    const { store, clock } = this.#tools
    const now = clock.now()
    if (work.do === 'begin-pending-changes') {
      this.#commit(group, this.#withDueDate(withChanges(group, group.pending, store)), [])
    } else if (work.do === 'begin-restart') {
      const steps = [...restartSteps({}), { do: 'finish' } as const]
      this.#commit(group, this.#withDueDate({ ...group, status: 'modifying', steps }), [])
    } else if (work.do === 'begin-update') {
      this.#commit(group, beginGroupUpdate(work.update, group, 'system', now), [])
    } else if (work.do === 'announce-updates') {
      const event: EventFacts = { kind: 'update-available', node: NODE_ID }
      const events = membersOf(group).map(({ id: member }) => ({ member, event }))
      this.#commit(group, { ...group, updatesAnnounced: now }, events)
    } else return doSnapshotWork(group, work, this.#tools)
    return 'again'
  }

  async #takeStep(group: ReplicationGroupRecord): Promise<Round> {
    const [step] = group.steps
    const faults = this.#faultsOf(group)
    // It is looked at again when they are over.
    if (step && waits(group, step, faults)) return 'done'
    if (step?.do === 'prepare-data') return prepareData(group, this.#tools)
    if (step?.do === 'drop-data') return dropData(group, this.#tools)
    if (isMigrationStep(step)) return migrate(group, step, await this.#standings(group), this.#tools)
    const { store, clock, ports } = this.#tools
    if (awaitsServers(group.steps) && !isWhole(group, await this.#standings(group))) {
      return { until: clock.now() + ASK_AGAIN_MS }
    }
    if (await this.#awaitsGroups(group)) return { until: clock.now() + ASK_AGAIN_MS }
    if (
      (step?.do === 'change-servers' || step?.do === 'update-member') &&
      !isLed(group, await this.#standings(group))
    ) {
      return { until: clock.now() + ASK_AGAIN_MS }
    }
    if (step?.do === 'restart-with-data') {
      return restartWithData(group, step, await this.#standings(group), this.#tools)
    }
    if (step?.do === 'check-fit') return checkFit(group, step, await this.#standings(group), this.#tools)
    if (step?.do === 'move-slots') return this.#moveSlots(group, step, holdsSlots(faults))
    if (step?.do === 'change-logs') return this.#changeLogs(group, step)
    const promoted = step?.do === 'fail-over' ? await this.#heir(group, step.lost, faults) : undefined
    if (step?.do === 'fail-over' && step.stays && promoted === undefined && !isBack(group, step.lost, faults)) {
      return { until: clock.now() + ASK_AGAIN_MS }
    }
    const { outer, inner } = portsNeeded(group)
    const places = await ports.place(outer, group.requestedPort, group.networkType)
    const innerPorts = await ports.reserve(inner, FIRST_INNER_PORT, portsOf(places))
    try {
      const current = store.get('replicationGroup', group.region, group.id)
      if (!current || current.steps[0] !== step) return 'again'
      const zones = step?.do === 'place-members' ? unplacedMembers(current).map(({ zone }) => zone) : []
      const placed = placeNodes(store, current, zones)
      if ('fullZone' in placed) return { until: clock.now() + RETRY_MS }
      const { subnets } = placed
      const {
        group: next,
        events,
        retained,
      } = takeStep(current, {
        now: clock.now(),
        places,
        innerPorts,
        subnets,
        promoted,
      })
      this.#commit(current, next && this.#withDueDate(next), events, retained)
      return 'again'
    } finally {
      ports.release([...places.flatMap((place) => claimsOf(place, group.networkType)), ...innerPorts])
    }
  }

  /** Servers deliver by the change already; where they could not, that is on record with it. */
  async #changeLogs(
    group: ReplicationGroupRecord,
    { change }: Extract<GroupStep, { do: 'change-logs' }>,
  ): Promise<Round> {
    const standings = await this.#standings(group)
    const { store } = this.#tools
    const current = store.get('replicationGroup', group.region, group.id)
    if (current !== group) return 'again'
    const [, ...steps] = group.steps
    const changed = { ...group, logDelivery: settledLogs(group, change, standings), steps }
    this.#commit(group, this.#withDueDate(changed), [])
    return 'again'
  }

  /** Whether its next step is one that other groups of its global datastore have to come before. */
  async #awaitsGroups(group: ReplicationGroupRecord): Promise<boolean> {
    const { store } = this.#tools
    const [step] = group.steps
    if (step?.do === 'finish') return isStarved(group, store)
    const others = globalMembers(store, group.global?.id ?? '').filter(({ region }) => region !== group.region)
    if (step?.do === 'await-others') return others.some(isUpgrading)
    const former = others.find(({ region }) => region === group.global?.takesOverFrom)
    if (step?.do !== 'take-over' || !former) return false
    return !holdsAllOf(former, await this.#standings(former), group, await this.#standings(group))
  }

  /** The replica that takes the place of a primary. */
  async #heir(group: ReplicationGroupRecord, lost: string, faults: readonly FaultRecord[]) {
    const standings = await this.#standings(group)
    const reached = runningMembers(group).filter((member) => !isCutOff(faults, { group, member }))
    return bestReplica(group, lost, new Map([...standings].filter(([id]) => reached.some((each) => each.id === id))))
  }

  /** Some of them: what has moved is on record before the next ones do. Held, they stay halfway until that is over. */
  async #moveSlots(group: ReplicationGroupRecord, step: SlotsStep, isHeld: boolean): Promise<Round> {
    const { store, clock, log } = this.#tools
    const { region, id } = group
    let moved: Moved | undefined
    try {
      moved = await moveSome(group, step, isHeld, this.#tools)
    } catch (error) {
      log(`replication group ${region}/${id}: slots do not move, and are tried again: ${errorMessage(error)}`)
      return { until: clock.now() + MOVE_AGAIN_MS }
    }
    if (isHeld && moved) return 'done'
    const current = store.get('replicationGroup', region, id)
    if (!current) return 'again'
    const after = afterMove(current, step, moved)
    this.#commit(
      current,
      this.#withDueDate(after.group),
      after.events.map((event) => ({ event })),
    )
    return 'again'
  }

  /** Members whose endpoints no client knows yet move to other ports; what clients know must stay where it is. */
  async mend(group: ReplicationGroupRecord, failures: readonly Failure[]): Promise<Round> {
    const { clock, log } = this.#tools
    const ended = failures.filter(({ code }) => code === SERVER_ENDED)
    for (const { subject } of ended) this.#lose(group, subject)
    if (ended.length > 0) return 'again'
    for (const { subject, port, code, message } of failures) {
      log(
        `replication group ${group.region}/${group.id}: ${subject} on port ${port}: ${code === message ? message : `${code} ${message}`}`,
      )
    }
    const own = failures.filter(isOwnPortTaken).map(({ subject }) => subject)
    if (own.length > 0) return this.#moveInside(group, own)
    const isUnknown = (id: string) =>
      failures.some(({ subject, code }) => subject === id && code === 'EADDRINUSE') || !group.created
    const unplaced = withMembers(group, (member) =>
      member.status === 'creating' && isUnknown(member.id) ? { ...member, place: null } : member,
    )
    if (unplacedMembers(unplaced).length === 0 || !failures.some(({ code }) => code === 'EADDRINUSE')) {
      if (this.#tellPorts(group, failures)) return 'again'
      // A shard without a primary waits for no port: not for the one of the reader endpoint, which another program has.
      return replacesServer(group.steps) ? this.#takeStep(group) : { until: clock.now() + RETRY_MS }
    }
    const endpointPorts = group.created ? group.endpointPorts : { primary: null, reader: null, configuration: null }
    this.#commit(group, { ...unplaced, endpointPorts, steps: [{ do: 'place-members' }, ...group.steps] }, [])
    return 'again'
  }

  /** Which ports that clients know another program has: an event of each change. Answers whether it is one. */
  #tellPorts(group: ReplicationGroupRecord, failures: readonly Failure[]): boolean {
    const { lostPorts: known = [], ...rest } = group
    const lostPorts = failures
      .filter(({ code }) => code === 'EADDRINUSE')
      .map(({ subject, port, code }) => ({ subject, port, code }))
      .sort((a, b) => a.port - b.port)
    if (JSON.stringify(lostPorts) === JSON.stringify(known)) return false
    if (lostPorts.length === 0) this.#commit(group, rest, [{ event: { kind: 'ports-back' } }])
    else this.#commit(group, { ...group, lostPorts }, [{ event: { kind: 'ports-lost', lostPorts } }])
    return true
  }

  /** Ports that no client knows are given up for free ones: while a server was away, another program has come to have them. */
  async #moveInside(group: ReplicationGroupRecord, ids: readonly string[]): Promise<Round> {
    const { store, ports } = this.#tools
    const each = isCluster(group) ? 2 : 1
    const own = portsOf(membersOf(group).flatMap(({ place }) => place ?? []))
    const free = await ports.reserve(ids.length * each, FIRST_INNER_PORT, own)
    try {
      if (store.get('replicationGroup', group.region, group.id) === group) {
        this.#commit(group, withInnerPorts(group, ids, free), [])
      }
      return 'again'
    } finally {
      ports.release(free)
    }
  }

  /** Servers end again and again while the group is made: it has failed. */
  despair(group: ReplicationGroupRecord, { inARow, why }: Setback): void {
    const { region, id, created } = group
    this.#tools.log(`replication group ${region}/${id}: ended ${inARow} times in a row: ${why}`)
    if (created) return
    const event = { kind: 'nodes-not-created', why, times: inARow } as const
    this.#commit(group, { ...group, status: 'create-failed', steps: [] }, [{ event }])
  }

  async #standings(group: ReplicationGroupRecord): Promise<Standings> {
    const { runtime } = this.#tools
    const { region, id } = group
    const asked = runningMembers(group).map(async (member) => {
      const standing = await runtime.status(nameOf({ region, kind: this.kind, id, node: member.id }))
      return standing ? ([[member.id, standing]] as const) : []
    })
    const standings = new Map((await Promise.all(asked)).flat())
    for (const { refusals } of standings.values()) this.#tellRefusals(group, refusals)
    return standings
  }

  /** A server that is older or newer than the version it is to be may lack a directive: it goes without. */
  #tellRefusals({ engine, engineVersion }: ReplicationGroupRecord, refusals: Readonly<Record<string, string>>): void {
    for (const [directive, words] of Object.entries(refusals)) {
      const line = `servers of ${engine} ${engineVersion} here do not take ${directive}: ${words}`
      if (!this.#toldRefusals.has(line)) this.#tools.log(line)
      this.#toldRefusals.add(line)
    }
  }

  #withDueDate(group: ReplicationGroupRecord): ReplicationGroupRecord {
    const { clock, pace } = this.#tools
    return withDueDate(group, pace, clock.now())
  }

  #commit(
    before: ReplicationGroupRecord,
    after: ReplicationGroupRecord | null,
    events: readonly GroupEvent[],
    retained?: ReplicationGroupRecord,
  ): void {
    const { store, clock, wake } = this.#tools
    commitGroup(store, before, after, events, clock.now(), (change) => {
      if (retained) change.put('replicationGroup', retained)
    })
    // Their data comes from where this group's primary is.
    if (before.global) {
      for (const { region, id } of globalMembers(store, before.global.id)) {
        if (region !== before.region) wake('replicationGroup', region, id)
      }
    }
    if (retained) wake('replicationGroup', retained.region, retained.id)
    // Automatic snapshots go with what they are of.
    if (!after) for (const { region, id } of store.list('snapshot', before.region)) wake('snapshot', region, id)
  }
}

/** Servers listen on an address of their own besides, too: on other ports than their doors. */
const portsOf = (places: readonly Place[]): number[] => places.map(({ port }) => port)
