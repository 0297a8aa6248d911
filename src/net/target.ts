import { isIP } from 'node:net'
import { memcached } from '../api/catalog/engines.ts'

export type Family = 4 | 6

export type ParsedTarget =
  | { readonly ok: true; readonly host: string; readonly port: number }
  | { readonly ok: false; readonly detail: string }

/**
 * What inet_aton(3), and so getaddrinfo, takes for an IPv4 address: 11222 is 0.0.43.214 to it, 0x7f000001 and 0177.0.0.1
 * are 127.0.0.1. No name consists of numbers alone.
 */
const NUMBERS_ALONE = /^(?:0x[\da-f]*|\d+)(?:\.(?:0x[\da-f]*|\d+))*\.?$/i

/** Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IP literal. Numbers that are no such literal are refused. */
export function parseTarget(text: string, defaultPort: number = memcached.port): ParsedTarget {
  // A bare IPv6 literal is all colons: none of them introduces a port.
  if (isIP(text) !== 0) return { ok: true, host: text, port: defaultPort }
  const parts = /^(?:\[([^\]]*)\]|([^:[\]\s]+))(?::(\d+))?$/.exec(text)
  if (!parts) return { ok: false, detail: `${JSON.stringify(text)} is not host:port or [v6]:port` }
  const [, bracketed, name = '', portText] = parts
  if (bracketed !== undefined && isIP(bracketed) !== 6) {
    return { ok: false, detail: `${JSON.stringify(bracketed)} is not an IPv6 address` }
  }
  if (NUMBERS_ALONE.test(name) && isIP(name) === 0) return { ok: false, detail: notAnAddress(name) }
  const port = portText === undefined ? defaultPort : Number(portText)
  if (port < 1 || port > 65535) return { ok: false, detail: `${port} is not a port: 1 to 65535` }
  return { ok: true, host: bracketed ?? name, port }
}

const notAnAddress = (name: string): string =>
  /^\d+$/.test(name)
    ? `${name} is a number and no host; a port stands after its host: 127.0.0.1:${name}`
    : `${name} is no IPv4 address: four decimal numbers from 0 to 255, none with a leading zero`

/** `127.0.0.1:11211`, `[::1]:11211`: the form that can be pasted back in. */
export const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

/** Of an IP literal. */
export const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4)
