import { type Clock, sleep, systemClock } from '../net/clock.ts'
import { type Family, familyOf } from '../net/target.ts'
import { attemptConnect } from './connect.ts'
import { askDns } from './dns-query.ts'
import { type PacketCounters, packetCounters } from './packet-counters.ts'

/** What became, on this host itself, of packets to an address and of answers from it. JSON-able. */
export interface OwnPackets {
  readonly address: string
  readonly port: number
  /** Of a DNS server, asked over UDP. Absent: of a cache. */
  readonly dns?: true
  /** At every one of some attempts, and never between them. */
  readonly seen: readonly PacketFate[]
}

export type PacketFate =
  /** The question was stopped before it came to a device. */
  | 'unsent'
  /** Answers came in, and were stopped before they came to a protocol. */
  | 'undelivered'
  /** Answers came in by another device than questions leave by, and were dropped for it. */
  | 'wrong-way'
  /** This host itself reset the connection. */
  | 'reset-here'
  /** This host itself answered in the name of the other end, and no socket of its own did. */
  | 'turned-back'
  /** The server is here, and its queue is full. */
  | 'queue-full'
  /** It was sent, and nothing at all came in. */
  | 'vanished'

const FATES = {
  unsent: ({ unsent }) => unsent > 0,
  undelivered: ({ undelivered }) => undelivered > 0,
  'wrong-way': ({ wrongWay }) => wrongWay > 0,
  'reset-here': ({ resets }) => resets > 0,
  'turned-back': ({ looped, resets }) => looped > 0 && resets === 0,
  'queue-full': ({ overflows }) => overflows > 0,
  vanished: ({ sent, received }) => sent > 0 && received === 0,
} as const satisfies Readonly<Record<PacketFate, (change: PacketCounters) => boolean>>

/** Between attempts the same must not be seen, or other programs' packets would be taken for ours. */
const LOUD = {
  ...FATES,
  vanished: ({ received }) => received > 0,
} as const satisfies Readonly<Record<PacketFate, (change: PacketCounters) => boolean>>

export interface WatchOptions {
  readonly count?: typeof packetCounters
  readonly connect?: typeof attemptConnect
  readonly ask?: typeof askDns
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** Enough for an answer from another zone or region. */
const TRY_MS = 250

interface Round {
  readonly tries: number
  readonly pauseMs: number
  /** Late answers to earlier attempts come in pauses as well. */
  readonly mostLoudPauses: number
}

/** Any server knows it, or hears of it at once. */
const ANY_NAME = 'localhost'
/** A program that resets what it has taken does so a moment later. */
const RESET_MS = 40

const TOGETHER: Round = { tries: 3, pauseMs: 60, mostLoudPauses: 1 }
/** Once it is known that it is so here, and asked is only for which address. */
const ALONE: Round = { tries: 2, pauseMs: 10, mostLoudPauses: 2 }

type Target = Pick<OwnPackets, 'address' | 'port' | 'dns'>

/**
 * Connects to addresses that do not answer a few more times, and reads before and after each what this host's kernel
 * counted: no rights are needed to tell that a filter here took the packets. All together first: where that shows
 * nothing, nothing here does it. None where the kernel does not tell. Never rejects.
 */
export async function watchPackets(targets: readonly Target[], options: WatchOptions = {}): Promise<OwnPackets[]> {
  const seen: OwnPackets[] = []
  for (const family of [4, 6] as const) {
    const own = targets.filter(({ address }) => familyOf(address) === family)
    const together = own.length > 0 ? await fatesOf(own, family, options, TOGETHER) : []
    if (together === undefined) continue
    const alone = own.length > 1 && together.length > 0
    for (const target of own) {
      const fates = alone ? ((await fatesOf([target], family, options, ALONE)) ?? []) : together
      seen.push({ ...target, seen: fates.filter((fate) => together.includes(fate)) })
    }
  }
  return seen
}

/** What is seen at every attempt at these at once, and not between attempts. */
async function fatesOf(
  targets: readonly Target[],
  family: Family,
  { count = packetCounters, connect = attemptConnect, ask = askDns, clock = systemClock, signal }: WatchOptions,
  { tries, pauseMs, mostLoudPauses }: Round,
): Promise<PacketFate[] | undefined> {
  const loud = new Map((Object.keys(FATES) as PacketFate[]).map((fate) => [fate, 0])) // Object.keys forgets what it was given
  for (let at = 0; at < tries && loud.size > 0; at++) {
    const before = await count(family)
    await sleep(clock, pauseMs, signal)
    const start = await count(family)
    const passed = { timeoutMs: TRY_MS, clock, ...(signal && { signal }) }
    const tried = await Promise.all(
      targets.map(({ dns, ...server }) =>
        dns ? ask(ANY_NAME, 'A', { ...passed, server, tries: 1 }) : connect({ ...passed, ...server }),
      ),
    )
    if (tried.some(({ outcome }) => outcome === 'connected')) await sleep(clock, RESET_MS, signal)
    const end = await count(family)
    if (!before || !start || !end) return undefined
    const [pause, attempt] = [changeOf(before, start), changeOf(start, end)]
    for (const [fate, pauses] of loud) {
      const now = pauses + (LOUD[fate](pause) ? 1 : 0)
      if (!FATES[fate](attempt) || now > mostLoudPauses) loud.delete(fate)
      else loud.set(fate, now)
    }
  }
  return [...loud.keys()]
}

const changeOf = (before: PacketCounters, after: PacketCounters): PacketCounters => ({
  unsent: after.unsent - before.unsent,
  sent: after.sent - before.sent,
  received: after.received - before.received,
  undelivered: after.undelivered - before.undelivered,
  wrongWay: after.wrongWay - before.wrongWay,
  resets: after.resets - before.resets,
  looped: after.looped - before.looped,
  overflows: after.overflows - before.overflows,
})
