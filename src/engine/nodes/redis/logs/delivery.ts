/** Delivers the logs of a server that are wanted: looks for what is new in them several times a second. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { LogType } from '../../../../api/local-logs.ts'
import { errorMessage } from '../../../../api/thrown.ts'
import { inMilliseconds } from '../../../../net/clock.ts'
import { sizeOf } from '../../server-log.ts'
import { ENGINE_CLIENT, type Operator } from '../operator.ts'
import type { DeliveredLog, RedisSpec } from '../spec.ts'
import { engineLine, parseEngineLine, type SlowEntry, slowEntries, slowLine } from './entries.ts'
import { LogStream } from './stream.ts'

const LOOK_MS = 250
const MOST_BYTES = 1_000_000

/** Of which life of the server, and the newest entry of that. */
interface SlowPosition {
  readonly run: string
  readonly id: number
}

/** A log may be begun anew, as another file. */
interface EnginePosition {
  readonly inode: number
  readonly offset: number
}

/** A server whose logs are delivered. */
export class LogDelivery {
  readonly #serverLog: string
  readonly #folder: string | undefined
  readonly #slowlog: string
  readonly #streams = new Map<string, LogStream<unknown>>()
  /** Why a log is not delivered. */
  readonly #failures = new Map<LogType, string>()
  #logs: readonly DeliveredLog[]
  #operator: Operator | undefined
  #run: string | undefined
  #isClosed = false
  #looking: Promise<void> = Promise.resolve()

  constructor({ live, logs, renamed = [] }: RedisSpec, serverLog: string) {
    this.#serverLog = serverLog
    this.#folder = logs
    this.#logs = live.logs ?? []
    this.#slowlog = renamed.find(([command]) => command.toLowerCase() === 'slowlog')?.[1] ?? 'SLOWLOG'
  }

