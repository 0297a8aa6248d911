/** What is lost on the way, of some packets or of those of one kind. */
import { shell } from '../../api/shell.ts'
import type { AddressEvidence } from '../evidence.ts'
import { type Cause, failure, grouped, shows, warning } from './cause.ts'
import {
  andMore,
  at,
  deviceTo,
  each,
  fullSizePing,
  isAlive,
  isHere,
  isSecondTry,
  lostOf,
  mtuHint,
  name,
  spokenAs,
  spokenThere,
  who,
} from './places.ts'
import { type Rate, togetherOf, total } from './rates.ts'
import type { SignKind } from './sign.ts'

/** What lost packets look like where connections stand. */
const LATE = [
  'some-fail',
  'answers-lost',
  'uneven',
  'late',
  'far',
  'stalls',
  'narrow',
] as const satisfies readonly SignKind[]

const rateOf = (one: AddressEvidence): Rate => ({ lost: lostOf(one), of: one.attempts.length })

export const lossCauses: readonly Cause[] = [
  {
    id: 'R19',
    title: 'packets are lost on the way to all nodes',
    seat: 'way',
    source: 'RFC 6298: a lost SYN is sent again after 1 s; what all ways have in common loses for all',
    odds: 0.03,
    suspect: (seen) => {
      const signs = seen.of('lost-at-times')
      const ones = signs.flatMap(({ address }) => (address && !isHere(address) ? [address] : []))
      const places = new Set(ones.map(({ place }) => name(place)))
      const [first] = ones
      if (!first || places.size < 2) return []
      const rates = ones.map(rateOf)
      const spared = each(seen.evidence.addresses, isAlive).filter(
        (one) => !isHere(one) && seen.at(at(one), 'lost-at-times').length === 0,
      )
      return [
        {
          ...warning(
            at(first),
            `Packets are lost on the way to ${spared.length === 0 ? 'all nodes' : `${places.size} nodes`}: ${total(rates).lost} of ${total(rates).of} connections came late or not at all.`,
            `Look at what they have in common: the link of this host (ethtool -S ${deviceTo(first)} | grep -E 'allowance_exceeded|drop|err'), its gateway, a VPN.`,
            shell`cachectl probe ${spokenAs(first)} -c 50 --delay 50ms`,
          ),
          explains: [...shows(0.95, ...signs), ...shows(0.8, ...ones.flatMap((one) => seen.at(at(one), ...LATE)))],
          // What is lost on a way that all take is lost by all alike.
          fits: Math.min(1, Math.exp(togetherOf(rates, spared.map(rateOf)))),
        },
      ]
    },
  },
  {
    id: 'R20',
    title: 'only so many new connections a second are let through',
    seat: 'way',
    source:
      'nft(8), iptables-extensions(8): limit, hashlimit; measured: the first connections of a burst stand, the next ones do not',
    odds: 0.05,
    suspect: (seen) =>
      grouped(seen, 'first-few-only', (signs, ones) => {
        const [first, ...more] = ones
        const quick = first.attempts.filter((each) => each.outcome === 'connected' && !isSecondTry(each, first)).length
        return {
          ...warning(
            at(first),
            `${who(first)}${andMore(more)} takes a few new connections at once (${quick} of ${first.attempts.length}), and the next ones late or never: something on the way limits how many there may be a second.`,
            'Look for such a limit (limit rate, hashlimit, SYN flood protection) in firewalls between here and the node, and here: nft list ruleset | grep -i limit; iptables-save | grep -i limit. Clients should keep connections open and share them.',
            shell`cachectl probe ${spokenAs(first)} -c 20 --delay 10ms`,
          ),
          explains: [
            ...shows(0.99, ...signs),
            ...shows(0.95, ...ones.flatMap((one) => seen.at(at(one), 'lost-at-times', 'closed', 'silent', ...LATE))),
          ],
        }
      }),
  },
  {
    id: 'R21',
    title: 'TLS handshakes stall: the certificate does not fit into the packets that pass',
    seat: 'way',
    source:
      'RFC 2923: a path MTU that is not told; measured: the last, small packet of the answer came, those before it did not',
    odds: 0.1,
    suspect: (seen) =>
      grouped(seen, 'handshake-stalls', (signs, ones) => {
        const [first, ...more] = ones
        return {
          ...failure(
            at(first),
            `${who(first)}${andMore(more)} takes connections, and TLS handshakes stall: full-size packets, which the certificate needs, are lost on the way.`,
            mtuHint(first),
            fullSizePing(first),
          ),
          check: spokenThere(first),
          explains: [
            ...shows(0.99, ...signs),
            ...shows(0.97, ...ones.flatMap((one) => seen.at(at(one), 'closed', 'silent', 'reset', 'mute-under-tls'))),
          ],
        }
      }),
  },
]
