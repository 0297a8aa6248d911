import { type Clock, systemClock } from '../diagnose/clock.ts'
import { KvClient, type KvOptions } from './client.ts'
import { Latencies } from './latencies.ts'
import type { KvNode } from './placement.ts'

export interface BenchOptions {
  readonly connections: number
  /** Requests of a connection that are on their way at a time. */
  readonly pipeline: number
  readonly seconds: number
  /** Gets for each set; 0: sets only. */
  readonly getsPerSet: number
  readonly valueBytes: number
  readonly keys: number
  readonly signal: AbortSignal
  readonly clock?: Clock
}

export interface BenchReport {
  readonly seconds: number
  readonly gets: number
  readonly sets: number
  readonly misses: number
  /** Requests that a node refused, as when its memory is full. */
  readonly refused: number
  readonly latencies: Latencies
}

const PREFIX = 'cachectl-bench:'
// What a run leaves behind is gone soon after.
const KEEP_SECONDS = 60
const FILL_AT_ONCE = 50

/**
 * Puts a load on nodes for a while: fills the keys, then gets and sets them in a fixed order that looks random.
 * @throws Unreachable, NotMemcached
 */
export async function runBench(nodes: readonly KvNode[], kv: KvOptions, options: BenchOptions): Promise<BenchReport> {
  const { clock = systemClock, connections, pipeline, seconds, signal } = options
  const item = { value: Buffer.alloc(options.valueBytes, 'x'), flags: 0, exptime: Math.ceil(seconds) + KEEP_SECONDS }
  const clients = Array.from({ length: connections }, () => new KvClient(nodes, kv))
  const counts = { gets: 0, sets: 0, misses: 0, refused: 0 }
  const latencies = new Latencies()

  async function request(client: KvClient, number: number, isSet: boolean): Promise<void> {
    const key = PREFIX + (number % options.keys)
    try {
      if (isSet) {
        counts.sets++
        await client.store('set', key, item)
      } else {
        counts.gets++
        const [found] = await client.get([key])
        if (!found) counts.misses++
      }
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'Refused') throw error
      counts.refused++
    }
  }

  async function keepAsking(client: KvClient, seed: number, until: number): Promise<void> {
    let number = seed
    while (!signal.aborted) {
      const before = clock.monotonicMs()
      if (before >= until) return
      number = (Math.imul(number, 1_664_525) + 1_013_904_223) >>> 0
      await request(client, number >>> 8, number % (options.getsPerSet + 1) === 0)
      latencies.add(clock.monotonicMs() - before)
    }
  }

  async function fill(client: KvClient, first: number): Promise<void> {
    for (let key = first; key < options.keys && !signal.aborted; key += FILL_AT_ONCE)
      await client.store('set', PREFIX + key, item)
  }

  try {
    const [filler] = clients
    if (filler) await Promise.all(Array.from({ length: FILL_AT_ONCE }, (_, first) => fill(filler, first)))
    const start = clock.monotonicMs()
    const until = start + seconds * 1000
    await Promise.all(
      clients.flatMap((client, at) =>
        Array.from({ length: pipeline }, (_, lane) => keepAsking(client, at * pipeline + lane + 1, until)),
      ),
    )
    return { ...counts, latencies, seconds: (clock.monotonicMs() - start) / 1000 }
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
}
