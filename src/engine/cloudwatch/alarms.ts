/** Operations that change alarms. */
import { Fault } from '../../api/faults.ts'
import { HistoryWriter } from '../alarms/history.ts'
import { INITIAL_REASON } from '../alarms/reasons.ts'
import { transition } from '../alarms/transition.ts'
import { quota } from '../store/quotas.ts'
import type { AlarmRecord } from '../store/records.ts'
import type { AlarmNamesInput, PutMetricAlarmInput, SetAlarmStateInput } from './alarm-model.ts'
import { readAlarm, refuseMissing, refuseOutOfBounds } from './alarm-rules.ts'
import { readTags } from './alarm-tags.ts'
import type { CloudWatchContext } from './lookup.ts'

/** A new alarm waits for the end of the minute; of one that is there everything is written over but its state and tags. */
export function PutMetricAlarm(input: PutMetricAlarmInput, context: CloudWatchContext): object {
  const { store, region, now } = context
  const asked = readAlarm(input, region)
  const tags = readTags(input.Tags)
  const present = store.get('alarm', region, asked.id)
  if (!present) refuseOneMore(context)
  const { state, stateReason, stateReasonData, stateUpdatedAt, transitionedAt } = present ?? newState(now)
  const alarm: AlarmRecord = {
    ...asked,
    tags: present?.tags ?? tags,
    configuredAt: now,
    ...{ state, stateReason, stateUpdatedAt, transitionedAt },
    ...(stateReasonData !== undefined && { stateReasonData }),
  }
  store.change((change) => {
    change.put('alarm', alarm)
    new HistoryWriter(change, store, region).addConfiguration(present ? 'Update' : 'Create', alarm, now)
  })
  return {}
}

const newState = (
  now: number,
): Pick<AlarmRecord, 'state' | 'stateReason' | 'stateReasonData' | 'stateUpdatedAt' | 'transitionedAt'> => ({
  state: 'INSUFFICIENT_DATA',
  stateReason: INITIAL_REASON,
  stateUpdatedAt: now,
  transitionedAt: now,
})

function refuseOneMore(context: CloudWatchContext): void {
  const most = quota('alarms-per-region', context)
  if (context.store.list('alarm', context.region).length < most) return
  throw new Fault('LimitExceeded', `The limit of ${most} alarms has been reached.`)
}

/** Those that are there are deleted, whatever else is named ("the alarms you specify with correct names are still deleted"). */
export function DeleteAlarms(input: AlarmNamesInput, { store, region, now }: CloudWatchContext): object {
  const { found, unknown } = named(input, { store, region })
  if (found.length > 0) {
    store.change((change) => {
      const history = new HistoryWriter(change, store, region)
      for (const alarm of found) {
        change.remove('alarm', alarm)
        history.addConfiguration('Delete', alarm, now)
      }
    })
  }
  if (unknown.length > 0) throw new Fault('ResourceNotFound', `Alarms not found: ${unknown.join(', ')}`)
  return {}
}

/** For tests: at the end of the minute the alarm is in the state again that its metric says. */
export function SetAlarmState(input: SetAlarmStateInput, { store, region, now }: CloudWatchContext): object {
  const { AlarmName = '', StateValue: state, StateReason: reason, StateReasonData: reasonData } = input
  refuseMissing({ AlarmName: input.AlarmName, StateValue: state, StateReason: reason })
  refuseOutOfBounds(input)
  if (reasonData !== undefined && !isJson(reasonData)) {
    throw new Fault('InvalidFormat', 'StateReasonData was not syntactically valid JSON.')
  }
  const alarm = store.get('alarm', region, AlarmName)
  if (!alarm) throw new Fault('ResourceNotFound', `Alarm not found: ${AlarmName}`)
  store.change((change) => {
    const history = new HistoryWriter(change, store, region)
    transition(alarm, { state: state ?? alarm.state, reason: reason ?? '', reasonData }, now, change, history)
  })
  return {}
}

export const EnableAlarmActions = (input: AlarmNamesInput, context: CloudWatchContext): object =>
  switchActions(true, input, context)

export const DisableAlarmActions = (input: AlarmNamesInput, context: CloudWatchContext): object =>
  switchActions(false, input, context)

/** Names of no alarm are passed over, as the API has no fault for them. */
function switchActions(on: boolean, input: AlarmNamesInput, { store, region, now }: CloudWatchContext): object {
  const others = named(input, { store, region }).found.filter(({ actionsEnabled }) => actionsEnabled !== on)
  if (others.length === 0) return {}
  store.change((change) => {
    const history = new HistoryWriter(change, store, region)
    for (const alarm of others) {
      const next = { ...alarm, actionsEnabled: on, configuredAt: now }
      change.put('alarm', next)
      history.addConfiguration('Update', next, now)
    }
  })
  return {}
}

function named(input: AlarmNamesInput, { store, region }: Pick<CloudWatchContext, 'store' | 'region'>) {
  refuseMissing({ AlarmNames: input.AlarmNames })
  refuseOutOfBounds(input)
  const names = [...new Set(input.AlarmNames)]
  const found = names.flatMap((name) => store.get('alarm', region, name) ?? [])
  return { found, unknown: names.filter((name) => !found.some(({ id }) => id === name)) }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
