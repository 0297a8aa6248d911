import { elapsedMs, sleep, systemClock } from '../net/clock.ts'
import { overConnection } from '../net/connection.ts'
import { type AnswersDial, isWhole, type NodeStats, STATS_QUESTION, statsIn } from './node-answers.ts'

/** Numbers of one node, read twice. JSON-able. */
export interface NodeWatch {
  readonly address: string
  readonly port: number
  /** Between the two readings. */
  readonly ms: number
  readonly before: NodeStats
  readonly after: NodeStats
}

/** Long enough to see what happens every second, more often than not. */
const BETWEEN_READINGS_MS = 700

/** Reads `stats` twice over one connection. Undefined where the node does not tell. Never rejects. */
export async function watchNode(dial: AnswersDial): Promise<NodeWatch | undefined> {
  const { address, port, timeoutMs = 2000, clock = systemClock } = dial
  const bounds = { ...dial, timeoutMs: BETWEEN_READINGS_MS + timeoutMs }
  return overConnection({ ...dial, tls: dial.tls }, bounds, async (connection, deadline) => {
    if (!('exchange' in connection)) return undefined
    const before = await connection.exchange(STATS_QUESTION, isWhole)
    if (!Buffer.isBuffer(before)) return undefined
    const start = clock.monotonicMs()
    await sleep(clock, BETWEEN_READINGS_MS, deadline)
    const after = await connection.exchange(STATS_QUESTION, isWhole)
    if (!Buffer.isBuffer(after)) return undefined
    return { address, port, ms: elapsedMs(clock, start), before: statsIn(before), after: statsIn(after) }
  })
}
