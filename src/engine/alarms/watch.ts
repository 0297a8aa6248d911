import { setImmediate } from 'node:timers/promises'
import { NAMESPACE } from '../../api/catalog/metrics.ts'
import type { RecordedMetric } from '../metrics/recorder.ts'
import type { AlarmRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { evaluate, type Period, periodsLookedAt } from './evaluate.ts'
import { HistoryWriter } from './history.ts'
import { transition } from './transition.ts'

const MINUTE_MS = 60_000

/** Alarms looked at in one go, before others have their turn: a clock moved over a day asks for a thousand times all of them. */
const IN_ONE_GO = 2_000

/**
 * Looks at every alarm as of the end of each of the minutes [from, to), in their order, when they have been recorded: a clock
 * that was moved over an hour brings what sixty minutes would have. Which state follows is in the records alone.
 */
export async function watchAlarms(
  store: Store,
  metricsOf: (region: string) => Iterable<RecordedMetric>,
  from: number,
  to: number,
): Promise<void> {
  const regions = [...new Set(store.all('alarm').map(({ region }) => region))]
  for (const region of regions) {
    const metrics = new Map([...metricsOf(region)].map((metric) => [keyOf(metric.name, metric.dimensions), metric]))
    const metricOf = remembered((alarm) => metricFor(alarm, metrics))
    let looked = 0
    for (let minute = from + 1; minute <= to; minute++) {
      const alarms = store.list('alarm', region)
      watch(alarms, metricOf, minute, store)
      looked += alarms.length
      if (looked < IN_ONE_GO) continue
      looked = 0
      await setImmediate()
    }
  }
}

type MetricOf = (alarm: AlarmRecord) => RecordedMetric | undefined

/** @param minute The alarms, all of one region, are looked at as of its beginning. */
function watch(alarms: readonly AlarmRecord[], metricOf: MetricOf, minute: number, store: Store): void {
  const now = minute * MINUTE_MS
  const moves = alarms.flatMap((alarm) => {
    if (alarm.configuredAt > now) return []
    const verdict = evaluate(alarm, alarm.state, periodsOf(alarm, metricOf(alarm), minute), now)
    return verdict ? [{ alarm, verdict }] : []
  })
  const [first] = moves
  if (!first) return
  store.change((change) => {
    const history = new HistoryWriter(change, store, first.alarm.region)
    for (const { alarm, verdict } of moves) transition(alarm, verdict, now, change, history)
  })
}

/** The newest first; they end with the minute, whatever it is a multiple of: each minute has its own. */
function periodsOf(alarm: AlarmRecord, metric: RecordedMetric | undefined, minute: number): Period[] {
  const length = alarm.period / 60
  const samples = Array.from({ length: periodsLookedAt(alarm) }, (): number[] => [])
  metric?.each(minute - samples.length * length, minute, (at, value) => {
    samples[Math.floor((minute - 1 - at) / length)]?.push(value)
  })
  return samples.map((of, age) => ({ start: (minute - (age + 1) * length) * MINUTE_MS, samples: of }))
}

/** Of other namespaces there is nothing here, and of another unit no samples. */
function metricFor(alarm: AlarmRecord, metrics: ReadonlyMap<string, RecordedMetric>): RecordedMetric | undefined {
  const { namespace, metricName, dimensions, unit } = alarm
  const metric = namespace === NAMESPACE ? metrics.get(keyOf(metricName, dimensions)) : undefined
  return unit === undefined || unit === metric?.unit ? metric : undefined
}

/** Records are never changed: what is true of one stays true of it. */
function remembered(find: MetricOf): MetricOf {
  const known = new Map<AlarmRecord, RecordedMetric | undefined>()
  return (alarm) => {
    if (!known.has(alarm)) known.set(alarm, find(alarm))
    return known.get(alarm)
  }
}

/** The same for dimensions in any order. */
function keyOf(name: string, dimensions: AlarmRecord['dimensions']): string {
  const pairs = dimensions.map(({ Name, Value }) => [Name, Value])
  return JSON.stringify([name, ...pairs.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))])
}
