/** Clients that say who they are with a token of IAM: no server could check it, so the door does. */
import { systemClock } from '../../../net/clock.ts'
import { CommandScanner } from '../../../protocols/resp/commands.ts'
import { type Command, encodeCommand } from '../../../protocols/resp/encode.ts'
import type { Logins } from './spec.ts'

/** Answers for how many milliseconds a client with this token may stay; 0: not at all. */
export type CheckLogin = (user: string, token: string) => Promise<number>

export interface LoginsOptions {
  readonly logins: () => Logins | undefined
  readonly check: CheckLogin
  /** What the server knows those users by: nobody but the engine does. */
  readonly password: string
}

/**
 * In the place of a login within a transaction, which is not possible (guide): the server refuses it, and the transaction with it.
 * A wrong password would do so in EXEC only, whose answer servers since 7.2 then owe.
 */
const NO_LOGIN = encodeCommand(['AUTH'])
const WATCHED = ['AUTH', 'HELLO', 'MULTI', 'EXEC', 'DISCARD', 'RESET']

/** What is done with a client. */
interface DeskClient {
  /** These bytes go on to the server. */
  forward(bytes: Buffer): void
  /** No more is read of it while a token is checked. */
  wait(isWaiting: boolean): void
  hangUp(): void
}

/** What one client says on its way to the server: tokens are checked, and the server is told a password in their place. */
export class LoginDesk {
  readonly #options: LoginsOptions
  readonly #scanner = new CommandScanner(WATCHED)
  readonly #client: DeskClient
  /** While nothing goes on to the server, what has come since. */
  #waiting: Buffer[] | undefined
  #isInTransaction = false
  #forget: () => void = () => {}

  constructor(options: LoginsOptions, client: DeskClient) {
    this.#options = options
    this.#client = client
  }

  take(bytes: Buffer): void {
    if (this.#waiting) this.#waiting.push(Buffer.from(bytes))
    else void this.#pass(bytes)
  }

  /** What the client says waits until {@link release}. */
  hold(): void {
    if (this.#waiting) return
    this.#waiting = []
    this.#client.wait(true)
  }

  release(): void {
    const later = this.#waiting
    if (!later) return
    this.#waiting = undefined
    this.#client.wait(false)
    if (later.length > 0) this.take(Buffer.concat(later))
  }

  /** The client is gone. */
  close(): void {
    this.#forget()
  }

  async #pass(bytes: Buffer): Promise<void> {
    for (const piece of this.#scanner.push(bytes)) {
      const login = 'command' in piece ? this.#loginOf(piece.command) : undefined
      if (!login) {
        this.#client.forward(piece.raw)
        continue
      }
      if (this.#isInTransaction) {
        this.#client.forward(NO_LOGIN)
        continue
      }
      this.hold()
      const holds = await this.#options.check(login.user, login.token).catch(() => 0)
      this.#client.forward(encodeCommand(login.withPassword(holds > 0 ? this.#options.password : '')))
      if (holds > 0) this.#expectAgainWithin(holds)
    }
    this.release()
  }

  #expectAgainWithin(ms: number): void {
    this.#forget()
    this.#forget = systemClock.after(ms, () => this.#client.hangUp())
  }

  #loginOf(command: readonly Buffer[]): Login | undefined {
    const name = command[0]?.toString('latin1').toUpperCase()
    if (name === 'MULTI') this.#isInTransaction = true
    if (name === 'EXEC' || name === 'DISCARD' || name === 'RESET') this.#isInTransaction = false
    const login = readLogin(command)
    return login && this.#options.logins()?.iam.includes(login.user) ? login : undefined
  }
}

interface Login {
  readonly user: string
  readonly token: string
  /** The command with a password in the token's place. */
  withPassword(password: string): Command
}

/** `AUTH user token`, or `HELLO 3 AUTH user token` with what else there may be. */
function readLogin(command: readonly Buffer[]): Login | undefined {
  const isAuth = command[0]?.toString('latin1').toUpperCase() === 'AUTH'
  const before = isAuth
    ? 0
    : command.findIndex((word, at) => at > 1 && word.toString('latin1').toUpperCase() === 'AUTH')
  const user = command[before + 1]
  const token = command[before + 2]
  if (before < 0 || !user || !token || (isAuth && command.length !== 3)) return undefined
  return {
    user: user.toString(),
    token: token.toString(),
    withPassword: (password) => command.with(before + 2, Buffer.from(password)),
  }
}
