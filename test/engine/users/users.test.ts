import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startTestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock } from '../../support/manual-clock.ts'
import {
  describedGroup,
  describedUser,
  newGroup,
  newUser,
  PASSWORD,
  untilGroupActive,
  untilUserActive,
} from './support.ts'

const DEFAULT = {
  UserId: 'default',
  UserName: 'default',
  Status: 'active',
  Engine: 'redis',
  MinimumEngineVersion: '6.0',
  AccessString: 'on ~* +@all',
  UserGroupIds: [],
  Authentication: { Type: 'no-password' },
  ARN: 'arn:aws:elasticache:us-west-2:000000000000:user:default',
}

describe('the default user', () => {
  test('is there from the start, in every region', async () => {
    const engine = await startTestEngine()
    expect((await engine.client().describeUsers({})).Users).toEqual([DEFAULT])
    const [there] = (await engine.client('eu-west-1').describeUsers({})).Users ?? []
    expect(there?.ARN).toBe('arn:aws:elasticache:eu-west-1:000000000000:user:default')
  })

  test('cannot be made again, modified or deleted', async () => {
    const client = (await startTestEngine()).client()
    await expect(client.createUser(newUser('default'))).rejects.toMatchObject({ Code: 'UserAlreadyExists' })
    const modified = client.modifyUser({ UserId: 'default', AccessString: 'off' })
    await expect(modified).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
    await expect(client.deleteUser({ UserId: 'default' })).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
  })

  test('may have tags, and is listed once all the same', async () => {
    const client = (await startTestEngine()).client()
    await client.addTagsToResource({ ResourceName: DEFAULT.ARN, Tags: [{ Key: 'Team', Value: 'a' }] })
    await client.createUser(newUser('zoe'))
    await client.createUser(newUser('ann'))
    const { Users = [] } = await client.describeUsers({})
    expect(Users.map(({ UserId }) => UserId)).toEqual(['ann', 'default', 'zoe'])
    expect((await client.listTagsForResource({ ResourceName: DEFAULT.ARN })).TagList).toHaveLength(1)
  })
})

