import { commonPrefix, ipv4Bits, policyBits, samePrefix } from '../net/ip-address.ts'
import { type GaiConf, type LineRemark, matchPolicy, type PolicyEntry, parseGaiConf } from './gai-conf.ts'

/** An address of this host, as the kernel lists it. */
export interface InterfaceAddress {
  readonly addr: string
  readonly prefixlen: number
  /** Of the interface. */
  readonly index: number
  /** Its preferred lifetime is over (or it is optimistic). */
  readonly deprecated?: boolean
  /** The interface is a tunnel (sit, ipip, ip6tnl). */
  readonly tunnel?: boolean
}

export interface OrderInput {
  /** As the name service gave them: /etc/hosts in file order, DNS with A before AAAA. */
  readonly candidates: readonly string[]
  /** The source address the kernel picks per candidate; null where it has none. */
  readonly sources: Readonly<Record<string, string | null>>
  readonly ifaddrs: readonly InterfaceAddress[]
}

/** One question the sort asked. RFC 3484, section 6, numbers the rules. */
export interface Comparison {
  readonly a: string
  readonly b: string
  readonly rule: number
  readonly winner: string
  readonly reason: string
}

export interface Order {
  readonly order: readonly string[]
  /** In the order glibc makes them; not every pair is compared. */
  readonly comparisons: readonly Comparison[]
}

/** A recorded host, name and gai.conf (null: no file). */
export interface OrderScenario extends OrderInput {
  readonly name: string
  readonly gaiConf: string | null
}

export interface PredictedOrder extends Order {
  readonly name: string
  readonly ignoredLines: readonly LineRemark[]
}

/** What an address is worth: `GaiConf` is one, the fixed tables of other libraries are others. */
export type PolicyTables = Pick<GaiConf, 'labels' | 'precedences' | 'scopes'>

/**
 * Where implementations differ beside their tables.
 * `deprecation`: rule 3 is followed. `prefixMatch`: what rule 9 compares.
 */
export interface Dialect {
  readonly deprecation: boolean
  readonly prefixMatch: 'glibc' | 'first 64 bits of IPv6' | 'IPv6 within the prefix of the source' | 'all bits'
}

const GLIBC: Dialect = { deprecation: true, prefixMatch: 'glibc' }

/** The order of a scenario's addresses, and why: {@link orderAddresses} by a gai.conf given as text. */
export function predictOrder({ name, gaiConf, ...input }: OrderScenario): PredictedOrder {
  const conf = parseGaiConf(gaiConf)
  return { name, ...orderAddresses(input, conf), ignoredLines: conf.ignoredLines }
}

/**
 * The order in which getaddrinfo of glibc 2.17 and later returns the candidates (nss/getaddrinfo.c, rfc3484_sort), or
 * what another implementation makes of the same rules. Throws TypeError for a candidate or source that is no IP literal.
 */
export function orderAddresses(input: OrderInput, tables: PolicyTables, dialect: Dialect = GLIBC): Order {
  const comparisons: Comparison[] = []
  const destinations = input.candidates.map((text, index) => destination(text, index, input, tables, dialect))
  const sorted = mergeSort(destinations, (a, b) => {
    const { rule, prefers, reason } = decide(a, b, dialect)
    comparisons.push({ a: a.text, b: b.text, rule, winner: (prefers === 'a' ? a : b).text, reason })
    return prefers === 'a'
  })
  return { order: sorted.map(({ text }) => text), comparisons }
}

interface Endpoint {
  readonly text: string
  readonly bits: bigint
  readonly scope: number
  readonly label: PolicyEntry
}

interface Destination extends Endpoint {
  /** Its place among the candidates. */
  readonly index: number
  readonly isIPv4: boolean
  readonly precedence: PolicyEntry
  /** Where the kernel would send from, and what it knows of that address. */
  readonly source?: Endpoint & {
    readonly prefixlen: number
    readonly interface: number
    deprecated: boolean
    tunnel: boolean
  }
}

type Decision = { readonly prefers: 'a' | 'b'; readonly reason: string }
type Rule = (a: Destination, b: Destination, dialect: Dialect) => Decision | undefined

