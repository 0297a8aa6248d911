import { cpuCreditsOf } from '../../api/catalog/cpu-credits.ts'
import type { Unit } from '../../api/catalog/metrics.ts'
import { errorMessage } from '../../api/thrown.ts'
import type { Reading } from '../nodes/readings.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from '../time/clock.ts'
import { subjectsOf } from '../workloads/all.ts'
import type { Dimension, Subject } from '../workloads/workload.ts'
import { clusterMetrics } from './cluster-metrics.ts'
import { creditSamples } from './credits.ts'
import type { SampleFile, SavedSubject } from './sample-file.ts'
import { Series } from './series.ts'
import { minuteOf, sample } from './sources.ts'
import { CREDIT_METRICS, metricsOf } from './table.ts'

const MINUTE_MS = 60_000
const DAY = 24 * 60
/** Minutes beyond the day that may stay until they are cleared away. */
const SLACK = 60
/** Bytes of samples at most. A day of a busy node takes 430 KB, so that of 300 busy ones not quite a day is kept. */
const MOST_BYTES = 128 * 2 ** 20
const SAVE_EVERY_MINUTES = 10

export interface RecorderOptions {
  readonly store: Store
  /** The engine's clock, whose minutes are recorded, and the machine's, that wakes at their ends. */
  readonly clock: Pick<Clock, 'now'>
  readonly machineClock: Clock
  readonly readings: () => Promise<ReadonlyMap<string, Reading>>
  readonly file: SampleFile
  /** Called when the minutes [from, to) have been recorded, before the oldest are forgotten. */
  readonly recorded?: (from: number, to: number) => Promise<void>
  readonly log: (line: string) => void
}

interface Recording {
  readonly subject: Subject
  readonly series: Series
  /** The last reading; undefined until there is one, and after a restart of the engine, which ends all nodes. */
  reading: Reading | undefined
}

/** One metric of one node, of a whole cluster, or of a cache, as far as it has been recorded. */
export interface RecordedMetric {
  readonly dimensions: readonly Dimension[]
  readonly name: string
  readonly unit: Unit
  /** Calls `take` with each sample of the minutes [from, to), in the order of time. Of a cluster each node has one. */
  each(from: number, to: number, take: (minute: number, value: number) => void): void
}

