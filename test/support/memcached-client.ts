import net from 'node:net'
import tls from 'node:tls'

const DEADLINE_MS = 10_000

/** A client that speaks raw bytes: what goes out and comes in is shown as latin1 text. */
export class MemcachedClient {
  readonly socket: net.Socket
  #received = ''
  #ended = false
  #wake: (() => void) | undefined

  private constructor(socket: net.Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      this.#received += text
      this.#wake?.()
    })
    const end = (): void => {
      this.#ended = true
      this.#wake?.()
    }
    socket.on('end', end)
    socket.on('close', end)
    socket.on('error', end)
  }

  /** @param place A port, or the path of a socket in the file system. */
  static connect(
    place: number | string,
    host = '127.0.0.1',
    tlsOptions?: tls.ConnectionOptions,
  ): Promise<MemcachedClient> {
    return new Promise((resolve, reject) => {
      const to = typeof place === 'string' ? { path: place } : { port: place, host }
      const socket = tlsOptions === undefined ? net.connect(to) : tls.connect({ ...to, ...tlsOptions })
      const client = new MemcachedClient(socket)
      socket.once('error', reject)
      socket.once(tlsOptions === undefined ? 'connect' : 'secureConnect', () => resolve(client))
    })
  }

  send(request: string | Buffer): void {
    this.socket.write(typeof request === 'string' ? Buffer.from(request, 'latin1') : request)
  }

  /** Everything received until `enough` says so; what it leaves unread stays for the next call. */
  async until(what: string, enough: (received: string) => number): Promise<string> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#wake?.()
    }, DEADLINE_MS)
    try {
      for (;;) {
        const length = enough(this.#received)
        if (length >= 0) {
          const reply = this.#received.slice(0, length)
          this.#received = this.#received.slice(length)
          return reply
        }
        const got = JSON.stringify(this.#received.slice(0, 500))
        if (this.#ended) throw new Error(`closed while waiting for ${what}; got ${got}`)
        if (late) throw new Error(`no ${what} in ${DEADLINE_MS} ms; got ${got}`)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** The next `length` bytes. */
  bytes(length: number): Promise<string> {
    return this.until(`${length} bytes`, (received) => (received.length >= length ? length : -1))
  }

  /** Sends text commands, and answers all that came back for them. */
  async ask(request: string): Promise<string> {
    this.send(`${request}version\r\n`)
    const reply = await this.until('VERSION', (received) => {
      const at = received.search(/VERSION [^\r]*\r\n$/)
      return at < 0 ? -1 : received.length
    })
    return reply.replace(/VERSION [^\r]*\r\n$/, '')
  }

  /** All that comes until the server hangs up. */
  async untilClosed(): Promise<string> {
    return this.until('the end of the connection', (received) => (this.#ended ? received.length : -1))
  }

  close(): void {
    this.socket.destroy()
  }
}
