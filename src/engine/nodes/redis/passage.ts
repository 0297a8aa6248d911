import net from 'node:net'
import { commandsOf } from '../../../acl/commands.ts'
import type { Afflicted } from '../../../net/serve/impairment.ts'
import { encodeCommand } from '../../../protocols/resp/encode.ts'
import { ErrorRewriter } from '../../../protocols/resp/errors.ts'
import { asksForUsers, usersToTell, withoutRefusal } from './disguise.ts'
import { LoginDesk, type LoginsOptions } from './logins.ts'
import type { MeteredLine } from './meter.ts'
import { ENGINE_USER } from './restricted.ts'

/** A client that does not read, or a server that is behind, stops the other side beyond this. */
const CONGESTED_BYTES = 1 << 20
const READ_BYTES = 64 * 1024
/** Valid during a call only: what is read of every server lands here. */
const shared = Buffer.allocUnsafeSlow(READ_BYTES)
const NOTHING = Buffer.alloc(0)
const OK = Buffer.from('+OK\r\n')
const READONLY_LINE = "-READONLY You can't write against a read only replica."
const READONLY = Buffer.from(`${READONLY_LINE}\r\n`)

export interface PassageOptions {
  /** The server's socket. */
  readonly server: string
  /** Whether the client is a server of the engine itself. */
  readonly isOwn: boolean
  /** Whether a client that is told that it wrote to a replica is hung up on. */
  readonly closesOnReadonly: () => boolean
  /** Whether the client may only read, and is told so as by a replica, though its server is none. */
  readonly refusesWrites?: boolean
  /** Whether the client is not to know of a command. Absent: it knows all. */
  readonly isRestricted?: ((command: string) => boolean) | undefined
  /** Of a client of a serverless cache. */
  readonly line?: MeteredLine | undefined
  /** Of a server whose clients the door helps to log in. */
  readonly logins?: LoginsOptions | undefined
}

/** One client of a real server: bytes are passed both ways as they come. */
export class Passage implements Afflicted {
  readonly socket: net.Socket
  congested = false
  closing = false
  readonly #server: net.Socket
  readonly #options: PassageOptions
  readonly #desk: LoginDesk | undefined
  /** Whether the server is still to answer to what the client did not say itself. */
  #isUnasked = false
  readonly #errors: ErrorRewriter | undefined
  /** Of an answer that tells of users, what has come of it; undefined: none is on its way. */
  #users: Buffer | undefined
  /** What waits for the next second. */
  #held: Buffer[] = []

