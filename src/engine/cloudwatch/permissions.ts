/** What a caller must be allowed for a call, and of which alarms (Service Authorization Reference, "Amazon CloudWatch"). Pure. */
import { alarmArn } from '../alarms/view.ts'
import type { ActionOnResource } from '../identity/authorize.ts'
import { requestTagKeys, resourceTagKeys } from '../identity/condition-keys.ts'
import type { Tag } from '../store/records.ts'
import type { CloudWatchOperation } from './model.ts'

interface AlarmInput {
  readonly AlarmName?: string
  readonly AlarmNames?: readonly string[]
  readonly ResourceARN?: string
  readonly Tags?: readonly unknown[]
  readonly TagKeys?: readonly string[]
}

interface Place {
  readonly region: string
  readonly account: string
  /** Of an alarm by its name; none of what is not there. */
  readonly tagsOf: (alarm: string) => readonly Tag[]
}

/** These are about no alarm: policies name `*` for them. */
const ABOUT_NOTHING: ReadonlySet<string> = new Set<CloudWatchOperation>([
  'GetMetricStatistics',
  'GetMetricData',
  'ListMetrics',
  'DescribeAlarmsForMetric',
])

/** A call that names no alarm is about all of them: `...:alarm:*`. To make one with tags takes TagResource as well. */
export function permissionsFor(operation: CloudWatchOperation, input: AlarmInput, place: Place): ActionOnResource[] {
  const action = `cloudwatch:${operation}`
  if (ABOUT_NOTHING.has(operation)) return [{ action, resource: '*', keys: [] }]
  const { AlarmName, AlarmNames = [], Tags = [], TagKeys = [] } = input
  const requested = requestTagKeys({ input: { Tags, TagKeys } })
  const { region, account, tagsOf } = place
  const prefix = alarmArn('', region, account)
  const named = AlarmName === undefined ? AlarmNames.map((name) => `${prefix}${name}`) : [`${prefix}${AlarmName}`]
  const resources = input.ResourceARN === undefined ? named : [input.ResourceARN]
  const about = (resources.length > 0 ? resources : [`${prefix}*`]).map((resource) => ({
    resource,
    keys: [...requested, ...resourceTagKeys(resource.startsWith(prefix) ? tagsOf(resource.slice(prefix.length)) : [])],
  }))
  const actions = operation === 'PutMetricAlarm' && Tags.length > 0 ? [action, 'cloudwatch:TagResource'] : [action]
  return actions.flatMap((each) => about.map((one) => ({ action: each, ...one })))
}
