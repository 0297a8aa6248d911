import { commonPrefix, ipv4Bits, policyBits } from '../net/ip-address.ts'
import { matchPolicy, policyRows } from './gai-conf.ts'

/**
 * Which of a host's addresses a packet to each destination would leave from, when there is no kernel to ask: RFC 6724
 * section 5, rules 1, 2, 6 and 8 for IPv6, the longest match for IPv4. Null where the host has no address of the family.
 */
export function chooseSources(
  candidates: readonly string[],
  host: readonly string[],
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(candidates.map((candidate) => [candidate, chooseSource(candidate, host)]))
}

function chooseSource(candidate: string, host: readonly string[]): string | null {
  const bits = policyBits(candidate)
  if (bits === undefined) throw new TypeError(`${candidate} is not an IP address`)
  const isIPv4 = ipv4Bits(candidate) !== undefined
  const usable = host.filter(
    (each) => (ipv4Bits(each) !== undefined) === isIPv4 && isLoopback(each) === isLoopback(candidate),
  )
  const [best] = usable.map((text) => ({ text, rank: rankOf(text, bits, candidate) })).sort((a, b) => b.rank - a.rank)
  return best?.text ?? null
}

function rankOf(source: string, destination: bigint, candidate: string): number {
  const bits = policyBits(source) ?? 0n
  if (bits === destination) return 10_000
  const label = (each: bigint): number => matchPolicy(KERNEL_LABELS, each).value
  return (
    (isLinkLocal(source) === isLinkLocal(candidate) ? 1000 : 0) +
    (label(bits) === label(destination) ? 200 : 0) +
    commonPrefix(bits, destination, 128)
  )
}

// What `ip addrlabel` lists on a fresh Linux.
const KERNEL_LABELS = policyRows(
  ['::1/128', 0],
  ['::/96', 3],
  ['::ffff:0:0/96', 4],
  ['2001::/32', 6],
  ['2001:10::/28', 7],
  ['3ffe::/16', 12],
  ['2002::/16', 2],
  ['fec0::/10', 11],
  ['fc00::/7', 5],
  ['::/0', 1],
)

const isLoopback = (text: string): boolean => text === '::1' || /^127\./.test(text)
const isLinkLocal = (text: string): boolean => /^fe[89ab]/i.test(text) || /^169\.254\./.test(text)
