/** What this host itself does to packets to and from addresses that do not serve. */
import { isLoopback } from '../net/loopback.ts'
import { isHere } from './causes/places.ts'
import { type Diverted, divertedTo } from './diverted.ts'
import type { DnsServer } from './dns-query.ts'
import type { ExamineOptions } from './doctor.ts'
import type { AddressEvidence, HostEvidence } from './evidence.ts'
import { connects, eachOnce } from './examine-address.ts'
import { type FirewallRule, ruleAbout, type Traffic } from './firewall-rules.ts'
import { type LocalPath, localPaths } from './local-paths.ts'
import { type OwnPackets, type PacketFate, watchPackets } from './own-packets.ts'
import { type OtherSource, otherSource } from './own-sources.ts'
import { passed } from './passed.ts'

/** What the system does not tell is left out. JSON-able. */
export interface HereEvidence {
  /** To addresses, and to DNS servers that do not answer. */
  readonly paths: readonly LocalPath[]
  readonly packets: readonly OwnPackets[]
  readonly diverted: readonly Diverted[]
  readonly sources: readonly OtherSource[]
  /** Messages of routers that packets of this host had expired, while addresses were looked at. */
  readonly expired?: number
  /** Rules that may be at work; none where this user may not read them. */
  readonly rules: readonly (Traffic & { readonly rule: FirewallRule })[]
}

/** Each may take a second. */
const MOST_WATCHED = 4
const MOST_PATHS = 16

/** What is looked at while those that keep silent are waited for: routers on the way may still say why. */
export interface Silence extends Pick<HereEvidence, 'paths' | 'packets' | 'sources'> {
  /** A DNS server keeps silent, too. */
  readonly ofServers: boolean
  /** This host itself is known to keep them from answering: no router will say anything. */
  explains(one: Pick<AddressEvidence, 'address' | 'port'>): boolean
}

/** `soon`: as far as is known yet. Undefined where all addresses take connections, and DNS servers answer. Never rejects. */
export async function examineSilence(
  soon: readonly AddressEvidence[],
  hosts: readonly HostEvidence[],
  options: ExamineOptions,
): Promise<Silence | undefined> {
  const places = eachOnce(soon)
  const out = places.filter(isOut)
  const servers = deadServers(hosts)
  if (out.length + servers.length === 0) return undefined
  // Before anything else is sent: what is known of neighbours changes with it.
  const paths = await pathsTo([...servers, ...out, ...places].map(({ address }) => address))
  const watched = out.slice(0, MOST_WATCHED)
  const found = await Promise.all(
    watched.map(async (one) => {
      const isSilent = one.attempts.every(({ outcome }) => outcome === 'timeout')
      return isSilent && 'address' in one.source ? otherSource(one, one.source.address, passed(options)) : undefined
    }),
  )
  const sources = found.flatMap((each) => each ?? [])
  const asked = servers.slice(0, MOST_WATCHED).map((server) => ({ ...server, dns: true as const }))
  const packets = await watchPackets([...watched.map(endOf), ...asked], passed(options))
  const explained = [...sources, ...packets.filter(({ seen }) => seen.some((fate) => STOPPED_HERE.has(fate)))]
  const ofServers = servers.length > 0
  return { paths, sources, packets, ofServers, explains: (one) => explained.some((each) => isSame(each, one)) }
}

const STOPPED_HERE: ReadonlySet<PacketFate> = new Set(['unsent', 'turned-back', 'undelivered', 'wrong-way'])

