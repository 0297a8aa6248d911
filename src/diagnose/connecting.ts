import { linkedAbort } from '../net/abort.ts'
import { elapsedMs, sleep, systemClock } from '../net/clock.ts'
import { familyOf } from '../net/target.ts'
import { attemptConnect, type ConnectAttempt } from './connect.ts'
import type { ExamineOptions } from './doctor.ts'
import { watchOwnTurns } from './own-turns.ts'
import { sentAgain } from './packet-counters.ts'

/** Several attempts at one address, and what is known of them before all are over. */
export interface Connecting {
  readonly all: Promise<readonly ConnectAttempt[]>
  /** Requests for connections that this host sent again, to whomever, until all were over; undefined where that is not known. */
  readonly sentAgain: Promise<number | undefined>
  /** Those that are over, as they are; the others as if their time were over. */
  soFar(): readonly ConnectAttempt[]
  /** One has connected, and the others have had their time to. False: none ever did. */
  readonly serves: Promise<boolean>
  /** One has connected, or all are over, or nothing has come for a while. */
  readonly told: Promise<void>
  /** Nothing more is to be learnt: what is still waited for counts as silence. */
  giveUp(): void
}

/** Enough to see one lost packet in five, most times. */
const ATTEMPTS = 6
const BETWEEN_MS = 60
/** After the last was begun: what keeps this process busy would look like distance. */
const LAST_MS = 120
/** Nothing is that long on its way; and a lost SYN has been sent again, after 1 s. */
const SILENT_MS = 1350

/** Within a region connections take a few milliseconds. */
const FAR_MS = 10
/** Where this process was busy for so long, what it took for distance may be its own: the kernel is asked. */
const BUSY_MS = 5

export interface RepeatOptions extends Pick<ExamineOptions, 'timeoutMs' | 'attempts' | 'clock' | 'signal'> {
  /** From the beginning of one to that of the next. Default 60. */
  readonly betweenMs?: number
}

/** Begins at once. Never rejects. */
export function connectRepeatedly(address: string, port: number, options: RepeatOptions): Connecting {
  const { timeoutMs = 3500, attempts: count = ATTEMPTS, betweenMs = BETWEEN_MS, clock = systemClock, signal } = options
  const before = sentAgain()
  const turns = watchOwnTurns(clock)
  const enough = linkedAbort()
  // One is enough to hear why, from a router that says so late; what the others send again would be taken for other traffic.
  const others = linkedAbort(enough.signal)
  const open = new Map<number, Pick<ConnectAttempt, 'startedAt'> & { readonly start: number }>()
  const over: ConnectAttempt[] = []
  let first = (): void => {}
  const connected = new Promise<true>((resolve) => {
    first = () => resolve(true)
  })
  const attempt = async (at: number): Promise<void> => {
    await sleep(clock, at * betweenMs, signal)
    const { signal: own } = at === 0 ? enough : others
    if (own.aborted) return
    open.set(at, { startedAt: clock.now().toISOString(), start: clock.monotonicMs() })
    const bounds = { timeoutMs, clock, enough: own, ...(signal && { signal }) }
    over[at] = await attemptConnect({ address, port, ...bounds })
    open.delete(at)
    if (over[at]?.outcome === 'connected') first()
  }
  const made = Promise.all(Array.from({ length: count }, (_, at) => attempt(at)))
  const after = made.then(() => sentAgain())
  const all = made.then(async () => {
    const times = over.flatMap(({ outcome, ms }) => (outcome === 'connected' ? [ms] : []))
    const isInDoubt = turns.end() > BUSY_MS && times.length > 0 && times.every((ms) => ms > FAR_MS)
    if (isInDoubt)
      over.push(await attemptConnect({ address, port, timeoutMs, clock, kernel: true, ...(signal && { signal }) }))
    return over.filter(Boolean)
  })
  const begun = Promise.race([made, sleep(clock, (count - 1) * betweenMs + LAST_MS, signal)])
  const serves = Promise.race([connected, all.then((list) => list.some(({ outcome }) => outcome === 'connected'))])
  const told = Promise.race([serves, sleep(clock, SILENT_MS, signal)])
  void told.then((serving) => serving === undefined && others.abort())
  return {
    all,
    sentAgain: Promise.all([before, after]).then(([from, to]) => from && to && to.requests - from.requests),
    serves: serves.then((does) => begun.then(() => does)),
    told: told.then(() => {}),
    soFar: () => [
      ...over.filter(Boolean),
      ...[...open.values()].map(({ startedAt, start }) => ({
        address,
        family: familyOf(address),
        port,
        startedAt,
        outcome: 'timeout' as const,
        ms: elapsedMs(clock, start),
      })),
    ],
    giveUp: () => enough.abort(),
  }
}
