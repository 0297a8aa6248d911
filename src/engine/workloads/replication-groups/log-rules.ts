/** What a request wants of log delivery (guide, "Log delivery"). Texts without a source are ours. */
import type { LogDeliveryConfigurationRequest } from '@aws-sdk/client-elasticache'
import { isSince } from '../../../api/catalog/engines.ts'
import { Fault } from '../../../api/faults.ts'
import { LOG_DESTINATIONS, LOG_TYPES, type LogDestination, type LogType } from '../../../api/local-logs.ts'
import type { Input } from '../../../api/model.ts'
import type { GroupStep, LogDeliveryRecord, LogsChange, ReplicationGroupRecord } from '../../store/records.ts'
import { logsOf } from './logs.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)
const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

type Asked = readonly LogDeliveryConfigurationRequest[] | undefined
type LogsInput = Pick<Input<'ModifyReplicationGroup'>, 'LogDeliveryConfigurations' | 'ApplyImmediately'>
type Engine = Pick<ReplicationGroupRecord, 'engine' | 'engineVersion'>

/** First version of Redis OSS that has it; Valkey has had both from the start. */
const SINCE: Readonly<Record<LogType, string>> = { 'slow-log': '6.0', 'engine-log': '6.2' }

/** What names of a destination are made of, as CloudWatch Logs and Firehose have it. */
const NAMES: Readonly<Record<LogDestination, RegExp>> = {
  'cloudwatch-logs': /^[.\-_/#A-Za-z0-9]{1,512}$/,
  'kinesis-firehose': /^[a-zA-Z0-9_.-]{1,64}$/,
}

/** The change that is asked for; undefined: none. The version is that of today, even when the same request changes it. */
export function readLogsChange(
  asked: Asked,
  group: Engine & Pick<ReplicationGroupRecord, 'logDelivery'>,
): LogsChange | undefined {
  if (!asked || asked.length === 0) return undefined
  const logs = asked.map((each) => readLog(each, group))
  for (const type of LOG_TYPES) {
    if (logs.filter((log) => log.type === type).length > 1) {
      throw invalid(`LogDeliveryConfigurations must not name ${type} more than once.`)
    }
  }
  const present = logsOf(group)
  const put = logs.flatMap((log) => ('format' in log && !present.some((each) => isSame(each, log)) ? [log] : []))
  const remove = logs.flatMap((log) =>
    'format' in log || !present.some(({ type }) => type === log.type) ? [] : log.type,
  )
  return put.length + remove.length === 0 ? undefined : { put, remove }
}

/** ApplyImmediately must be set for all modifications of it (guide). */
export function readLogsModification(
  { LogDeliveryConfigurations: asked, ApplyImmediately }: LogsInput,
  group: ReplicationGroupRecord,
): GroupStep[] {
  const change = readLogsChange(asked, group)
  if (!change) return []
  if (!ApplyImmediately) throw conflict('Changes of LogDeliveryConfigurations need ApplyImmediately.')
  return [{ do: 'change-logs', change }]
}

/** One that is not delivered is asked for again. */
const isSame = (a: LogDeliveryRecord, b: LogDeliveryRecord): boolean =>
  a.type === b.type && a.destination === b.destination && a.name === b.name && a.format === b.format && !a.message

function readLog(
  asked: LogDeliveryConfigurationRequest,
  group: Engine,
): LogDeliveryRecord | { readonly type: LogType } {
  const { LogType: type, LogFormat: format, DestinationType: destination } = asked
  if (type === undefined) throw missingOf('LogType')
  refuseOldEngine(type, group)
  if (asked.Enabled === false) return { type }
  if (destination === undefined) throw missingOf('DestinationType')
  if (format === undefined) throw missingOf('LogFormat')
  return { type, format, destination, name: readName(destination, asked) }
}

const missingOf = (member: string) => invalid(`LogDeliveryConfigurations: ${member} must be provided.`)

/** The text is AWS's. */
function refuseOldEngine(type: LogType, { engine, engineVersion }: Engine): void {
  if (isSince(engineVersion, SINCE[type])) return
  throw invalid(`${type} log delivery is not available for this ${engine} engine version.`)
}

function readName(
  destination: LogDestination,
  { DestinationDetails: details }: LogDeliveryConfigurationRequest,
): string {
  const names: Readonly<Record<LogDestination, string | undefined>> = {
    'cloudwatch-logs': details?.CloudWatchLogsDetails?.LogGroup,
    'kinesis-firehose': details?.KinesisFirehoseDetails?.DeliveryStream,
  }
  const other = LOG_DESTINATIONS.find((each) => each !== destination && names[each] !== undefined)
  if (other) throw conflict(`DestinationDetails of ${other} do not go with DestinationType ${destination}.`)
  const name = names[destination]
  const member =
    destination === 'cloudwatch-logs' ? 'CloudWatchLogsDetails.LogGroup' : 'KinesisFirehoseDetails.DeliveryStream'
  if (name === undefined) throw missingOf(`DestinationDetails.${member}`)
  if (!NAMES[destination].test(name)) throw invalid(`Invalid value ${name} for ${member}.`)
  return name
}
