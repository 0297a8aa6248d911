import type { AlarmRecord, AlarmState } from '../store/records.ts'
import type { Change } from '../store/store.ts'
import { type HistoryWriter, stateData } from './history.ts'
import { messageOf, subjectOf } from './message.ts'

export interface NewState {
  readonly state: AlarmState
  readonly reason: string
  readonly reasonData?: string | undefined
}

/**
 * Brings an alarm into a state, in one change of the store: the record, lines of its history, and what its actions send, which
 * is delivered when the change is on disk. A state that it is in already gets another reason, and no topic is told.
 */
export function transition(
  alarm: AlarmRecord,
  { state, reason, reasonData }: NewState,
  date: number,
  change: Change,
  history: HistoryWriter,
): void {
  const { stateReasonData: _, ...rest } = alarm
  const isOther = state !== alarm.state
  const next: AlarmRecord = {
    ...rest,
    state,
    stateReason: reason,
    ...(reasonData !== undefined && { stateReasonData: reasonData }),
    stateUpdatedAt: date,
    transitionedAt: isOther ? date : alarm.transitionedAt,
  }
  change.put('alarm', next)
  if (!isOther) return
  history.add({
    alarm: alarm.id,
    date,
    type: 'StateUpdate',
    summary: `Alarm updated from ${alarm.state} to ${state}`,
    data: JSON.stringify({ version: '1.0', oldState: stateData(alarm), newState: stateData(next) }),
  })
  if (alarm.actionsEnabled) for (const topic of next.actions[state]) notify(topic, next, alarm, change, history)
}

function notify(topic: string, next: AlarmRecord, before: AlarmRecord, change: Change, history: HistoryWriter): void {
  const { region, id, stateUpdatedAt: date } = next
  const message = messageOf(next, before)
  change.addEvent({
    region,
    sourceType: 'alarm',
    sourceIdentifier: id,
    subject: subjectOf(next),
    message,
    date,
    topicArn: topic,
  })
  const data = {
    actionState: 'Succeeded',
    stateUpdateTimestamp: date,
    notificationResource: topic,
    publishedMessage: message,
    error: null,
  }
  history.add({
    alarm: id,
    date,
    type: 'Action',
    summary: `Successfully executed action ${topic}`.slice(0, 255),
    data: JSON.stringify(data),
  })
}
