/** Operations that tell of alarms, and of what became of them. */
import { Fault } from '../../api/faults.ts'
import { alarmOf, metricAlarm } from '../alarms/view.ts'
import type { AlarmHistoryRecord, AlarmRecord } from '../store/records.ts'
import type { DescribeAlarmHistoryInput, DescribeAlarmsForMetricInput, DescribeAlarmsInput } from './alarm-model.ts'
import { readDimensions, refuseMissing, refuseOutOfBounds } from './alarm-rules.ts'
import { type CloudWatchContext, firstOf, tokenOf } from './lookup.ts'

const ON_A_PAGE = 50

/** Metric alarms in the order of their names; there are no composite ones here. */
export function DescribeAlarms(input: DescribeAlarmsInput, { store, region, account }: CloudWatchContext): object {
  refuseOutOfBounds(input)
  refuseFamilies(input)
  const { AlarmNames, AlarmNamePrefix, AlarmTypes = ['MetricAlarm'], StateValue, ActionPrefix } = input
  if (AlarmNames && AlarmNames.length > 0 && AlarmNamePrefix !== undefined) {
    throw new Fault('ValidationError', 'AlarmNamePrefix and AlarmNames cannot both be specified')
  }
  const isAsked = ({ id, state, actions }: AlarmRecord) =>
    AlarmTypes.includes('MetricAlarm') &&
    input.ParentsOfAlarmName === undefined &&
    (!AlarmNames || AlarmNames.length === 0 || AlarmNames.includes(id)) &&
    (AlarmNamePrefix === undefined || id.startsWith(AlarmNamePrefix)) &&
    (StateValue === undefined || state === StateValue) &&
    (ActionPrefix === undefined ||
      Object.values(actions)
        .flat()
        .some((action) => action.startsWith(ActionPrefix)))
  const { items, more } = page(store.list('alarm', region).filter(isAsked), input)
  return { MetricAlarms: items.map((alarm) => metricAlarm(alarm, account)), CompositeAlarms: [], ...more }
}

/** Only composite alarms have children, and no metric alarm has parents here. */
function refuseFamilies(input: DescribeAlarmsInput): void {
  const { ChildrenOfAlarmName, ParentsOfAlarmName, MaxRecords: _, NextToken: __, ...others } = input
  if (ChildrenOfAlarmName === undefined && ParentsOfAlarmName === undefined) return
  if (Object.keys(others).length > 0 || (ChildrenOfAlarmName !== undefined && ParentsOfAlarmName !== undefined)) {
    throw new Fault(
      'ValidationError',
      'ChildrenOfAlarmName and ParentsOfAlarmName can be specified with MaxRecords and NextToken only',
    )
  }
  if (ChildrenOfAlarmName !== undefined) {
    throw new Fault('UnsupportedOperation', 'The local engine has no composite alarms (ChildrenOfAlarmName).')
  }
}

/** Of just this metric; of one with dimensions all of them have to be named. */
export function DescribeAlarmsForMetric(
  input: DescribeAlarmsForMetricInput,
  { store, region, account }: CloudWatchContext,
): object {
  const { MetricName, Namespace, Statistic, ExtendedStatistic, Dimensions, Period, Unit } = input
  refuseMissing({ MetricName, Namespace })
  refuseOutOfBounds(input)
  const dimensions = readDimensions(Dimensions)
  const wanted = Object.entries({ MetricName, Namespace, Statistic, ExtendedStatistic, Period, Unit })
  const isAsked = (alarm: AlarmRecord) => {
    const has: Readonly<Record<string, unknown>> = alarmOf(alarm)
    return (
      wanted.every(([name, value]) => value === undefined || has[name] === value) &&
      alarm.dimensions.length === dimensions.length &&
      dimensions.every(({ Name, Value }) => alarm.dimensions.some((own) => own.Name === Name && own.Value === Value))
    )
  }
  const found = store.list('alarm', region).filter(isAsked)
  return { MetricAlarms: found.map((alarm) => metricAlarm(alarm, account)) }
}

/** The newest first, unless asked otherwise; of deleted alarms as well. */
export function DescribeAlarmHistory(input: DescribeAlarmHistoryInput, { store, region }: CloudWatchContext): object {
  refuseOutOfBounds(input)
  const { AlarmName, AlarmContributorId, AlarmTypes = ['MetricAlarm'], HistoryItemType } = input
  const { StartDate, EndDate, ScanBy = 'TimestampDescending' } = input
  const isAsked = ({ alarm, date, type }: AlarmHistoryRecord) =>
    AlarmTypes.includes('MetricAlarm') &&
    // Only alarms on queries have contributors.
    AlarmContributorId === undefined &&
    (AlarmName === undefined || alarm === AlarmName) &&
    (HistoryItemType === undefined || type === HistoryItemType) &&
    (StartDate === undefined || date >= StartDate.getTime()) &&
    (EndDate === undefined || date <= EndDate.getTime())
  const found = store.list('alarmHistory', region).filter(isAsked)
  const { items, more } = page(ScanBy === 'TimestampDescending' ? found.reverse() : found, input)
  return {
    AlarmHistoryItems: items.map(({ alarm, date, type, summary, data }) => ({
      AlarmName: alarm,
      AlarmType: 'MetricAlarm',
      Timestamp: new Date(date),
      HistoryItemType: type,
      HistorySummary: summary,
      HistoryData: data,
    })),
    ...more,
  }
}

function page<T>(
  all: readonly T[],
  { MaxRecords = ON_A_PAGE, NextToken }: Pick<DescribeAlarmsInput, 'MaxRecords' | 'NextToken'>,
): { items: readonly T[]; more: { NextToken?: string } } {
  const first = firstOf(NextToken)
  const items = all.slice(first, first + MaxRecords)
  const next = first + items.length
  return { items, more: next < all.length ? { NextToken: tokenOf(next) } : {} }
}
