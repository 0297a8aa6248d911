/** What CloudWatch sends to a topic when an alarm comes into another state. Pure. */

import { regionName } from '../../api/catalog/region-names.ts'
import { ACCOUNT_ID } from '../../api/local-engine.ts'
import { STATISTICS } from '../metrics/statistics.ts'
import type { AlarmRecord } from '../store/records.ts'
import { longDate } from './reasons.ts'
import { alarmArn } from './view.ts'

/** Characters of a subject that SNS takes. */
const SUBJECT_LENGTH = 100

/** `ALARM: "cpu" in US West (Oregon)` */
export const subjectOf = ({ state, id, region }: AlarmRecord): string =>
  `${state}: "${id}" in ${regionName(region)}`.slice(0, SUBJECT_LENGTH)

/** The message, JSON: of the alarm as it is now, and the state it was in. */
export function messageOf(alarm: AlarmRecord, before: AlarmRecord): string {
  const { id, region, statistic, dimensions } = alarm
  const isExtended = !Object.hasOwn(STATISTICS, statistic)
  return JSON.stringify({
    AlarmName: id,
    AlarmDescription: alarm.description ?? null,
    AWSAccountId: ACCOUNT_ID,
    AlarmConfigurationUpdatedTimestamp: longDate(alarm.configuredAt),
    NewStateValue: alarm.state,
    NewStateReason: alarm.stateReason,
    StateChangeTime: longDate(alarm.stateUpdatedAt),
    Region: regionName(region),
    AlarmArn: alarmArn(id, region, ACCOUNT_ID),
    OldStateValue: before.state,
    OKActions: alarm.actions.OK,
    AlarmActions: alarm.actions.ALARM,
    InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
    Trigger: {
      MetricName: alarm.metricName,
      Namespace: alarm.namespace,
      StatisticType: isExtended ? 'ExtendedStatistic' : 'Statistic',
      // CloudWatch writes SAMPLE_COUNT, and in small letters what is extended.
      ...(isExtended
        ? { ExtendedStatistic: statistic }
        : { Statistic: statistic.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase() }),
      Unit: alarm.unit ?? null,
      // In small letters here, and nowhere else.
      Dimensions: dimensions.map(({ Name, Value }) => ({ value: Value, name: Name })),
      Period: alarm.period,
      EvaluationPeriods: alarm.evaluationPeriods,
      ...(alarm.datapointsToAlarm !== undefined && { DatapointsToAlarm: alarm.datapointsToAlarm }),
      ComparisonOperator: alarm.comparisonOperator,
      Threshold: alarm.threshold,
      TreatMissingData: alarm.treatMissingData ?? '',
      EvaluateLowSampleCountPercentile: alarm.evaluateLowSampleCountPercentile ?? '',
    },
  })
}
