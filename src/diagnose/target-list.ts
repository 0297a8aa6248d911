import { isIP } from 'node:net'
import { textOf } from '../net/cidr.ts'
import { ipv4Bits, ipv6Bits } from '../net/ip-address.ts'
import { endpoint } from '../net/target.ts'

/** More would be a scan, not a probe. */
const MOST_TARGETS = 4096

export type TargetList =
  | { readonly ok: true; readonly targets: readonly string[] }
  | { readonly ok: false; readonly detail: string }

/**
 * Reads what nping reads, and IPv6 beside it: `host`, `host:80,443`, `host:18100-18102`, `10.0.0.0/30:11211`,
 * `10.0.*.1-24`, `[2001:db8::/126]:11211`. Network and broadcast address are among a CIDR's. `ports` stand for every
 * target that names none itself; without them such a target keeps no port.
 */
export function expandTargets(texts: readonly string[], ports?: string): TargetList {
  const targets: string[] = []
  const general = ports === undefined ? undefined : parsePorts(ports)
  if (typeof general === 'string') return { ok: false, detail: general }
  for (const text of texts) {
    const { hostText, portText } = split(text)
    const hosts = expandHosts(hostText)
    const own = portText === undefined ? general : parsePorts(portText)
    if (typeof hosts === 'string' || typeof own === 'string') {
      return { ok: false, detail: typeof hosts === 'string' ? hosts : String(own) }
    }
    for (const host of hosts) {
      if (own === undefined) targets.push(host)
      else for (const port of own) targets.push(endpoint(host, port))
    }
    if (targets.length > MOST_TARGETS) return { ok: false, detail: `${text} makes more than ${MOST_TARGETS} targets` }
  }
  return { ok: true, targets: [...new Set(targets)] }
}

/** `80,443,18100-18102`, or why it is none. */
export function parsePorts(text: string): readonly number[] | string {
  const ports: number[] = []
  for (const part of text.split(',')) {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    const [low, high] = [Number(from), Number(to)]
    if (from === undefined || low < 1 || high > 65_535 || low > high) return `${part} is not a port or a range of ports`
    if (ports.length + high - low >= MOST_TARGETS) return `${text} makes more than ${MOST_TARGETS} targets`
    for (let port = low; port <= high; port++) ports.push(port)
  }
  return ports
}

function split(text: string): { hostText: string; portText: string | undefined } {
  const bracketed = /^\[([^\]]+)\](?::(.+))?$/.exec(text)
  if (bracketed) return { hostText: bracketed[1] ?? '', portText: bracketed[2] }
  if (isIP(text.replace(/\/\d+$/, '')) === 6) return { hostText: text, portText: undefined }
  const at = text.indexOf(':')
  return at < 0
    ? { hostText: text, portText: undefined }
    : { hostText: text.slice(0, at), portText: text.slice(at + 1) }
}

function expandHosts(text: string): readonly string[] | string {
  const [, address = '', lengthText] = /^([^/]+)\/(\d+)$/.exec(text) ?? []
  if (lengthText !== undefined && isIP(address) !== 0) return expandCidr(address, Number(lengthText))
  if (text.includes('/')) return `${text} is not a network: 10.0.0.0/30, 2001:db8::/126`
  return /^[\d.*,-]+$/.test(text) && isIP(text) === 0 && text.includes('.') ? expandOctets(text) : [text]
}

function expandCidr(address: string, length: number): readonly string[] | string {
  const v4 = ipv4Bits(address)
  const width = v4 === undefined ? 128 : 32
  const bits = v4 ?? ipv6Bits(address)
  if (bits === undefined || length > width) return `${address}/${length} is not a network`
  if (width - length > 12) return `${address}/${length} holds more than ${MOST_TARGETS} addresses`
  const count = 1 << (width - length)
  const first = (bits >> BigInt(width - length)) << BigInt(width - length)
  return Array.from({ length: count }, (_, at) => textOf(first + BigInt(at), width))
}

/** `10.0.*.1-24` */
function expandOctets(text: string): readonly string[] | string {
  const parts = text.split('.')
  const octets = parts.map((part) =>
    part.split(',').flatMap((piece) => {
      const [, from, to = from] = /^(0|[1-9]\d*)(?:-(0|[1-9]\d*))?$/.exec(piece === '*' ? '0-255' : piece) ?? []
      const [low, high] = [Number(from), Number(to)]
      if (from === undefined || high > 255 || low > high) return []
      return Array.from({ length: high - low + 1 }, (_, at) => low + at)
    }),
  )
  const count = octets.reduce((product, list) => product * list.length, 1)
  if (parts.length !== 4 || count === 0) return `${text} is not an address or a range of addresses`
  if (count > MOST_TARGETS) return `${text} holds more than ${MOST_TARGETS} addresses`
  return octets.reduce<string[]>(
    (all, list) => (all.length === 0 ? list.map(String) : all.flatMap((head) => list.map((each) => `${head}.${each}`))),
    [],
  )
}
