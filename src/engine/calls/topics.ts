/** Topics of SNS, which are told of events and of alarms. */

/** The rules of SNS: 256 letters at most, and `.fifo` behind those of a topic that keeps the order. */
const TOPIC = /^arn:aws[\w-]*:sns:([a-z0-9-]+):(\d+):[\w-]{1,256}(?:\.fifo)?$/

/** Where a topic is, and whose; undefined: that is not the ARN of one. */
export function readTopic(arn: string): { readonly region: string; readonly account: string } | undefined {
  const [, region, account] = TOPIC.exec(arn) ?? []
  return region === undefined || account === undefined ? undefined : { region, account }
}
