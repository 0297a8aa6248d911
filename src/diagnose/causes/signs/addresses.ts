/** What shows at one address and port: on the way to it, and in what answers there. */
import type { AddressEvidence, Evidence } from '../../evidence.ts'
import type { TlsView } from '../../tls-inspect.ts'
import {
  at,
  byPlace,
  connectMs,
  hasOtherFamily,
  isAlive,
  isSecondTry,
  isSilent,
  isTurnedAway,
  lostOf,
  name,
  repliesUnderTls,
  replyMs,
  resetsConnections,
  shortReplyMs,
  slowerFamily,
  slowestConnectMs,
  speaks,
  telling,
  who,
  whoIs,
} from '../places.ts'
import type { Sign, SignKind } from '../sign.ts'

interface Row {
  readonly kind: SignKind
  readonly is: (one: AddressEvidence, evidence: Evidence) => boolean
  /** After the name of the place. */
  readonly words: string | ((one: AddressEvidence) => string)
}

const ROWS: readonly Row[] = [
  { kind: 'no-port', is: hasNoPort, words: 'can not be reached: this host has no free port for it' },
  { kind: 'no-descriptor', is: hasNoDescriptor, words: 'can not be reached: no file descriptor is left' },
  {
    kind: 'no-way',
    is: (one, evidence) => hasNoWay(one) && !hasOtherFamily(evidence, one),
    words: 'can not be reached: this host has no way to it',
  },
  {
    kind: 'one-family-only',
    is: (one, evidence) => hasNoWay(one) && hasOtherFamily(evidence, one),
    words: ({ family }) => `is not reached over IPv${family}: this host has none`,
  },
  { kind: 'not-sent', is: isStopped, words: 'is not reached: this host itself refuses the way' },
  { kind: 'timeout', is: (one) => telling(one)?.outcome === 'timeout', words: 'does not answer' },
  { kind: 'refused', is: (one) => telling(one)?.outcome === 'refused', words: 'refuses connections' },
  {
    kind: 'rejected',
    is: (one) => isFar(one) && isUnreachable(one) && !isWaitedFor(one),
    words: "can't be reached, says a router or firewall",
  },
  {
    kind: 'no-neighbour',
    is: (one) => isFar(one) && isUnreachable(one) && isWaitedFor(one),
    words: 'is not there: nobody answers for its address',
  },
  { kind: 'reset', is: resetsConnections, words: 'resets connections as soon as they are made' },
  { kind: 'closed', is: closesAtOnce, words: 'accepts connections and closes them at once' },
  { kind: 'silent', is: (one) => isSilent(one) && !losesData(one), words: 'accepts connections and never answers' },
  { kind: 'unacknowledged', is: losesData, words: 'accepts connections and acknowledges nothing' },
  { kind: 'full', is: isSpeaker('full'), words: 'turns connections away: it has no room' },
  { kind: 'stranger', is: isStranger, words: 'is answered by something else' },
  {
    kind: 'errors-only',
    is: (one) => !one.place.speaks && isSpeaker('memcached-error')(one),
    words: 'answers with errors only',
  },
  { kind: 'binary-only', is: isSpeaker('memcached-binary'), words: 'speaks the binary protocol only' },
  { kind: 'tls-only', is: ({ place, tls }) => !place.tls && tls?.outcome === 'established', words: 'speaks TLS' },
  {
    kind: 'plain-only',
    is: (one) => one.place.tls && one.tls?.outcome !== 'established' && speaksPlainly(one),
    words: 'speaks plain text',
  },
  {
    kind: 'tls-refused',
    // A server that says something else in plain text does not know what a handshake is.
    is: (one) => one.tls?.outcome === 'refused' && !one.tls.wantsClientCertificate && !speaksPlainly(one),
    words: 'refuses the TLS handshake',
  },
  {
    kind: 'wants-certificate',
    is: ({ tls }) => tls?.wantsClientCertificate === true,
    words: 'wants a certificate of the client',
  },
  {
    kind: 'out-of-date',
    is: (one) => isDistrusted(one) && isOutOfDate(one.tls),
    words: 'has a certificate that is not valid today',
  },
  {
    kind: 'untrusted',
    is: (one) => isDistrusted(one) && !isOutOfDate(one.tls),
    words: 'has a certificate that is not trusted here',
  },
  {
    kind: 'wrong-name',
    is: ({ place, tls }) => place.tls && tls?.hostname?.ok === false,
    words: 'has a certificate for another name',
  },
  { kind: 'mute-under-tls', is: isMuteUnderTls, words: 'does not answer as it should after the TLS handshake' },
  {
    kind: 'stalls',
    is: (one) => speaks(one) && stallsWhenLong(one),
    words: 'answers short questions, and long exchanges stall',
  },
  {
    kind: 'handshake-stalls',
    is: stallsInHandshake,
    words: 'takes connections, and its answer to a TLS handshake does not arrive whole',
  },
  {
    kind: 'first-few-only',
    is: servesFirstOnly,
    words: 'takes the first connections at once and the next ones late or never',
  },
  { kind: 'lost-at-times', is: losesAtTimes, words: 'is not reached at every attempt' },
  { kind: 'narrow', is: (one) => speaks(one) && !stallsWhenLong(one) && isNarrow(one), words: 'lets very little pass' },
  { kind: 'late', is: (one) => speaks(one) && answersLate(one), words: 'answers late' },
  { kind: 'far', is: isFarAway, words: 'takes long to connect to' },
]

