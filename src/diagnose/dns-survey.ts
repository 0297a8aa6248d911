import { linkedAbort } from '../net/abort.ts'
import { type Clock, sleep, systemClock } from '../net/clock.ts'
import type { Family } from '../net/target.ts'
import { askDns, type DnsRecord, type DnsReply, type DnsServer } from './dns-query.ts'
import { embeddedIPv4, IPV4_ONLY_NAME, type Nat64Prefix, prefixIn } from './nat64.ts'

export interface SurveyedAddress {
  readonly address: string
  /** Seconds. */
  readonly ttl: number
  /** A DNS64 server made it up: it is this IPv4 address behind a NAT64 gateway. */
  readonly translates?: string
}

/** What one server says of one name. JSON-able. */
export interface ServerView {
  readonly server: DnsServer
  /** The replies to the questions for A and AAAA. */
  readonly a: DnsReply
  readonly aaaa: DnsReply
  readonly ipv4: readonly SurveyedAddress[]
  readonly ipv6: readonly SurveyedAddress[]
  /** The aliases from the name on. */
  readonly chain: readonly DnsRecord[]
  /** How the aliases end. `none`: the name is no alias. */
  readonly chainEnd: 'none' | 'addresses' | 'dangling' | 'loop'
  /** DNS64 is at work (RFC 7050). */
  readonly nat64?: readonly string[]
}

export interface NameSurvey {
  readonly name: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly views: readonly ServerView[]
}

export interface SurveyOptions {
  readonly servers: readonly DnsServer[]
  /** Per try. Default 2000. */
  readonly timeoutMs?: number
  /** The same of a server that has answered another question of these. Default: as long. */
  readonly answeringTimeoutMs?: number
  readonly tries?: number
  /** Hears of addresses at once, while other questions may still be open. */
  readonly onAddresses?: (addresses: readonly { readonly address: string; readonly family: Family }[]) => void
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** Asks every server for both families of a name, and for signs of DNS64. Never rejects. */
export async function surveyName(name: string, options: SurveyOptions): Promise<NameSurvey> {
  const { clock = systemClock, servers } = options
  const at = clock.now().toISOString()
  return { name, at, views: await Promise.all(servers.map((server) => viewOf(name, server, options))) }
}

async function viewOf(name: string, server: DnsServer, options: SurveyOptions): Promise<ServerView> {
  const { servers: _, answeringTimeoutMs, onAddresses, clock = systemClock, ...asking } = options
  const stop = linkedAbort(options.signal)
  const unneeded = linkedAbort(stop.signal)
  const ask = async (asked: string, type: 'A' | 'AAAA', signal = stop.signal): Promise<DnsReply> => {
    const reply = await askDns(asked, type, { server, ...asking, clock, signal })
    const answers = reply.outcome !== 'timeout' && reply.outcome !== 'unreachable'
    if (answers && answeringTimeoutMs !== undefined) {
      void sleep(clock, answeringTimeoutMs - reply.ms, stop.signal).then(() => stop.abort())
    }
    return reply
  }
  const told = async (type: 'A' | 'AAAA', family: Family): Promise<DnsReply> => {
    const reply = await ask(name, type)
    if (reply.outcome === 'answered') onAddresses?.(addressesIn(reply, []).map(({ address }) => ({ address, family })))
    return reply
  }
  const knowing = ask(IPV4_ONLY_NAME, 'AAAA', unneeded.signal)
  const [a, aaaa] = await Promise.all([told('A', 4), told('AAAA', 6)])
  // A resolver that knows its own zones alone may be slow with those of others.
  if (aaaa.outcome !== 'answered') {
    void sleep(clock, UNNEEDED_MS, unneeded.signal).then(() => unneeded.abort())
  }
  const known = await knowing
  for (const each of [unneeded, stop]) {
    each.abort()
    each.release()
  }
  const prefixes = known.records.flatMap(({ type, data }) => (type === 'AAAA' ? (prefixIn(data) ?? []) : []))
  const { chain, end } = chainOf(name, [...a.records, ...aaaa.records])
  return {
    server,
    a,
    aaaa,
    ipv4: addressesIn(a, []),
    ipv6: addressesIn(aaaa, prefixes),
    chain,
    chainEnd: end,
    ...(prefixes.length > 0 && { nat64: [...new Set(prefixes.map(({ text }) => text))] }),
  }
}

/** For signs of DNS64, where there is no address that it could have made up. */
const UNNEEDED_MS = 300

function addressesIn({ records, type }: DnsReply, prefixes: readonly Nat64Prefix[]): SurveyedAddress[] {
  return records.flatMap((record) => {
    if (record.type !== type) return []
    const translates = type === 'AAAA' ? embeddedIPv4(record.data, prefixes) : undefined
    return [{ address: record.data, ttl: record.ttl, ...(translates && { translates }) }]
  })
}

/** Follows the aliases of an answer section, whatever their order there. */
export function chainOf(
  name: string,
  records: readonly DnsRecord[],
): { chain: readonly DnsRecord[]; end: ServerView['chainEnd'] } {
  const chain: DnsRecord[] = []
  const seen = new Set<string>()
  let current = canonical(name)
  for (;;) {
    if (seen.has(current)) return { chain, end: 'loop' }
    seen.add(current)
    const alias = records.find((record) => record.type === 'CNAME' && canonical(record.name) === current)
    if (!alias) break
    chain.push(alias)
    current = canonical(alias.data)
  }
  if (chain.length === 0) return { chain, end: 'none' }
  const ends = records.some((record) => record.type !== 'CNAME' && canonical(record.name) === current)
  return { chain, end: ends ? 'addresses' : 'dangling' }
}

const canonical = (name: string): string => name.replace(/\.$/, '').toLowerCase()
