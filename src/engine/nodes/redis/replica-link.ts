/** A connection to a primary that takes this end for one of its replicas. */
import { type FileHandle, open } from 'node:fs/promises'
import net from 'node:net'
import { inMilliseconds } from '../../../net/clock.ts'
import { type Command, encodeCommand } from '../../../protocols/resp/encode.ts'
import { type Heard, ReplicationReader } from '../../../protocols/resp/replication.ts'

const LOOPBACK = '127.0.0.1'
/** A primary takes a replica that is silent for long for gone. */
const TELL_MS = 1_000

/** A moment in what a server has done. */
export interface Position {
  /** Of the history that the offset is of. */
  readonly id: string
  readonly offset: number
}

export type SaidCommand = Extract<Heard, { readonly kind: 'command' }>

export type News =
  /** The file has all that there was at this moment; what comes is of after it. */
  | { readonly do: 'begin'; readonly at: Position }
  /** What comes is of after the moment that was asked for, in the history of this name from now on. */
  | { readonly do: 'go-on'; readonly id: string | undefined }
  | { readonly do: 'apply'; readonly commands: readonly SaidCommand[] }

export interface ReplicaLinkOptions {
  /** The primary's, for other servers. */
  readonly innerPort: number
  readonly login: readonly [user: string, password: string]
  /** What the primary tells others that this replica listens on. */
  readonly port: number
  /** Where the file comes to be. */
  readonly file: string
}

export class ReplicaLink {
  /** How far the replica is; the primary is told by the second. */
  reached: number | undefined
  readonly #options: ReplicaLinkOptions
  readonly #socket: net.Socket

  constructor(options: ReplicaLinkOptions) {
    this.#options = options
    this.#socket = net.connect({ host: LOOPBACK, port: options.innerPort, noDelay: true })
    // Whoever waits for news hears of it.
    this.#socket.on('error', () => undefined)
    this.#tellAgain()
  }

  tell(): void {
    if (this.reached !== undefined) this.#say(['REPLCONF', 'ACK', this.reached])
  }

  close(): void {
    this.#socket.destroy()
  }

  /**
   * What there is to do, each before the next is read: the primary waits. Ends, or rejects, with the connection.
   * @param from What is known already; undefined: nothing.
   */
  async *news(from: Position | undefined): AsyncGenerator<News> {
    const { login, port, file } = this.#options
    const handshake: Command[] = [
      ['REPLCONF', 'listening-port', port],
      ['REPLCONF', 'capa', 'psync2'],
      ['PSYNC', from?.id ?? '?', from ? from.offset + 1 : -1],
    ]
    const reader = new ReplicationReader()
    let at: Position | undefined
    let written: FileHandle | undefined
    this.#say(['AUTH', ...login])
    try {
      // A socket without an encoding yields nothing else.
      for await (const bytes of this.#socket as AsyncIterable<Buffer>) {
        const commands: SaidCommand[] = []
        for (const heard of reader.push(bytes)) {
          if (heard.kind === 'command') {
            commands.push(heard)
          } else if (heard.kind === 'file') {
            written ??= await open(file, 'w', 0o600)
            await written.write(heard.bytes)
            if (!heard.isLast || !at) continue
            this.reached = at.offset
            yield { do: 'begin', at }
          } else if (/^\+CONTINUE\b/.test(heard.text)) {
            this.reached = from?.offset
            yield { do: 'go-on', id: heard.text.split(' ')[1] }
          } else if (heard.text.startsWith('+FULLRESYNC ')) {
            const [, id = '', offset = ''] = heard.text.split(' ')
            at = { id, offset: Number(offset) }
          } else {
            const next = heard.text.startsWith('+') ? handshake.shift() : undefined
            if (!next) throw new Error(`the primary does not take a replica: ${heard.text}`)
            this.#say(next)
          }
        }
        if (commands.length > 0) yield { do: 'apply', commands }
      }
    } finally {
      await written?.close()
    }
  }

  #say(command: Command): void {
    this.#socket.write(encodeCommand(command))
  }

  #tellAgain(): void {
    inMilliseconds(TELL_MS, () => {
      if (this.#socket.destroyed) return
      this.tell()
      this.#tellAgain()
    })
  }
}
