import { type Clock, systemClock } from '../net/clock.ts'
import { KvClient, type KvOptions } from './client.ts'
import { KvConnection } from './connection.ts'
import { Lane, type LaneCounts, type NextRequest } from './lane.ts'
import { Latencies } from './latencies.ts'
import type { KvNode } from './placement.ts'

export interface BenchOptions {
  /** To each node. */
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

export interface BenchReport extends Readonly<LaneCounts> {
  readonly seconds: number
}

const PREFIX = 'cachectl-bench:'
// What a run leaves behind is gone soon after.
const KEEP_SECONDS = 60
const FILL_AT_ONCE = 50

/**
 * Puts a load on nodes for a while: fills the keys, each on its node, then gets and sets them in an order that looks
 * random and is the same every time.
 * @throws Unreachable, NotMemcached, Refused while it fills
 */
export async function runBench(nodes: readonly KvNode[], kv: KvOptions, options: BenchOptions): Promise<BenchReport> {
  const { clock = systemClock, pipeline, seconds, signal } = options
  const client = new KvClient(nodes, kv)
  const lanes: KvConnection[] = []
  try {
    const keys = Array.from({ length: options.keys }, (_, number) => PREFIX + number)
    await fill(client, keys, options)
    const owned = new Map(nodes.map((node): [KvNode, string[]] => [node, []]))
    for (const key of keys) owned.get(client.nodeOf(key))?.push(key)
    const loads = [...owned].filter(([, own]) => own.length > 0)
    for (let i = 0; i < options.connections; i++) {
      for (const [node] of loads) lanes.push(await KvConnection.open(client.dialOf(node)))
    }
    const counts: LaneCounts = { gets: 0, sets: 0, misses: 0, refused: 0, latencies: new Latencies() }
    const start = clock.monotonicMs()
    const isOver = (): boolean => signal.aborted || clock.monotonicMs() - start >= seconds * 1000
    await Promise.all(
      lanes.map((lane, at) => {
        const [, own] = loads[at % loads.length] as (typeof loads)[number] // as they were opened
        return Lane.run(lane.release(), counts, clock, pipeline, requests(own, options, at + 1, isOver))
      }),
    )
    return { ...counts, seconds: (clock.monotonicMs() - start) / 1000 }
  } finally {
    for (const lane of lanes) lane.close()
    await client.close()
  }
}

async function fill(
  client: KvClient,
  keys: readonly string[],
  { valueBytes, seconds, signal }: BenchOptions,
): Promise<void> {
  const item = { value: Buffer.alloc(valueBytes, 'x'), flags: 0, exptime: exptimeOf(seconds) }
  for (let at = 0; at < keys.length && !signal.aborted; at += FILL_AT_ONCE) {
    await Promise.all(keys.slice(at, at + FILL_AT_ONCE).map((key) => client.store('set', key, item)))
  }
}

const exptimeOf = (seconds: number): number => Math.ceil(seconds) + KEEP_SECONDS

/** Gets and sets of these keys, in an order of their own for each `seed`. */
function requests(
  keys: readonly string[],
  { getsPerSet, valueBytes, seconds }: BenchOptions,
  seed: number,
  isOver: () => boolean,
): NextRequest {
  const tail = ` 0 ${exptimeOf(seconds)} ${valueBytes}\r\n${'x'.repeat(valueBytes)}\r\n`
  let number = seed
  return () => {
    if (isOver()) return undefined
    number = (Math.imul(number, 1_664_525) + 1_013_904_223) >>> 0
    const key = keys[(number >>> 8) % keys.length] ?? ''
    const isSet = (number >>> 16) % (getsPerSet + 1) === 0
    return { bytes: isSet ? `set ${key}${tail}` : `get ${key}\r\n`, isSet }
  }
}
