import { linkedAbort } from '../net/abort.ts'
import { sleep, systemClock } from '../net/clock.ts'
import type { AskTls } from '../net/connection.ts'
import { attemptConnect, type ConnectAttempt } from './connect.ts'
import type { ExamineOptions } from './doctor.ts'
import type { AddressEvidence, HostEvidence, Place } from './evidence.ts'
import { BINARY_VERSION, type FirstWords, hearFirstWords } from './first-words.ts'
import { examineNode } from './node-answers.ts'
import type { tryEachOnce } from './node-trial.ts'
import { sourceAddressFor } from './source-address.ts'
import { inspectTls } from './tls-inspect.ts'

/** Enough to see one lost packet in five, most times. */
const ATTEMPTS = 6
const BETWEEN_ATTEMPTS_MS = 60
/** For an answer, and for a handshake. */
const PATIENCE_MS = 2000

/** Connects to every address of a place, several times, and reads what answers. */
export function examineAddresses(
  place: Place,
  hosts: readonly HostEvidence[],
  options: ExamineOptions,
  tryNode: ReturnType<typeof tryEachOnce>,
): Promise<AddressEvidence>[] {
  const host = hosts.find((each) => each.host === place.host)
  if (!host?.lookup.ok) return []
  return host.lookup.addresses.map(({ address, family }) => {
    const known = host.survey?.views.flatMap(({ ipv6 }) => ipv6).find((each) => each.address === address)
    return examineAddress(
      { place, address, family, ...(known?.translates && { translates: known.translates }) },
      options,
      tryNode,
    )
  })
}

type Located = Pick<AddressEvidence, 'place' | 'address' | 'family' | 'translates'>

async function examineAddress(
  located: Located,
  options: ExamineOptions,
  tryNode: ReturnType<typeof tryEachOnce>,
): Promise<AddressEvidence> {
  const { place, address } = located
  const { port } = place
  const [source, attempts] = await Promise.all([
    sourceAddressFor(address, port),
    connectRepeatedly(address, port, options),
  ])
  const base = { ...located, port, source, attempts }
  if (!connects(base)) return base
  return { ...base, ...(await listen(located, options, tryNode)) }
}

async function connectRepeatedly(address: string, port: number, options: ExamineOptions): Promise<ConnectAttempt[]> {
  const { timeoutMs = 3500, attempts = ATTEMPTS, clock = systemClock } = options
  return Promise.all(
    Array.from({ length: attempts }, async (_, at) => {
      await sleep(clock, at * BETWEEN_ATTEMPTS_MS, options.signal)
      return attemptConnect({ address, port, timeoutMs, ...passed(options) })
    }),
  )
}

