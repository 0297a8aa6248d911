import { describe, expect, test } from 'vitest'
import { startTestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { describedGroup, newGroup, newUser, untilGroupActive, untilUserActive } from './support.ts'

/** An engine with the users ann and bob of Redis OSS, and val of Valkey. */
async function clientWithUsers(options: Parameters<typeof startTestEngine>[0] = {}) {
  const client = (await startTestEngine(options)).client()
  await client.createUser(newUser('ann'))
  await client.createUser(newUser('bob'))
  await client.createUser(newUser('val', { Engine: 'valkey' }))
  return client
}

describe('a user group', () => {
  test('is created with its users, and active after a while', async () => {
    const clock = manualClock(Date.UTC(2026, 10, 29))
    const client = await clientWithUsers({ pace: 'realistic', clock })
    const shown = {
      UserGroupId: 'shop',
      Engine: 'redis',
      UserIds: ['default', 'ann'],
      MinimumEngineVersion: '6.0',
      ReplicationGroups: [],
      ServerlessCaches: [],
      ARN: 'arn:aws:elasticache:us-west-2:000000000000:usergroup:shop',
    }
    expect(await client.createUserGroup(newGroup('Shop', ['ann', 'ANN']))).toMatchObject({
      ...shown,
      Status: 'creating',
    })
    const early = client.modifyUserGroup({ UserGroupId: 'shop', UserIdsToAdd: ['bob'] })
    await expect(early).rejects.toMatchObject({
      Code: 'InvalidUserGroupState',
      message: 'User group shop has status creating. Only active user groups can be modified.',
    })
    clock.advanceTo(clock.now() + 30_000)
    await untilGroupActive(client, 'shop')
    expect(await describedGroup(client, 'SHOP')).toEqual({ ...shown, Status: 'active' })
  })

  test('is modified after a while, and shows until then the users that it had', async () => {
    const clock = manualClock(Date.UTC(2026, 10, 29))
    const client = await clientWithUsers({ pace: 'realistic', clock })
    await client.createUserGroup(newGroup('shop', ['ann']))
    clock.advanceTo(clock.now() + 30_000)
    await untilGroupActive(client, 'shop')
    const modifying = await client.modifyUserGroup({
      UserGroupId: 'shop',
      UserIdsToAdd: ['bob'],
      UserIdsToRemove: ['ann'],
    })
    const pending = { UserIdsToAdd: ['bob'], UserIdsToRemove: ['ann'] }
    expect(modifying).toMatchObject({ Status: 'modifying', UserIds: ['default', 'ann'], PendingChanges: pending })
    clock.advanceTo(clock.now() + 30_000)
    await untilGroupActive(client, 'shop')
    const modified = await describedGroup(client, 'shop')
    expect(modified.UserIds).toEqual(['default', 'bob'])
    expect(modified.PendingChanges).toBeUndefined()
  })

  test('may have another default user in the place of the first', async () => {
    const client = await clientWithUsers()
    await client.createUser(newUser('own', { UserName: 'default' }))
    await client.createUserGroup(newGroup('shop'))
    await untilGroupActive(client, 'shop')
    await client.modifyUserGroup({ UserGroupId: 'shop', UserIdsToAdd: ['own'], UserIdsToRemove: ['default'] })
    await untilGroupActive(client, 'shop')
    expect((await describedGroup(client, 'shop')).UserIds).toEqual(['own'])
  })

  test('of Valkey may have users of both engines, and none at all', async () => {
    const client = await clientWithUsers()
    const created = await client.createUserGroup({ UserGroupId: 'shop', Engine: 'valkey', UserIds: ['val', 'ann'] })
    expect(created).toMatchObject({ Engine: 'valkey', UserIds: ['val', 'ann'], MinimumEngineVersion: '7.2' })
    expect(await client.createUserGroup({ UserGroupId: 'empty', Engine: 'valkey' })).toMatchObject({ UserIds: [] })
  })

  test.each([
    [
      'no user called default',
      { UserIds: ['ann'] },
      'DefaultUserRequired',
      'User group needs to contain a user with the user name default.',
    ],
    ['no users', { UserIds: [] }, 'DefaultUserRequired', /default/],
    [
      'a user of Valkey in one of Redis OSS',
      { UserIds: ['default', 'val'] },
      'InvalidParameterValue',
      /users of engine redis only/,
    ],
    [
      'a user without a password in one of Valkey',
      { Engine: 'valkey', UserIds: ['default'] },
      'InvalidParameterValue',
      /need a password or IAM/,
    ],
    ['a user that is not there', { UserIds: ['default', 'eve'] }, 'UserNotFound', 'User eve not found.'],
    ['an engine without users', { Engine: 'memcached' }, 'InvalidParameterValue', /Unknown parameter for Engine/],
    ['an id that is none', { UserGroupId: 'a--b' }, 'InvalidParameterValue', /not a valid identifier/],
  ])('is not made with %s', async (_, more, Code, message) => {
    const client = await clientWithUsers()
    const expected = typeof message === 'string' ? message : expect.stringMatching(message)
    await expect(client.createUserGroup(newGroup('shop', [], more))).rejects.toMatchObject({ Code, message: expected })
  })

  test('has one user of a name', async () => {
    const client = await clientWithUsers()
    await client.createUser(newUser('ann2', { UserName: 'ann' }))
    const created = client.createUserGroup(newGroup('shop', ['ann', 'ann2']))
    await expect(created).rejects.toMatchObject({
      Code: 'DuplicateUserName',
      message: expect.stringMatching(/user name ann/),
    })
    await client.createUserGroup(newGroup('shop', ['ann']))
    await untilGroupActive(client, 'shop')
    const modified = client.modifyUserGroup({ UserGroupId: 'shop', UserIdsToAdd: ['ann2'] })
    await expect(modified).rejects.toMatchObject({ Code: 'DuplicateUserName' })
  })

  test('has an id of its own', async () => {
    const client = await clientWithUsers()
    await client.createUserGroup(newGroup('shop'))
    await expect(client.createUserGroup(newGroup('shop'))).rejects.toMatchObject({ Code: 'UserGroupAlreadyExists' })
  })

  test.each([
    [
      'lose a user that it does not have',
      { UserIdsToRemove: ['bob'] },
      'InvalidParameterValue',
      /is not a member of user group shop/,
    ],
    ['get a user that it has', { UserIdsToAdd: ['ann'] }, 'InvalidParameterValue', /already a member/],
    ['get a user that is not there', { UserIdsToAdd: ['eve'] }, 'UserNotFound', /eve/],
    ['lose its default user', { UserIdsToRemove: ['default'] }, 'DefaultUserRequired', /default/],
    ['change in nothing', {}, 'InvalidParameterCombination', /At least one/],
    [
      'be of Valkey with a user without a password',
      { Engine: 'valkey' },
      'InvalidParameterValue',
      /User default needs no password/,
    ],
  ])('cannot %s', async (_, more, Code, message) => {
    const client = await clientWithUsers()
    await client.createUserGroup(newGroup('shop', ['ann']))
    await untilGroupActive(client, 'shop')
    const request = client.modifyUserGroup({ UserGroupId: 'shop', ...more })
    await expect(request).rejects.toMatchObject({ Code, message: expect.stringMatching(message) })
    expect((await describedGroup(client, 'shop')).Status).toBe('active')
  })

  test('becomes one of Valkey when its users may be in one', async () => {
    const client = await clientWithUsers()
    await client.createUser(newUser('own', { UserName: 'default' }))
    await client.createUserGroup({ UserGroupId: 'shop', Engine: 'redis', UserIds: ['own'] })
    await untilGroupActive(client, 'shop')
    await client.modifyUserGroup({ UserGroupId: 'shop', Engine: 'valkey', UserIdsToAdd: ['val'] })
    await untilGroupActive(client, 'shop')
    expect(await describedGroup(client, 'shop')).toMatchObject({ Engine: 'valkey', UserIds: ['own', 'val'] })
    await expect(client.modifyUserGroup({ UserGroupId: 'shop', Engine: 'redis' })).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
    })
  })

  test('keeps its users from what it does not let users be', async () => {
    const client = await clientWithUsers()
    await client.createUserGroup(newGroup('shop', ['ann']))
    await client.createUserGroup({ UserGroupId: 'fast', Engine: 'valkey', UserIds: ['bob'] })
    await expect(client.modifyUser({ UserId: 'ann', Engine: 'valkey' })).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
    })
    await expect(client.modifyUser({ UserId: 'bob', NoPasswordRequired: true })).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
    })
    await client.modifyUser({ UserId: 'bob', Engine: 'valkey' })
    await untilUserActive(client, 'bob')
  })

  test('is gone after a while when it is deleted', async () => {
    const client = await clientWithUsers({ pace: 'quick' })
    await client.createUserGroup(newGroup('shop', ['ann']))
    await untilGroupActive(client, 'shop')
    expect(await client.deleteUserGroup({ UserGroupId: 'shop' })).toMatchObject({ Status: 'deleting' })
    await expect(client.deleteUserGroup({ UserGroupId: 'shop' })).rejects.toMatchObject({
      Code: 'InvalidUserGroupState',
    })
    await eventually('it is gone', async () => ((await client.describeUserGroups({})).UserGroups ?? []).length === 0)
    await expect(client.describeUserGroups({ UserGroupId: 'shop' })).rejects.toMatchObject({
      Code: 'UserGroupNotFound',
      message: 'UserGroup shop not found.',
    })
    const { Events = [] } = await client.describeEvents({ SourceType: 'user-group' })
    expect(Events.map(({ Message }) => Message)).toEqual(['User group deleted', 'User group created'])
  })

  test('that a user is taken out of while it is created has done both in the end', async () => {
    const clock = manualClock(Date.UTC(2026, 10, 29))
    const client = await clientWithUsers({ pace: 'realistic', clock })
    await client.createUserGroup(newGroup('shop', ['ann', 'bob']))
    await client.deleteUser({ UserId: 'ann' })
    await client.deleteUser({ UserId: 'bob' })
    expect(await describedGroup(client, 'shop')).toMatchObject({
      Status: 'creating',
      PendingChanges: { UserIdsToRemove: ['ann', 'bob'] },
    })
    clock.advanceTo(clock.now() + 30_000)
    await untilGroupActive(client, 'shop')
    expect((await describedGroup(client, 'shop')).UserIds).toEqual(['default'])
    await eventually('both users are gone', async () => ((await client.describeUsers({})).Users ?? []).length === 2)
  })

  test('has tags', async () => {
    const client = await clientWithUsers()
    const { ARN } = await client.createUserGroup(newGroup('shop', [], { Tags: [{ Key: 'a', Value: '1' }] }))
    await client.addTagsToResource({ ResourceName: ARN, Tags: [{ Key: 'b', Value: '2' }] })
    const { TagList } = await client.listTagsForResource({ ResourceName: ARN })
    expect(TagList?.map(({ Key }) => Key)).toEqual(['a', 'b'])
  })
})
