import { linkedAbort } from '../net/abort.ts'
import { type Clock, elapsedMs, sleep, systemClock } from '../net/clock.ts'
import { type ResolvedTarget, type ResolveFailure, type ResolveOptions, resolveTarget } from '../net/resolve.ts'
import { type Family, familyOf } from '../net/target.ts'
import { attemptConnect, type ConnectAttempt } from './connect.ts'
import { EventQueue } from './event-queue.ts'
import { attemptExchange, type Depth, type Phases } from './exchange.ts'
import { type FamilyLacking, familyLacking } from './family-lacking.ts'
import { measureFloor } from './floor.ts'
import { sourceAddressFor } from './source-address.ts'

export interface ProbeOptions {
  /** `host:port`, `[v6]:port`, ...: see `parseTarget`. */
  readonly targets: readonly string[]
  readonly defaultPort?: number
  /** Attempts per address. Default 5; Infinity goes on until stopped. */
  readonly count?: number
  /** Between the starts of two attempts at the same address, however long they take. Default 1000. */
  readonly delayMs?: number
  /** Per attempt. Default 1000. */
  readonly timeoutMs?: number
  readonly family?: Family
  /** Send from this address of this host. Only addresses of its family are then probed. */
  readonly localAddress?: string
  /** Attempts per second, over all addresses. Instead of `delayMs`. */
  readonly rate?: number
  /** Attempts under way at once, at most. Default 128. */
  readonly parallel?: number
  /** Go on to TLS or to a first answer; `host` of each target is the name asked for. */
  readonly depth?: ProbeDepth | ((target: string) => ProbeDepth | undefined)
  /** Ask the kernel for its round trips, where attempts are at least `KERNEL_SPACING_MS` apart. Default false. */
  readonly kernel?: boolean
  /** Connect to ourselves first: warms Node up, and tells what can't be measured. Default true. */
  readonly measureFloor?: boolean
  readonly signal?: AbortSignal
  readonly clock?: Clock
  readonly names?: ResolveOptions['names']
  /** Families that clients of a host may count on: those of the network type of its cluster. */
  readonly promised?: ReadonlyMap<string, readonly Family[]>
}

export interface ProbeDepth {
  readonly tls?: { readonly ca?: string | Buffer }
  readonly protocol: Depth['protocol']
}

/** An attempt with its place in the run. */
export interface ProbeAttempt extends ConnectAttempt {
  /** The target as it was given. */
  readonly target: string
  readonly host: string
  /** Counts the starts of the whole run, from 1. Events may come in another order. */
  readonly sequence: number
  /** From 1 to `count`. */
  readonly round: number
  /** Milliseconds from the start of the run to the start of this attempt. */
  readonly atMs: number
  readonly warmUp?: boolean
  /** Of attempts that go beyond TCP. */
  readonly phases?: Phases
}

export type ProbeEvent =
  | { readonly type: 'floor'; readonly ms: number }
  | {
      readonly type: 'resolved'
      readonly target: ResolvedTarget
      /** Its addresses that are addresses of this host: nothing lies on the way to them. */
      readonly here?: readonly string[]
      readonly lacking?: FamilyLacking
    }
  | { readonly type: 'unresolved'; readonly failure: ResolveFailure }
  | { readonly type: 'attempt'; readonly attempt: ProbeAttempt }

export interface Slot {
  readonly target: string
  readonly host: string
  readonly address: string
  readonly port: number
  readonly round: number
  /** Milliseconds from the start of the run. */
  readonly at: number
}

// More connections at once would measure the queue of this process instead of the network.
const MOST_IN_FLIGHT = 128

/** Asking the kernel starts a program, which must not fall into the next attempt. */
const KERNEL_SPACING_MS = 40

/**
 * Connects to every address of every target, `count` times each. Events come as things happen, attempts when they are
 * over. Ends early, without an error, when the signal aborts or the consumer stops reading; what is under way then
 * is dropped, not reported.
 */
export async function* probe(options: ProbeOptions): AsyncGenerator<ProbeEvent, void, undefined> {
  const { clock = systemClock, count = 5, delayMs = 1000 } = options
  const stop = linkedAbort(options.signal)
  try {
    const floor = options.measureFloor === false ? undefined : await measureFloor(9, clock)
    if (floor !== undefined) yield { type: 'floor', ms: floor }

    const resolved: ResolvedTarget[] = []
    for (const lookup of options.targets.map((text) => resolveTarget(text, resolveOptions(options, stop.signal)))) {
      const outcome = await lookup
      if (stop.signal.aborted) return
      if (outcome.ok) resolved.push(outcome)
      yield outcome.ok ? await resolvedEvent(outcome, options) : { type: 'unresolved', failure: outcome }
    }
    const lanes = resolved.reduce((sum, { addresses }) => sum + addresses.length, 0)
    const between = options.rate === undefined ? delayMs : (lanes * 1000) / options.rate
    const kernel = options.kernel === true && between / Math.max(1, lanes) >= KERNEL_SPACING_MS
    yield* run(scheduleAttempts(resolved, count, between), { ...options, kernel }, clock, stop.signal)
  } finally {
    stop.abort()
    stop.release()
  }
}

