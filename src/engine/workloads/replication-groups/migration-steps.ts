/** Steps of an online migration: they ask the server outside, and tell what they found in events. */

import type { EventFacts } from '../../../api/catalog/events.ts'
import type { Round } from '../../lifecycle/loops.ts'
import { type Fit, lookOutside } from '../../nodes/redis/outside.ts'
import type { GroupStep, OutsideServer, ReplicationGroupRecord } from '../../store/records.ts'
import type { LifeTools } from '../workload.ts'
import { commitGroup } from './commit.ts'
import { memoryForItems } from './node-types.ts'
import { delayBefore } from './pace.ts'
import type { Standings } from './standing.ts'

type MigrationStep = Extract<GroupStep, { readonly do: 'test-source' | 'join-source' | 'complete-migration' }>

export const isMigrationStep = (step: GroupStep | undefined): step is MigrationStep =>
  step?.do === 'test-source' || step?.do === 'join-source' || step?.do === 'complete-migration'

/** "Several tries" (guide); how many, and after how long, is not told. */
const TRIES = 3
const TRY_AGAIN_MS = 1_000
const LOOK_AGAIN_MS = 100

/** What a step leaves of the group, besides that it is over; or when to look again. */
type Outcome =
  | { readonly group: ReplicationGroupRecord; readonly steps: readonly GroupStep[]; readonly event?: EventFacts }
  | { readonly after: number }

/** Takes the first of the group's steps. Done again after a crash it does no harm. */
export async function migrate(
  group: ReplicationGroupRecord,
  step: MigrationStep,
  standings: Standings,
  { store, clock, pace }: LifeTools,
): Promise<Round> {
  const outcome = await OUTCOMES[step.do](group, step as never, standings) // the row of the step's own discriminant
  if ('after' in outcome) return { until: clock.now() + outcome.after }
  const current = store.get('replicationGroup', group.region, group.id)
  if (current !== group) return 'again'
  const steps = [...outcome.steps, ...group.steps.slice(1)]
  const [next] = steps
  const delay = next?.do === 'join-source' && next.failures > 0 ? TRY_AGAIN_MS : next ? delayBefore(next, pace) : 0
  const after = { ...outcome.group, steps, stepDue: clock.now() + delay }
  commitGroup(store, group, after, outcome.event ? [{ event: outcome.event }] : [], clock.now())
  return 'again'
}

type Take<K extends MigrationStep['do']> = (
  group: ReplicationGroupRecord,
  step: Extract<MigrationStep, { do: K }>,
  standings: Standings,
) => Promise<Outcome>

const OUTCOMES: { readonly [K in MigrationStep['do']]: Take<K> } = {
  async 'test-source'(group, { source }) {
    const outside = await lookOutside(source, fitOf(group))
    const event: EventFacts =
      'obstacle' in outside
        ? { kind: 'migration-test-failed', group: group.id, why: outside.obstacle }
        : { kind: 'migration-tested', group: group.id }
    return { group, steps: [], event }
  },

  async 'join-source'(group, { failures }, standings) {
    if (isFed(group, standings)) return { group, steps: [], event: { kind: 'migration-begun', group: group.id } }
    const outside = await lookOutside(sourceOf(group), fitOf(group))
    if ('offset' in outside) return { after: LOOK_AGAIN_MS }
    if (failures + 1 < TRIES) return { group, steps: [{ do: 'join-source', failures: failures + 1 }] }
    const event: EventFacts = { kind: 'migration-not-begun', group: group.id, why: outside.obstacle }
    return { group: withoutSource(group), steps: [{ do: 'end-migration' }, { do: 'finish' }], event }
  },

  async 'complete-migration'(group, { force, offset }, standings) {
    const done: EventFacts = { kind: 'migration-completed', group: group.id }
    const steps: GroupStep[] = [{ do: 'end-migration' }, { do: 'finish', events: [done] }]
    if (force) {
      const event: EventFacts = { kind: 'migration-forced', group: group.id }
      return { group: withoutSource(group), steps, ...(!isFed(group, standings) && { event }) }
    }
    const failed = (why: string): Outcome => ({
      group,
      steps: [],
      event: { kind: 'migration-not-completed', group: group.id, why },
    })
    if (!isFed(group, standings)) return failed('it is not in sync with the source')
    if (offset !== undefined) {
      return reached(group, standings) >= offset ? { group: withoutSource(group), steps } : { after: LOOK_AGAIN_MS }
    }
    const outside = await lookOutside(sourceOf(group), fitOf(group))
    if ('obstacle' in outside) return failed(outside.obstacle)
    return { group, steps: [{ do: 'complete-migration', force, offset: outside.offset }] }
  },
}

const primaryOf = ({ shards: [shard] }: ReplicationGroupRecord, standings: Standings) =>
  standings.get(shard?.primary ?? '')

/** Whether its primary holds what the source holds, and hears what it says. */
function isFed(group: ReplicationGroupRecord, standings: Standings): boolean {
  const primary = primaryOf(group, standings)
  return primary?.agrees === true && primary.role === 'replica' && primary.inSync
}

const reached = (group: ReplicationGroupRecord, standings: Standings): number =>
  primaryOf(group, standings)?.offset ?? 0

const withoutSource = (group: ReplicationGroupRecord): ReplicationGroupRecord =>
  group.migration ? { ...group, migration: { ...group.migration, over: true } } : group

function sourceOf({ id, migration }: ReplicationGroupRecord): OutsideServer {
  if (!migration) throw new Error(`replication group ${id} is not migrated to`)
  return migration.source
}

const fitOf = (group: ReplicationGroupRecord): Fit => ({
  databases: group.parameters.values.databases,
  bytes: memoryForItems(group),
})
