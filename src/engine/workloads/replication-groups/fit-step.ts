/** Asks servers how much they hold, before they are to hold it in less memory. */
import type { EventFacts } from '../../../api/catalog/events.ts'
import type { Round } from '../../lifecycle/loops.ts'
import type { GroupStep, ReplicationGroupRecord } from '../../store/records.ts'
import type { LifeTools } from '../workload.ts'
import { commitGroup } from './commit.ts'
import { memoryForItems } from './node-types.ts'
import { withDueDate } from './pace.ts'
import type { Standings } from './standing.ts'

type FitStep = Extract<GroupStep, { do: 'check-fit' }>

const ASK_AGAIN_MS = 50

/** Goes on when it fits; else the change ends before anything has changed, and an event tells (guide: "the operation will end"). */
export async function checkFit(
  group: ReplicationGroupRecord,
  step: FitStep,
  standings: Standings,
  { store, clock, pace }: LifeTools,
): Promise<Round> {
  const used = group.shards.flatMap(({ primary }) => standings.get(primary)?.usedMemory ?? [])
  if (used.length < group.shards.length) return { until: clock.now() + ASK_AGAIN_MS }
  const current = store.get('replicationGroup', group.region, group.id)
  if (current?.steps[0] !== step) return 'again'
  const isFit = fits(current, step, used)
  const steps = isFit ? current.steps.slice(1) : withoutChange(current.steps, step)
  const events = isFit ? [] : [{ event: failure(current, step) }]
  const now = clock.now()
  commitGroup(store, current, withDueDate({ ...current, steps }, pace, now), events, now)
  return 'again'
}

function fits(group: ReplicationGroupRecord, step: FitStep, used: readonly number[]): boolean {
  const limit = memoryForItems({ ...group, nodeType: step.nodeType ?? group.nodeType })
  if (step.shards === undefined) return used.every((bytes) => bytes <= limit)
  return used.reduce((sum, bytes) => sum + bytes, 0) <= limit * step.shards
}

/** What comes after that was asked for by itself. */
function withoutChange(steps: readonly GroupStep[], { shards }: FitStep): GroupStep[] {
  const last = shards === undefined ? 'upgrade' : 'remove-shards'
  const rest = steps.slice(steps.findIndex((each) => each.do === last) + 1)
  return rest.map((each) => (each.do === 'finish' ? { do: 'finish' } : each))
}

const failure = ({ id: group }: ReplicationGroupRecord, { nodeType, shards = 0 }: FitStep): EventFacts =>
  nodeType === undefined
    ? { kind: 'shards-not-scaled', group, count: shards }
    : { kind: 'type-not-modified', toType: nodeType }
