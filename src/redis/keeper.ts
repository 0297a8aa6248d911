/**
 * Who runs a node for others, as a service does. What it keeps from clients they do not see: its own user, and commands that are
 * for it alone. What they may do beside what their users may, it decides here.
 */
import type { Client } from './client.ts'
import type { Command } from './commands/command.ts'
import type { Core } from './core.ts'
import type { Args } from './protocol/args.ts'
import { wrongArity } from './refused.ts'

/** What does not change while a node runs. */
export interface Keeping {
  /** The user that the keeper logs in as. */
  readonly user: string
  /** Whether no other user is to know of a command, or a part of one (`cluster|meet`). */
  readonly isReserved: (command: string) => boolean
}

/** What clients may, and what becomes of them. */
export interface ClientRules {
  /** They may only read, and are told so as a replica tells it. */
  readonly refusesWrites: boolean
  /** One that is told so is hung up on. */
  readonly endsOnReadonly: boolean
  /** Absent: clients log in with passwords. */
  readonly logins?: Logins | undefined
}

/** Logins of clients that the keeper has let in itself ({@link Guest}). */
export interface Logins {
  /** Whether those that say nothing are the default user, though that has passwords. */
  readonly isOpen: boolean
  /** Users that log in with tokens, in the place of passwords. */
  readonly tokenUsers: readonly string[]
  /** Answers for how many milliseconds a client at an address may stay with a token; 0: not at all. */
  check(user: string, token: string, from: string): Promise<number>
}

/** A client that the keeper has let in itself. */
export interface Guest {
  /** Counts what it uses. */
  readonly meter: Meter | undefined
}

/** Counts what clients use, command by command. */
export interface Meter {
  /** Whether nothing more is to be done for now; then `release` is called once when something is. */
  holds(release: () => void): boolean
  /** A command has moved so many bytes, its reply included. @param hadToWait Whether it was held. */
  served(bytes: number, hadToWait: boolean): void
  /** So many bytes that no command asked for have left. */
  sent(bytes: number): void
}

const FREE: ClientRules = { refusesWrites: false, endsOnReadonly: false }

/** What a node knows of its keeper. Without one there is nothing to hide. */
export class Keeper {
  readonly #core: Core
  readonly #user: string | undefined
  #rules: ClientRules = FREE
  /** What is known of tokens, of clients whose login is to be told of it. */
  readonly #verdicts = new WeakMap<Client, number>()
  /** Of clients that are in with a token: forgets that it holds for a time. */
  readonly #terms = new WeakMap<Client, () => void>()
  readonly #listeners: (() => void)[] = []

  constructor(core: Core, keeping: Keeping | undefined) {
    this.#core = core
    this.#user = keeping?.user
    if (keeping) for (const command of core.commands.all()) command.reserved = keeping.isReserved(command.name)
    core.farewells.push((client) => this.#terms.get(client)?.())
  }

  get rules(): ClientRules {
    return this.#rules
  }

  set rules(rules: ClientRules) {
    this.#rules = rules
    for (const listener of this.#listeners) listener()
  }

  /** Has `listener` told when the rules have changed. */
  follow(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Whether a user of this name is the keeper's. */
  isOwn(user: string | undefined): boolean {
    return user !== undefined && user === this.#user
  }

  /** Whether a client is to see nothing of the keeper. */
  hidesFrom({ user }: Pick<Client, 'user'>): boolean {
    return this.#user !== undefined && !this.isOwn(user?.name)
  }

  /** Whether a client is the keeper, and no server that follows or leads this one in its name: nobody else sees it. */
  isAtWork({ user, kind }: Client): boolean {
    return kind === 'normal' && this.isOwn(user?.name)
  }

  /** Whether a client is to know of a command that is reserved. What comes from a primary is done whatever it is. */
  tells(client: Client): boolean {
    return this.#core.obeys || this.isOwn(client.user?.name)
  }

  /** A client has heard that it may only read. */
  refusedWrite(client: Client): void {
    if (this.#rules.endsOnReadonly && !this.isOwn(client.user?.name)) client.endAfterReplies()
  }

  /** Whether a client is the default user that has said nothing. */
  opensTo({ guest }: Client): boolean {
    return guest !== undefined && this.#rules.logins?.isOpen === true
  }

  /**
   * Whether a client is let in as a user by a token. `later`: that is found out, and the command is run again then. Undefined: a
   * password is what the user has.
   */
  letsIn(client: Client, args: Args, user: string, token: Buffer): boolean | 'later' | undefined {
    if (!this.#takesToken(client, user)) return undefined
    const holds = this.#verdicts.get(client)
    if (holds === undefined) {
      const from = client.connection?.socket.remoteAddress ?? ''
      const { blocking } = this.#core
      if (!blocking.mayBlock(client)) return false
      const verdict = this.#rules.logins?.check(user, token.toString(), from) ?? Promise.resolve(0)
      const heard = verdict.catch(() => 0).then((ms) => void this.#verdicts.set(client, ms))
      blocking.until(client, args, heard)
      return 'later'
    }
    this.#verdicts.delete(client)
    if (holds <= 0) return false
    this.#terms.get(client)?.()
    this.#terms.set(
      client,
      this.#core.clock.after(holds, () => client.connection?.drop('idle')),
    )
    return true
  }

  /** What a login by token is refused with in a transaction, where nothing waits: as AUTH without words is. */
  notQueued(client: Client, { name }: Command, args: Args): string | undefined {
    if (name !== 'auth' && name !== 'hello') return undefined
    const before = name === 'auth' ? 0 : indexOfAuth(args)
    if (before < 0 || before + 2 >= args.count) return undefined
    return this.#takesToken(client, args.text(before + 1)) ? wrongArity({ name: 'auth' }) : undefined
  }

  #takesToken({ guest }: Client, user: string): boolean {
    return guest !== undefined && this.#rules.logins?.tokenUsers.includes(user) === true
  }
}

function indexOfAuth(args: Args): number {
  for (let index = 2; index < args.count; index++) if (args.is(index, 'AUTH')) return index
  return -1
}
