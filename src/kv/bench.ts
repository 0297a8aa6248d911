import type { Socket } from 'node:net'
import { type Clock, systemClock } from '../net/clock.ts'
import { Lane, type LaneCounts, type NextRequest, type ReadLine } from './lane.ts'
import { Latencies } from './latencies.ts'

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

/** Servers under load, in the protocol they speak. */
export interface BenchTarget<Node = unknown> {
  nodeOf(key: string): Node
  /** Stores all of them, sent together. */
  store(keys: readonly string[], value: Buffer, seconds: number): Promise<void>
  /** A connection of its own. */
  open(node: Node): Promise<BenchConnection>
  /** What is sent for a key, whose value has so many bytes and lives so long. */
  requests(valueBytes: number, seconds: number): { get(key: string): string; set(key: string): string }
  readonly readLine: ReadLine
}

interface BenchConnection {
  release(): Socket
  close(): void
}

const PREFIX = 'cachectl-bench:'
// What a run leaves behind is gone soon after.
const KEEP_SECONDS = 60
const FILL_AT_ONCE = 50

/**
 * Puts a load on nodes for a while: fills the keys, each on its node, then gets and sets them in an order that looks
 * random and is the same every time.
 * @throws what the target throws while it fills
 */
export async function runBench<Node>(target: BenchTarget<Node>, options: BenchOptions): Promise<BenchReport> {
  const { clock = systemClock, pipeline, seconds, signal } = options
  const lanes: BenchConnection[] = []
  try {
    const keys = Array.from({ length: options.keys }, (_, number) => PREFIX + number)
    await fill(target, keys, options)
    const loads = [...byNode(target, keys)]
    for (let i = 0; i < options.connections; i++) {
      for (const [node] of loads) lanes.push(await target.open(node))
    }
    const counts: LaneCounts = { gets: 0, sets: 0, misses: 0, refused: 0, latencies: new Latencies() }
    const start = clock.monotonicMs()
    const isOver = (): boolean => signal.aborted || clock.monotonicMs() - start >= seconds * 1000
    await Promise.all(
      lanes.map((lane, at) => {
        const [, own] = loads[at % loads.length] as (typeof loads)[number] // as they were opened
        const next = requests(target, own, options, at + 1, isOver)
        return Lane.run(lane.release(), counts, clock, pipeline, next, target.readLine)
      }),
    )
    return { ...counts, seconds: (clock.monotonicMs() - start) / 1000 }
  } finally {
    for (const lane of lanes) lane.close()
  }
}

function byNode<Node>(target: BenchTarget<Node>, keys: readonly string[]): Map<Node, string[]> {
  const owned = new Map<Node, string[]>()
  for (const key of keys) {
    const node = target.nodeOf(key)
    const own = owned.get(node)
    if (own) own.push(key)
    else owned.set(node, [key])
  }
  return owned
}

async function fill<Node>(
  target: BenchTarget<Node>,
  keys: readonly string[],
  { valueBytes, seconds, signal }: BenchOptions,
): Promise<void> {
  const value = Buffer.alloc(valueBytes, 'x')
  for (let at = 0; at < keys.length && !signal.aborted; at += FILL_AT_ONCE) {
    await target.store(keys.slice(at, at + FILL_AT_ONCE), value, lifetime(seconds))
  }
}

const lifetime = (seconds: number): number => Math.ceil(seconds) + KEEP_SECONDS

/** Gets and sets of these keys, in an order of their own for each `seed`. */
function requests<Node>(
  target: BenchTarget<Node>,
  keys: readonly string[],
  { getsPerSet, valueBytes, seconds }: BenchOptions,
  seed: number,
  isOver: () => boolean,
): NextRequest {
  const { get, set } = target.requests(valueBytes, lifetime(seconds))
  let number = seed
  return () => {
    if (isOver()) return undefined
    number = (Math.imul(number, 1_664_525) + 1_013_904_223) >>> 0
    const key = keys[(number >>> 8) % keys.length] ?? ''
    const isSet = (number >>> 16) % (getsPerSet + 1) === 0
    return { bytes: isSet ? set(key) : get(key), isSet }
  }
}