describe('a user', () => {
  test('is there at once, as a server would list it', async () => {
    const client = (await startTestEngine()).client()
    const created = await client.createUser(
      newUser('App-1', { UserName: 'Shop', AccessString: 'on ~app:* +@read', Passwords: [PASSWORD, `${PASSWORD}-2`] }),
    )
    expect(created).toMatchObject({
      UserId: 'app-1',
      UserName: 'Shop',
      Status: 'active',
      Engine: 'redis',
      MinimumEngineVersion: '6.0',
      AccessString: 'on ~app:* -@all +@read',
      UserGroupIds: [],
      Authentication: { Type: 'password', PasswordCount: 2 },
      ARN: 'arn:aws:elasticache:us-west-2:000000000000:user:app-1',
    })
    expect(await describedUser(client, 'APP-1')).toMatchObject({
      UserId: 'app-1',
      AccessString: 'on ~app:* -@all +@read',
    })
  })

  test.each([
    [
      'password',
      { AuthenticationMode: { Type: 'password', Passwords: [PASSWORD] } },
      { Type: 'password', PasswordCount: 1 },
    ],
    ['none by its flag', { NoPasswordRequired: true }, { Type: 'no-password' }],
    ['none by its mode', { AuthenticationMode: { Type: 'no-password-required' } }, { Type: 'no-password' }],
    ['iam', { AuthenticationMode: { Type: 'iam' } }, { Type: 'iam' }],
  ] as const)('may authenticate by %s', async (_, mode, Authentication) => {
    const client = (await startTestEngine()).client()
    const created = await client.createUser(newUser('ann', mode as never)) // its members are those of the request
    expect(created.Authentication).toEqual(Authentication)
  })

  test.each([
    ['redis', 'on ~* +@all', undefined, '6.0'],
    ['redis', 'on ~* &news +@all', undefined, '6.2'],
    ['redis', 'on %R~a +@all', undefined, '7.0'],
    ['redis', 'on (~a +get)', undefined, '7.0'],
    ['redis', 'on ~* +@all', { Type: 'iam' }, '7.0'],
    ['valkey', 'on ~* +@all', undefined, '7.2'],
  ] as const)('of %s with %s wants a version', async (Engine, AccessString, AuthenticationMode, version) => {
    const client = (await startTestEngine()).client()
    const more = { Engine, AccessString, ...(AuthenticationMode && { AuthenticationMode }) }
    expect((await client.createUser(newUser('ann', more))).MinimumEngineVersion).toBe(version)
  })

  test.each([
    [
      'no way to authenticate',
      { Passwords: undefined },
      'InvalidParameterValue',
      'Input Authentication type: null is not in the allowed list: [password,no-password-required,iam]',
    ],
    [
      'no password where one is required',
      { Passwords: undefined, NoPasswordRequired: false },
      'InvalidParameterValue',
      /^No password was provided. If you want/,
    ],
    [
      'a short password',
      { Passwords: ['short'] },
      'InvalidParameterValue',
      'Passwords length must be between 16-128 characters.',
    ],
    ['a long password', { Passwords: ['x'.repeat(129)] }, 'InvalidParameterValue', /length must be between 16-128/],
    ['a password with a comma', { Passwords: ['correct,horse,battery'] }, 'InvalidParameterValue', /printable/],
    [
      'three passwords',
      { Passwords: [1, 2, 3].map((n) => PASSWORD + n) },
      'InvalidParameterValue',
      /2 passwords at most/,
    ],
    [
      'passwords in two places',
      { AuthenticationMode: { Type: 'password', Passwords: [PASSWORD] }, Passwords: [PASSWORD] },
      'InvalidParameterCombination',
      'Passwords provided via multiple arguments. Use only one argument',
    ],
    [
      'a mode with a password and without one',
      { AuthenticationMode: { Type: 'iam' }, NoPasswordRequired: true },
      'InvalidParameterCombination',
      'No password required flag is true but provided authentication type is iam',
    ],
    [
      'IAM and a password',
      { AuthenticationMode: { Type: 'iam', Passwords: [PASSWORD] } },
      'InvalidParameterCombination',
      'Password field is not allowed with authentication type: iam',
    ],
    [
      'a mode of passwords without any',
      { AuthenticationMode: { Type: 'password' } },
      'InvalidParameterCombination',
      'A user with Authentication Mode: password, must have at least one password',
    ],
    [
      'another name than its id, and IAM',
      { UserName: 'bob', AuthenticationMode: { Type: 'iam' } },
      'InvalidParameterCombination',
      'User Id and User name must be same for authentication type: iam',
    ],
    [
      'a mode there is not',
      { AuthenticationMode: { Type: 'sms' } },
      'InvalidParameterValue',
      'Input Authentication type: sms is not in the allowed list: [password,no-password-required,iam]',
    ],
    [
      'Valkey and no password',
      { Engine: 'valkey', NoPasswordRequired: true },
      'InvalidParameterCombination',
      /needs a password or IAM/,
    ],
    [
      'an engine that has no users',
      { Engine: 'memcached' },
      'InvalidParameterValue',
      'Unknown parameter for Engine: "memcached", must be one of: redis, valkey',
    ],
    [
      'a command that does not exist',
      { AccessString: 'on +nosuch' },
      'InvalidParameterValue',
      "Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL",
    ],
    [
      'a password in the access string',
      { AccessString: 'on >secret' },
      'InvalidParameterValue',
      /Passwords are not part/,
    ],
    ['a name with a blank', { UserName: 'a b' }, 'InvalidParameterValue', /blanks/],
    ['an id that is none', { UserId: '1st' }, 'InvalidParameterValue', /not a valid identifier/],
    ['a long id', { UserId: 'a'.repeat(41) }, 'InvalidParameterValue', /longer than 40 characters/],
  ])('is not made with %s', async (_, more, Code, message) => {
    const client = (await startTestEngine()).client()
    const request = client.createUser(newUser('ann', more as never)) // wrong on purpose
    const expected = typeof message === 'string' ? message : expect.stringMatching(message)
    await expect(request).rejects.toMatchObject({ Code, message: expected })
  })

  test('has an id of its own', async () => {
    const client = (await startTestEngine()).client()
    await client.createUser(newUser('ann'))
    await expect(client.createUser(newUser('ANN'))).rejects.toMatchObject({
      Code: 'UserAlreadyExists',
      message: 'User ann already exists.',
    })
  })

  test('is modified after a while, and shows until then what it was', async () => {
    const clock = manualClock(Date.UTC(2026, 10, 29))
    const engine = await startTestEngine({ pace: 'realistic', clock })
    const client = engine.client()
    await client.createUser(newUser('ann', { AccessString: 'on ~app:* +@read' }))
    const modifying = await client.modifyUser({
      UserId: 'ann',
      AppendAccessString: '~more:* -get',
      NoPasswordRequired: true,
    })
    const before = { AccessString: 'on ~app:* -@all +@read', Authentication: { Type: 'password', PasswordCount: 1 } }
    expect(modifying).toMatchObject({ Status: 'modifying', ...before })
    await expect(client.modifyUser({ UserId: 'ann', AccessString: 'off' })).rejects.toMatchObject({
      Code: 'InvalidUserState',
      message: 'User ann has status modifying. Only active users can be modified.',
    })
    await expect(client.deleteUser({ UserId: 'ann' })).rejects.toMatchObject({ Code: 'InvalidUserState' })
    clock.advanceTo(clock.now() + 29_000)
    expect(await describedUser(client, 'ann')).toMatchObject({ Status: 'modifying', ...before })
    clock.advanceTo(clock.now() + 1_000)
    await untilUserActive(client, 'ann')
    expect(await describedUser(client, 'ann')).toMatchObject({
      AccessString: 'on ~app:* ~more:* -@all +@read -get',
      Authentication: { Type: 'no-password' },
    })
  })

  test('gets other rights, passwords and another engine by being modified', async () => {
    const client = (await startTestEngine()).client()
    await client.createUser(newUser('ann'))
    await client.modifyUser({
      UserId: 'ann',
      AccessString: 'off ~a',
      Passwords: [`${PASSWORD}1`, `${PASSWORD}2`],
      Engine: 'valkey',
    })
    await untilUserActive(client, 'ann')
    expect(await describedUser(client, 'ann')).toMatchObject({
      AccessString: 'off ~a -@all',
      Authentication: { PasswordCount: 2 },
      Engine: 'valkey',
    })
  })

  test.each([
    ['two access strings', { AccessString: 'on', AppendAccessString: 'on' }, 'InvalidParameterCombination'],
    ['rights after all of them', { AppendAccessString: '~a' }, 'InvalidParameterValue'],
    ['IAM with another name', { AuthenticationMode: { Type: 'iam' } }, 'InvalidParameterCombination'],
  ] as const)('is not modified to %s', async (_, more, Code) => {
    const client = (await startTestEngine()).client()
    await client.createUser(newUser('ann', { UserName: 'bob' }))
    await expect(client.modifyUser({ UserId: 'ann', ...more })).rejects.toMatchObject({ Code })
    expect((await describedUser(client, 'ann')).Status).toBe('active')
  })

  test('of Valkey does not go back to Redis OSS', async () => {
    const client = (await startTestEngine()).client()
    await client.createUser(newUser('ann', { Engine: 'valkey' }))
    await expect(client.modifyUser({ UserId: 'ann', Engine: 'redis' })).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
    })
  })

  test('that is deleted leaves its groups first', async () => {
    const clock = manualClock(Date.UTC(2026, 10, 29))
    const client = (await startTestEngine({ pace: 'realistic', clock })).client()
    await client.createUser(newUser('ann'))
    await client.createUserGroup(newGroup('shop', ['ann']))
    clock.advanceTo(clock.now() + 30_000)
    await untilGroupActive(client, 'shop')
    expect((await describedUser(client, 'ann')).UserGroupIds).toEqual(['shop'])
    expect(await client.deleteUser({ UserId: 'ann' })).toMatchObject({ UserId: 'ann', Status: 'deleting' })
    expect(await describedGroup(client, 'shop')).toMatchObject({
      Status: 'modifying',
      UserIds: ['default', 'ann'],
      PendingChanges: { UserIdsToRemove: ['ann'] },
    })
    clock.advanceTo(clock.now() + 30_000)
    await untilGroupActive(client, 'shop')
    expect((await describedGroup(client, 'shop')).UserIds).toEqual(['default'])
    await eventually('the user is gone', async () => ((await client.describeUsers({})).Users ?? []).length === 1)
    await expect(client.describeUsers({ UserId: 'ann' })).rejects.toMatchObject({
      Code: 'UserNotFound',
      message: 'User ann not found.',
    })
  })

  test('that is the default of a group is not deleted', async () => {
    const client = (await startTestEngine()).client()
    await client.createUser(newUser('own', { UserName: 'default' }))
    await client.createUserGroup({ UserGroupId: 'shop', Engine: 'redis', UserIds: ['own'] })
    await untilGroupActive(client, 'shop')
    await expect(client.deleteUser({ UserId: 'own' })).rejects.toMatchObject({
      Code: 'DefaultUserAssociatedToUserGroup',
      message: expect.stringMatching(/^User is associated to user grou/),
    })
  })

  test('that is not there is not found', async () => {
    const client = (await startTestEngine()).client()
    const notFound = { Code: 'UserNotFound', message: 'User ann not found.' }
    await expect(client.describeUsers({ UserId: 'ann' })).rejects.toMatchObject(notFound)
    await expect(client.modifyUser({ UserId: 'ann' })).rejects.toMatchObject(notFound)
    await expect(client.deleteUser({ UserId: 'ann' })).rejects.toMatchObject(notFound)
  })

  test('tells of what becomes of it', async () => {
    const client = (await startTestEngine()).client()
    await client.createUser(newUser('ann'))
    await client.modifyUser({ UserId: 'ann', AccessString: 'off' })
    await untilUserActive(client, 'ann')
    await client.deleteUser({ UserId: 'ann' })
    await eventually('it has told of its end', async () => {
      const { Events = [] } = await client.describeEvents({ SourceType: 'user', SourceIdentifier: 'Ann' })
      return Events.map(({ Message }) => Message).join() === 'User deleted,User modified,User created'
    })
  })
})

