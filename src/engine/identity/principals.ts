import { createHash } from 'node:crypto'
import { DEFAULT_USER, userArn } from '../../api/identity.ts'
import { ACCOUNT_ID, type EngineCredentials } from '../../api/local-engine.ts'
import type { AuditIdentity } from '../audit/audit.ts'
import type { Policy } from './policy.ts'
import type { Users } from './users.ts'

/** The user that a request comes from. */
export interface Principal {
  readonly identity: AuditIdentity
  /** null: may do all. */
  readonly policies: readonly Policy[] | null
}

/** All users whose signature the engine knows: the user of its own credentials, and the named ones. */
export class Principals {
  readonly #own: EngineCredentials
  readonly #default: Principal
  readonly #users: Users
  #known = new WeakMap<object, Principal>()

  constructor(own: EngineCredentials, users: Users) {
    this.#own = own
    this.#users = users
    this.#default = {
      policies: null,
      identity: {
        userName: DEFAULT_USER,
        userId: `AIDA${createHash('sha256').update(own.accessKeyId).digest('hex').slice(0, 16).toUpperCase()}`,
        arn: userArn(ACCOUNT_ID, DEFAULT_USER),
        account: ACCOUNT_ID,
        accessKeyId: own.accessKeyId,
      },
    }
  }

  /** The secret of an access key, for {@link Signatures}. */
  get(accessKeyId: string): string | undefined {
    return accessKeyId === this.#own.accessKeyId ? this.#own.secretAccessKey : this.#users.secretOf(accessKeyId)
  }

  /** Of a key whose signature has been verified. */
  byAccessKey(accessKeyId: string): Principal {
    if (accessKeyId === this.#own.accessKeyId) return this.#default
    const entry = this.#users.byAccessKey(accessKeyId)
    if (!entry) throw new Error(`access key ${accessKeyId} is gone`)
    const known = this.#known.get(entry)
    if (known) return known
    const { userName, userId } = entry.user
    const identity = { userName, userId, arn: userArn(ACCOUNT_ID, userName), account: ACCOUNT_ID, accessKeyId }
    const principal: Principal = { identity, policies: entry.policies }
    this.#known.set(entry, principal)
    return principal
  }
}
