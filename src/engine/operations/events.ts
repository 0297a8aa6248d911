import { eventText } from '../../api/catalog/events.ts'
import { LIMITS } from '../../api/catalog/limits.ts'
import { Fault } from '../../api/faults.ts'
import type { Handler } from '../calls/context.ts'
import { page } from '../calls/paging.ts'
import type { EventRecord, ServiceEvent } from '../store/records.ts'

const MINUTE_MS = 60_000
const DEFAULT_DURATION = 60

/**
 * Events, newest first. Without a time range those of the last hour; 14 days at most (API reference). `Duration` is in
 * minutes, and counts from StartTime when that is given. A source may be named without its type: it is RDS that wants both.
 */
export const DescribeEvents: Handler<'DescribeEvents'> = (input, { store, region, now }) => {
  const { from, to } = timeRange(input, now)
  const wanted = ({ date, sourceType, sourceIdentifier }: ServiceEvent) =>
    date >= from &&
    date <= to &&
    (input.SourceType === undefined || sourceType === input.SourceType) &&
    (input.SourceIdentifier === undefined || sourceIdentifier === input.SourceIdentifier.toLowerCase())
  const newestFirst = store
    .events(region)
    .filter(isOfElastiCache)
    .map(withPosition)
    .filter(({ event }) => wanted(event))
    .reverse()
  const { items, Marker } = page('Events', newestFirst, ({ key }) => key, input)
  return {
    ...(Marker && { Marker }),
    Events: items.map(({ event }) => ({
      SourceIdentifier: event.sourceIdentifier,
      SourceType: event.sourceType,
      Message: eventText(event.event),
      Date: new Date(event.date),
    })),
  }
}

const isOfElastiCache = (event: EventRecord): event is ServiceEvent => event.sourceType !== 'alarm'

/** Position in the region's list turned round, so that the key grows along a list that is newest first. */
const withPosition = (event: ServiceEvent, index: number) => ({
  event,
  key: String(Number.MAX_SAFE_INTEGER - event.date).padStart(16, '0') + String(9_999_999 - index).padStart(7, '0'),
})

function timeRange(
  input: { StartTime?: Date | undefined; EndTime?: Date | undefined; Duration?: number | undefined },
  now: number,
): { from: number; to: number } {
  const { StartTime, EndTime, Duration } = input
  if (Duration !== undefined && (Duration < 1 || Duration > LIMITS.eventRetentionMinutes)) {
    throw new Fault(
      'InvalidParameterValue',
      `Invalid value ${Duration} for Duration. Must be between 1 and ${LIMITS.eventRetentionMinutes} minutes`,
    )
  }
  const length = (Duration ?? DEFAULT_DURATION) * MINUTE_MS
  const to = EndTime?.getTime() ?? (StartTime && Duration !== undefined ? StartTime.getTime() + length : now)
  const from = StartTime?.getTime() ?? to - length
  if (from > to) throw new Fault('InvalidParameterCombination', 'StartTime must not be later than EndTime.')
  return { from, to }
}
