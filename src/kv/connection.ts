import type { Socket } from 'node:net'
import { Conversation, type Dial, openSocket } from './conversation.ts'
import type { Read, Reader } from './replies.ts'

/** One connection to one node. Requests may be sent before earlier ones are answered. */
export class KvConnection {
  readonly #conversation: Conversation
  #received: Buffer = Buffer.alloc(0)

  private constructor(socket: Socket, dial: Dial) {
    this.#conversation = new Conversation(socket, dial, (piece) => {
      this.#received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece])
    })
  }

  /** @throws Unreachable */
  static async open(dial: Dial): Promise<KvConnection> {
    return new KvConnection(await openSocket(dial), dial)
  }

  /**
   * Sends a request and reads its answer.
   * @throws Unreachable, Refused, NotMemcached; after all but Refused the connection is of no more use.
   */
  request<T>(bytes: Buffer | string, read: Reader<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const take = (): boolean => {
        let answer: Read<T> | undefined
        try {
          answer = read(this.#received)
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'Refused') throw error
          const end = this.#received.indexOf('\n') + 1
          this.#received = this.#received.subarray(end)
          reject(error)
          return true
        }
        if (answer === undefined) return false
        this.#received = this.#received.subarray(answer.used)
        resolve(answer.value)
        return true
      }
      this.#conversation.ask(bytes, { take, fail: reject })
    })
  }

  /** Hands the open socket over to a reader of another kind; `close` still ends it. */
  release(): Socket {
    return this.#conversation.release()
  }

  close(): void {
    this.#conversation.close()
  }
}
