import { textOf } from '../net/cidr.ts'
import { ipv4Bits, ipv6Bits, samePrefix } from '../net/ip-address.ts'

/** A prefix under which a NAT64 gateway writes IPv4 addresses (RFC 6052). */
export interface Nat64Prefix {
  readonly text: string
  readonly prefix: bigint
  readonly length: PrefixLength
}

const LENGTHS = [32, 40, 48, 56, 64, 96] as const
type PrefixLength = (typeof LENGTHS)[number]

/** RFC 7050: the name whose IPv4 addresses are well known, and those addresses. */
export const IPV4_ONLY_NAME = 'ipv4only.arpa'
const WELL_KNOWN = new Set([ipv4Bits('192.0.0.170'), ipv4Bits('192.0.0.171')])

/** The prefix hidden in an AAAA answer for `ipv4only.arpa`; undefined if it holds none. */
export function prefixIn(address: string): Nat64Prefix | undefined {
  const bits = ipv6Bits(address)
  if (bits === undefined) return undefined
  for (const length of [...LENGTHS].reverse()) {
    if (!WELL_KNOWN.has(embedded(bits, length))) continue
    const prefix = (bits >> BigInt(128 - length)) << BigInt(128 - length)
    return { text: `${textOf(prefix, 128).replace(/(:0)+$/, '::')}/${length}`, prefix, length }
  }
  return undefined
}

/** The IPv4 address a synthesised one stands for; undefined if the address is under none of the prefixes. */
export function embeddedIPv4(address: string, prefixes: readonly Nat64Prefix[]): string | undefined {
  const bits = ipv6Bits(address)
  if (bits === undefined) return undefined
  const found = prefixes.find(({ prefix, length }) => samePrefix(prefix, bits, length, 128))
  const v4 = found && embedded(bits, found.length)
  return v4 === undefined ? undefined : textOf(v4, 32)
}

/** RFC 6052, 2.2: 32 bits after the prefix, stepping over bits 64 to 71, which are zero. */
function embedded(bits: bigint, length: PrefixLength): bigint | undefined {
  const byteAt = (index: number): bigint => (bits >> BigInt(120 - 8 * index)) & 0xffn
  if (length < 96 && byteAt(8) !== 0n) return undefined
  const start = length / 8
  const places = [0, 1, 2, 3].map((at) => (length < 96 && start + at >= 8 ? start + at + 1 : start + at))
  return places.reduce((v4, place) => (v4 << 8n) | byteAt(place), 0n)
}
