/** What a relay has carried, per back end and per family of its clients. */
import type { Backend } from './backends.ts'

export interface Traffic {
  open: number
  total: number
  /** From clients to back ends. */
  bytesIn: number
  /** From back ends to clients. */
  bytesOut: number
}

/** JSON-able. */
export interface RelayReport {
  /** Addresses it listens on, as `[::1]:11311`. */
  readonly listen: readonly string[]
  readonly upMs: number
  readonly total: Readonly<Traffic>
  readonly backends: readonly (Readonly<Traffic> & {
    readonly name: string
    readonly weight: number
    readonly up: boolean
    readonly reason?: string
    /** Connections that could not be made to it. */
    readonly failed: number
    readonly checkMs?: number
  })[]
  readonly clients: { readonly ipv4: Readonly<Traffic>; readonly ipv6: Readonly<Traffic> }
  readonly errors: {
    /** Clients that were turned away because no back end took them. */
    readonly noBackend: number
    /** Connections that one side reset. */
    readonly reset: number
  }
}

export type ClientFamily = 'ipv4' | 'ipv6'

interface Meter {
  bytesIn(): number
  bytesOut(): number
}

export class Counters {
  readonly #backends = new Map<Backend, Traffic & { failed: number }>()
  readonly #clients: Record<ClientFamily, Traffic> = { ipv4: nothing(), ipv6: nothing() }
  readonly #open = new Map<Meter, { backend: Backend; family: ClientFamily }>()
  readonly errors = { noBackend: 0, reset: 0 }

  opened(backend: Backend, family: ClientFamily, meter: Meter): void {
    for (const each of [this.#of(backend), this.#clients[family]]) {
      each.open++
      each.total++
    }
    this.#open.set(meter, { backend, family })
  }

  closed(meter: Meter): void {
    const session = this.#open.get(meter)
    if (!session) return
    this.#open.delete(meter)
    for (const each of [this.#of(session.backend), this.#clients[session.family]]) {
      each.open--
      each.bytesIn += meter.bytesIn()
      each.bytesOut += meter.bytesOut()
    }
  }

  failed(backend: Backend): void {
    this.#of(backend).failed++
  }

  /** With what open connections have carried so far. */
  report(listen: readonly string[], upMs: number, backends: readonly Backend[]): RelayReport {
    const clients = { ipv4: { ...this.#clients.ipv4 }, ipv6: { ...this.#clients.ipv6 } }
    const own = new Map(backends.map((each) => [each, { ...this.#of(each) }]))
    for (const [meter, { backend, family }] of this.#open) {
      for (const each of [own.get(backend), clients[family]]) {
        if (!each) continue
        each.bytesIn += meter.bytesIn()
        each.bytesOut += meter.bytesOut()
      }
    }
    return {
      listen,
      upMs,
      total: sum(clients.ipv4, clients.ipv6),
      backends: backends.map((backend) => {
        const { name, weight, up, reason, checkMs } = backend
        const traffic = own.get(backend) ?? { ...nothing(), failed: 0 }
        return {
          name,
          weight,
          up,
          ...(reason !== undefined && { reason }),
          ...traffic,
          ...(checkMs !== undefined && { checkMs }),
        }
      }),
      clients,
      errors: { ...this.errors },
    }
  }

  #of(backend: Backend): Traffic & { failed: number } {
    const found = this.#backends.get(backend) ?? { ...nothing(), failed: 0 }
    this.#backends.set(backend, found)
    return found
  }
}

const nothing = (): Traffic => ({ open: 0, total: 0, bytesIn: 0, bytesOut: 0 })

const sum = (a: Traffic, b: Traffic): Traffic => ({
  open: a.open + b.open,
  total: a.total + b.total,
  bytesIn: a.bytesIn + b.bytesIn,
  bytesOut: a.bytesOut + b.bytesOut,
})
