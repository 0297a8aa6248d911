import type { Client } from '../client.ts'
import type { Core } from '../core.ts'
import type { Args } from '../protocol/args.ts'
import type { Replication } from './replication.ts'

interface Waiter {
  /** Whether it has what it waits for. */
  readonly isDone: () => boolean
  readonly answer: () => void
}

/** Clients that wait until replicas have done what they have written (WAIT, WAITAOF). */
export class Waiting {
  readonly #core: Core
  readonly #replication: Replication
  readonly #waiters = new Map<Client, Waiter>()

  constructor(core: Core, replication: Replication) {
    this.#core = core
    this.#replication = replication
    core.farewells.push((client) => this.#waiters.delete(client))
  }

  /** Answers a client once it has what it waits for, or its time is over. */
  wait(client: Client, args: Args, timeout: number, waiter: Waiter): void {
    const { blocking } = this.#core
    if (waiter.isDone()) {
      waiter.answer()
      return
    }
    blocking.block(client, args, { keys: [], timeout, timedOut: waiter.answer })
    if (client.blocked === undefined) return
    this.#waiters.set(client, waiter)
    this.#replication.replicas.askHowFar()
  }

  /** A replica has said how far it is, or is gone. */
  look(): void {
    for (const [client, { isDone, answer }] of this.#waiters) {
      if (client.blocked === undefined) this.#waiters.delete(client)
      else if (isDone()) {
        this.#waiters.delete(client)
        this.#core.blocking.answer(client, answer)
      }
    }
  }
}
