import { connect, createServer, isIP, isIPv4, type Server, type Socket } from 'node:net'
import { boundTo } from '../net/bound.ts'
import { type Clock, elapsedMs, sleep, systemClock } from '../net/clock.ts'
import { endpoint } from '../net/target.ts'
import { Backend, type BackendPlace, chooseBackend } from './backends.ts'
import { type CheckKind, checkBackend } from './check.ts'
import { type ClientFamily, Counters, type RelayReport } from './counters.ts'
import { reset, splice } from './splice.ts'

export interface RelayOptions {
  /** IP literals or `localhost`; port 0 takes any free one. An IPv6 address serves IPv6 clients only. */
  readonly listen: readonly { readonly host: string; readonly port: number }[]
  readonly to: readonly BackendPlace[]
  readonly check?: { readonly kind: CheckKind; readonly intervalMs: number; readonly timeoutMs: number }
  /** For the connection to a back end, before the next is tried. Default 3000. */
  readonly connectTimeoutMs?: number
  readonly onEvent?: (event: RelayEvent) => void
  readonly clock?: Clock
}

/** JSON-able. */
export type RelayEvent =
  | { readonly type: 'opened'; readonly client: string; readonly backend: string }
  | {
      readonly type: 'closed'
      readonly client: string
      readonly backend: string
      readonly outcome: 'closed' | 'reset'
      readonly bytesIn: number
      readonly bytesOut: number
      readonly ms: number
    }
  /** A connection to a back end could not be made; another one is tried. */
  | { readonly type: 'failed'; readonly client: string; readonly backend: string; readonly reason: string }
  | { readonly type: 'turned-away'; readonly client: string }
  | { readonly type: 'backend-out'; readonly backend: string; readonly reason: string }
  | { readonly type: 'backend-in'; readonly backend: string }
  | {
      readonly type: 'weight'
      readonly backend: string
      readonly from: number
      readonly to: number
      readonly cut: number
    }

/** A back end is out after so many failures in a row, and in again after one success. */
const FAILURES_UNTIL_OUT = 2
/** So that a peer that is gone without a word does not hold a connection for ever. */
const KEEP_ALIVE_MS = 60_000

interface Session {
  readonly client: Socket
  readonly upstream: Socket
}

/** A weight is meant for a back end that the relay does not have. */
export class NoBackend extends RangeError {}

/** Carries TCP connections from where it listens to its back ends, byte for byte. */
export class Relay {
  readonly #options: RelayOptions
  readonly #clock: Clock
  readonly #backends: readonly Backend[]
  readonly #counters = new Counters()
  readonly #servers: Server[] = []
  readonly #sessions = new Map<Session, Backend>()
  readonly #waiting = new Set<Socket>()
  readonly #stop = new AbortController()
  readonly #start: number

  private constructor(options: RelayOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#start = this.#clock.monotonicMs()
    this.#backends = options.to.map((place) => new Backend(place))
  }

  /** Rejects, with nothing left open, when one of the addresses can not be listened on. */
  static async start(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options)
    try {
      for (const where of options.listen) await relay.#listen(where)
    } catch (error) {
      await relay.close()
      throw error
    }
    for (const backend of relay.#backends) void relay.#keepChecking(backend)
    return relay
  }

