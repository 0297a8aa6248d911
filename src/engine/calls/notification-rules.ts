import { Fault } from '../../api/faults.ts'
import type { NotificationTopic } from '../store/records.ts'
import type { Context } from './context.ts'
import { readTopic } from './topics.ts'

interface NotificationInput {
  readonly NotificationTopicArn?: string | undefined
  readonly NotificationTopicStatus?: string | undefined
}

/**
 * The topic after this request; undefined when there is none. An empty ARN is none: Terraform sends it beside `inactive`. A cluster has one topic, of its own region and account (guide,
 * "Managing Amazon SNS notifications"); a new one is active. Texts are our own: AWS's are not known.
 */
export function readNotificationTopic(
  { NotificationTopicArn: arn, NotificationTopicStatus: status }: NotificationInput,
  present: NotificationTopic | undefined,
  context: Context,
): NotificationTopic | undefined {
  if (status !== undefined && status !== 'active' && status !== 'inactive') {
    throw new Fault(
      'InvalidParameterValue',
      `Invalid value '${status}' for NotificationTopicStatus. Valid values are: active, inactive`,
    )
  }
  if (arn) return { arn: readTopicArn(arn, context), status: status ?? 'active' }
  if (status === undefined) return present
  if (!present) {
    throw new Fault(
      'InvalidParameterCombination',
      'NotificationTopicStatus needs a topic: give NotificationTopicArn as well.',
    )
  }
  return { ...present, status }
}

function readTopicArn(arn: string, { region, account }: Context): string {
  const topic = readTopic(arn)
  if (!topic) {
    throw new Fault('InvalidParameterValue', `${arn} is not the ARN of an SNS topic: arn:aws:sns:region:account:name.`)
  }
  if (topic.region !== region) {
    throw new Fault(
      'InvalidParameterValue',
      `The topic must be in the region of the cluster, ${region}, not in ${topic.region}.`,
    )
  }
  if (topic.account !== account) {
    throw new Fault(
      'InvalidParameterValue',
      `The topic must belong to the account of the cluster, ${account}, not to ${topic.account}.`,
    )
  }
  return arn
}
