import { createServer } from 'node:net'

const HIGHEST_PORT = 65_535

/** Gives out TCP ports that no record holds and nothing on this machine listens on, on either loopback address. */
export class Ports {
  readonly #taken: () => ReadonlySet<number>
  readonly #addresses: readonly string[]
  /** Given out, but not yet in a record. */
  readonly #reserved = new Set<number>()

  /** @param taken The ports that records hold now. */
  constructor(taken: () => ReadonlySet<number>, addresses: readonly string[]) {
    this.#taken = taken
    this.#addresses = addresses
  }

  /** `count` ports from `first` upwards. The caller releases them once they are stored, or not needed. */
  async reserve(count: number, first: number): Promise<number[]> {
    const ports: number[] = []
    // Looked at once for all ports passed over: their number grows with that of the clusters.
    const taken = this.#taken()
    for (let port = first; ports.length < count; port++) {
      if (port > HIGHEST_PORT) {
        this.release(ports)
        throw new Error(`no ${count} free ports from ${first} upwards`)
      }
      if (taken.has(port) || this.#reserved.has(port)) continue
      this.#reserved.add(port)
      // The workload that had reserved it may have stored it meanwhile.
      if ((await this.#isFree(port)) && !this.#taken().has(port)) ports.push(port)
      else this.#reserved.delete(port)
    }
    return ports
  }

  release(ports: readonly number[]): void {
    for (const port of ports) this.#reserved.delete(port)
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
