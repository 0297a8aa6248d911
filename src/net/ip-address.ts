import { isIPv4, isIPv6 } from 'node:net'

/** ::ffff:0:0, which IPv4 addresses follow in policy tables. */
export const MAPPED = 0xffffn << 32n

/** An IPv6 address as 128 bits, or undefined if the text is none. A zone (`%eth0`) is refused, as by inet_pton. */
export function ipv6Bits(text: string): bigint | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined
  // A dotted quad at the end is two groups.
  const hex = text.replace(/\d+\.\d+\.\d+\.\d+$/, (quad) => {
    const bits = ipv4Bits(quad) ?? 0n
    return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`
  })
  const [head = '', tail] = hex.split('::')
  const before = head.split(':').filter(Boolean)
  const after = (tail ?? '').split(':').filter(Boolean)
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return [...before, ...zeros, ...after].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

/** An IPv4 address as 32 bits, or undefined if the text is none. */
export function ipv4Bits(text: string): bigint | undefined {
  return isIPv4(text) ? text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n) : undefined
}

/** Any address literal as the 128 bits that policy tables are matched with: IPv4 as ::ffff:a.b.c.d. Zones are cut. */
export function policyBits(text: string): bigint | undefined {
  const bits = ipv4Bits(text)
  return bits === undefined ? ipv6Bits(text.replace(/%.*$/, '')) : MAPPED | bits
}

/** Whether the first `length` of `width` bits are the same. */
export const samePrefix = (a: bigint, b: bigint, length: number, width: 32 | 128): boolean =>
  (a ^ b) >> BigInt(width - length) === 0n

/** How many leading bits of `width` are the same. */
export function commonPrefix(a: bigint, b: bigint, width: 32 | 128): number {
  const difference = a ^ b
  return difference === 0n ? width : width - difference.toString(2).length
}
