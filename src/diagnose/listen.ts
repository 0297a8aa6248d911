/** What is spoken at an address that takes connections. */
import { type LinkedAbort, linkedAbort } from '../net/abort.ts'
import { type Clock, sleep, systemClock } from '../net/clock.ts'
import type { AskTls } from '../net/connection.ts'
import type { ExamineOptions } from './doctor.ts'
import type { AddressEvidence } from './evidence.ts'
import { BINARY_VERSION, type FirstWords, hearFirstWords, type PlainDial, RESP_PING } from './first-words.ts'
import { examineNode } from './node-answers.ts'
import type { tryEachOnce } from './node-trial.ts'
import { inspectTls, type TlsView } from './tls-inspect.ts'

/** What was said there. */
export type Spoken = Pick<AddressEvidence, 'words' | 'tls' | 'answers' | 'trial'>

/** For an answer, and for a handshake. */
const PATIENCE_MS = 2000
/** For an answer that comes late. */
const LATE_MS = 4000
/** What keeps silent for so long is asked in other ways, too, while it is waited for. */
const SOON_MS = 300
/** What answers in another way by then needs no longer to answer in this one. */
const ENOUGH_MS = 1000

/** First as clients are to speak, then, where that fails, the other way. `tell` hears of the first answer. */
export function listen(
  { place, address }: Pick<AddressEvidence, 'place' | 'address'>,
  options: ExamineOptions,
  tryNode: ReturnType<typeof tryEachOnce>,
  tell: (words: Spoken) => void,
): Promise<Spoken> {
  const isResp = place.speaks === 'resp'
  const { clock = systemClock, patienceMs = PATIENCE_MS, latePatienceMs = LATE_MS, signal } = options
  const ca = options.trust.get(place.cluster ?? '')?.ca
  const dial = {
    address,
    port: place.port,
    clock,
    ...(signal && { signal }),
    timeoutMs: patienceMs,
    ...(isResp && { question: RESP_PING }),
  }
  return (place.tls ? listenUnderTls : listenPlainly)({
    dial,
    latePatienceMs,
    secure: (own) =>
      inspectTls({
        ...dial,
        ...own,
        replyTimeoutMs: latePatienceMs,
        host: place.host,
        ...(ca !== undefined && { ca }),
      }),
    /** Of Memcached: what it tells of itself, and how it serves several clients. */
    async converse(first, replyMs = 0, tls) {
      tell(first)
      // Longer answers take longer.
      const to = { ...dial, timeoutMs: 1.5 * patienceMs, host: place.host, ...(tls && { tls }) }
      const [answers, trial] = await Promise.all([
        examineNode(to),
        tryNode({ ...to, timeoutMs: patienceMs + Math.min(patienceMs, TURNS * replyMs), latePatienceMs }),
      ])
      return { ...first, answers, trial }
    },
  })
}

/** Of the longest conversation of a trial, its connection and handshake included. */
const TURNS = 7

interface Listening {
  readonly dial: PlainDial & { readonly clock: Clock }
  readonly latePatienceMs: number
  secure(own?: { readonly signal: AbortSignal }): Promise<TlsView>
  converse(first: Spoken, replyMs?: number, tls?: AskTls): Promise<Spoken>
}

async function listenUnderTls({ dial, secure, converse }: Listening): Promise<Spoken> {
  const [securely, plainly] = [linkedAbort(dial.signal), linkedAbort(dial.signal)]
  const handshake = repeatedly(
    () => secure(securely),
    ({ outcome }) => outcome !== 'closed' && outcome !== 'not-connected',
  )
  const beside = unlessSoon(handshake, dial, async () => {
    const words = await hearFirstWords({ ...dial, signal: plainly.signal })
    if (words.connected && words.replyMs !== undefined) endSoon(securely, dial)
    return words
  })
  const tls = await handshake
  over(securely)
  if (tls.outcome !== 'established') return { tls, words: (await beside) ?? (await hearFirstWords(dial)) }
  over(plainly)
  // Whatever the certificate is worth, that is judged elsewhere.
  return /^VERSION /.test(tls.reply ?? '') ? converse({ tls }, tls.replyMs, { verify: false }) : { tls }
}

async function listenPlainly({ dial, latePatienceMs, secure, converse }: Listening): Promise<Spoken> {
  const [first, others] = [linkedAbort(dial.signal), linkedAbort(dial.signal)]
  const { signal } = others
  const hearing = repeatedly(
    () => hearFirstWords({ ...dial, signal: first.signal }),
    (words) => words.connected && words.speaker !== 'closed',
  )
  const beside = unlessSoon(hearing, dial, async () => {
    const again = hearAgain({ ...dial, signal }, latePatienceMs)
    const tls = await secure({ signal })
    if (KNOW_TLS.has(tls.outcome)) for (const stop of [first, others]) endSoon(stop, dial)
    return { tls, again: await again }
  })
  try {
    const words = await hearing
    if (!words.connected) return { words }
    if (words.speaker === 'memcached') {
      over(others)
      return await converse({ words }, words.replyMs)
    }
    if (SURE.has(words.speaker)) return { words }
    const other = await beside
    if (!other) return { words, tls: await secure() }
    const { tls, again } = other
    if (words.speaker !== 'silent' || again === undefined) return { words, tls }
    const isLate = again.connected && again.speaker === 'memcached'
    return isLate ? await converse({ words: again, tls }, again.replyMs) : { words: again, tls }
  } finally {
    over(first)
    over(others)
  }
}

/** Undefined: there was an answer before there was a need to ask in another way. */
async function unlessSoon<T>(
  answer: Promise<unknown>,
  { clock, signal }: Listening['dial'],
  ask: () => Promise<T>,
): Promise<T | undefined> {
  const isThere = await Promise.race([answer.then(() => true), sleep(clock, SOON_MS, signal).then(() => false)])
  return isThere || signal?.aborted ? undefined : ask()
}

/** Ends what is still waited for, once it has had as long as is fair. */
const endSoon = (stop: LinkedAbort, { clock }: Listening['dial']): void =>
  void sleep(clock, ENOUGH_MS - SOON_MS, stop.signal).then(() => stop.abort())

function over(stop: LinkedAbort): void {
  stop.abort()
  stop.release()
}

/** Some servers hang up on one client and serve the next, and some packets are lost. */
async function repeatedly<T>(look: () => Promise<T>, tells: (seen: T) => boolean): Promise<T> {
  const first = await look()
  if (tells(first)) return first
  const telling = Array.from({ length: MORE_LOOKS }, async () => {
    const seen = await look()
    return tells(seen) ? seen : Promise.reject(new Error('it tells nothing'))
  })
  return Promise.any(telling).catch(() => first)
}

const MORE_LOOKS = 3

/** In plain text, such a server says nothing. */
const KNOW_TLS: ReadonlySet<TlsView['outcome']> = new Set(['established', 'refused'])

/** A server that says so needs no handshake. */
const SURE: ReadonlySet<string> = new Set(['redis', 'full', 'memcached-error'])

/**
 * Silence may be the binary protocol's, or that of a server that takes its time, or loses every second answer. Undefined: it
 * is none of these.
 */
async function hearAgain(dial: PlainDial, latePatienceMs: number): Promise<FirstWords | undefined> {
  const [late, alike, binary] = await Promise.all([
    hearFirstWords({ ...dial, timeoutMs: latePatienceMs }),
    hearFirstWords(dial),
    hearFirstWords({ ...dial, question: BINARY_VERSION }),
  ])
  if (binary.connected && binary.speaker === 'memcached-binary') return binary
  return [late, alike].find((words) => words.connected && words.speaker === 'memcached')
}
