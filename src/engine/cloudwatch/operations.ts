import { ListTagsForResource, TagResource, UntagResource } from './alarm-tags.ts'
import { DeleteAlarms, DisableAlarmActions, EnableAlarmActions, PutMetricAlarm, SetAlarmState } from './alarms.ts'
import { DescribeAlarmHistory, DescribeAlarms, DescribeAlarmsForMetric } from './describe-alarms.ts'
import { ListMetrics } from './list-metrics.ts'
import type { CloudWatchContext } from './lookup.ts'
import { GetMetricData } from './metric-data.ts'
import { GetMetricStatistics } from './metric-statistics.ts'
import type { CloudWatchOperation } from './model.ts'

/** Each takes the typed input of its operation. Sync, as everything that answers from memory. */
export const operations: Readonly<Record<CloudWatchOperation, (input: never, context: CloudWatchContext) => object>> = {
  GetMetricStatistics,
  GetMetricData,
  ListMetrics,
  PutMetricAlarm,
  DescribeAlarms,
  DescribeAlarmsForMetric,
  DescribeAlarmHistory,
  DeleteAlarms,
  SetAlarmState,
  EnableAlarmActions,
  DisableAlarmActions,
  ListTagsForResource,
  TagResource,
  UntagResource,
}
