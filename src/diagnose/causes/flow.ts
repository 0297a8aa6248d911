/** What passes on connections that stand. */
import { shell } from '../../api/shell.ts'
import { type Cause, failure, shows, warning, wherever } from './cause.ts'
import { at, bracketed, fullSizePing, inMidSentence, isHere, mtuHint, name, spokenAs, who } from './places.ts'
import type { SignKind } from './sign.ts'

/** What long answers suffer from, lists of nodes suffer from. */
const LISTS = ['bad-list', 'list-unanswered'] as const

export const flowCauses: readonly Cause[] = [
  {
    id: 'R13',
    title: 'connections stand, and what is sent on them is lost',
    seat: 'way',
    source: 'Measured: the kernel sends the first bytes again and again, and no acknowledgement comes (ss -ti)',
    odds: 0.03,
    suspect: (seen) =>
      wherever(seen, 'unacknowledged', (one) =>
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
    odds: 0.03,
    suspect: (seen) =>
      wherever(
        seen,
        'stalls',
        (one) =>
          failure(
            at(one),
            isHere(one)
              ? `${who(one)} is on this host, answers short questions, and long exchanges stall.`
              : `${who(one)} answers short questions, and long exchanges stall: full-size packets are lost on the way.`,
            isHere(one)
              ? 'The server stops in the middle: look at its process, and at what it waits for.'
              : mtuHint(one),
            fullSizePing(one),
          ),
        ...LISTS,
      ),
  },
  {
    id: 'R16',
    title: 'very little passes per second',
    seat: 'way',
    source: 'Measured: bytes per second of 400 questions and their answers',
    odds: 0.03,
    suspect: (seen) =>
      [...new Map(seen.of('narrow', 'queues').map((sign) => [sign.at, sign])).values()].flatMap(({ address: one }) => {
        if (!one) return []
        const { received = 0, ms = 1 } = one.answers?.bulk ?? {}
        const queued = seen.at(at(one), 'queues')
        return [
          {
            ...warning(
              at(one),
              `Only ${perSecond(received / ms)} per second pass to and from ${inMidSentence(who(one))}: values of some size take seconds.`,
              "Look for network limits of the node type (NetworkBandwidthOutAllowanceExceeded), a shaped link, or a proxy's limit.",
              shell`cachectl kv bench ${spokenAs(one)}`,
            ),
            explains: [
              ...shows(0.99, ...queued, ...seen.at(at(one), 'narrow')),
              ...shows(0.9, ...seen.at(name(one.place), ...LISTS)),
              // Where packets queue, so do those of every connection, until some are given up.
              ...(queued.length > 0 ? shows(0.9, ...seen.at(at(one), ...QUEUED)) : []),
            ],
          },
        ]
      }),
  },
]

/** What packets that queue for long look like on single connections. */
const QUEUED = [
  'stalls',
  'lost-at-times',
  'first-few-only',
  'answers-lost',
  'some-fail',
  'uneven',
  'late',
  'late-on-data',
  'mute-on-data',
] as const satisfies readonly SignKind[]

const perSecond = (kb: number): string => (kb < 1 ? `${Math.round(kb * 1000)} bytes` : `${Math.round(kb)} KB`)
