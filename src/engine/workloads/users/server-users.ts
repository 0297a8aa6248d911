/** What the servers of a cache are told of the users that its group lets in. Pure but for the store that is read. */
import { readAccessString } from '../../../acl/access-string.ts'
import type { AclEngine } from '../../../acl/commands.ts'
import { userLine } from '../../../acl/server-rules.ts'
import type { UserGroupRecord, UserRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { membersOf } from './find.ts'

/**
 * A line a user, for servers of an engine: those that the group has now. A user that is modified has its new rights once it is
 * active. Nobody gets in by the name of one with IAM: what checks its tokens stands in front of the server.
 */
export const serverUsersOf = (group: UserGroupRecord, store: Store, engine: AclEngine): readonly string[] =>
  membersOf(group, store).map((user) => lineOf(user, engine))

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