describe('users', () => {
  test('are listed by engine, by filters and page by page', async () => {
    const client = (await startTestEngine()).client()
    for (let n = 10; n < 35; n++) {
      await client.createUser(newUser(`u${n}`, { Engine: n % 2 === 0 ? 'redis' : 'valkey', UserName: `name${n % 3}` }))
    }
    const ids = async (input: object) => ((await client.describeUsers(input)).Users ?? []).map(({ UserId }) => UserId)
    expect(await ids({ Engine: 'Valkey' })).toHaveLength(12)
    expect(await ids({ Filters: [{ Name: 'UserId', Values: ['u11', 'u12', 'nobody'] }] })).toEqual(['u11', 'u12'])
    expect(
      await ids({
        Engine: 'redis',
        Filters: [
          { Name: 'user-name', Values: ['name1'] },
          { Name: 'user-id', Values: ['u10'] },
        ],
      }),
    ).toEqual(['u10'])
    await expect(ids({ Filters: [{ Name: 'shoe', Values: ['44'] }] })).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
    })
    const first = await client.describeUsers({ MaxRecords: 20 })
    const second = await client.describeUsers({ MaxRecords: 20, Marker: first.Marker })
    expect([...(first.Users ?? []), ...(second.Users ?? [])].map(({ UserId }) => UserId)).toEqual(await ids({}))
    expect(second.Marker).toBeUndefined()
  })

  test('have tags', async () => {
    const client = (await startTestEngine()).client()
    const { ARN } = await client.createUser(newUser('ann', { Tags: [{ Key: 'a', Value: '1' }] }))
    await client.addTagsToResource({ ResourceName: ARN, Tags: [{ Key: 'b', Value: '2' }] })
    await client.removeTagsFromResource({ ResourceName: ARN, TagKeys: ['a'] })
    expect((await client.listTagsForResource({ ResourceName: ARN })).TagList).toEqual([{ Key: 'b', Value: '2' }])
  })
})

test('passwords are nowhere in the state directory', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await client.createUser(
    newUser('ann', { AuthenticationMode: { Type: 'password', Passwords: ['secret-of-the-mode'] } }),
  )
  await client.modifyUser({ UserId: 'ann', Passwords: ['secret-of-its-own'] })
  await untilUserActive(client, 'ann')
  await client.createUser(newUser('bob', { AccessString: 'on >secret-in-the-rules' })).catch(() => {})
  await engine.close()
  const files = readdirSync(engine.stateDir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(engine.stateDir, name))
    .filter((path) => statSync(path).isFile())
  expect(files.length).toBeGreaterThan(3)
  for (const file of files) expect(readFileSync(file, 'latin1'), file).not.toMatch(/secret-(?:of|in)-/)
  expect(engine.log.join()).not.toMatch(/secret-(?:of|in)-/)
})
