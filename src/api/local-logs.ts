/** What log streams are called in the local engine's folder of them, which stands for CloudWatch Logs and Firehose. No I/O here. */
import { NODE_ID } from './catalog/cache-node.ts'

export const LOG_TYPES = ['slow-log', 'engine-log'] as const
export type LogType = (typeof LOG_TYPES)[number]

export const LOG_DESTINATIONS = ['cloudwatch-logs', 'kinesis-firehose'] as const
export type LogDestination = (typeof LOG_DESTINATIONS)[number]

export interface LogStreamName {
  readonly region: string
  readonly destination: LogDestination
  /** Of the log group, or of the delivery stream. */
  readonly name: string
  readonly engine: string
  /** The cache cluster. */
  readonly cluster: string
  readonly type: LogType
}

/** A log group may be called `/aws/cache`, or `..`, and is one folder. */
const folderOf = (name: string): string =>
  encodeURIComponent(name).replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E'))

/**
 * Within the folder: destination and name, then the stream as it is called in CloudWatch Logs, one a node (guide, "Log delivery").
 * Firehose has no streams within its own; here it has.
 */
export const logStreamPath = ({ region, destination, name, engine, cluster, type }: LogStreamName): string =>
  [region, destination, folderOf(name), 'elasticache', engine, cluster, NODE_ID, type].join('/')

/** What a path of the folder is the stream of; undefined: of none. */
export function readLogStreamPath(path: string): LogStreamName | undefined {
  const [region, destination, folder, service, engine, cluster, node, type, ...rest] = path.split('/')
  const known = LOG_DESTINATIONS.find((each) => each === destination)
  const log = LOG_TYPES.find((each) => each === type)
  const isStream = service === 'elasticache' && node === NODE_ID && rest.length === 0
  if (!isStream || !region || !known || !folder || !engine || !cluster || !log) return undefined
  return { region, destination: known, name: decodeURIComponent(folder), engine, cluster, type: log }
}
