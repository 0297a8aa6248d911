import { createServer } from 'node:net'
import type { NetworkType, Place } from '../store/values.ts'

const HIGHEST_PORT = 65_535
/** How long a freed port, or address, is given out last: clients of what it was may still come back to it, and would meet another's data. */
const REST_MS = 60_000
/** Addresses on which a port is tried before another one is: a program that has it on all addresses has it on each. */
const TRIES = 8

/** What is somebody's: a port of the machine's own addresses, or an address of its own with all its ports. */
export type Claim = number | string

/**
 * What a place takes away from others: of ::1, of which there is but one, its port.
 * @param span How many ports from its own on it has.
 */
export function claimsOf({ port, ipv4 }: Place, networkType: NetworkType, span = 1): readonly Claim[] {
  const ports = Array.from({ length: span }, (_, index) => port + index)
  if (ipv4 === undefined) return ports
  return networkType === 'ipv4' ? [ipv4] : [ipv4, ...ports]
}

/**
 * Gives out TCP ports that no record holds and nothing on this machine listens on, on either loopback address, or loopback
 * addresses on which a port is free; those that a record held lately only when there are no others.
 */
export class Ports {
  readonly #taken: () => ReadonlySet<Claim>
  readonly #addresses: readonly string[]
  readonly #now: () => number
  readonly #own: (() => Iterable<string>) | undefined
  /** Given out, but not yet in a record. */
  readonly #reserved = new Set<Claim>()
  /** Seen in a record, and not yet seen to be gone from it. */
  readonly #held = new Set<Claim>()
  /** Freed ones, those first that have rested longest, and until when they rest. */
  readonly #resting = new Map<Claim, number>()

  /**
   * @param taken What records hold now.
   * @param addresses The machine's own loopback addresses.
   * @param own Addresses that nodes may have of their own, in the order in which they are given. Absent: they have none.
   */
  constructor(
    taken: () => ReadonlySet<Claim>,
    addresses: readonly string[],
    now: () => number,
    own?: () => Iterable<string>,
  ) {
    this.#taken = taken
    this.#addresses = addresses
    this.#now = now
    this.#own = own
  }

  /** `count` ports from `first` upwards, none of them one of `not`. The caller releases them once they are stored, or not needed. */
  async reserve(count: number, first: number, not: readonly number[] = []): Promise<number[]> {
    const ports: number[] = []
    // Looked at once for all ports passed over: their number grows with that of the clusters.
    const taken = this.#taken()
    this.#letRest(taken)
    for (const port of this.#candidates(first)) {
      if (ports.length === count) return ports
      if (taken.has(port) || this.#reserved.has(port) || not.includes(port)) continue
      this.#reserved.add(port)
      // The workload that had reserved it may have stored it meanwhile.
      if ((await this.#isFree(port)) && !this.#taken().has(port)) ports.push(port)
      else this.#reserved.delete(port)
    }
    if (ports.length === count) return ports
    this.release(ports)
    throw new Error(`no ${count} free ports from ${first} upwards`)
  }

  /**
   * `count` places for nodes of a network type: the port on an address of its own each, or, where there are no such addresses or
   * IPv6 has but one, a port each. The caller releases what they claim.
   */
  async place(count: number, port: number, networkType: NetworkType): Promise<Place[]> {
    const places: Place[] = []
    const ports = this.#sharesPorts(networkType) ? await this.reserve(count, port) : []
    try {
      for (let index = 0; index < count; index++) places.push(await this.#place(ports[index] ?? port, networkType))
      return places
    } catch (error) {
      this.release([...ports, ...places.flatMap((place) => claimsOf(place, networkType))])
      throw error
    }
  }

  /** As {@link place}, for a node with two ports next to each other: clients add one to the port they know. */
  async placePair(port: number, networkType: NetworkType): Promise<Place> {
    return this.#place(this.#sharesPorts(networkType) ? await this.#pair(port) : port, networkType, 2)
  }

  #sharesPorts(networkType: NetworkType): boolean {
    return !this.#own || networkType !== 'ipv4'
  }

  async #place(port: number, networkType: NetworkType, span = 1): Promise<Place> {
    return this.#own && networkType !== 'ipv6' ? this.#placeOfItsOwn(port, span) : { port }
  }

  release(claims: readonly Claim[]): void {
    // As of most steps of a lifecycle: what records hold is not to be gone through for each.
    if (claims.length === 0) return
    const taken = this.#taken()
    for (const claim of claims) {
      this.#reserved.delete(claim)
      if (taken.has(claim)) this.#held.add(claim)
    }
  }

  async #pair(first: number): Promise<number> {
    for (let from = first; ; ) {
      const ports = await this.reserve(2, from)
      const [port = first, next = 0] = ports
      if (next === port + 1) return port
      this.release(ports)
      from = next
    }
  }

  async #placeOfItsOwn(first: number, span: number): Promise<Place> {
    for (let port = first; port + span - 1 <= HIGHEST_PORT; port++) {
      const ipv4 = await this.#addressFor(port, span)
      if (ipv4 !== undefined) return { port, ipv4 }
    }
    throw new Error(`no address with a free port from ${first} upwards`)
  }

  async #addressFor(port: number, span: number): Promise<string | undefined> {
    const taken = this.#taken()
    this.#letRest(taken)
    let tries = 0
    for (const address of this.#ownAddresses()) {
      if (taken.has(address) || this.#reserved.has(address)) continue
      if (tries++ === TRIES) return undefined
      this.#reserved.add(address)
      if ((await isFreeAt(address, port, span)) && !this.#taken().has(address)) return address
      this.#reserved.delete(address)
    }
    return undefined
  }

  *#ownAddresses(): Generator<string> {
    for (const address of this.#own?.() ?? []) if (!this.#resting.has(address)) yield address
    for (const claim of this.#resting.keys()) if (typeof claim === 'string') yield claim
  }

  #letRest(taken: ReadonlySet<Claim>): void {
    const now = this.#now()
    for (const [claim, until] of this.#resting) if (until <= now || taken.has(claim)) this.#resting.delete(claim)
    for (const claim of this.#held) {
      if (taken.has(claim)) continue
      this.#held.delete(claim)
      this.#resting.set(claim, now + REST_MS)
    }
    for (const claim of taken) this.#held.add(claim)
  }

  *#candidates(first: number): Generator<number> {
    const resting = [...this.#resting.keys()].filter((claim) => typeof claim === 'number')
    for (let port = first; port <= HIGHEST_PORT; port++) if (!this.#resting.has(port)) yield port
    for (const port of resting) if (port >= first) yield port
  }

  async #isFree(port: number): Promise<boolean> {
    for (const address of this.#addresses) if (!(await canListen(address, port))) return false
    return true
  }
}

async function isFreeAt(address: string, first: number, span: number): Promise<boolean> {
  for (let port = first; port < first + span; port++) if (!(await canListen(address, port))) return false
  return true
}

/** Whether a server could listen there now; port 0 asks only whether the address exists. */
export function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, ipv6Only: true, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
