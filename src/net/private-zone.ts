/**
 * A zone that one name server of this machine alone answers for: names below it are asked for there, whether or not this host does so
 * for other programs. One for the process, as the resolver of the system is.
 */
import { Resolver } from 'node:dns'
import type { LookupFunction } from 'node:net'

export interface PrivateZone {
  readonly name: string
  /** Where it is answered for now; undefined: nowhere, and names are left to this host. */
  readonly server: () => PrivateServer | undefined
}

interface PrivateServer {
  readonly address: string
  readonly port: number
}

interface PrivateAddress {
  readonly address: string
  readonly family: 4 | 6
}

const TIMEOUT_MS = 5_000
const TRIES = 2

let zone: PrivateZone | undefined

/** From now on its names are asked for where it says. */
export function usePrivateZone(own: PrivateZone): void {
  zone = own
}

/** Who answers for a host; undefined: whoever does for all others. */
export function privateServerOf(host: string): PrivateServer | undefined {
  if (!zone) return undefined
  const name = host.replace(/\.$/, '').toLowerCase()
  return name === zone.name || name.endsWith(`.${zone.name}`) ? zone.server() : undefined
}

/** A resolver that asks a server and no other. */
export function resolverOf({ address, port }: PrivateServer, timeout = TIMEOUT_MS, tries = TRIES): Resolver {
  const resolver = new Resolver({ timeout, tries })
  resolver.setServers([`${address.includes(':') ? `[${address}]` : address}:${port}`])
  return resolver
}

/**
 * Every address of a name, in the order of RFC 6724 for loopback: `::1` before 127.0.0.0/8. Rejects as getaddrinfo does: ENOTFOUND
 * where there is none, EAI_AGAIN where the server has no answer.
 */
export async function lookUpPrivately(host: string, server: PrivateServer): Promise<PrivateAddress[]> {
  const resolver = resolverOf(server)
  const codes: string[] = []
  const ask = (family: 4 | 6) =>
    new Promise<PrivateAddress[]>((resolve) => {
      const settle = (error: NodeJS.ErrnoException | null, found: readonly string[] = []) => {
        if (error?.code !== undefined) codes.push(error.code)
        resolve(found.map((address) => ({ address, family })))
      }
      if (family === 6) resolver.resolve6(host, settle)
      else resolver.resolve4(host, settle)
    })
  const found = (await Promise.all([ask(6), ask(4)])).flat()
  if (found.length > 0) return found
  const isMissing = codes.every((code) => code === 'ENOTFOUND' || code === 'ENODATA')
  throw Object.assign(new Error(`no address of ${host}`), { code: isMissing ? 'ENOTFOUND' : 'EAI_AGAIN' })
}

/** How a socket finds the address of a host; undefined: by the system. */
export function lookupOf(host: string): LookupFunction | undefined {
  const server = privateServerOf(host)
  if (!server) return undefined
  return (name, { all, family }, answer) => {
    lookUpPrivately(name, server).then(
      (found) => {
        const wanted = found.filter((each) => (family !== 4 && family !== 6 ? true : each.family === family))
        const [first] = wanted
        if (!first) answer(Object.assign(new Error(`no address of ${name}`), { code: 'ENOTFOUND' }), '')
        else if (all) answer(null, wanted)
        else answer(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => answer(error, ''),
    )
  }
}
