/** What this host itself does to packets to and from addresses that do not serve. */
import { type Diverted, divertedTo } from './diverted.ts'
import type { ExamineOptions } from './doctor.ts'
import type { AddressEvidence, HostEvidence } from './evidence.ts'
import { connects } from './examine-address.ts'
import { type FirewallRule, ruleAbout, type Traffic } from './firewall-rules.ts'
import { type LocalPath, localPaths } from './local-paths.ts'
import { type OwnPackets, type PacketFate, watchPackets } from './own-packets.ts'
import { type OtherSource, otherSource } from './own-sources.ts'

/** What the system does not tell is left out. JSON-able. */
export interface HereEvidence {
  /** To addresses, and to DNS servers that do not answer. */
  readonly paths: readonly LocalPath[]
  readonly packets: readonly OwnPackets[]
  readonly diverted: readonly Diverted[]
  readonly sources: readonly OtherSource[]
  /** Rules that may be at work; none where this user may not read them. */
  readonly rules: readonly (Traffic & { readonly rule: FirewallRule })[]
}

/** Each may take a second. */
const MOST_WATCHED = 4
const MOST_PATHS = 16

/** Undefined where all addresses serve, and DNS too. Never rejects. */
export async function examineHere(
  addresses: readonly AddressEvidence[],
  hosts: readonly HostEvidence[],
  options: ExamineOptions,
): Promise<HereEvidence | undefined> {
  const places = [...new Map(addresses.map((each) => [`${each.address} ${each.port}`, each])).values()]
  const passed = { ...(options.signal && { signal: options.signal }), ...(options.clock && { clock: options.clock }) }
  const out = places.filter(isOut)
  const strange = places.filter((each) => !isOut(each) && connects(each) && !answers(each))
  const servers = deadServers(hosts)
  if (out.length + strange.length + servers.length === 0) return undefined
  const watched = out.slice(0, MOST_WATCHED).map(({ address, port }) => ({ address, port }))
  const asked = new Set([...servers, ...[...out, ...strange, ...places].map(({ address }) => address)])
  // Before anything else is sent: what is known of neighbours changes with it.
  const paths = await localPaths([...asked].slice(0, MOST_PATHS))
  const [diverted, sources] = await Promise.all([
    Promise.all(strange.slice(0, MOST_WATCHED).map(({ address, port }) => divertedTo(address, port, passed))),
    Promise.all(
      out.slice(0, MOST_WATCHED).map(async (one) => {
        const isSilent = one.attempts.every(({ outcome }) => outcome === 'timeout')
        return isSilent && 'address' in one.source ? otherSource(one, one.source.address, passed) : undefined
      }),
    ),
  ])
  const packets = await watchPackets(watched, passed)
  const found = diverted.flatMap((each) => each ?? [])
  return {
    paths,
    packets,
    diverted: found,
    sources: sources.flatMap((each) => each ?? []),
    rules: await rulesAbout(packets, found),
  }
}

/** Nothing connects, and this host sends something. */
const isOut = ({ attempts }: AddressEvidence): boolean =>
  attempts.every(({ outcome, local }) => outcome !== 'connected' && local !== true)

const answers = ({ words, tls }: AddressEvidence): boolean =>
  (words?.connected === true && words.replyMs !== undefined && words.speaker === 'memcached') ||
  tls?.reply !== undefined

const deadServers = (hosts: readonly HostEvidence[]): string[] =>
  hosts.flatMap(({ survey }) =>
    (survey?.views ?? []).flatMap(({ server, a, aaaa }) =>
      [a, aaaa].every(({ outcome }) => outcome === 'timeout' || outcome === 'unreachable') ? [server.address] : [],
    ),
  )

async function rulesAbout(
  packets: readonly OwnPackets[],
  diverted: readonly Diverted[],
): Promise<HereEvidence['rules']> {
  const about: Traffic[] = [
    ...diverted.map(({ address, port }) => ({ address, port, direction: 'out' as const })),
    ...packets.flatMap(({ address, port, seen }) =>
      WAYS_STOPPED.flatMap(([fate, direction]) => (seen.includes(fate) ? [{ address, port, direction }] : [])),
    ),
  ]
  const found = await Promise.all(about.map(async (traffic) => ({ ...traffic, rule: await ruleAbout(traffic) })))
  return found.flatMap(({ rule, ...traffic }) => (rule ? [{ ...traffic, rule }] : []))
}

/** Where the rule is to be looked for. */
const WAYS_STOPPED = [
  ['unsent', 'out'],
  ['reset-here', 'out'],
  ['undelivered', 'in'],
  ['undelivered', 'inside'],
  ['vanished', 'inside'],
] as const satisfies readonly (readonly [PacketFate, Traffic['direction']])[]