  /** Where it listens, with the ports it got. */
  get addresses(): { readonly host: string; readonly port: number }[] {
    return this.#servers.map((server) => {
      const { address, port } = boundTo(server)
      return { host: address, port }
    })
  }

  report(): RelayReport {
    const listen = this.addresses.map(({ host, port }) => endpoint(host, port))
    return this.#counters.report(listen, elapsedMs(this.#clock, this.#start), this.#backends)
  }

  /**
   * Sets the weights of some back ends, by name; all or none. `cut` resets the connections of those that now have none.
   * Throws RangeError with a sentence about what is wrong.
   */
  setWeights(weights: Readonly<Record<string, number>>, cut = false): void {
    const known = new Map(this.#backends.map((each) => [each.name, each]))
    for (const [name, weight] of Object.entries(weights)) {
      if (!known.has(name)) throw new NoBackend(`${name} is no back end here: ${[...known.keys()].join(', ')}`)
      if (!Number.isInteger(weight) || weight < 0) throw new RangeError(`${weight} is no weight: 0, 1, 2, ...`)
    }
    const after = this.#backends.map(({ name, weight }) => weights[name] ?? weight)
    if (after.every((weight) => weight === 0)) throw new RangeError('one back end at least must have a weight above 0')
    for (const backend of this.#backends) {
      const to = weights[backend.name]
      if (to === undefined) continue
      const from = backend.weight
      backend.weight = to
      const ended = cut && to === 0 ? this.#cut(backend) : 0
      this.#tell({ type: 'weight', backend: backend.name, from, to, cut: ended })
    }
    // What was saved up under the old weights would send the next connections astray.
    for (const backend of this.#backends) backend.credit = 0
  }

  /** Stops listening and ends every connection. */
  async close(): Promise<void> {
    this.#stop.abort()
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)))
    for (const { client, upstream } of this.#sessions.keys()) {
      reset(client)
      reset(upstream)
    }
    for (const socket of this.#waiting) reset(socket)
    await Promise.all(closed)
  }

  #listen({ host, port }: { host: string; port: number }): Promise<void> {
    // Paused: nothing is read before there is a backend to pass it on to.
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.#serve(client),
    )
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, ipv6Only: isIP(host) === 6 }, () => {
        server.off('error', reject)
        // EMFILE and the like: told by the kernel again with the next connection.
        server.on('error', () => this.#counters.errors.noBackend++)
        this.#servers.push(server)
        resolve()
      })
    })
  }

  #serve(client: Socket): void {
    const name = endpoint(plainAddress(client.remoteAddress ?? ''), client.remotePort ?? 0)
    this.#waiting.add(client)
    client.once('close', () => this.#waiting.delete(client))
    client.on('error', () => {})
    this.#connect(client, name, new Set())
  }

  #connect(client: Socket, name: string, tried: Set<Backend>): void {
    const backend = chooseBackend(this.#backends, tried)
    if (!backend || this.#stop.signal.aborted) {
      if (!this.#stop.signal.aborted) {
        this.#counters.errors.noBackend++
        this.#tell({ type: 'turned-away', client: name })
      }
      reset(client)
      return
    }
    tried.add(backend)
    const { host, port } = backend
    const upstream = connect({ host, port, allowHalfOpen: true, noDelay: true })
    const leave = (): void => void upstream.destroy()
    const fail = (reason: string): void => {
      cancel()
      client.off('close', leave)
      upstream.off('error', failed).on('error', () => {})
      upstream.destroy()
      if (client.destroyed) return
      this.#counters.failed(backend)
      this.#tell({ type: 'failed', client: name, backend: backend.name, reason })
      this.#missed(backend, reason)
      this.#connect(client, name, tried)
    }
    const failed = (error: NodeJS.ErrnoException): void => fail(error.code ?? error.message)
    const cancel = this.#clock.after(this.#options.connectTimeoutMs ?? 3000, () => fail('timeout'))
    client.once('close', leave)
    client.once('close', cancel)
    upstream.once('error', failed)
    upstream.once('connect', () => {
      cancel()
      client.off('close', leave)
      client.off('close', cancel)
      upstream.off('error', failed)
      this.#join(client, upstream, backend, name)
    })
  }

  #join(client: Socket, upstream: Socket, backend: Backend, name: string): void {
    const session: Session = { client, upstream }
    const started = this.#clock.monotonicMs()
    const meter = { bytesIn: () => client.bytesRead, bytesOut: () => upstream.bytesRead }
    this.#waiting.delete(client)
    this.#sessions.set(session, backend)
    this.#counters.opened(backend, familyOf(client), meter)
    this.#tell({ type: 'opened', client: name, backend: backend.name })
    for (const socket of [client, upstream]) socket.setKeepAlive(true, KEEP_ALIVE_MS)
    splice(client, upstream, (outcome) => {
      this.#sessions.delete(session)
      this.#counters.closed(meter)
      if (outcome === 'reset') this.#counters.errors.reset++
      const bytes = { bytesIn: meter.bytesIn(), bytesOut: meter.bytesOut() }
      const ms = elapsedMs(this.#clock, started)
      this.#tell({ type: 'closed', client: name, backend: backend.name, outcome, ...bytes, ms })
    })
  }

  #cut(backend: Backend): number {
    const own = [...this.#sessions].flatMap(([session, its]) => (its === backend ? [session] : []))
    for (const { client, upstream } of own) {
      reset(client)
      reset(upstream)
    }
    return own.length
  }

  async #keepChecking(backend: Backend): Promise<void> {
    const { check } = this.#options
    if (!check) return
    const { signal } = this.#stop
    while (!signal.aborted) {
      const outcome = await checkBackend(backend, { ...check, clock: this.#clock })
      if (signal.aborted) return
      if (outcome.ok) {
        backend.checkMs = outcome.ms
        this.#reached(backend)
      } else this.#missed(backend, outcome.reason)
      await sleep(this.#clock, check.intervalMs, signal)
    }
  }

  #reached(backend: Backend): void {
    backend.failures = 0
    if (backend.up) return
    backend.up = true
    backend.reason = undefined
    this.#tell({ type: 'backend-in', backend: backend.name })
  }

  #missed(backend: Backend, reason: string): void {
    // Without checks the relay would not find out that it is back.
    if (!this.#options.check) return
    backend.failures++
    if (!backend.up || backend.failures < FAILURES_UNTIL_OUT) return
    backend.up = false
    backend.reason = reason
    this.#tell({ type: 'backend-out', backend: backend.name, reason })
  }

  #tell(event: RelayEvent): void {
    this.#options.onEvent?.(event)
  }
}

// A dual-stack socket writes IPv4 clients as ::ffff:a.b.c.d.
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

const familyOf = ({ remoteAddress = '' }: Socket): ClientFamily =>
  isIPv4(plainAddress(remoteAddress)) ? 'ipv4' : 'ipv6'