  constructor(accepted: net.Socket, options: PassageOptions) {
    this.socket = accepted
    this.#options = options
    this.#errors = options.refusesWrites ? new ErrorRewriter(asReplica) : undefined
    // What the client sent before it closed its side is answered still.
    accepted.allowHalfOpen = true
    accepted.on('drain', () => this.drained())
    accepted.on('error', () => accepted.destroy())
    accepted.on('end', () => this.#server.end())
    accepted.on('close', () => {
      this.#desk?.close()
      this.#server.destroy()
    })
    // At once: a silent client counts among the server's clients too.
    this.#server = this.#connect(options.server)
    this.#desk = options.logins && this.#deskOf(options.logins)
    accepted.on('data', (bytes: Buffer) => this.receive(bytes, bytes.length))
    accepted.resume()
  }

  /** Passes on what the client sent. */
  receive(bytes: Buffer, length: number): void {
    const piece = length === bytes.length ? bytes : bytes.subarray(0, length)
    if (this.#options.line) this.#meter(piece, this.#options.line)
    else this.#pass(piece)
  }

  #meter(piece: Buffer, line: MeteredLine): void {
    const isHeld = this.#held.length > 0 || line.holds(() => this.#release(line))
    if (isHeld) {
      this.#held.push(Buffer.from(piece))
      this.socket.pause()
    } else {
      line.sent(piece, false)
      this.#pass(piece)
    }
  }

  #release(line: MeteredLine): void {
    for (let piece = this.#held[0]; piece && !this.socket.destroyed; piece = this.#held[0]) {
      if (line.holds(() => this.#release(line))) return
      this.#held.shift()
      line.sent(piece, true)
      this.#pass(piece)
    }
    this.#readOn()
  }

  /** What is held is passed on before anything that comes after it. */
  #readOn(): void {
    if (this.#held.length === 0) this.socket.resume()
  }

  #pass(piece: Buffer): void {
    if (this.#options.isRestricted && asksForUsers(piece)) this.#users = NOTHING
    if (this.#desk) this.#desk.take(piece)
    else this.#forward(piece)
  }

  #forward(bytes: Buffer): void {
    if (!this.#server.write(bytes) && this.#server.writableLength > CONGESTED_BYTES) this.socket.pause()
  }

  #deskOf(logins: LoginsOptions): LoginDesk {
    const desk = new LoginDesk(logins, {
      forward: (bytes) => this.#forward(bytes),
      wait: (isWaiting) => {
        if (isWaiting) this.socket.pause()
        else this.#readOn()
      },
      hangUp: () => this.socket.destroy(),
    })
    if (logins.logins()?.isOpen) {
      this.#server.write(encodeCommand(['AUTH', 'default', logins.password]))
      this.#isUnasked = true
      // Servers since 7.2 owe the answer to a wrong password while another answer is on its way.
      desk.hold()
    }
    return desk
  }

  /** Sends bytes to the client; they may be reused afterwards. */
  take(bytes: Buffer): boolean {
    if (this.socket.destroyed) return false
    this.socket.write(Buffer.from(bytes))
    if (this.socket.writableLength > CONGESTED_BYTES) this.congested = true
    return false
  }

  /** The client has read what there was for it. */
  drained(): void {
    this.congested = false
    this.#server.resume()
  }

  #connect(path: string): net.Socket {
    const onread = {
      buffer: shared,
      callback: (length: number, bytes: Uint8Array) => {
        this.#reply((bytes as Buffer).subarray(0, length)) // it is the Buffer given above
        return true
      },
    }
    const server = net.connect({ path, onread })
    server.on('drain', () => this.#readOn())
    server.on('error', () => this.socket.destroy())
    server.on('close', () => {
      this.closing = true
      this.socket.destroySoon()
    })
    return server
  }

  #reply(said: Buffer): void {
    // Anything else than OK is of a server that takes no more clients, and says so once.
    const isOk = this.#isUnasked && said.subarray(0, OK.length).equals(OK)
    const own = isOk ? said.subarray(OK.length) : said
    const bytes = this.#disguised(this.#errors ? this.#errors.push(own) : own)
    if (this.#isUnasked) this.#desk?.release()
    this.#isUnasked = false
    if (bytes.length === 0) return
    this.#options.line?.replied(bytes.length)
    const turnsAway = this.#options.closesOnReadonly() && saysReadonly(bytes)
    if (turnsAway) this.closing = true
    this.take(bytes)
    if (turnsAway) this.socket.destroySoon()
    else if (this.congested) this.#server.pause()
  }

  #disguised(bytes: Buffer): Buffer {
    const { isRestricted } = this.#options
    if (!isRestricted) return bytes
    if (!this.#users) return withoutRefusal(bytes, isRestricted)
    const answer = Buffer.concat([this.#users, bytes])
    const told = usersToTell(answer, ENGINE_USER, isRestricted)
    this.#users = told === 'more' ? answer : undefined
    if (told === 'more') return NOTHING
    return told === 'other' ? answer : told
  }
}

/**
 * Where a reply begins is not known: a value with just these bytes would be taken for it, and an error in two pieces not. Both
 * are for a client that should not be here anyhow.
 */
const saysReadonly = (bytes: Buffer): boolean => bytes.length >= READONLY.length && bytes.includes(READONLY)

/** Of a server that takes from its users what writes, and names what they were refused: `... to run the 'set' command`. */
function asReplica(error: string): string | undefined {
  const [, command] = /^-NOPERM .* to run the '([^']+)' command/.exec(error) ?? []
  return command !== undefined && commandsOf('valkey').categoriesOf.get(command)?.has('write')
    ? READONLY_LINE
    : undefined
}
