import { sleep, systemClock } from '../net/clock.ts'
import { attemptConnect, type ConnectAttempt } from './connect.ts'
import type { ExamineOptions } from './doctor.ts'
import type { AddressEvidence, HostEvidence, Place } from './evidence.ts'
import { BINARY_VERSION, type FirstWords, hearFirstWords } from './first-words.ts'
import { examineNode } from './node-answers.ts'
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
): Promise<AddressEvidence>[] {
  const host = hosts.find((each) => each.host === place.host)
  if (!host?.lookup.ok) return []
  return host.lookup.addresses.map(({ address, family }) => {
    const known = host.survey?.views.flatMap(({ ipv6 }) => ipv6).find((each) => each.address === address)
    return examineAddress(
      { place, address, family, ...(known?.translates && { translates: known.translates }) },
      options,
    )
  })
}

type Located = Pick<AddressEvidence, 'place' | 'address' | 'family' | 'translates'>

async function examineAddress(located: Located, options: ExamineOptions): Promise<AddressEvidence> {
  const { place, address } = located
  const { port } = place
  const [source, attempts] = await Promise.all([
    sourceAddressFor(address, port),
    connectRepeatedly(address, port, options),
  ])
  const base = { ...located, port, source, attempts }
  if (!connects(base)) return base
  return { ...base, ...(await listen(located, options)) }
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
async function listen({ place, address }: Located, options: ExamineOptions) {
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
  if (place.tls) {
    const tls = await secure()
    if (tls.outcome !== 'established') return { tls, words: await hearFirstWords(dial) }
    const speaks = !isResp && /^VERSION /.test(tls.reply ?? '')
    // Whatever the certificate is worth, that is judged elsewhere.
    return {
      tls,
      ...(speaks && { answers: await examineNode({ ...asking, host: place.host, tls: { verify: false } }) }),
    }
  }
  const first = await hearFirstWords(dial)
  if (!first.connected) return { words: first }
  if (first.speaker === 'memcached')
    return { words: first, answers: await examineNode({ ...asking, host: place.host }) }
  if (SURE.has(first.speaker)) return { words: first }
  const [tls, words] = await Promise.all([
    secure(),
    first.speaker === 'silent' ? hearAgain(dial, first, options) : first,
  ])
  return { words, tls }
}

/** To servers of Redis OSS and Valkey, an inline command: those that want a password first say so. */
export const RESP_PING = Buffer.from('PING\r\n')

/** A server that says so needs no handshake. */
const SURE: ReadonlySet<string> = new Set(['redis', 'full', 'memcached-error'])

/** Silence may be the binary protocol's, or that of a server that takes its time. */
async function hearAgain(
  dial: Parameters<typeof hearFirstWords>[0],
  silence: FirstWords,
  { latePatienceMs = LATE_MS }: ExamineOptions,
): Promise<FirstWords> {
  const [late, binary] = await Promise.all([
    hearFirstWords({ ...dial, timeoutMs: latePatienceMs }),
    hearFirstWords({ ...dial, question: BINARY_VERSION }),
  ])
  if (binary.connected && binary.speaker === 'memcached-binary') return binary
  return late.connected && late.speaker === 'memcached' ? late : silence
}

/** For an answer that comes late, beside the handshake. */
const LATE_MS = 4000

export const connects = ({ attempts }: Pick<AddressEvidence, 'attempts'>): boolean =>
  attempts.some(({ outcome }) => outcome === 'connected')

const passed = ({ signal, clock }: ExamineOptions) => ({ ...(signal && { signal }), ...(clock && { clock }) })