/** Undefined where all addresses serve, and DNS too. Never rejects. */
export async function examineHere(
  addresses: readonly AddressEvidence[],
  silence: Silence | undefined,
  options: ExamineOptions,
  expired = 0,
): Promise<HereEvidence | undefined> {
  const places = eachOnce(addresses)
  const strange = places.filter((each) => !isOut(each) && connects(each) && !answers(each))
  const isWell = !silence?.ofServers && !places.some((each) => isOut(each)) && strange.length === 0
  if (isWell && !hasOwnBeside(places)) return undefined
  const isStillOut = (one: Pick<OwnPackets, 'address' | 'port' | 'dns'>): boolean =>
    one.dns === true || places.some((each) => isOut(each) && isSame(each, one))
  const paths = silence?.paths ?? (await pathsTo([...strange, ...places].map(({ address }) => address)))
  const found = await Promise.all(
    strange.slice(0, MOST_WATCHED).map(({ address, port }) => divertedTo(address, port, passed(options))),
  )
  const diverted = found.flatMap((each) => each ?? [])
  const ended = strange.filter((each) => isEnded(each) && !diverted.some((other) => isSame(each, other)))
  const resets = await watchPackets(ended.slice(0, MOST_WATCHED).map(endOf), passed(options))
  const packets = [
    ...(silence?.packets ?? []).filter(isStillOut),
    ...resets.map((each) => ({ ...each, seen: each.seen.filter((fate) => fate === 'reset-here') })),
  ]
  return {
    paths,
    packets,
    diverted,
    ...(expired > 0 && { expired }),
    sources: (silence?.sources ?? []).filter(isStillOut),
    rules: await rulesAbout(packets, diverted),
  }
}

const isSame = (a: Pick<AddressEvidence, 'address' | 'port'>, b: Pick<AddressEvidence, 'address' | 'port'>): boolean =>
  a.address === b.address && a.port === b.port

const pathsTo = (addresses: readonly string[]): Promise<LocalPath[]> =>
  localPaths([...new Set(addresses)].slice(0, MOST_PATHS))

/** Nothing connects, and this host sends something. */
const isOut = ({ attempts }: AddressEvidence): boolean =>
  attempts.every(({ outcome, local }) => outcome !== 'connected' && local !== true)

const answers = ({ words, tls }: AddressEvidence): boolean =>
  (words?.connected === true && words.replyMs !== undefined && words.speaker === 'memcached') ||
  tls?.reply !== undefined

/** Of places that are said to be elsewhere, one is here. */
const hasOwnBeside = (places: readonly AddressEvidence[]): boolean =>
  places.some((one) => isHere(one) && !isLoopback(one.address)) && places.some((one) => !isHere(one))

/** It takes connections and ends them, and nothing was said on them: no answer to what is gone makes this host send a reset. */
const isEnded = ({ words }: AddressEvidence): boolean => !words?.connected || words.speaker === 'closed'

const endOf = ({ address, port }: Pick<AddressEvidence, 'address' | 'port'>) => ({ address, port })

const deadServers = (hosts: readonly HostEvidence[]): DnsServer[] => {
  const dead = hosts.flatMap(({ survey }) =>
    (survey?.views ?? []).flatMap(({ server, a, aaaa }) =>
      [a, aaaa].every(({ outcome }) => outcome === 'timeout' || outcome === 'unreachable') ? [server] : [],
    ),
  )
  return [...new Map(dead.map((server) => [`${server.address} ${server.port}`, server])).values()]
}

async function rulesAbout(
  packets: readonly OwnPackets[],
  diverted: readonly Diverted[],
): Promise<HereEvidence['rules']> {
  const about: Traffic[] = [
    ...diverted.map(({ address, port }) => ({ address, port, direction: 'out' as const })),
    ...packets.flatMap(({ seen, ...end }) =>
      WAYS_STOPPED.flatMap(([fate, direction]) => (seen.includes(fate) ? [{ ...end, direction }] : [])),
    ),
  ]
  const found = await Promise.all(about.map(async (traffic) => ({ ...traffic, rule: await ruleAbout(traffic) })))
  return found.flatMap(({ rule, ...traffic }) => (rule ? [{ ...traffic, rule }] : []))
}

/** Where the rule is to be looked for. */
const WAYS_STOPPED = [
  ['unsent', 'out'],
  ['turned-back', 'out'],
  ['reset-here', 'out'],
  ['undelivered', 'in'],
  ['undelivered', 'inside'],
  ['vanished', 'inside'],
] as const satisfies readonly (readonly [PacketFate, Traffic['direction']])[]