  /** Before the server starts: what its former life has left in its log is delivered, and all of what it will say. */
  begin(): void {
    for (const log of this.#logs) {
      this.#try(log, () => {
        if (this.#streamOf(log).position !== undefined) {
          if (log.type === 'engine-log') this.#deliverEngineLog(log)
        } else if (log.type === 'engine-log') this.#begin(log, endOf(this.#serverLog))
        else this.#begin(log, { run: '', id: -1 } satisfies SlowPosition)
      })
    }
  }

  /** The server is there. */
  follow(operator: Operator): void {
    this.#operator = operator
    this.#again()
  }

  /** From now on these. Of one that was not delivered before, what comes from now on. */
  async deliver(logs: readonly DeliveredLog[] = []): Promise<void> {
    if (JSON.stringify(logs) === JSON.stringify(this.#logs)) return
    await this.look()
    const gone = this.#logs.filter(({ type }) => !logs.some((log) => log.type === type))
    for (const log of gone) this.#try(log, () => this.#streamOf(log).end())
    for (const { type } of gone) this.#failures.delete(type)
    const wasIdle = this.#logs.length === 0
    this.#logs = logs
    for (const log of logs) this.#try(log, () => this.#streamOf(log).goTo(this.#fileOf(log)))
    await this.look()
    if (wasIdle) this.#again()
  }

  /** Those that are not delivered now, and why. */
  async troubles(): Promise<Readonly<Partial<Record<LogType, string>>>> {
    if (this.#failures.size > 0) await this.look()
    return Object.fromEntries(this.#failures)
  }

  /** Delivers what there is. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look())
    return this.#looking
  }

  /** The server has ended. */
  end(): void {
    this.#isClosed = true
    for (const log of this.#logs) if (log.type === 'engine-log') this.#try(log, () => this.#deliverEngineLog(log))
  }

  close(): void {
    this.#isClosed = true
  }

  #again(): void {
    if (this.#isClosed || this.#logs.length === 0) return
    inMilliseconds(LOOK_MS, () => void this.look().then(() => this.#again()))
  }

  async #look(): Promise<void> {
    if (this.#isClosed) return
    for (const log of this.#logs) {
      if (this.#failures.has(log.type)) this.#try(log, () => this.#streamOf(log).probe(this.#fileOf(log)))
      if (this.#failures.has(log.type)) continue
      if (this.#streamOf(log).position === undefined) await this.#beginNow(log)
      else if (log.type === 'engine-log') this.#try(log, () => this.#deliverEngineLog(log))
      else await this.#deliverSlowLog(log)
    }
  }

  async #beginNow(log: DeliveredLog): Promise<void> {
    if (log.type === 'engine-log') return this.#try(log, () => this.#begin(log, endOf(this.#serverLog)))
    const position = await this.#newest().catch(() => ({ run: '', id: -1 }))
    this.#try(log, () => this.#begin(log, position))
  }

  async #newest(): Promise<SlowPosition> {
    const operator = this.#operator
    if (!operator) return { run: '', id: -1 }
    const [newest] = slowEntries(await operator.ask(this.#slowlog, 'GET', 1))
    return { run: await this.#runOf(operator), id: newest?.id ?? -1 }
  }

  async #deliverSlowLog(log: DeliveredLog): Promise<void> {
    const operator = this.#operator
    if (!operator) return
    let run: string
    let entries: SlowEntry[]
    try {
      run = await this.#runOf(operator)
      // All it keeps: what has come since the last look may be any of it.
      entries = slowEntries(await operator.ask(this.#slowlog, 'GET', -1))
    } catch {
      return // the server does not answer: later
    }
    this.#try(log, () => {
      const before = this.#streamOf<SlowPosition>(log).position
      const known = before?.run === run ? before.id : -1
      const fresh = entries.filter(({ id }) => id > known)
      const lines = fresh.filter((entry) => !isOwn(entry)).map((entry) => slowLine(entry, log))
      const position: SlowPosition = { run, id: fresh.at(-1)?.id ?? known }
      if (lines.length > 0) this.#append(log, lines, position)
      // What the engine itself has said is not told, and is no reason to write.
      else if (before?.run !== run) this.#begin(log, position)
    })
  }

  #deliverEngineLog(log: DeliveredLog): void {
    for (;;) {
      const before = this.#streamOf<EnginePosition>(log).position
      const read = readLines(this.#serverLog, before)
      if (!read) return
      const entries = read.lines.flatMap((line) => parseEngineLine(line) ?? [])
      this.#append(
        log,
        entries.map((entry) => engineLine(entry, log)),
        read.position,
      )
    }
  }

  async #runOf(operator: Operator): Promise<string> {
    this.#run ??= (await operator.info('server')).get('run_id') ?? ''
    return this.#run
  }

  #begin(log: DeliveredLog, position: unknown): void {
    this.#streamOf(log).begin(this.#fileOf(log), position)
  }

  #append(log: DeliveredLog, lines: readonly string[], position: unknown): void {
    this.#streamOf(log).append(this.#fileOf(log), lines, position)
  }

  #fileOf({ stream }: DeliveredLog): string {
    return join(this.#folder ?? '', stream)
  }

  #streamOf<P>({ region, cluster, type }: DeliveredLog): LogStream<P> {
    const file = join(this.#folder ?? '', region, '.read', `${cluster}.${type}.json`)
    const known = this.#streams.get(file) ?? new LogStream<unknown>(file)
    this.#streams.set(file, known)
    return known as LogStream<P> // the type of a log is in its file's name
  }

  #try({ type }: DeliveredLog, work: () => void): void {
    if (this.#folder === undefined) return
    try {
      work()
      this.#failures.delete(type)
    } catch (error) {
      this.#failures.set(type, errorMessage(error))
    }
  }
}

/** What the engine says to its server, and what replicas say. */
const isOwn = ({ name, words: [command = ''] }: SlowEntry): boolean =>
  name === ENGINE_CLIENT || /^(replconf|psync)$/i.test(command)

const endOf = (file: string): EnginePosition => ({
  inode: statSync(file, { throwIfNoEntry: false })?.ino ?? 0,
  offset: sizeOf(file),
})

/** Whole lines from a position on; undefined: there are none. */
function readLines(file: string, from: EnginePosition | undefined) {
  const handle = opened(file)
  if (handle === undefined) return undefined
  try {
    const { ino: inode, size } = fstatSync(handle)
    const start = from?.inode === inode && from.offset <= size ? from.offset : 0
    const bytes = Buffer.alloc(Math.min(size - start, MOST_BYTES))
    const text = bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, start))
    // A line longer than all that is read at a time is taken in pieces.
    const end = text.lastIndexOf('\n') + 1 || (text.length === MOST_BYTES ? text.length : 0)
    if (end === 0) return undefined
    const lines = text.subarray(0, end).toString().split('\n').filter(Boolean)
    return { lines, position: { inode, offset: start + end } satisfies EnginePosition }
  } finally {
    closeSync(handle)
  }
}

function opened(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch {
    return undefined // the server has not said anything yet
  }
}
