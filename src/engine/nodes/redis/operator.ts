import net from 'node:net'
import { ReplyDecoder } from '../../../protocols/resp/decode.ts'
import { type Command, encodeCommand } from '../../../protocols/resp/encode.ts'
import { isError, isPush, type Reply, textOf } from '../../../protocols/resp/reply.ts'
import { parseInfo } from './info.ts'
import { ENGINE_USER } from './restricted.ts'

/** A server that is stopped, or out of processor time, keeps the engine waiting no longer. */
const PATIENCE_MS = 5_000

/** What the engine's own connections are called, so that it knows its own commands in the slow log. */
export const ENGINE_CLIENT = 'cachectl-engine'

/** A server that does not do what it is asked, in its own words. */
class Refused extends Error {
  override readonly name = 'Refused'
}

interface Waiting {
  readonly count: number
  readonly replies: Reply[]
  resolve(replies: Reply[]): void
  reject(error: Error): void
}

/** The engine's own connection to a server, made when something is to be asked and again when it was lost. */
export class Operator {
  readonly #place: net.NetConnectOpts
  readonly #password: string | null
  readonly #patienceMs: number
  #socket: net.Socket | undefined
  #waiting: Waiting[] = []
  #isClosed = false

  /** @param password Of the engine's user; null: a stranger's server, which is told none. */
  constructor(place: net.NetConnectOpts, password: string | null, patienceMs = PATIENCE_MS) {
    this.#place = place
    this.#password = password
    this.#patienceMs = patienceMs
  }

  /** Sends commands in one go. Answers all replies in their order, errors among them. Rejects when the connection is lost. */
  send(commands: readonly Command[]): Promise<Reply[]> {
    if (this.#isClosed) return Promise.reject(new Error('the connection was closed'))
    const socket = this.#socket ?? this.#connect()
    return new Promise((resolve, reject) => {
      if (commands.length === 0) return resolve([])
      this.#waiting.push({ count: commands.length, replies: [], resolve, reject })
      socket.setTimeout(this.#patienceMs)
      socket.write(Buffer.concat(commands.map(encodeCommand)))
    })
  }

  /** The reply to one command. Rejects with {@link Refused} when it is an error. */
  async ask(...command: Command): Promise<Reply> {
    const [reply = null] = await this.send([command])
    if (isError(reply)) throw new Refused(`${reply.code} ${reply.text}`.trim())
    return reply
  }

  /** Sections of INFO, by their names. Rejects as {@link ask} does. */
  async info(...sections: string[]): Promise<ReadonlyMap<string, string>> {
    return parseInfo(textOf(await this.ask('INFO', ...sections)))
  }

  /** Takes no more commands; resolves when those that it has taken are answered. */
  async end(): Promise<void> {
    const answered = this.#socket ? this.send([['PING']]).catch(() => undefined) : undefined
    this.#isClosed = true
    await answered
    this.close()
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.destroy()
  }

  #connect(): net.Socket {
    const decoder = new ReplyDecoder()
    const socket = net.connect({ ...this.#place, noDelay: true })
    this.#socket = socket
    const lose = (error: Error) => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      socket.destroy()
      for (const { reject } of this.#waiting.splice(0)) reject(error)
    }
    socket.on('error', lose)
    socket.on('close', () => lose(new Error('the server has closed the connection')))
    socket.on('timeout', () => lose(new Error('the server does not answer')))
    socket.on('data', (bytes: Buffer) => {
      decoder.push(bytes)
      try {
        for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) this.#take(reply)
      } catch (error) {
        lose(error as Error) // BadReply
      }
      if (this.#waiting.length === 0) socket.setTimeout(0)
    })
    if (this.#password === null) return socket
    // What it answers to a wrong password every other command repeats.
    const login: Command[] = [
      ['AUTH', ENGINE_USER, this.#password],
      ['CLIENT', 'SETNAME', ENGINE_CLIENT],
    ]
    this.#waiting.push({ count: login.length, replies: [], resolve: () => undefined, reject: () => undefined })
    socket.write(Buffer.concat(login.map(encodeCommand)))
    return socket
  }

  #take(reply: Reply): void {
    const [first] = this.#waiting
    if (!first || isPush(reply)) return
    first.replies.push(reply)
    if (first.replies.length < first.count) return
    this.#waiting.shift()
    first.resolve(first.replies)
  }
}
