import { isIP } from 'node:net'

export type Family = 4 | 6

/** Memcached's port, and the default of every cluster's configuration endpoint. */
const MEMCACHED_PORT = 11211

export type ParsedTarget =
  | { readonly ok: true; readonly host: string; readonly port: number }
  | { readonly ok: false; readonly detail: string }

/** Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IP literal. */
export function parseTarget(text: string, defaultPort: number = MEMCACHED_PORT): ParsedTarget {
  // A bare IPv6 literal is all colons: none of them introduces a port.
  if (isIP(text) !== 0) return { ok: true, host: text, port: defaultPort }
  const parts = /^(?:\[([^\]]*)\]|([^:[\]\s]+))(?::(\d+))?$/.exec(text)
  if (!parts) return { ok: false, detail: `${JSON.stringify(text)} is not host:port or [v6]:port` }
  const [, bracketed, name = '', portText] = parts
  if (bracketed !== undefined && isIP(bracketed) !== 6) {
    return { ok: false, detail: `${JSON.stringify(bracketed)} is not an IPv6 address` }
  }
  const port = portText === undefined ? defaultPort : Number(portText)
  if (port < 1 || port > 65535) return { ok: false, detail: `${port} is not a port: 1 to 65535` }
  return { ok: true, host: bracketed ?? name, port }
}

/** `127.0.0.1:11211`, `[::1]:11211`: the form that can be pasted back in. */
export const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

/** Of an IP literal. */
export const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4)
