/** What this host itself does to packets to and from addresses that do not serve. */
import { type Diverted, divertedTo } from './diverted.ts'
import type { ExamineOptions } from './doctor.ts'
import type { AddressEvidence } from './evidence.ts'
import { type FirewallRule, ruleAbout, type Traffic } from './firewall-rules.ts'
import { type OwnPackets, watchPackets } from './own-packets.ts'

/** Members are absent where this system does not tell. JSON-able. */
export interface HereEvidence {
  readonly packets: readonly OwnPackets[]
  readonly diverted: readonly Diverted[]
  /** Rules that may be at work; none where this user may not read them. */
  readonly rules: readonly (Traffic & { readonly rule: FirewallRule })[]
}

/** Each may take a second. */
const MOST_WATCHED = 4

/** Undefined where all addresses serve. Never rejects. */
export async function examineHere(
  addresses: readonly AddressEvidence[],
  options: ExamineOptions,
): Promise<HereEvidence | undefined> {
  const places = [...new Map(addresses.map((each) => [`${each.address} ${each.port}`, each])).values()]
  const passed = { ...(options.signal && { signal: options.signal }), ...(options.clock && { clock: options.clock }) }
  const out = places.filter(({ attempts }) =>
    attempts.every(({ outcome, local }) => outcome !== 'connected' && local !== true),
  )
  const strange = places.filter(({ attempts, words, tls }) => {
    const connects = attempts.some(({ outcome }) => outcome === 'connected')
    return (
      connects &&
      !(words?.connected && words.replyMs !== undefined && words.speaker === 'memcached') &&
      tls?.reply === undefined
    )
  })
  if (out.length + strange.length === 0) return undefined
  const diverted = await Promise.all(
    strange.slice(0, MOST_WATCHED).map(({ address, port }) => divertedTo(address, port, passed)),
  )
  const packets = await watchPackets(
    out.slice(0, MOST_WATCHED).map(({ address, port }) => ({ address, port })),
    passed,
  )
  const found = diverted.flatMap((each) => each ?? [])
  return { packets, diverted: found, rules: await rulesAbout(packets, found) }
}

async function rulesAbout(
  packets: readonly OwnPackets[],
  diverted: readonly Diverted[],
): Promise<HereEvidence['rules']> {
  const about: Traffic[] = [
    ...diverted.map(({ address, port }) => ({ address, port, direction: 'out' as const })),
    ...packets.flatMap(({ address, port, seen }) => [
      ...(seen.includes('unsent') || seen.includes('reset-here') ? [{ address, port, direction: 'out' as const }] : []),
      ...(seen.includes('undelivered') || seen.includes('vanished')
        ? [{ address, port, direction: 'in' as const }]
        : []),
    ]),
  ]
  const found = await Promise.all(about.map(async (traffic) => ({ ...traffic, rule: await ruleAbout(traffic) })))
  return found.flatMap(({ rule, ...traffic }) => (rule ? [{ ...traffic, rule }] : []))
}
