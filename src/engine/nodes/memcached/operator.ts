import net from 'node:net'

/** A server that is stopped, or out of processor time, keeps the engine waiting no longer. */
const PATIENCE_MS = 2_000

/** The engine's own connection to a memcached: one question after the other, text in latin1. */
export class Operator {
  readonly #server: net.NetConnectOpts
  #socket: net.Socket | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(server: net.NetConnectOpts) {
    this.#server = server
  }

  /** Rejects with the system's error while no server listens. */
  async connect(): Promise<net.Socket> {
    if (this.#socket) return this.#socket
    const socket = net.connect(this.#server)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    socket.on('error', () => undefined)
    // What it says later would be taken for the next answer.
    socket.on('timeout', () => socket.destroy())
    socket.on('close', () => {
      this.#socket = undefined
    })
    this.#socket = socket
    return socket
  }

  /** @param end What the answer ends with. Rejects when the connection ends before. */
  ask(request: string, end = '\r\n'): Promise<string> {
    const answer = this.#last.then(() => this.#ask(request, end))
    this.#last = answer.catch(() => undefined)
    return answer
  }

  close(): void {
    this.#socket?.destroy()
  }

  async #ask(request: string, end: string): Promise<string> {
    const socket = await this.connect()
    return new Promise((resolve, reject) => {
      let answer = ''
      const lost = () => reject(new Error('memcached does not answer'))
      const take = (bytes: Buffer) => {
        answer += bytes.toString('latin1')
        if (!answer.endsWith(end)) return
        socket.setTimeout(0).off('data', take).off('close', lost)
        resolve(answer)
      }
      socket.on('data', take).once('close', lost).setTimeout(PATIENCE_MS)
      socket.write(request, 'latin1')
    })
  }
}
