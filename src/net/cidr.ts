import { ipv4Bits, ipv6Bits, MAPPED } from './ip-address.ts'
import type { Family } from './target.ts'

/** A network as it was written and as policy tables hold it. */
export interface Cidr {
  readonly text: string
  readonly family: Family
  /** In the bits of its own family. */
  readonly length: number
  /** 128 bits; IPv4 as ::ffff:a.b.c.d. */
  readonly prefix: bigint
  readonly policyLength: number
  /** For gai.conf and netsh: `::ffff:172.31.0.0/112`. */
  readonly policyText: string
}

/** Reads `172.31.0.0/16`, `2001:db8::/56`, or a single address. A string says why it is none. */
export function parseCidr(text: string): Cidr | string {
  const [address = '', lengthText, ...more] = text.split('/')
  const v4 = ipv4Bits(address)
  const v6 = v4 === undefined ? ipv6Bits(address) : undefined
  if (more.length > 0 || (v4 === undefined && v6 === undefined)) return `${JSON.stringify(text)} is not a CIDR`
  const width = v4 === undefined ? 128 : 32
  const length = lengthText === undefined ? width : Number(lengthText)
  if (lengthText !== undefined && (!/^\d+$/.test(lengthText) || length > width)) {
    return `/${lengthText} is not a length from 0 to ${width}`
  }
  const own = v4 ?? v6 ?? 0n
  const shift = BigInt(width - length)
  const network = (own >> shift) << shift
  if (network !== own)
    return `${text} has bits set beyond /${length}: the network is ${textOf(network, width)}/${length}`
  if (v4 === undefined) {
    return { text, family: 6, length, prefix: network, policyLength: length, policyText: `${address}/${length}` }
  }
  const policyLength = 96 + length
  return {
    text,
    family: 4,
    length,
    prefix: MAPPED | network,
    policyLength,
    policyText: `::ffff:${address}/${policyLength}`,
  }
}

/** An address from its bits. IPv6 in full groups without `::`: right, if not pretty. */
export function textOf(bits: bigint, width: 32 | 128): string {
  if (width === 32) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.')
  return Array.from({ length: 8 }, (_, at) => ((bits >> BigInt(112 - 16 * at)) & 0xffffn).toString(16)).join(':')
}
