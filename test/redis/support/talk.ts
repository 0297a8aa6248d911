import { connect, type Socket } from 'node:net'
import { type Command, encodeCommand } from '../../../src/protocols/resp/encode.ts'
import { replyEnd } from './raw-replies.ts'

const DEADLINE_MS = 20_000

/** A connection whose replies are looked at as the bytes they are, as text of one byte a character. */
export class Talk {
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  #wake: () => void = () => undefined
  closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (piece: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, piece])
      this.#wake()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  static async to(port: number): Promise<Talk> {
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new Talk(socket)
  }

  write(bytes: Buffer | string): void {
    this.#socket.write(bytes)
  }

  /** The next reply, whatever asked for it. @throws Error once it has been waited for in vain, or the connection is closed. */
  async next(): Promise<string> {
    const deadline = Date.now() + DEADLINE_MS
    for (;;) {
      const end = this.#bytes.length === 0 ? -1 : replyEnd(this.#bytes, 0)
      if (end >= 0) {
        const reply = this.#bytes.toString('latin1', 0, end)
        this.#bytes = this.#bytes.subarray(end)
        return reply
      }
      if (this.closed) throw new Error(`closed; what came last: ${JSON.stringify(this.#bytes.toString('latin1'))}`)
      const left = deadline - Date.now()
      if (left <= 0)
        throw new Error(`no whole reply in ${DEADLINE_MS} ms: ${JSON.stringify(this.#bytes.toString('latin1'))}`)
      await this.#more(left)
    }
  }

  /** The replies to these commands, sent at once. */
  async ask(...commands: readonly Command[]): Promise<string[]> {
    this.write(Buffer.concat(commands.map(encodeCommand)))
    const replies: string[] = []
    for (const _ of commands) replies.push(await this.next())
    return replies
  }

  /** All that comes until the connection is closed. */
  async rest(): Promise<string> {
    const deadline = Date.now() + DEADLINE_MS
    while (!this.closed && Date.now() < deadline) await this.#more(deadline - Date.now())
    return this.#bytes.toString('latin1')
  }

  /** Reads nothing any more. */
  deafen(): void {
    this.#socket.pause()
  }

  end(): void {
    this.#socket.destroy()
  }

  #more(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