/** What is spoken there: first as clients are to speak, then, where that fails, the other way. */
async function listen({ place, address }: Located, options: ExamineOptions, tryNode: ReturnType<typeof tryEachOnce>) {
  const isResp = place.speaks === 'resp'
  const dial = {
    address,
    port: place.port,
    ...passed(options),
    timeoutMs: options.patienceMs ?? PATIENCE_MS,
    ...(isResp && { question: RESP_PING }),
  }
  // Longer answers take longer.
  const asking = { ...dial, timeoutMs: 1.5 * dial.timeoutMs }
  const ca = options.trust.get(place.cluster ?? '')?.ca
  const secure = () =>
    inspectTls({
      ...dial,
      replyTimeoutMs: options.latePatienceMs ?? LATE_MS,
      host: place.host,
      ...(ca !== undefined && { ca }),
    })
  /** Of Memcached: what it tells of itself, and how it serves several clients. */
  const converse = async (replyMs = 0, tls?: AskTls) => {
    const to = { ...asking, host: place.host, ...(tls && { tls }) }
    const timeoutMs = dial.timeoutMs + Math.min(dial.timeoutMs, TURNS * replyMs)
    const [answers, trial] = await Promise.all([
      examineNode(to),
      tryNode({ ...to, timeoutMs, latePatienceMs: options.latePatienceMs ?? LATE_MS }),
    ])
    return { answers, trial }
  }
  if (place.tls) {
    const tls = await repeatedly(secure, ({ outcome }) => outcome !== 'closed' && outcome !== 'not-connected')
    if (tls.outcome !== 'established') return { tls, words: await hearFirstWords(dial) }
    const speaks = !isResp && /^VERSION /.test(tls.reply ?? '')
    // Whatever the certificate is worth, that is judged elsewhere.
    return { tls, ...(speaks && (await converse(tls.replyMs, { verify: false }))) }
  }
  const late = hearLate(dial, options)
  try {
    const first = await repeatedly(
      () => hearFirstWords(dial),
      (words) => (words.connected ? words.speaker !== 'closed' : words.outcome === 'timeout'),
    )
    if (!first.connected) return { words: first }
    if (first.speaker === 'memcached') {
      late.forget()
      return { words: first, ...(await converse(first.replyMs)) }
    }
    if (SURE.has(first.speaker)) return { words: first }
    const [tls, words] = await Promise.all([
      secure(),
      first.speaker === 'silent' ? hearAgain(dial, first, late.heard) : first,
    ])
    const answersAfterAll = words.connected && words.speaker === 'memcached'
    return { words, tls, ...(answersAfterAll && (await converse(words.replyMs))) }
  } finally {
    late.forget()
  }
}

/** Some servers hang up on one client and serve the next. */
async function repeatedly<T>(look: () => Promise<T>, tells: (seen: T) => boolean): Promise<T> {
  const first = await look()
  if (tells(first)) return first
  const more = await Promise.all(Array.from({ length: MORE_LOOKS }, look))
  return more.find(tells) ?? first
}

const MORE_LOOKS = 3
/** Of the longest conversation of a trial, its connection and handshake included. */
const TURNS = 7

/** To servers of Redis OSS and Valkey, an inline command: those that want a password first say so. */
export const RESP_PING = Buffer.from('PING\r\n')

/** A server that says so needs no handshake. */
const SURE: ReadonlySet<string> = new Set(['redis', 'full', 'memcached-error'])

/** Silence may be the binary protocol's, or that of a server that takes its time. */
async function hearAgain(
  dial: Parameters<typeof hearFirstWords>[0],
  silence: FirstWords,
  lately: Promise<FirstWords | undefined>,
): Promise<FirstWords> {
  // One more of the same, where every second answer is lost.
  const [late, alike, binary] = await Promise.all([
    lately,
    hearFirstWords(dial),
    hearFirstWords({ ...dial, question: BINARY_VERSION }),
  ])
  if (binary.connected && binary.speaker === 'memcached-binary') return binary
  return [late, alike].find((words) => words?.connected && words.speaker === 'memcached') ?? silence
}

/**
 * A second question, which is waited for longer: begun while the first one still waits, so that a server that keeps silent does
 * not cost both times. It is not asked where the first is answered soon.
 */
function hearLate(
  dial: Parameters<typeof hearFirstWords>[0],
  { latePatienceMs = LATE_MS, clock = systemClock }: ExamineOptions,
): { readonly heard: Promise<FirstWords | undefined>; forget(): void } {
  const stop = linkedAbort(dial.signal)
  const { signal } = stop
  const heard = sleep(clock, SOON_MS, signal).then(() =>
    signal.aborted ? undefined : hearFirstWords({ ...dial, timeoutMs: latePatienceMs, signal }),
  )
  return {
    heard: heard.finally(() => stop.release()),
    forget: () => stop.abort(),
  }
}

const SOON_MS = 300

/** For an answer that comes late, beside the handshake. */
const LATE_MS = 4000

export const connects = ({ attempts }: Pick<AddressEvidence, 'attempts'>): boolean =>
  attempts.some(({ outcome }) => outcome === 'connected')

const passed = ({ signal, clock }: ExamineOptions) => ({ ...(signal && { signal }), ...(clock && { clock }) })
