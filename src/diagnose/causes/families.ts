/** One address family works and the other does not, or is slower. */
import { shell, shellWord } from '../../api/shell.ts'
import type { Evidence, Place } from '../evidence.ts'
import { type Cause, failure, type Seen, type Suspicion, shows, warning } from './cause.ts'
import { at, byPlace, isAlive, isHere, isSilent, name, slowerFamily, speaks, whoIs } from './places.ts'

const GUIDE = 'User guide, "Common troubleshooting steps"'
export const ALLOW =
  'Check, for this family and port: security group of the cluster, network ACLs both ways (answers go to ports 1024-65535), routes, peering.'

/** Nothing lies between this host and itself. */
const AT_THE_SERVER = 'It is on this host: look at what listens on that address, another server or an access list.'

export const familyCauses: readonly Cause[] = [
  {
    id: 'R02',
    title: 'one family is dead on the way, and clients try it first',
    seat: 'way',
    source: `${GUIDE}: security groups and network ACLs need rules of their own per family`,
    odds: 0.1,
    suspect: (seen) => oneFamilyDead(seen, true),
  },
  {
    id: 'R03',
    title: 'one family is dead on the way; clients here try the other first',
    seat: 'way',
    source: `${GUIDE}: security groups and network ACLs need rules of their own per family`,
    odds: 0.1,
    suspect: (seen) => oneFamilyDead(seen, false),
  },
  {
    id: 'R14',
    title: 'one family connects and gets no further, the other works',
    seat: 'way',
    source: `${GUIDE}: rules are needed per family`,
    odds: 0.1,
    suspect: (seen) =>
      byPlace(seen.evidence).flatMap(([place, own]) => {
        const good = own.find(speaks)
        const others = own.filter((one) => one.family !== good?.family)
        const [bad] = others
        const signs = others.map((one) => seen.at(at(one), 'reset', 'closed', 'silent', 'unacknowledged'))
        if (!good || !bad || signs.some((each) => each.length === 0)) return []
        const what = isSilent(bad) ? 'hear nothing' : 'are reset'
        const first = triedFirst(seen.evidence, place) === bad.family ? ', and clients here try it first' : ''
        return [
          {
            ...failure(
              name(place),
              `${whoIs(place, name(place))} answers over IPv${good.family}; connections over IPv${bad.family} (${bad.address}) ${what}${first}.`,
              [
                `${isHere(bad) && place.cluster === undefined ? AT_THE_SERVER : ALLOW} Until then:`,
                `cachectl gai generate --prefer ipv${good.family} --apply`,
              ],
              shell`cachectl probe ${name(place)} -${bad.family} --protocol -c 3`,
            ),
            explains: shows(0.9, ...signs.flat()),
          },
        ]
      }),
  },
  {
    id: 'R11',
    title: 'one family is much slower than the other',
    seat: 'way',
    source: 'AWS networking blog, dual-stack ElastiCache: compare both families before a change-over',
    odds: 0.05,
    suspect: (seen) =>
      byPlace(seen.evidence).flatMap(([place, own]) => {
        const slower = slowerFamily(own)
        if (!slower) return []
        const { family, slow, fast } = slower
        const signs = own.filter((one) => one.family === family).flatMap((one) => seen.at(at(one), 'late', 'far'))
        return [
          {
            ...warning(
              name(place),
              `${whoIs(place, name(place))} takes at least ${Math.round(slow)} ms over IPv${family} and at most ${fast.toFixed(1)} ms over IPv${family === 4 ? 6 : 4}.`,
              [
                `Compare the routes: traceroute -${family} ${shellWord(place.host)}. Until then:`,
                `cachectl gai generate --prefer ipv${family === 4 ? 6 : 4} --apply`,
              ],
              shell`cachectl probe ${name(place)} -c 20 --delay 100ms`,
            ),
            explains: [...shows(0.99, ...seen.at(name(place), 'one-family-slow')), ...shows(0.9, ...signs)],
          },
        ]
      }),
  },
]

const triedFirst = ({ hosts }: Evidence, place: Place) => {
  const lookup = hosts.find(({ host }) => host === place.host)?.lookup
  return lookup?.ok ? lookup.addresses[0]?.family : undefined
}

function oneFamilyDead(seen: Seen, isFirst: boolean): Suspicion[] {
  return byPlace(seen.evidence).flatMap(([place, own]) => {
    const alive = own.find(isAlive)
    // What DNS64 makes up has no family of the server's, and nothing lies between this host and itself.
    const silent = own.filter((one) => seen.at(at(one), 'timeout').length > 0 && !one.translates && !isHere(one))
    const [first] = silent
    if (!alive || !first || alive.family === first.family) return []
    if (own.some((one) => one.family === first.family && isAlive(one))) return []
    if ((triedFirst(seen.evidence, place) === first.family) !== isFirst) return []
    const sentence = isFirst
      ? `Clients here try ${name(place)} over IPv${first.family} first, where packets are dropped; IPv${alive.family} works. Each connection hangs until they give up.`
      : `${name(place)} works over IPv${alive.family}; over IPv${first.family} packets are dropped. Clients that try it first hang.`
    return [
      {
        ...failure(
          name(place),
          sentence,
          isFirst ? [`${ALLOW} Until then:`, `cachectl gai generate --prefer ipv${alive.family} --apply`] : ALLOW,
          shell`cachectl probe ${name(place)} -${first.family} -c 3`,
        ),
        explains: shows(0.95, ...silent.flatMap((one) => seen.at(at(one), 'timeout'))),
      },
    ]
  })
}