/** Every address with every sign of its own, and places whose addresses differ. */
export const addressSigns = (evidence: Evidence): Sign[] => [...ownSigns(evidence), ...unlikeSigns(evidence)]

const unlikeSigns = (evidence: Evidence): Sign[] =>
  byPlace(evidence).flatMap(([place, own]) => {
    const slower = slowerFamily(own)
    if (!slower) return []
    const sentence = `${whoIs(place, name(place))} is slower over IPv${slower.family} than over the other family`
    return [{ kind: 'one-family-slow' as const, at: name(place), sentence }]
  })

const ownSigns = (evidence: Evidence): Sign[] =>
  ROWS.flatMap(({ kind, is, words }) =>
    evidence.addresses
      .filter((one) => is(one, evidence))
      .map((one) => ({
        kind,
        at: at(one),
        sentence: `${who(one)} ${typeof words === 'string' ? words : words(one)}`,
        address: one,
      })),
  )

/** Some attempts may have found one of the last ports. */
function hasNoPort({ attempts }: AddressEvidence): boolean {
  return attempts.some(({ outcome }) => outcome === 'ports-exhausted')
}

function hasNoDescriptor({ attempts }: AddressEvidence): boolean {
  return attempts.some(({ code }) => code === 'EMFILE' || code === 'ENFILE')
}

/** No address of this host, or no route, is of use. */
function hasNoWay(one: AddressEvidence): boolean {
  const { source } = one
  if (isAlive(one) || hasNoPort(one)) return false
  return (
    telling(one)?.outcome === 'no-source-address' ||
    ('code' in source && (source.code === 'ENETUNREACH' || source.code === 'EADDRNOTAVAIL'))
  )
}

/** By a route or a firewall of this host. */
function isStopped(one: AddressEvidence): boolean {
  const { outcome = 'connected', local, code } = telling(one) ?? {}
  return (
    ['unreachable', 'prohibited', 'local-error'].includes(outcome) &&
    local === true &&
    code !== 'ENETUNREACH' &&
    !hasNoDescriptor(one)
  )
}

const isFar = (one: AddressEvidence): boolean => telling(one)?.local === false

const isUnreachable = (one: AddressEvidence): boolean =>
  ['unreachable', 'prohibited'].includes(telling(one)?.outcome ?? '')

/** Linux asks for a neighbour three times, a second apart. */
const NEIGHBOUR_GIVEN_UP_MS = 2900

const isWaitedFor = (one: AddressEvidence): boolean =>
  (telling(one)?.ms ?? 0) > NEIGHBOUR_GIVEN_UP_MS && telling(one)?.outcome === 'unreachable'

function isSpeaker(speaker: string) {
  return ({ words, tls }: AddressEvidence): boolean =>
    words?.connected === true && words.speaker === speaker && tls?.outcome !== 'established'
}

function closesAtOnce(one: AddressEvidence): boolean {
  return (
    isAlive(one) &&
    !one.attempts.some(({ local }) => local === true) &&
    one.tls?.outcome !== 'established' &&
    one.tls?.outcome !== 'refused' &&
    !resetsConnections(one) &&
    // A connection that did not come about in time was closed by nobody.
    (isSpeaker('closed')(one) || (one.words?.connected === false && one.words.outcome !== 'timeout'))
  )
}

/** The kernel of this host had nothing of the question acknowledged. */
function losesData({ words, tls }: AddressEvidence): boolean {
  return (
    tls?.outcome !== 'established' &&
    words?.connected === true &&
    words.speaker === 'silent' &&
    words.kernel !== undefined &&
    words.kernel.sentBytes > 0 &&
    words.kernel.ackedBytes === 0
  )
}

/** In plain text, and not of what is to be there. */
const STRANGERS = { memcached: ['redis', 'http', 'other'], resp: ['memcached', 'memcached-error', 'http', 'other'] }

function isStranger(one: AddressEvidence): boolean {
  return STRANGERS[one.place.speaks ?? 'memcached'].some((speaker) => isSpeaker(speaker)(one)) && !one.place.tls
}

const PLAIN: readonly string[] = ['memcached', 'memcached-error', 'memcached-binary', 'redis', 'http', 'full', 'other']