/**
 * Samples of every metric of every node and serverless cache, once a minute of the engine's clock, for a day. They are kept
 * in memory, and in a file that is written every ten minutes and at the end: a crash loses ten minutes at most. A minute in
 * which the engine did not run has no samples; one that its clock was moved over has, of nodes that did nothing.
 */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #recordings = new Map<string, Recording>()
  /** The minute that is recorded next. */
  #next: number
  #lastSaved: number
  #work: Promise<void> = Promise.resolve()
  #cancel: () => void = () => {}
  #closed = false

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#next = minuteAt(options.clock.now())
    this.#lastSaved = this.#next
    for (const saved of options.file.load()) this.#recordings.set(saved.subject.key, restored(saved))
    this.#forget()
    this.#arm()
  }

  /** Records what is over and not recorded yet, now that the engine's clock has been moved. */
  catchUp(): Promise<void> {
    this.#work = this.#work.then(() => this.#record())
    this.#arm()
    return this.#work
  }

  /** Everything recorded in a region, by node and metric, and by cluster and metric. */
  *all(region: string): Generator<RecordedMetric> {
    const all = [...this.#recordings.values()]
      .filter(({ subject }) => subject.region === region)
      .flatMap((recording) => [...this.#metricsOf(recording)])
    yield* all
    yield* clusterMetrics(all)
  }

  /** What runs now, freshly read. */
  async current(): Promise<(readonly [Subject, Reading])[]> {
    const readings = await this.#options.readings()
    return subjectsOf(this.#options.store).flatMap((subject) => {
      const reading = readings.get(subject.key)
      return reading ? [[subject, reading] as const] : []
    })
  }

  /** Forgets everything. */
  clear(): void {
    this.#recordings.clear()
    this.#next = minuteAt(this.#options.clock.now())
    this.#options.file.clear()
    this.#arm()
  }

  /** Writes what there is, and records no more. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#work
    this.#save()
  }

  #arm(): void {
    this.#cancel()
    if (this.#closed) return
    const { clock, machineClock } = this.#options
    this.#cancel = machineClock.at(machineClock.now() + MINUTE_MS - (clock.now() % MINUTE_MS), () => {
      void this.catchUp()
    })
  }

  async #record(): Promise<void> {
    const { clock, readings, store, log } = this.#options
    const end = minuteAt(clock.now())
    if (this.#closed || end <= this.#next) return
    try {
      const read = await readings()
      for (const subject of subjectsOf(store)) {
        const reading = read.get(subject.key)
        if (reading) this.#add(subject, reading, Math.max(this.#next, minuteAt(subject.createdAt), end - DAY), end)
      }
    } catch (error) {
      // A worker that ends takes its answer with it; what was counted is in the next minute's sample.
      log(`metrics: ${errorMessage(error)}`)
    }
    const from = Math.max(this.#next, end - DAY)
    this.#next = end
    try {
      await this.#options.recorded?.(from, end)
    } catch (error) {
      // A full disk, say: what follows from the samples is looked at again at the end of the next minute.
      log(`alarms: ${errorMessage(error)}`)
    }
    this.#forget()
    if (end - this.#lastSaved >= SAVE_EVERY_MINUTES) this.#save()
  }

  /** What was counted belongs to the first of the minutes: the clock was moved past the others. */
  #add(subject: Subject, reading: Reading, from: number, to: number): void {
    const { metrics, readings } = metricsOf(subject.kind)
    const recording = this.#recordings.get(subject.key)
    // Columns of another kind mean something else.
    const known = recording?.subject.kind === subject.kind ? recording : undefined
    const { series, reading: before } = known ?? { series: new Series(metrics.length), reading: undefined }
    if (from < to) series.add(from, sample(metrics, minuteOf(readings, before, reading, 60)))
    const idle = from + 1 < to ? sample(metrics, minuteOf(readings, reading, reading, 60)) : undefined
    for (let minute = from + 1; idle && minute < to; minute++) series.add(minute, idle)
    this.#recordings.set(subject.key, { subject, series, reading })
  }

  *#metricsOf({ subject, series }: Recording): Generator<RecordedMetric> {
    const { dimensions } = subject
    const { metrics } = metricsOf(subject.kind)
    for (const [column, { name, unit }] of metrics.entries()) {
      if (!series.has(column)) continue
      yield { dimensions, name, unit, each: (from, to, take) => series.each(column, from, to, take) }
    }
    const credits = subject.nodeType === undefined ? undefined : cpuCreditsOf(subject.nodeType)
    const cpu = metrics.findIndex(({ name }) => name === 'CPUUtilization')
    if (!credits || cpu < 0) return
    const samples = () => creditSamples(utilizationOf(series, cpu), credits, minuteAt(subject.createdAt))
    for (const { name, unit, of } of CREDIT_METRICS) {
      yield {
        dimensions,
        name,
        unit,
        each(from, to, take) {
          for (const each of samples()) if (each.minute >= from && each.minute < to) take(each.minute, of(each))
        },
      }
    }
  }

  #forget(): void {
    const oldest = this.#next - DAY
    for (const [key, { series }] of this.#recordings) {
      if ((series.earliest ?? oldest) < oldest - SLACK) series.forgetBefore(oldest)
      if (series.latest === undefined || series.latest < oldest) this.#recordings.delete(key)
    }
    const all = [...this.#recordings.values()].map(({ series }) => series)
    while (all.reduce((sum, { bytes }) => sum + bytes, 0) > MOST_BYTES) {
      const earliest = all.reduce((least, series) => Math.min(least, series.earliest ?? this.#next), this.#next)
      if (earliest >= this.#next - 1) return
      for (const series of all) series.forgetBefore(earliest + SLACK)
    }
  }

  #save(): void {
    this.#lastSaved = this.#next
    try {
      this.#options.file.save(
        [...this.#recordings.values()].map(({ subject, series }) => ({ subject, ...series.save() })),
      )
    } catch (error) {
      this.#options.log(`metrics cannot be written: ${errorMessage(error)}`)
    }
  }
}

const minuteAt = (time: number): number => Math.floor(time / MINUTE_MS)

const restored = ({ subject, ...saved }: SavedSubject): Recording => ({
  subject,
  series: Series.from(saved, metricsOf(subject.kind).metrics.length),
  reading: undefined,
})

function utilizationOf(series: Series, column: number): { minute: number; percent: number }[] {
  const found: { minute: number; percent: number }[] = []
  series.each(column, 0, Number.POSITIVE_INFINITY, (minute, percent) => found.push({ minute, percent }))
  return found
}
