/** Which logs of a group's servers are delivered where: as its record says, and as a change makes it. Pure. */
import type {
  DestinationDetails,
  LogDeliveryConfiguration,
  LogDeliveryConfigurationStatus,
  PendingLogDeliveryConfiguration,
} from '@aws-sdk/client-elasticache'
import { logStreamPath } from '../../../api/local-logs.ts'
import type { DeliveredLog } from '../../nodes/redis/spec.ts'
import type { LogDeliveryRecord, LogsChange, ReplicationGroupRecord } from '../../store/records.ts'
import type { Standings } from './standing.ts'

type Logged = Pick<ReplicationGroupRecord, 'steps' | 'logDelivery'>

const changeOf = ({ steps }: Pick<ReplicationGroupRecord, 'steps'>): LogsChange | undefined =>
  steps.flatMap((step) => (step.do === 'change-logs' ? [step.change] : []))[0]

/** Those that are there, in the order in which they came. */
export const logsOf = ({
  logDelivery = [],
}: Pick<ReplicationGroupRecord, 'logDelivery'>): readonly LogDeliveryRecord[] => logDelivery

/** As they are once a change has been made. */
function withLogs(present: readonly LogDeliveryRecord[], { put, remove }: LogsChange): LogDeliveryRecord[] {
  const isOld = ({ type }: LogDeliveryRecord) => !remove.includes(type) && !put.some((log) => log.type === type)
  return [...present.filter(isOld), ...put]
}

/** As servers are to deliver them now: a change is over only when they do. */
const wantedLogs = (group: Logged): readonly LogDeliveryRecord[] => {
  const change = changeOf(group)
  return change ? withLogs(logsOf(group), change) : logsOf(group)
}

/** What the server of a member delivers. */
export const deliveredLogs = (
  group: Pick<ReplicationGroupRecord, 'region' | 'engine'> & Logged,
  cluster: string,
): DeliveredLog[] =>
  wantedLogs(group).map(({ type, format, destination, name }) => ({
    type,
    format,
    region: group.region,
    cluster,
    stream: logStreamPath({ region: group.region, destination, name, engine: group.engine, cluster, type }),
  }))

/** A change that was made, with what servers say of it. */
export function settledLogs(group: ReplicationGroupRecord, change: LogsChange, standings: Standings) {
  return withMessages(withLogs(logsOf(group), change), standings)
}

/** Whether and why logs are not delivered, as servers say. */
function withMessages(logs: readonly LogDeliveryRecord[], standings: Standings): LogDeliveryRecord[] {
  return logs.map(({ message: _, ...log }) => {
    const [message] = [...standings.values()].flatMap(({ undelivered }) => undelivered[log.type] ?? [])
    return message === undefined ? log : { ...log, message }
  })
}

export function answerLogs(group: Logged): LogDeliveryConfiguration[] {
  const change = changeOf(group)
  const present = logsOf(group)
  const added = change?.put.filter(({ type }) => !present.some((log) => log.type === type)) ?? []
  const statusOf = ({ type, message }: LogDeliveryRecord): LogDeliveryConfigurationStatus => {
    if (change?.remove.includes(type)) return 'disabling'
    if (change?.put.some((log) => log.type === type)) return 'modifying'
    return message === undefined ? 'active' : 'error'
  }
  return [
    ...present.map((log) => ({
      ...answerLog(log),
      Status: statusOf(log),
      ...(log.message !== undefined && { Message: log.message }),
    })),
    ...added.map((log) => ({ ...answerLog(log), Status: 'enabling' as const })),
  ]
}

/** Those that are on their way; of one that goes nothing is pending, its status tells. */
export function answerPendingLogs(group: Logged): { LogDeliveryConfigurations?: PendingLogDeliveryConfiguration[] } {
  const { put = [] } = changeOf(group) ?? {}
  return put.length === 0 ? {} : { LogDeliveryConfigurations: put.map(answerLog) }
}

const answerLog = ({ type, destination, name, format }: LogDeliveryRecord): PendingLogDeliveryConfiguration => ({
  LogType: type,
  DestinationType: destination,
  DestinationDetails: detailsOf({ destination, name }),
  LogFormat: format,
})

const detailsOf = ({ destination, name }: Pick<LogDeliveryRecord, 'destination' | 'name'>): DestinationDetails =>
  destination === 'cloudwatch-logs'
    ? { CloudWatchLogsDetails: { LogGroup: name } }
    : { KinesisFirehoseDetails: { DeliveryStream: name } }
