import type { Socket } from 'node:net'
import { endpoint } from '../../net/target.ts'
import { ReplyDecoder } from '../../protocols/resp/decode.ts'
import { type Command, encodeCommand } from '../../protocols/resp/encode.ts'
import { isError, isPush, type Reply } from '../../protocols/resp/reply.ts'
import { Conversation, type Dial, openSocket } from '../conversation.ts'
import { RespRefusal } from './refusal.ts'

/** The user that connects; without a name, the one that servers call `default`. */
export interface Login {
  readonly user?: string
  readonly password?: string
}

/** What is said at the beginning of a connection. */
export interface Greeting extends Login {
  /** To a replica in a cluster, so that it answers for its slots (READONLY). */
  readonly readsReplicas?: boolean
  readonly database?: number
}

/** One connection to one server. Commands may be sent before earlier ones are answered. */
export class RespConnection {
  /** host:port, as it was dialled. */
  readonly node: string
  readonly #conversation: Conversation
  readonly #decoder = new ReplyDecoder()

  private constructor(socket: Socket, dial: Dial) {
    this.node = endpoint(dial.host, dial.port)
    this.#conversation = new Conversation(socket, dial, (piece) => this.#decoder.push(piece))
  }

  /**
   * Connects and logs in. RESP3, or RESP2 where a server knows no other.
   * @throws Unreachable, BadReply, RespRefusal
   */
  static async open(dial: Dial, greeting: Greeting = {}): Promise<RespConnection> {
    const connection = new RespConnection(await openSocket(dial), dial)
    try {
      await connection.#greet(greeting)
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /**
   * Sends commands in one go. Answers all replies in their order, errors among them.
   * @throws Unreachable, BadReply; then the connection is of no more use.
   */
  send(commands: readonly Command[]): Promise<Reply[]> {
    return new Promise((resolve, reject) => {
      const replies: Reply[] = []
      const take = (): boolean => {
        while (replies.length < commands.length) {
          const reply = this.#decoder.next()
          if (reply === undefined) return false
          if (!isPush(reply)) replies.push(reply)
        }
        resolve(replies)
        return true
      }
      this.#conversation.ask(Buffer.concat(commands.map(encodeCommand)), { take, fail: reject })
    })
  }

  /** The reply to one command. @throws RespRefusal, Unreachable, BadReply */
  async ask(...command: Command): Promise<Reply> {
    const [reply = null] = await this.send([command])
    if (isError(reply)) throw new RespRefusal(this.node, reply, command)
    return reply
  }

  /** Hands the open socket over to a reader of another kind; `close` still ends it. */
  release(): Socket {
    return this.#conversation.release()
  }

  close(): void {
    this.#conversation.close()
  }

  async #greet({ user, password, readsReplicas = false, database = 0 }: Greeting): Promise<void> {
    const [hello = null] = await this.send([
      password === undefined ? ['HELLO', '3'] : ['HELLO', '3', 'AUTH', user ?? 'default', password],
    ])
    if (isError(hello)) {
      // NOPERM: HELLO is a command that a user may lack, after the login that went with it.
      if (!KNOWS_NO_HELLO.test(`${hello.code} ${hello.text}`)) throw new RespRefusal(this.node, hello)
      if (password !== undefined) await this.ask('AUTH', ...(user === undefined ? [] : [user]), password)
    }
    if (database !== 0) await this.ask('SELECT', database)
    if (readsReplicas) await this.send([['READONLY']]) // an error tells that there is no cluster
  }
}

/** Of servers before 6.0, of those that lack RESP3, and of users without the permission for HELLO. */
const KNOWS_NO_HELLO = /^(NOPROTO|NOPERM|ERR unknown command)/i
