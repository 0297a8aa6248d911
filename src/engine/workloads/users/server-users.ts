/** What the servers of a cache are told of the users that its group lets in. Pure but for the store that is read. */
import { readAccessString } from '../../../acl/access-string.ts'
import type { AclEngine } from '../../../acl/commands.ts'
import { userLine } from '../../../acl/server-rules.ts'
import type { UserGroupRecord, UserRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { membersOf } from './find.ts'

/**
 * A line a user, for servers of an engine: those that the group is to have, with the rights they are to have. A change is on the
 * servers while it says `modifying`, and is over once all of them have it. No password is the one of a user with IAM: what checks
 * its tokens stands in front of the server.
 */
export const serverUsersOf = (group: UserGroupRecord, store: Store, engine: AclEngine): readonly string[] =>
  membersAsWanted(group, store).map((user) => lineOf(user, engine))

/** Names of those that log in with tokens of IAM. */
export const iamUsersOf = (group: UserGroupRecord, store: Store): readonly string[] =>
  membersAsWanted(group, store).flatMap(({ name, authentication }) => (authentication === 'iam' ? [name] : []))

const membersAsWanted = (group: UserGroupRecord, store: Store): UserRecord[] =>
  membersOf(group, store, true).map((user) => ({ ...user, ...user.pending }))

const lineOf = (
  { name, accessString, passwordHashes, authentication, ...user }: UserRecord,
  engine: AclEngine,
): string =>
  userLine(
    {
      name,
      rules: readAccessString(accessString, user.engine),
      passwordHashes,
      noPassword: authentication === 'no-password',
    },
    engine,
  )