const speaksPlainly = ({ words }: AddressEvidence): boolean =>
  words?.connected === true && PLAIN.includes(words.speaker)

const isDistrusted = ({ place, tls }: AddressEvidence): boolean => place.tls && tls?.trust?.ok === false

const isOutOfDate = (tls: TlsView | undefined): boolean =>
  /^CERT_(HAS_EXPIRED|NOT_YET_VALID)/.test(tls?.trust?.code ?? '')

function isMuteUnderTls(one: AddressEvidence): boolean {
  const { place, tls } = one
  return (
    place.tls &&
    tls?.outcome === 'established' &&
    tls.code === undefined &&
    !tls.wantsClientCertificate &&
    tls.trust?.ok === true &&
    tls.hostname?.ok === true &&
    !repliesUnderTls({ place, tls }) &&
    isAlive(one)
  )
}

/** Bytes of a full-size packet: at a low rate, the time it takes is no sign of loss. */
const FULL_PACKET = 1460

/**
 * Waited for much longer than for a short answer, and in vain. An answer that trickles in does not stall: the pace of
 * what did come, the short answer first, tells when the next packet was due.
 */
function stallsWhenLong(one: AddressEvidence): boolean {
  const { bulk } = one.answers ?? {}
  if (bulk === undefined || bulk.complete) return false
  const quiet = bulk.quietMs ?? bulk.ms
  const heardFor = bulk.ms - quiet
  const due = bulk.received > 0 && heardFor > 0 ? (FULL_PACKET * heardFor) / bulk.received : 0
  return quiet > 3 * shortReplyMs(one) + 300 && quiet > 2 * due
}

const SLOW_KB_PER_SECOND = 64

/** Slower than the answers to single questions explain: distance and late answers are told elsewhere. */
function isNarrow(one: AddressEvidence): boolean {
  if (!one.answers?.bulk) return false
  const { received, pauseMs = 0 } = one.answers.bulk
  // One long pause is that of a server which stalls, or of a busy host; where little passes, it passes all the time.
  const ms = one.answers.bulk.ms - pauseMs
  const slowest = Math.max(shortReplyMs(one), ...one.attempts.map((attempt) => attempt.ms))
  return ms > 4 * slowest + 200 && received / ms < SLOW_KB_PER_SECOND
}

/** One that is late may be chance, or the first after a neighbour was forgotten. */
const SOME_LOST = 2

/** Not all alike, which is distance or an overloaded host: some are turned away, or lose a packet, and others don't. */
function losesAtTimes(one: AddressEvidence): boolean {
  const { attempts } = one
  if (!isAlive(one) || resetsConnections(one) || attempts.some(({ local }) => local === true)) return false
  const isQuick = attempts.some(({ outcome, ms }) => outcome === 'connected' && ms < 900)
  return attempts.some(isTurnedAway) || (isQuick && lostOf(one) >= SOME_LOST)
}

const LATE_MS = 200

/** Against the slowest connection: a busy host delays both. */
function answersLate(one: AddressEvidence): boolean {
  return replyMs(one) > LATE_MS && replyMs(one) > 3 * slowestConnectMs(one)
}

/** No two zones of a region are that far apart, by far; a busy host is not that late with every one of several. */
const FAR_MS = 100

function isFarAway(one: AddressEvidence): boolean {
  return isAlive(one) && one.attempts.every(({ outcome }) => outcome === 'connected') && connectMs(one) > FAR_MS
}

/** Small packets of the answer came and large ones did not, or small answers come and this one, which is large, does not. */
function stallsInHandshake({ place, tls, words }: AddressEvidence): boolean {
  if (!place.tls || tls?.outcome !== 'silent') return false
  const knowsTls = words?.connected === true && (words.speaker === 'closed' || words.speaker === 'tls')
  return (tls.kernel?.outOfOrder ?? 0) > 0 || knowsTls
}

/** A limit that takes some of a few connections takes most of many. */
const losesMany = (one: AddressEvidence): boolean => losesAtTimes(one) && 3 * lostOf(one) >= one.attempts.length

/** Those of one burst: connections that are tried later find a limit that has recovered. */
const BURST_MS = 1000
const SOME = 2

/** Chance rarely sorts those that are lost to the end. */
function servesFirstOnly(one: AddressEvidence): boolean {
  const begun = ({ startedAt }: { readonly startedAt: string }): number => Date.parse(startedAt)
  const start = Math.min(...one.attempts.map(begun))
  const burst = one.attempts.filter((each) => begun(each) - start < BURST_MS).sort((a, b) => begun(a) - begun(b))
  const isQuick = burst.map((each) => each.outcome === 'connected' && !isSecondTry(each, one))
  const first = isQuick.indexOf(false)
  return first >= SOME && isQuick.length - first >= SOME && !isQuick.slice(first).includes(true) && losesMany(one)
}
