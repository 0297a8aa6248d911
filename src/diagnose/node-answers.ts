import { type Clock, elapsedMs, sleep, systemClock } from '../net/clock.ts'
import { type AskTls, overConnection, type Trouble } from '../net/connection.ts'

/** What a Memcached node says of itself, and how it copes with more than a few bytes. JSON-able. */
export interface NodeAnswers {
  /** Numbers of `stats`, in its own words; absent where the node does not tell. */
  readonly stats: NodeStats
  readonly settings: Readonly<Partial<Record<(typeof SETTINGS)[number], number>>>
  /** False: it refuses to store where memory is full (`memcached -M`), and throws nothing out. */
  readonly evicts?: boolean
  /** Milliseconds until the whole of `stats` was there. */
  readonly statsMs?: number
  /**
   * Many `version`s at once: full-size packets in both directions. Nothing on the node is changed by it. Where `stats`
   * did not come in time: that one question, and how much of its answer was there.
   */
  readonly bulk?: Bulk
}

export type NodeStats = Readonly<Partial<Record<(typeof STATS)[number], number>>>

export interface Bulk {
  readonly bytes: number
  /** Where it is not complete: of all answers of the connection, in all of its time. */
  readonly received: number
  readonly ms: number
  /** The longest time in which nothing came. */
  readonly pauseMs?: number
  readonly complete: boolean
  /** Not complete: how long nothing had come when the time was up. */
  readonly quietMs?: number
  /** Not complete: the connection was ended, before the time was up; so many times as it was tried. */
  readonly cutOff?: number
}

const STATS = [
  'uptime',
  'curr_connections',
  'max_connections',
  'total_connections',
  'rejected_connections',
  'listen_disabled_num',
  'conn_yields',
  'curr_items',
  'bytes',
  'limit_maxbytes',
  'evictions',
  'cmd_get',
  'cmd_set',
  'cmd_flush',
  'get_hits',
  'get_misses',
  'store_too_large',
  'store_no_memory',
] as const
// `maxconns` is also in stats of newer versions, as max_connections.
const SETTINGS = ['maxconns', 'idle_timeout', 'item_size_max'] as const

export interface AnswersDial {
  readonly address: string
  readonly port: number
  readonly host: string
  readonly tls?: AskTls
  /** For everything together, each time. Default 3000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

const BULK = 400
export const STATS_QUESTION = 'stats\r\n'
const SETTINGS_QUESTION = 'stats settings\r\n'
const QUESTION = 'version\r\n'

/**
 * Asks over one connection: `stats`, `stats settings`, then many questions at once. What looks slow is asked a second
 * time: this process may have been busy itself. Never rejects.
 */
export async function examineNode(dial: AnswersDial): Promise<NodeAnswers> {
  const first = await askAll(dial)
  if (first.bulk?.complete && first.bulk.ms < UNREMARKABLE_MS && (first.statsMs ?? 0) < UNREMARKABLE_MS) return first
  if (first.bulk?.complete === false && (first.bulk.quietMs ?? 0) > BUSY_FOR_MS) return first
  await sleep(dial.clock ?? systemClock, PAUSE_MS, dial.signal)
  const second = await askAll({ ...dial, timeoutMs: (dial.timeoutMs ?? PATIENCE_MS) / 2 })
  const [worse, better] = paceOf(second) > paceOf(first) ? [first, second] : [second, first]
  const statsMs = Math.min(first.statsMs ?? Number.POSITIVE_INFINITY, second.statsMs ?? Number.POSITIVE_INFINITY)
  const cuts = (first.bulk?.cutOff ?? 0) + (second.bulk?.cutOff ?? 0)
  const told = { ...worse, ...better, ...(Number.isFinite(statsMs) && { statsMs }) }
  return told.bulk?.cutOff ? { ...told, bulk: { ...told.bulk, cutOff: cuts } } : told
}

const PATIENCE_MS = 3000
const PAUSE_MS = 250
/** Longer than this process is ever busy with something else. */
const BUSY_FOR_MS = 1500
const paceOf = ({ bulk }: NodeAnswers): number => (bulk ? bulk.received / bulk.ms : 0)

const UNREMARKABLE_MS = 150

async function askAll(dial: AnswersDial): Promise<NodeAnswers> {
  const { timeoutMs = PATIENCE_MS, clock = systemClock } = dial
  return overConnection({ ...dial, tls: dial.tls }, { ...dial, timeoutMs }, async (connection) => {
    if (!('exchange' in connection)) return { stats: {}, settings: {} }
    const start = clock.monotonicMs()
    let heard = start
    let pauseMs = 0
    let before = 0
    const hear = (): void => {
      pauseMs = Math.max(pauseMs, elapsedMs(clock, heard))
      heard = clock.monotonicMs()
    }
    const ended = (bytes: Buffer): boolean => {
      hear()
      return isWhole(bytes)
    }
    const cutShort = (bytes: number, { kind, received }: Trouble): Bulk => ({
      bytes,
      received: before + received.length,
      ms: elapsedMs(clock, start),
      complete: false,
      pauseMs: Math.max(pauseMs, elapsedMs(clock, heard)),
      quietMs: elapsedMs(clock, heard),
      ...(kind === 'reset' && { cutOff: 1 }),
    })
    const stats = await connection.exchange(STATS_QUESTION, ended)
    const statsMs = elapsedMs(clock, start)
    // Too slow for even that: it stands for the many questions.
    if (!Buffer.isBuffer(stats)) return { stats: {}, settings: {}, bulk: cutShort(STATS_QUESTION.length, stats) }
    const told = { stats: statsIn(stats), statsMs }
    before = stats.length
    const settings = await connection.exchange(SETTINGS_QUESTION, ended)
    if (!Buffer.isBuffer(settings))
      return { ...told, settings: {}, bulk: cutShort(STATS_QUESTION.length + SETTINGS_QUESTION.length, settings) }
    before += settings.length
    const begun = clock.monotonicMs()
    heard = begun
    pauseMs = 0
    const many = await connection.exchange(QUESTION.repeat(BULK), (bytes) => {
      hear()
      return linesIn(bytes) >= BULK
    })
    const bytes = QUESTION.length * BULK
    const bulk = Buffer.isBuffer(many)
      ? { bytes, received: many.length, ms: elapsedMs(clock, begun), pauseMs, complete: true }
      : cutShort(bytes, many)
    const evicts = /^STAT evictions (on|off)\r?$/m.exec(settings.toString('latin1'))?.[1]
    return { ...told, settings: numbersIn(settings, SETTINGS), ...(evicts && { evicts: evicts === 'on' }), bulk }
  })
}

/** An answer of several lines is over, or it is an error. */
export const isWhole = (bytes: Buffer): boolean =>
  /(^|\n)(END|(CLIENT_|SERVER_)?ERROR[^\r\n]*)\r?\n$/.test(bytes.toString('latin1', Math.max(0, bytes.length - 80)))

/** Numbers of an answer to `stats`. */
export const statsIn = (answer: unknown): NodeStats => numbersIn(answer, STATS)

export function linesIn(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++
  return lines
}

function numbersIn<K extends string>(answer: unknown, names: readonly K[]): Partial<Record<K, number>> {
  if (!Buffer.isBuffer(answer)) return {}
  const text = answer.toString('latin1')
  const found: Partial<Record<K, number>> = {}
  for (const name of names) {
    const value = new RegExp(`^STAT ${name} (\\d+)\\r?$`, 'm').exec(text)?.[1]
    if (value !== undefined) found[name] = Number(value)
  }
  return found
}
