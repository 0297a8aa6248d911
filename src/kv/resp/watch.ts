/** Watches servers while one takes over from another, as a client would feel it: it asks, and writes nothing. */
import { errorMessage } from '../../api/thrown.ts'
import { type Clock, sleep, systemClock } from '../../net/clock.ts'
import type { RespOptions } from './client.ts'
import { RespConnection } from './connection.ts'
import { type Standing, standingOf } from './standing.ts'
import type { RespNode } from './topology.ts'

/** One answer of one place, or that there was none. */
export interface Look {
  readonly place: string
  /** Milliseconds of the clock: when it was asked, and when it answered or failed. */
  readonly askedAt: number
  readonly at: number
  readonly standing?: Standing
  readonly problem?: string
}

export interface WatchOptions extends Pick<RespOptions, 'tls' | 'login' | 'timeoutMs'> {
  readonly signal: AbortSignal
  readonly onLook: (look: Look) => void
  /** Between two questions to one place. */
  readonly everyMs?: number
  readonly clock?: Clock
}

const EVERY_MS = 20

/** Asks every place for its role, again and again, until the signal; connects anew where a connection is lost. Never rejects. */
export async function watchRoles(
  places: Readonly<Record<string, RespNode>>,
  { signal, onLook, everyMs = EVERY_MS, clock = systemClock, ...options }: WatchOptions,
): Promise<void> {
  const watchOne = async ([place, node]: readonly [string, RespNode]): Promise<void> => {
    const { login = {}, ...dial } = options
    let connection: RespConnection | undefined
    while (!signal.aborted) {
      const askedAt = clock.monotonicMs()
      try {
        connection ??= await RespConnection.open({ ...dial, ...node, clock }, login)
        const standing = await standingOf(connection)
        onLook({ place, askedAt, at: clock.monotonicMs(), standing })
      } catch (error) {
        connection?.close()
        connection = undefined
        const problem = errorMessage(error)
        onLook({ place, askedAt, at: clock.monotonicMs(), problem })
      }
      await sleep(clock, everyMs, signal)
    }
    connection?.close()
  }
  await Promise.all(Object.entries(places).map(watchOne))
}

/** How long nothing served, from one good look to the next. Pure. */
export class Outages {
  #lastGood: number | undefined
  #out = false
  #totalMs = 0
  /** Why the first look failed. */
  problem: string | undefined

  /** `at`: when the place was asked, of a look that failed; when it answered, of one that did not. */
  note(at: number, serves: boolean, problem?: string): void {
    if (serves) {
      if (this.#out && this.#lastGood !== undefined) this.#totalMs += at - this.#lastGood
      this.#out = false
      this.#lastGood = at
    } else {
      this.#out = true
      this.problem ??= problem
    }
  }

  get serves(): boolean {
    return !this.#out && this.#lastGood !== undefined
  }

  get totalMs(): number {
    return this.#totalMs
  }
}
