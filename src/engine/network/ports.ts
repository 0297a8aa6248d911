import { createServer } from 'node:net'

const HIGHEST_PORT = 65_535
/** How long a freed port is given out last: clients of what it was may still come back to it, and would meet another's data. */
const REST_MS = 60_000

/**
 * Gives out TCP ports that no record holds and nothing on this machine listens on, on either loopback address; those that a
 * record held lately only when there are no others.
 */
export class Ports {
  readonly #taken: () => ReadonlySet<number>
  readonly #addresses: readonly string[]
  /** Given out, but not yet in a record. */
  readonly #reserved = new Set<number>()
  readonly #now: () => number
  /** Seen in a record, and not yet seen to be gone from it. */
  readonly #held = new Set<number>()
  /** Freed ports, those first that have rested longest, and until when they rest. */
  readonly #resting = new Map<number, number>()

  /** @param taken The ports that records hold now. */
  constructor(taken: () => ReadonlySet<number>, addresses: readonly string[], now: () => number) {
    this.#taken = taken
    this.#addresses = addresses
    this.#now = now
  }

  /** `count` ports from `first` upwards. The caller releases them once they are stored, or not needed. */
  async reserve(count: number, first: number): Promise<number[]> {
    const ports: number[] = []
    // Looked at once for all ports passed over: their number grows with that of the clusters.
    const taken = this.#taken()
    this.#letRest(taken)
    for (const port of this.#candidates(first)) {
      if (ports.length === count) return ports
      if (taken.has(port) || this.#reserved.has(port)) continue
      this.#reserved.add(port)
      // The workload that had reserved it may have stored it meanwhile.
      if ((await this.#isFree(port)) && !this.#taken().has(port)) ports.push(port)
      else this.#reserved.delete(port)
    }
    if (ports.length === count) return ports
    this.release(ports)
    throw new Error(`no ${count} free ports from ${first} upwards`)
  }

  release(ports: readonly number[]): void {
    // As of most steps of a lifecycle: what records hold is not to be gone through for each.
    if (ports.length === 0) return
    const taken = this.#taken()
    for (const port of ports) {
      this.#reserved.delete(port)
      if (taken.has(port)) this.#held.add(port)
    }
  }

  #letRest(taken: ReadonlySet<number>): void {
    const now = this.#now()
    for (const [port, until] of this.#resting) if (until <= now || taken.has(port)) this.#resting.delete(port)
    for (const port of this.#held) {
      if (taken.has(port)) continue
      this.#held.delete(port)
      this.#resting.set(port, now + REST_MS)
    }
    for (const port of taken) this.#held.add(port)
  }

  *#candidates(first: number): Generator<number> {
    const resting = [...this.#resting.keys()]
    for (let port = first; port <= HIGHEST_PORT; port++) if (!this.#resting.has(port)) yield port
    for (const port of resting) if (port >= first) yield port
  }

  async #isFree(port: number): Promise<boolean> {
    for (const address of this.#addresses) if (!(await canListen(address, port))) return false
    return true
  }
}

/** Whether a server could listen there now; port 0 asks only whether the address exists. */
export function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, ipv6Only: true, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