async function resolvedEvent(target: ResolvedTarget, options: ProbeOptions): Promise<ProbeEvent> {
  const { host, port, addresses } = target
  const sources = await Promise.all(addresses.map(({ address }) => sourceAddressFor(address, port)))
  const here = addresses.flatMap(({ address }, at) => {
    const source = sources[at]
    return source && 'address' in source && source.address === address ? [address] : []
  })
  const { family } = resolveOptions(options)
  const promised = (options.promised?.get(host) ?? []).filter((each) => family === undefined || each === family)
  const lacking = familyLacking(host, addresses, promised)
  return { type: 'resolved', target, ...(here.length > 0 && { here }), ...(lacking && { lacking }) }
}

/**
 * When each attempt starts; endless when `count` is Infinity. One round per `delayMs`; within it the addresses are
 * spread evenly, so that no attempt is slowed by the work of another.
 */
export function* scheduleAttempts(
  targets: readonly ResolvedTarget[],
  count: number,
  delayMs: number,
): Generator<Slot, void, undefined> {
  const lanes = targets.flatMap(({ target, host, port, addresses }) =>
    addresses.map(({ address }) => ({ target, host, address, port })),
  )
  for (let round = 0; round < count && lanes.length > 0; round++) {
    for (const [index, lane] of lanes.entries()) {
      yield { ...lane, round: round + 1, at: round * delayMs + (index * delayMs) / lanes.length }
    }
  }
}

async function* run(
  slots: Iterable<Slot>,
  options: ProbeOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<ProbeEvent, void, undefined> {
  const queue = new EventQueue<ProbeEvent>()
  const inFlight = new Set<Promise<void>>()
  const start = clock.monotonicMs()

  const attempt = async (slot: Slot, sequence: number): Promise<void> => {
    const { target, host, round } = slot
    const atMs = elapsedMs(clock, start)
    const outcome = await attemptAt(slot, options, clock, signal)
    if (outcome.outcome === 'aborted') return
    const place = { target, host, sequence, round, atMs, ...(sequence === 1 && { warmUp: true }) }
    queue.push({ type: 'attempt', attempt: { ...outcome, ...place } })
  }
  const startAll = async (): Promise<void> => {
    let sequence = 0
    for (const slot of slots) {
      await sleep(clock, Math.max(0, slot.at - elapsedMs(clock, start)), signal)
      while (inFlight.size >= (options.parallel ?? MOST_IN_FLIGHT)) await Promise.race(inFlight)
      if (signal.aborted) break
      const flight = attempt(slot, ++sequence).finally(() => inFlight.delete(flight))
      inFlight.add(flight)
    }
    await Promise.all(inFlight)
  }
  startAll().then(
    () => queue.end(),
    (error: unknown) => queue.fail(error),
  )
  yield* queue
}

function attemptAt(slot: Slot, options: ProbeOptions, clock: Clock, signal: AbortSignal) {
  const connecting = connectOptions(slot, options, clock, signal)
  const wanted = typeof options.depth === 'function' ? options.depth(slot.target) : options.depth
  if (!wanted) return attemptConnect(connecting)
  const { tls, protocol } = wanted
  const depth: Depth = { protocol, ...(tls && { tls: { ...tls, host: slot.host } }) }
  return attemptExchange({ ...connecting, depth })
}

function connectOptions(slot: Slot, options: ProbeOptions, clock: Clock, signal: AbortSignal) {
  const { address, port } = slot
  const { localAddress, timeoutMs = 1000, kernel = false } = options
  return { address, port, clock, signal, timeoutMs, kernel, ...(localAddress !== undefined && { localAddress }) }
}

function resolveOptions(options: ProbeOptions, signal?: AbortSignal): ResolveOptions {
  const { defaultPort, names, clock, localAddress } = options
  const family = options.family ?? (localAddress === undefined ? undefined : familyOf(localAddress))
  return {
    ...(signal && { signal }),
    ...(defaultPort !== undefined && { defaultPort }),
    ...(family !== undefined && { family }),
    ...(names !== undefined && { names }),
    ...(clock !== undefined && { clock }),
  }
}