/** Rule 4, home addresses, is missing: no kernel in use reports one for glibc to see. */
const RULES: readonly (readonly [number: number, rule: Rule])[] = [
  [1, (a, b) => preferring(a, b, isUsable, (it) => `${it.text} can be reached from this host, the other can't`)],
  [
    2,
    (a, b) =>
      preferringUsable(a, b, scopeMatches, (it) => `the scope of ${it.text} (${it.scope}) is that of its source`),
  ],
  [
    3,
    (a, b, { deprecation }) =>
      deprecation ? preferringUsable(a, b, isCurrent, (it) => `the source of ${it.text} is not deprecated`) : undefined,
  ],
  [
    5,
    (a, b) => preferringUsable(a, b, labelMatches, (it) => `${it.text} has the label of its source, ${it.label.value}`),
  ],
  [6, higherPrecedence],
  [7, nativeTransport],
  [8, smallerScope],
  [9, longestPrefix],
  [10, (a, b) => ({ prefers: a.index < b.index ? 'a' : 'b', reason: 'the name service gave it first' })],
]

function decide(a: Destination, b: Destination, dialect: Dialect): Decision & { rule: number } {
  for (const [rule, judge] of RULES) {
    const decision = judge(a, b, dialect)
    if (decision) return { rule, ...decision }
  }
  throw new Error('rule 10 always decides')
}

const isUsable = ({ source }: Destination): boolean => source !== undefined
const scopeMatches = ({ scope, source }: Destination): boolean => scope === source?.scope
const isCurrent = ({ source }: Destination): boolean => source?.deprecated === false
const labelMatches = ({ label, source }: Destination): boolean => label.value === source?.label.value

function preferring(
  a: Destination,
  b: Destination,
  has: (it: Destination) => boolean,
  reason: (winner: Destination) => string,
): Decision | undefined {
  if (has(a) === has(b)) return undefined
  return has(a) ? { prefers: 'a', reason: reason(a) } : { prefers: 'b', reason: reason(b) }
}

// After rule 1 either both have a source or neither has; without one these rules are skipped.
const preferringUsable: typeof preferring = (a, b, has, reason) =>
  a.source ? preferring(a, b, has, reason) : undefined

function higherPrecedence(a: Destination, b: Destination): Decision | undefined {
  if (a.precedence.value === b.precedence.value) return undefined
  const [higher, lower] = a.precedence.value > b.precedence.value ? [a, b] : [b, a]
  const reason = `precedence ${higher.precedence.value} (${origin(higher.precedence)}) over ${lower.precedence.value} (${origin(lower.precedence)})`
  return { prefers: higher === a ? 'a' : 'b', reason }
}

function nativeTransport(a: Destination, b: Destination): Decision | undefined {
  if (!a.source || a.source.interface === b.source?.interface) return undefined
  return preferring(
    a,
    b,
    ({ source }) => source?.tunnel === false,
    (it) => `${it.text} is not reached through a tunnel`,
  )
}

function smallerScope(a: Destination, b: Destination): Decision | undefined {
  if (a.scope === b.scope) return undefined
  const [smaller, larger] = a.scope < b.scope ? [a, b] : [b, a]
  return { prefers: smaller === a ? 'a' : 'b', reason: `scope ${smaller.scope} is smaller than ${larger.scope}` }
}

/**
 * Within one family only, which makes the whole comparison intransitive. IPv6: all 128 bits, interface identifier
 * included, so of several nodes always the same one comes first. IPv4: only within the source's subnet.
 */
function longestPrefix(a: Destination, b: Destination, { prefixMatch }: Dialect): Decision | undefined {
  if (a.isIPv4 !== b.isIPv4) return undefined
  const [ofA, ofB] = [SHARED_BITS[prefixMatch](a), SHARED_BITS[prefixMatch](b)]
  if (ofA === undefined || ofB === undefined || ofA === ofB) return undefined
  const winner = ofA > ofB ? a : b
  const reason = `${winner.text} shares ${Math.max(ofA, ofB)} leading bits with its source, the other ${Math.min(ofA, ofB)}`
  return { prefers: winner === a ? 'a' : 'b', reason }
}

