import type {
  CreateUserCommandInput,
  CreateUserGroupCommandInput,
  ElastiCache,
  User,
} from '@aws-sdk/client-elasticache'
import { expect } from 'vitest'
import { eventually } from '../../support/eventually.ts'

export const PASSWORD = 'correct-horse-battery'

/** A user who may do everything and has a password. */
export const newUser = (UserId: string, more: Partial<CreateUserCommandInput> = {}): CreateUserCommandInput => ({
  UserId,
  UserName: UserId,
  Engine: 'redis',
  AccessString: 'on ~* +@all',
  ...(more.AuthenticationMode || more.NoPasswordRequired ? {} : { Passwords: [PASSWORD] }),
  ...more,
})

/** A group of the account's default user and others. */
export const newGroup = (
  UserGroupId: string,
  UserIds: string[] = [],
  more: Partial<CreateUserGroupCommandInput> = {},
): CreateUserGroupCommandInput => ({ UserGroupId, Engine: 'redis', UserIds: ['default', ...UserIds], ...more })

export async function describedUser(client: ElastiCache, UserId: string): Promise<User> {
  const { Users } = await client.describeUsers({ UserId })
  return Users?.[0] ?? expect.fail(`there is no user ${UserId}`)
}

export async function describedGroup(client: ElastiCache, UserGroupId: string) {
  const { UserGroups } = await client.describeUserGroups({ UserGroupId })
  return UserGroups?.[0] ?? expect.fail(`there is no user group ${UserGroupId}`)
}

export const untilUserActive = (client: ElastiCache, id: string) =>
  eventually(`user ${id} is active`, async () => (await describedUser(client, id)).Status === 'active')

export const untilGroupActive = (client: ElastiCache, id: string) =>
  eventually(`user group ${id} is active`, async () => (await describedGroup(client, id)).Status === 'active')
