import type { Client } from './client.ts'
import type { Command } from './commands/command.ts'
import type { Args } from './protocol/args.ts'

/** Who a client is, and what it may do. */
export interface User {
  readonly name: string
  /** Whether it may do everything: then nothing is asked before its commands run. */
  readonly unrestricted: boolean
}

/** Decides who clients are. What there is without ACLs: the default user, with `requirepass` or without. */
export class Access {
  /** The user of what runs without a connection. */
  readonly everyone: User = { name: 'default', unrestricted: true }
  password = ''

  /** Whether AUTH with a password alone makes no sense. */
  needsNoPassword(): boolean {
    return this.password === ''
  }

  exists(name: string): boolean {
    return name === this.everyone.name
  }

  /** Who a client is that has said nothing. */
  unauthenticated(): User | undefined {
    return this.password === '' ? this.everyone : undefined
  }

  /** Who a client is that names itself; undefined: it is no such user, or has the wrong password. */
  authenticate(name: string, password: Buffer, _client: Client): User | undefined {
    if (name !== this.everyone.name) return undefined
    const isRight = this.password === '' || Buffer.from(this.password).equals(password)
    return isRight ? this.everyone : undefined
  }

  /** What a client is refused a command with; undefined: it may. Asked of users that are not `unrestricted`. */
  refusal(_client: Client, _command: Command, _args: Args): string | undefined {
    return undefined
  }
}
