import { randomBytes } from 'node:crypto'
import { DEFAULT_USER, type UserEntry, type UserFile } from '../../api/identity.ts'
import { absent, invalid, present, refused } from '../../api/refusals.ts'
import { readWhole, writeWhole } from '../store/durable-file.ts'
import { accessKey } from './credentials.ts'
import { type Policy, readPolicy } from './policy.ts'

const USER_NAME = /^[\w+=,.@-]{1,64}$/
const POLICY_NAME = /^[\w+=,.@-]{1,128}$/

/** Named users and their policies, in a file that only its owner can read. Every change is on disk when it returns. */
export class Users {
  readonly #path: string
  #users: readonly UserEntry[]
  readonly #byKey = new Map<string, { readonly user: UserEntry; readonly policies: readonly Policy[] }>()

  constructor(path: string) {
    this.#path = path
    this.#users = readWhole<UserFile>(path)?.users ?? []
    this.#index()
  }

  get all(): readonly UserEntry[] {
    return this.#users
  }

  secretOf(accessKeyId: string): string | undefined {
    return this.#byKey.get(accessKeyId)?.user.secretAccessKey
  }

  /** The user of an access key and what the policies of that user say. */
  byAccessKey(accessKeyId: string): { readonly user: UserEntry; readonly policies: readonly Policy[] } | undefined {
    return this.#byKey.get(accessKeyId)
  }

  create(userName: string, createDate: string): UserEntry {
    if (!USER_NAME.test(userName)) throw invalid(`${userName} is not a user name: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -`)
    // IAM's names are the same in capital and small letters.
    const isTaken = this.#users.some((user) => user.userName.toLowerCase() === userName.toLowerCase())
    if (isTaken || userName.toLowerCase() === DEFAULT_USER) throw present(`User with name ${userName} already exists.`)
    const user: UserEntry = {
      userName,
      userId: `AIDA${accessKey(16)}`,
      accessKeyId: `AKIALOCAL${accessKey(11)}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      createDate,
      policies: {},
    }
    this.#write([...this.#users, user])
    return user
  }

  delete(userName: string): UserEntry {
    const user = this.#find(userName)
    this.#write(this.#users.filter((each) => each !== user))
    return user
  }

  putPolicy(userName: string, policyName: string, document: unknown): UserEntry {
    if (!POLICY_NAME.test(policyName)) throw invalid(`${policyName} is not a policy name.`)
    readPolicy(document)
    const user = this.#find(userName)
    return this.#replace(user, { ...user.policies, [policyName]: document })
  }

  deletePolicy(userName: string, policyName: string): UserEntry {
    const user = this.#find(userName)
    if (!Object.hasOwn(user.policies, policyName)) {
      throw absent(`The user policy with name ${policyName} cannot be found.`)
    }
    const { [policyName]: _, ...policies } = user.policies
    return this.#replace(user, policies)
  }

  #replace(user: UserEntry, policies: UserEntry['policies']): UserEntry {
    const changed = { ...user, policies }
    this.#write(this.#users.map((each) => (each === user ? changed : each)))
    return changed
  }

  #find(userName: string): UserEntry {
    const user = this.#users.find((each) => each.userName.toLowerCase() === userName.toLowerCase())
    if (user) return user
    if (userName.toLowerCase() === DEFAULT_USER) {
      throw refused(`The user ${DEFAULT_USER} has the engine's own credentials and may do all; it has no policies.`)
    }
    throw absent(`The user with name ${userName} cannot be found.`)
  }

  #write(users: readonly UserEntry[]): void {
    writeWhole(this.#path, `${JSON.stringify({ users } satisfies UserFile, null, 2)}\n`)
    this.#users = users
    this.#index()
  }

  #index(): void {
    this.#byKey.clear()
    for (const user of this.#users) {
      this.#byKey.set(user.accessKeyId, { user, policies: Object.values(user.policies).map(readPolicy) })
    }
  }
}