/** Undefined: rule 9 has nothing to say of this address. */
const SHARED_BITS: Readonly<Record<Dialect['prefixMatch'], (it: Destination) => number | undefined>> = {
  glibc: glibcSharedBits,
  'first 64 bits of IPv6': (it) => ipv6SharedBits(it, 64),
  'IPv6 within the prefix of the source': (it) => ipv6SharedBits(it, it.source?.prefixlen || 128),
  'all bits': ({ bits, source }) => source && commonPrefix(bits, source.bits, 128),
}

const ipv6SharedBits = ({ isIPv4, bits, source }: Destination, most: number): number | undefined =>
  isIPv4 || !source ? undefined : Math.min(most, commonPrefix(bits, source.bits, 128))

function glibcSharedBits({ isIPv4, bits, source }: Destination): number | undefined {
  if (!source) return undefined
  if (!isIPv4) return commonPrefix(bits, source.bits, 128)
  // glibc shifts a 32-bit mask by 32 - 0, which x86 takes as no shift: without a prefix length only the very same
  // address is "in the subnet".
  const length = source.prefixlen === 0 ? 32 : source.prefixlen
  const [to, from] = [bits & 0xffffffffn, source.bits & 0xffffffffn]
  return samePrefix(to, from, length, 32) ? commonPrefix(to, from, 32) : 0
}

function destination(
  text: string,
  index: number,
  { sources, ifaddrs }: OrderInput,
  conf: PolicyTables,
  { prefixMatch }: Dialect,
): Destination {
  const end = endpointOf(text, conf)
  const base = { ...end, index, isIPv4: isIPv4(text), precedence: matchPolicy(conf.precedences, end.bits) }
  const sourceText = sources[text]
  if (sourceText === null || sourceText === undefined) return base
  const source = endpointOf(sourceText, conf)
  const known =
    prefixMatch !== 'glibc' || visibleToGlibc(ifaddrs)
      ? ifaddrs.find(({ addr }) => policyBits(addr) === source.bits)
      : undefined
  const { prefixlen = 0, index: onInterface = 0, deprecated = false, tunnel = false } = known ?? {}
  return { ...base, source: { ...source, prefixlen, interface: onInterface, deprecated, tunnel } }
}

/** glibc's check_pf keeps nothing of the interfaces unless it saw an IPv6 address other than ::1. */
const visibleToGlibc = (ifaddrs: readonly InterfaceAddress[]): boolean =>
  ifaddrs.some(({ addr }) => !isIPv4(addr) && policyBits(addr) !== 1n)

function endpointOf(text: string, conf: PolicyTables): Endpoint {
  const bits = policyBits(text)
  if (bits === undefined) throw new TypeError(`${text} is not an IP address`)
  const scope = isIPv4(text) ? matchPolicy(conf.scopes, bits).value : scopeOfIPv6(bits)
  return { text, bits, scope, label: matchPolicy(conf.labels, bits) }
}

/** RFC 4291: 2 link-local (and ::1), 5 site-local, 14 global; multicast says itself. */
function scopeOfIPv6(bits: bigint): number {
  const first = Number(bits >> 112n)
  if (first >> 8 === 0xff) return first & 0xf
  if (first >> 6 === 0xfe80 >> 6 || bits === 1n) return 2
  return first >> 6 === 0xfec0 >> 6 ? 5 : 14
}

/** glibc's msort: not transitive comparisons make the result depend on exactly these steps. */
function mergeSort<T>(items: readonly T[], firstGoesFirst: (first: T, second: T) => boolean): T[] {
  if (items.length <= 1) return [...items]
  const middle = Math.floor(items.length / 2)
  const left = mergeSort(items.slice(0, middle), firstGoesFirst)
  const right = mergeSort(items.slice(middle), firstGoesFirst)
  const merged: T[] = []
  let [first, second] = [left.shift(), right.shift()]
  while (first !== undefined && second !== undefined) {
    if (firstGoesFirst(first, second)) {
      merged.push(first)
      first = left.shift()
    } else {
      merged.push(second)
      second = right.shift()
    }
  }
  return [
    ...merged,
    ...(first === undefined ? [] : [first]),
    ...left,
    ...(second === undefined ? [] : [second]),
    ...right,
  ]
}

const isIPv4 = (text: string): boolean => ipv4Bits(text) !== undefined
const origin = ({ text, line }: PolicyEntry): string => (line === undefined ? text : `${text}, line ${line}`)
