import type { User, UserGroup } from '@aws-sdk/client-elasticache'
import { resources } from '../../../api/catalog/resources.ts'
import { arn } from '../../../api/names.ts'
import type { UserGroupRecord, UserRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import { openedBy } from './caches.ts'
import { groupsOf, membersOf } from './find.ts'
import { minimumVersionOf, minimumVersionOfGroup } from './minimum-version.ts'

interface Where {
  readonly store: Store
  readonly account: string
}

/** A user as the API shows it: while it is modified as it was before. */
export function answerUser(user: UserRecord, { store, account }: Where): User {
  const { region, id, authentication, passwordHashes } = user
  return {
    UserId: id,
    UserName: user.name,
    Status: user.status,
    Engine: user.engine,
    MinimumEngineVersion: minimumVersionOf(user),
    AccessString: user.accessString,
    UserGroupIds: groupsOf(user, store).map((group) => group.id),
    Authentication: {
      Type: authentication,
      ...(authentication === 'password' && { PasswordCount: passwordHashes.length }),
    },
    ARN: arn({ region, account, type: resources.user.arnType, name: id }),
  }
}

/** A user group as the API shows it: while it is modified with its old users, and those of the change beside them. */
export function answerUserGroup(group: UserGroupRecord, { store, account }: Where): UserGroup {
  const { region, id, engine, status, pending } = group
  const { replicationGroups, serverlessCaches } = openedBy(group, store)
  return {
    UserGroupId: id,
    Status: status,
    Engine: engine,
    UserIds: [...group.userIds],
    MinimumEngineVersion: minimumVersionOfGroup(engine, membersOf(group, store)),
    ...(pending.add.length + pending.remove.length > 0 && {
      PendingChanges: {
        ...(pending.remove.length > 0 && { UserIdsToRemove: [...pending.remove] }),
        ...(pending.add.length > 0 && { UserIdsToAdd: [...pending.add] }),
      },
    }),
    ReplicationGroups: [...replicationGroups],
    ServerlessCaches: [...serverlessCaches],
    ARN: arn({ region, account, type: resources.userGroup.arnType, name: id }),
  }
}
