import type { Pace } from '../../../api/local-engine.ts'
import { replacementDelay } from '../../lifecycle/pace.ts'
import type { GroupStep, ReplicationGroupRecord } from '../../store/records.ts'

const MINUTE_MS = 60_000

/** Milliseconds that pass before a step is taken once the work before it is done; `realistic` is of the order seen at AWS. */
const DELAYS: Readonly<Record<Exclude<Pace, 'instant'>, Readonly<Record<GroupStep['do'], number>>>> = {
  quick: {
    'prepare-data': 0,
    'drop-data': 0,
    'take-over': 0,
    'await-others': 0,
    'place-members': 0,
    'join-members': 200,
    'check-fit': 0,
    'move-slots': 10,
    'change-servers': 0,
    'restart-with-data': 0,
    remake: 200,
    upgrade: 200,
    'remove-shards': 200,
    'restart-members': 0,
    'members-restarted': 200,
    'remove-members': 300,
    'fail-over': 0,
    recover: 0,
    recovered: 0,
    promote: 0,
    'change-access': 300,
    'change-logs': 200,
    'update-member': 200,
    'note-update': 200,
    'end-update': 0,
    'test-source': 100,
    'begin-migration': 200,
    'join-source': 0,
    'complete-migration': 0,
    'end-migration': 200,
    finish: 200,
    delete: 300,
  },
  realistic: {
    'prepare-data': 0,
    'drop-data': 0,
    'take-over': 0,
    'await-others': 0,
    'place-members': 0,
    'join-members': 5 * MINUTE_MS,
    'check-fit': 0,
    // Some slots of many.
    'move-slots': 20_000,
    'change-servers': 0,
    // Writes wait by then.
    'restart-with-data': 0,
    remake: MINUTE_MS,
    upgrade: 10 * MINUTE_MS,
    'remove-shards': MINUTE_MS,
    'restart-members': 0,
    'members-restarted': MINUTE_MS,
    'remove-members': 3 * MINUTE_MS,
    'fail-over': 0,
    recover: 5 * MINUTE_MS,
    recovered: 0,
    promote: 0,
    'change-access': 8 * MINUTE_MS,
    'change-logs': MINUTE_MS,
    'update-member': MINUTE_MS,
    'note-update': MINUTE_MS,
    'end-update': 0,
    'test-source': 5_000,
    'begin-migration': MINUTE_MS,
    'join-source': 0,
    'complete-migration': 0,
    'end-migration': MINUTE_MS,
    finish: 5_000,
    delete: 3 * MINUTE_MS,
  },
}

/** The record with the first of its steps due as late as the pace wants: until then callers see what is pending. */
export function withDueDate(group: ReplicationGroupRecord, pace: Pace, now: number): ReplicationGroupRecord {
  const [step] = group.steps
  return step ? { ...group, stepDue: now + delayBefore(step, pace) } : group
}

/** What a call makes of a group: when it begins something, that takes its time; what was under way already does not wait anew. */
export const begun = (
  before: ReplicationGroupRecord | undefined,
  after: ReplicationGroupRecord,
  pace: Pace,
  now: number,
): ReplicationGroupRecord => (after.steps[0] === before?.steps[0] ? after : withDueDate(after, pace, now))

export function delayBefore({ do: step }: GroupStep, pace: Pace): number {
  // Never none: a server that always ends at once makes no storm.
  if (step === 'recover' && pace !== 'realistic') return replacementDelay(pace)
  return pace === 'instant' ? 0 : DELAYS[pace][step]
}
