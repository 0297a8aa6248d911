/** What is kept of users and user groups. */
import type { AuthenticationType } from '@aws-sdk/client-elasticache'
import type { AclEngine } from '../../../acl/commands.ts'
import type { Tag } from '../../store/values.ts'

/** A user of caches of Redis OSS and Valkey; the account's default user is not stored (find.ts). */
export interface UserRecord {
  readonly region: string
  readonly id: string
  /** What it logs in with; several users may have one. */
  readonly name: string
  readonly engine: AclEngine
  /** As printed by acl/access-string.ts. */
  readonly accessString: string
  readonly authentication: AuthenticationType
  /** SHA-256 in hexadecimal digits of each password; the text is kept nowhere. */
  readonly passwordHashes: readonly string[]
  readonly status: 'active' | 'modifying' | 'deleting'
  /** What it becomes with the end of `modifying`. */
  readonly pending: Partial<Pick<UserRecord, 'engine' | 'accessString' | 'authentication' | 'passwordHashes'>>
  readonly tags: readonly Tag[]
  /** When it is done with being modified or deleted. */
  readonly stepDue: number
}

export interface UserGroupRecord {
  readonly region: string
  /** The id, in lower case. */
  readonly id: string
  readonly engine: AclEngine
  readonly userIds: readonly string[]
  readonly status: 'creating' | 'active' | 'modifying' | 'deleting'
  /** What it becomes with the end of that. */
  readonly pending: UserGroupChange
  readonly tags: readonly Tag[]
  /** When it is done with being created, modified or deleted. */
  readonly stepDue: number
}

export interface UserGroupChange {
  readonly add: readonly string[]
  readonly remove: readonly string[]
  readonly engine?: AclEngine
}
