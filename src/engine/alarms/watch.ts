import type { RecordedMetric } from '../metrics/recorder.ts'
import { NAMESPACE } from '../metrics/table.ts'
import type { AlarmRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { evaluate, type Period, periodsLookedAt } from './evaluate.ts'
import { HistoryWriter } from './history.ts'
import { transition } from './transition.ts'

const MINUTE_MS = 60_000

/**
 * Looks at every alarm as of the end of each of the minutes [from, to), in their order, when they have been recorded: a clock
 * that was moved over an hour brings what sixty minutes would have. Which state follows is in the records alone.
 */
export function watchAlarms(
  store: Store,
  metricsOf: (region: string) => Iterable<RecordedMetric>,
  from: number,
  to: number,
): void {
  const regions = [...new Set(store.all('alarm').map(({ region }) => region))]
  for (const region of regions) {
    const metrics = new Map([...metricsOf(region)].map((metric) => [keyOf(metric.name, metric.dimensions), metric]))
    for (let minute = from + 1; minute <= to; minute++) watchRegion(store, region, metrics, minute)
  }
}

/** @param minute The alarms are looked at as of its beginning. */
function watchRegion(store: Store, region: string, metrics: ReadonlyMap<string, RecordedMetric>, minute: number): void {
  const now = minute * MINUTE_MS
  const moves = store.list('alarm', region).flatMap((alarm) => {
    if (alarm.configuredAt > now) return []
    const verdict = evaluate(alarm, periodsOf(alarm, metrics, minute), now)
    return verdict && verdict.state !== alarm.state ? [{ alarm, verdict }] : []
  })
  if (moves.length === 0) return
  store.change((change) => {
    const history = new HistoryWriter(change, store, region)
    for (const { alarm, verdict } of moves) transition(alarm, verdict, now, change, history)
  })
}

/** The newest first; they end with the minute, whatever it is a multiple of: each minute has its own. */
function periodsOf(alarm: AlarmRecord, metrics: ReadonlyMap<string, RecordedMetric>, minute: number): Period[] {
  const { namespace, metricName, dimensions, unit, period } = alarm
  const length = period / 60
  const samples = Array.from({ length: periodsLookedAt(alarm) }, (): number[] => [])
  // Of other namespaces there is nothing here.
  const metric = namespace === NAMESPACE ? metrics.get(keyOf(metricName, dimensions)) : undefined
  if (metric && (unit === undefined || unit === metric.unit)) {
    metric.each(minute - samples.length * length, minute, (at, value) => {
      samples[Math.floor((minute - 1 - at) / length)]?.push(value)
    })
  }
  return samples.map((of, age) => ({ start: (minute - (age + 1) * length) * MINUTE_MS, samples: of }))
}

/** The same for dimensions in any order. */
function keyOf(name: string, dimensions: AlarmRecord['dimensions']): string {
  const pairs = dimensions.map(({ Name, Value }) => [Name, Value])
  return JSON.stringify([name, ...pairs.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))])
}
