import type { Core } from '../core.ts'
import { pauseOf } from '../pause.ts'
import type { PrimaryAddress } from './primary-link.ts'
import type { Replica } from './replica.ts'
import type { Replication } from './replication.ts'

export interface FailoverRequest {
  /** Undefined: whichever replica is up to date first. */
  readonly target: PrimaryAddress | undefined
  /** Whether the target gets the role when time is over, whatever it lacks. */
  readonly forced: boolean
  /** Milliseconds; 0: as long as it takes. */
  readonly timeout: number
}

/** In INFO's words. */
export type FailoverState = 'no-failover' | 'waiting-for-sync' | 'failover-in-progress'

/** FAILOVER: lets writes wait until a replica has everything, and changes roles with it. */
export class Failover {
  state: FailoverState = 'no-failover'
  readonly #core: Core
  readonly #replication: Replication
  #request: FailoverRequest | undefined
  #until = 0
  #askedAt = 0
  /** How far the history went before replicas were asked last: whoever has heard the question has all of it. */
  #asked = 0

  constructor(core: Core, replication: Replication) {
    this.#core = core
    this.#replication = replication
  }

  get isUnderWay(): boolean {
    return this.state !== 'no-failover'
  }

  begin(request: FailoverRequest): void {
    const { keyspace } = this.#core
    this.#core.log('notice', 'FAILOVER requested.')
    this.#request = request
    this.#until = request.timeout === 0 ? Number.POSITIVE_INFINITY : keyspace.now + request.timeout
    pauseOf(this.#core).holdWrites('failover', true)
    this.#askedAt = 0
    this.#ask()
    this.state = 'waiting-for-sync'
    // Once the client has heard that it has begun.
    this.#core.later.push(() => this.look())
  }

  abort(why: string): void {
    if (!this.isUnderWay) return
    const wasInProgress = this.state === 'failover-in-progress'
    this.#core.log('notice', `Aborting failover: ${why}`)
    this.#end()
    if (wasInProgress) this.#replication.follow(undefined)
  }

  /** Goes on as far as it can. */
  look(): void {
    if (this.state !== 'waiting-for-sync' || this.#request === undefined) return
    const ready = this.#candidates().find(({ acked }) => acked >= this.#asked)
    if (ready !== undefined) this.#handOver(ready)
    else if (this.#core.keyspace.now >= this.#until) this.#timeOut(this.#request)
    else this.#ask()
  }

  #candidates(): Replica[] {
    const { target } = this.#request ?? {}
    const { online } = this.#replication.replicas
    return target === undefined ? online : online.filter((replica) => isAt(replica, target))
  }

  #timeOut({ target, forced }: FailoverRequest): void {
    if (!forced || target === undefined) {
      this.abort('Replica never caught up before timeout')
      return
    }
    this.#core.log('notice', `Failover to ${target.host}:${target.port} time out exceeded, failing over.`)
    this.#proceed(target)
  }

  #handOver(replica: Replica): void {
    const address = { host: replica.host, port: replica.greeting.port }
    this.#core.log('notice', `Failover target ${address.host}:${address.port} is synced, failing over.`)
    this.#proceed(address)
  }

  #proceed(address: PrimaryAddress): void {
    this.state = 'failover-in-progress'
    this.#replication.follow(address, (isDone) => {
      if (isDone) this.#end()
      else this.abort('Failover target rejected psync request')
    })
  }

  #end(): void {
    this.state = 'no-failover'
    this.#request = undefined
    this.#until = 0
    pauseOf(this.#core).holdWrites('failover', false)
  }

  /** How far replicas are: they say so by themselves only once a second. */
  #ask(): void {
    const { now } = this.#core.keyspace
    if (now - this.#askedAt < ASK_EVERY_MS) return
    this.#askedAt = now
    this.#asked = this.#replication.history.offset
    this.#replication.replicas.askHowFar()
  }
}

const ASK_EVERY_MS = 1000

export const isAt = ({ host, greeting }: Replica, address: PrimaryAddress): boolean =>
  host === address.host && greeting.port === address.port
