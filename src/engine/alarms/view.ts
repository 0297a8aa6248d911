/** An alarm as CloudWatch answers it. Pure. */
import { partitionOf } from '../../api/catalog/regions.ts'
import { STATISTICS } from '../metrics/statistics.ts'
import type { AlarmRecord } from '../store/records.ts'

/** The ARN of an alarm. */
export const alarmArn = (name: string, region: string, account: string): string =>
  `arn:${partitionOf(region)}:cloudwatch:${region}:${account}:alarm:${name}`

/** Statistics go by two members. */
const statisticMember = (statistic: string): { Statistic: string } | { ExtendedStatistic: string } =>
  Object.hasOwn(STATISTICS, statistic) ? { Statistic: statistic } : { ExtendedStatistic: statistic }

/** What a caller said of it. */
export const alarmOf = (alarm: AlarmRecord) => ({
  AlarmName: alarm.id,
  ...(alarm.description !== undefined && { AlarmDescription: alarm.description }),
  ActionsEnabled: alarm.actionsEnabled,
  OKActions: alarm.actions.OK,
  AlarmActions: alarm.actions.ALARM,
  InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
  MetricName: alarm.metricName,
  Namespace: alarm.namespace,
  ...statisticMember(alarm.statistic),
  Dimensions: alarm.dimensions,
  Period: alarm.period,
  ...(alarm.unit !== undefined && { Unit: alarm.unit }),
  EvaluationPeriods: alarm.evaluationPeriods,
  ...(alarm.datapointsToAlarm !== undefined && { DatapointsToAlarm: alarm.datapointsToAlarm }),
  Threshold: alarm.threshold,
  ComparisonOperator: alarm.comparisonOperator,
  ...(alarm.treatMissingData !== undefined && { TreatMissingData: alarm.treatMissingData }),
  ...(alarm.evaluateLowSampleCountPercentile !== undefined && {
    EvaluateLowSampleCountPercentile: alarm.evaluateLowSampleCountPercentile,
  }),
})

/** With the state it is in. */
export const metricAlarm = (alarm: AlarmRecord, account: string) => ({
  ...alarmOf(alarm),
  AlarmArn: alarmArn(alarm.id, alarm.region, account),
  AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
  StateValue: alarm.state,
  StateReason: alarm.stateReason,
  ...(alarm.stateReasonData !== undefined && { StateReasonData: alarm.stateReasonData }),
  StateUpdatedTimestamp: new Date(alarm.stateUpdatedAt),
  StateTransitionedTimestamp: new Date(alarm.transitionedAt),
})
