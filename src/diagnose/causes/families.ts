/** One address family works and the other does not, or is slower. */
import { shell, shellWord } from '../../api/shell.ts'
import type { AddressEvidence, Evidence, Place } from '../evidence.ts'
import { type Cause, failure, warning } from './cause.ts'
import { at, byPlace, isAlive, isHere, isSilent, name, resetsConnections, speaks, telling, whoIs } from './places.ts'

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
    odds: 0.05,
    suspect: ({ evidence }) => oneFamilyDead(evidence, true),
  },
  {
    id: 'R03',
    title: 'one family is dead on the way; clients here try the other first',
    seat: 'way',
    source: `${GUIDE}: security groups and network ACLs need rules of their own per family`,
    odds: 0.05,
    suspect: ({ evidence }) => oneFamilyDead(evidence, false),
  },
  {
    id: 'R14',
    title: 'one family connects and gets no further, the other works',
    seat: 'way',
    source: `${GUIDE}: rules are needed per family`,
    odds: 0.05,
    suspect: ({ evidence }) =>
      byPlace(evidence).flatMap(([place, own]) => {
        const good = own.find(speaks)
        const [bad] = own.filter((one) => one.family !== good?.family)
        if (!good || !bad || !own.every((one) => one.family === good.family || getsNoFurther(one))) return []
        const what = isSilent(bad) ? 'hear nothing' : 'are reset'
        const first = triedFirst(evidence, place) === bad.family ? ', and clients here try it first' : ''
        return [
          failure(
            name(place),
            `${whoIs(place, name(place))} answers over IPv${good.family}; connections over IPv${bad.family} (${bad.address}) ${what}${first}.`,
            `${isHere(bad) && place.cluster === undefined ? AT_THE_SERVER : ALLOW} Until then: cachectl gai generate --prefer ipv${good.family}`,
            `printf 'version\\r\\n' | nc -${bad.family} -w 2 ${place.host} ${place.port}`,
          ),
        ]
      }),
  },
  {
    id: 'R11',
    title: 'one family is much slower than the other',
    seat: 'way',
    source: 'AWS networking blog, dual-stack ElastiCache: compare both families before a change-over',
    odds: 0.05,
    suspect: ({ evidence }) =>
      byPlace(evidence).flatMap(([place, own]) => {
        const [v4, v6] = ([4, 6] as const).map((family) => timesOf(own.filter((one) => one.family === family)))
        if (!v4 || !v6) return []
        const found = clearlySlower(v4, v6) ?? clearlySlower(v6, v4)
        if (!found) return []
        const { slow, fast } = found
        const family = clearlySlower(v4, v6) ? 4 : 6
        return [
          warning(
            name(place),
            `${whoIs(place, name(place))} takes at least ${Math.round(slow)} ms over IPv${family} and at most ${fast.toFixed(1)} ms over IPv${family === 4 ? 6 : 4}.`,
            `Compare the routes: traceroute -${family} ${shellWord(place.host)}. Until then: cachectl gai generate --prefer ipv${family === 4 ? 6 : 4}`,
            shell`cachectl probe ${name(place)} -c 20 --delay 100ms`,
          ),
        ]
      }),
  },
]

const CLEARLY_SLOWER_MS = 30

interface Times {
  readonly connects: readonly number[]
  readonly replies: readonly number[]
}

/** Of all addresses of a family; undefined where nothing connects. */
function timesOf(own: readonly AddressEvidence[]): Times | undefined {
  const connects = own.flatMap(({ attempts }) =>
    attempts.flatMap(({ outcome, ms }) => (outcome === 'connected' ? [ms] : [])),
  )
  const replies = own.flatMap(({ words, tls, answers }) => [
    ...((words?.connected ? words.replyMs : tls?.replyMs) === undefined
      ? []
      : [(words?.connected ? words.replyMs : tls?.replyMs) ?? 0]),
    ...(answers?.statsMs === undefined ? [] : [answers.statsMs]),
  ])
  return connects.length > 0 ? { connects, replies } : undefined
}

/** The best of one against the worst of the other: a busy host delays now the one and now the other. */
function clearlySlower(a: Times, b: Times): { slow: number; fast: number } | undefined {
  for (const kind of ['connects', 'replies'] as const) {
    if (a[kind].length === 0 || b[kind].length === 0) continue
    const [slow, fast] = [Math.min(...a[kind]), Math.max(...b[kind])]
    if (slow - fast >= CLEARLY_SLOWER_MS && slow >= 2 * fast) return { slow, fast }
  }
  return undefined
}

const isReset = (one: AddressEvidence): boolean =>
  resetsConnections(one) ||
  (isAlive(one) &&
    one.tls?.outcome !== 'established' &&
    (one.words?.connected === false || (one.words?.connected === true && one.words.speaker === 'closed')))

/** It connects, or nearly does, and that is all. */
const getsNoFurther = (one: AddressEvidence): boolean => isSilent(one) || isReset(one)

/** Told as a trouble of one family already. */
export const isFamilyTrouble = ({ addresses }: Evidence, one: AddressEvidence): boolean =>
  getsNoFurther(one) &&
  addresses.some((other) => name(other.place) === name(one.place) && other.family !== one.family && speaks(other)) &&
  !addresses.some((other) => at(other) === at(one) && speaks(other))

const triedFirst = ({ hosts }: Evidence, place: Place) => {
  const lookup = hosts.find(({ host }) => host === place.host)?.lookup
  return lookup?.ok ? lookup.addresses[0]?.family : undefined
}

function oneFamilyDead(evidence: Evidence, triedFirst: boolean) {
  return byPlace(evidence).flatMap(([place, own]) => {
    const alive = own.find(isAlive)
    const silent = own.filter((each) => telling(each)?.outcome === 'timeout' && !each.translates && !isHere(each))
    const [first] = silent
    if (!alive || !first || alive.family === first.family) return []
    if (own.some((each) => each.family === first.family && isAlive(each))) return []
    const order = evidence.hosts.find(({ host }) => host === place.host)?.lookup
    const leading = order?.ok ? order.addresses[0]?.family : undefined
    if ((leading === first.family) !== triedFirst) return []
    const sentence = triedFirst
      ? `Clients here try ${name(place)} over IPv${first.family} first, where packets are dropped; IPv${alive.family} works. Each connection hangs until they give up.`
      : `${name(place)} works over IPv${alive.family}; over IPv${first.family} packets are dropped. Clients that try it first hang.`
    const meanwhile = `Until then: cachectl gai generate --prefer ipv${alive.family}`
    return [
      failure(
        name(place),
        sentence,
        `${ALLOW} ${triedFirst ? meanwhile : ''}`.trim(),
        `nc -${first.family}vz -w 3 ${place.host} ${place.port}`,
      ),
    ]
  })
}
