/** Address ranges of both families: `10.0.0.0/16`, `fd00::/64`; a lone address is a range of one. */
import { isIPv4, isIPv6, SocketAddress } from 'node:net'

export interface Cidr {
  readonly family: 'ipv4' | 'ipv6'
  /** Its first address, as a number. */
  readonly first: bigint
  readonly prefix: number
}

const BITS = { ipv4: 32, ipv6: 128 } as const

/** undefined: not an address or range. Bits beyond the prefix are cleared, as EC2 does with ranges it is given. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length, ...rest] = text.trim().split('/')
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) && !address.includes('%') ? 'ipv6' : undefined
  if (!family || rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined
  const prefix = length === undefined ? BITS[family] : Number(length)
  if (prefix > BITS[family]) return undefined
  const hostBits = BigInt(BITS[family] - prefix)
  const number = family === 'ipv4' ? ipv4Number(address) : ipv6Number(address)
  return { family, first: (number >> hostBits) << hostBits, prefix }
}

const ipv4Number = (address: string): bigint =>
  address.split('.').reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n)

function ipv6Number(address: string): bigint {
  // The last 32 bits may be written as an IPv4 address.
  const [, front = '', dotted] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? []
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':').map((group) => BigInt(`0x${group}`)))
  const last = dotted ? ipv4Number(dotted) : 0n
  const tail = dotted ? [last >> 16n, last & 0xffffn] : []
  const [before = '', after] = (dotted ? front.replace(/([^:]):$/, '$1') : address).split('::')
  const head = groupsOf(before)
  const end = [...groupsOf(after ?? ''), ...tail]
  const gap = after === undefined ? [] : new Array<bigint>(8 - head.length - end.length).fill(0n)
  return [...head, ...gap, ...end].reduce((sum, group) => (sum << 16n) | group, 0n)
}

/** As it is written, `172.31.0.0/20`; IPv6 in the short form of RFC 5952. */
export function formatCidr({ family, first, prefix }: Cidr): string {
  return `${formatAddress(family, first)}/${prefix}`
}

function formatAddress(family: Cidr['family'], number: bigint): string {
  if (family === 'ipv4') return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 0xffn).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => (number >> BigInt(112 - 16 * index)) & 0xffffn)
  const address = groups.map((group) => group.toString(16)).join(':')
  return new SocketAddress({ address, family }).address
}

/** How many addresses there are in it. */
export const sizeOf = ({ family, prefix }: Cidr): bigint => 1n << BigInt(BITS[family] - prefix)

/** Whether all of `inner` lies in `outer`; ranges of two families never do. */
export const contains = (outer: Cidr, inner: Cidr): boolean =>
  outer.family === inner.family &&
  inner.first >= outer.first &&
  inner.first + sizeOf(inner) <= outer.first + sizeOf(outer)

/** Whether the ranges have an address in common. */
export const overlaps = (a: Cidr, b: Cidr): boolean => contains(a, b) || contains(b, a)

/** The range with the given number (from 0) among those of `prefix` that `outer` is divided into. */
export function part(outer: Cidr, prefix: number, number: number): Cidr {
  const { family } = outer
  return { family, prefix, first: outer.first + (BigInt(number) << BigInt(BITS[family] - prefix)) }
}
