/** What passes on connections that stand. */
import { shell } from '../../api/shell.ts'
import type { AddressEvidence } from '../evidence.ts'
import { type Cause, failure, warning } from './cause.ts'
import { at, bracketed, deviceTo, each, inMidSentence, isHere, speaks as isSpeaking, spokenAs, who } from './places.ts'

export const flowCauses: readonly Cause[] = [
  {
    id: 'R13',
    title: 'connections stand, and what is sent on them is lost',
    seat: 'way',
    source: 'Measured: the kernel sends the first bytes again and again, and no acknowledgement comes (ss -ti)',
    odds: 0.05,
    suspect: ({ evidence: { addresses } }) =>
      each(addresses, losesData).map((one) =>
        failure(
          at(one),
          `${who(one)} takes connections, and nothing sent on them arrives: packets with data are dropped on the way.`,
          'Look for a firewall that lets only the handshake pass (state tracking, asymmetric routes), or a proxy without a target.',
          `ss -tin dst ${bracketed(one)}`,
        ),
      ),
  },
  {
    id: 'R15',
    title: 'short answers come, long ones do not',
    seat: 'way',
    source: 'RFC 2923: a path MTU that is not told; measured with 400 questions at once',
    odds: 0.05,
    suspect: ({ evidence: { addresses } }) =>
      each(addresses, (one) => isSpeaking(one) && stallsWhenLong(one)).map((one) =>
        failure(
          at(one),
          isHere(one)
            ? `${who(one)} is on this host, answers short questions, and long exchanges stall.`
            : `${who(one)} answers short questions, and long exchanges stall: full-size packets are lost on the way.`,
          isHere(one)
            ? 'The server stops in the middle: look at its process, and at what it waits for.'
            : `Let ICMP "fragmentation needed" / "packet too big" pass. Until then, for this host: ip link set dev ${deviceTo(one)} mtu 1280`,
          `ping -M do -c 3 -s ${one.family === 6 ? 1452 : 1472} ${one.address}`,
        ),
      ),
  },
  {
    id: 'R16',
    title: 'very little passes per second',
    seat: 'way',
    source: 'Measured: bytes per second of 400 questions and their answers',
    odds: 0.05,
    suspect: ({ evidence: { addresses } }) =>
      each(addresses, (one) => isSpeaking(one) && !stallsWhenLong(one) && isNarrow(one)).map((one) => {
        const { received = 0, ms = 1 } = one.answers?.bulk ?? {}
        return warning(
          at(one),
          `Only ${perSecond(received / ms)} per second pass to and from ${inMidSentence(who(one))}: values of some size take seconds.`,
          "Look for network limits of the node type (NetworkBandwidthOutAllowanceExceeded), a shaped link, or a proxy's limit.",
          shell`cachectl kv bench ${spokenAs(one)}`,
        )
      }),
  },
]

/** The kernel of this host had nothing of the question acknowledged. */
export const losesData = ({ words, tls }: AddressEvidence): boolean =>
  tls?.outcome !== 'established' &&
  words?.connected === true &&
  words.speaker === 'silent' &&
  words.kernel !== undefined &&
  words.kernel.sentBytes > 0 &&
  words.kernel.ackedBytes === 0

/** Bytes of a full-size packet: at a low rate, the time it takes is no sign of loss. */
const FULL_PACKET = 1460

/**
 * Waited for much longer than for a short answer, and in vain. An answer that trickles in does not stall: the pace of
 * what did come, the short answer first, tells when the next packet was due.
 */
const stallsWhenLong = (one: AddressEvidence): boolean => {
  const { bulk } = one.answers ?? {}
  if (bulk === undefined || bulk.complete) return false
  const quiet = bulk.quietMs ?? bulk.ms
  const heardFor = bulk.ms - quiet
  const due = bulk.received > 0 && heardFor > 0 ? (FULL_PACKET * heardFor) / bulk.received : 0
  return quiet > 3 * shortReplyMs(one) + 300 && quiet > 2 * due
}

const shortReplyMs = ({ words, tls }: AddressEvidence): number => (words?.connected ? words.replyMs : tls?.replyMs) ?? 0

const SLOW_KB_PER_SECOND = 64

const perSecond = (kb: number): string => (kb < 1 ? `${Math.round(kb * 1000)} bytes` : `${Math.round(kb)} KB`)

/** Long answers take long, or do not come: told as such, whatever was asked. */
export const isSlow = (one: AddressEvidence): boolean => stallsWhenLong(one) || isNarrow(one)

/** Slower than the answers to single questions explain: distance and late answers are told elsewhere. */
function isNarrow(one: AddressEvidence): boolean {
  if (!one.answers?.bulk) return false
  const { received, ms } = one.answers.bulk
  const slowest = Math.max(shortReplyMs(one), ...one.attempts.map((attempt) => attempt.ms))
  return ms > 4 * slowest + 200 && received / ms < SLOW_KB_PER_SECOND
}
