import { readFileSync } from 'node:fs'
import type { ModifyReplicationGroupCommandInput } from '@aws-sdk/client-elasticache'
import { describe, expect, test } from 'vitest'
import { engineFiles } from '../../../src/api/local-engine.ts'
import { itemsOf, textOf } from '../../../src/protocols/resp/reply.ts'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { TestClient } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import { newGroup, newUser, PASSWORD, untilGroupActive, untilUserActive } from '../users/support.ts'
import { available, clusterOf, create, engine, groupOf, NODE, portOf, SKIPPED, server } from './support.ts'

const caOf = ({ stateDir }: TestEngine) => readFileSync(engineFiles(stateDir).authorityCertificate, 'utf8')

const ask = (api: TestEngine, input: Partial<ModifyReplicationGroupCommandInput>) =>
  api.client().modifyReplicationGroup({ ReplicationGroupId: 'shop', ApplyImmediately: true, ...input })

async function modify(api: TestEngine, input: Partial<ModifyReplicationGroupCommandInput>) {
  await ask(api, input)
  return available(api)
}

const REFUSED = 'Modification of transit encryption is not supported for access control enabled clusters.'
const TOKENS = ['first-token-of-the-shop', 'second-token-of-the-shop', 'third-token-of-the-shop'] as const
const WRONG = 'WRONGPASS invalid username-password pair or user is disabled.'

describe.skipIf(!server)(`access to a replication group ${SKIPPED}`, () => {
  test('is encrypted in two steps, during which clients and replicas go on', async () => {
    const api = await startTestEngine()
    const port = portOf(await create(api, { NumCacheClusters: 2 }), 'PrimaryEndpoint')
    const plain = new TestClient(port)
    expect(await plain.say('SET', 'a', '1')).toBe('OK')
    const { ReplicationGroup } = await ask(api, { TransitEncryptionEnabled: true, TransitEncryptionMode: 'preferred' })
    expect(ReplicationGroup).toMatchObject({
      Status: 'modifying',
      TransitEncryptionEnabled: false,
      PendingModifiedValues: { TransitEncryptionEnabled: true, TransitEncryptionMode: 'preferred' },
    })
    const preferred = await available(api)
    expect(preferred).toMatchObject({ TransitEncryptionEnabled: true, TransitEncryptionMode: 'preferred' })
    expect(preferred.PendingModifiedValues).toEqual({})
    const secure = new TestClient(port, { ca: caOf(api) })
    expect(await secure.say('GET', 'a')).toBe('1')
    expect(await plain.say('GET', 'a')).toBe('1')

    await modify(api, { TransitEncryptionMode: 'required' })
    await plain.closed
    expect(await new TestClient(port).say('PING')).toBe('CLOSED')
    expect(await secure.say('SET', 'b', '2')).toBe('OK')
    const reader = new TestClient(portOf(preferred, 'ReaderEndpoint'), { ca: caOf(api) })
    await eventually('replicated', async () => (await reader.say('GET', 'b')) === '2')
    expect(await clusterOf(api, 'shop-002')).toMatchObject({ TransitEncryptionMode: 'required' })

    await modify(api, { TransitEncryptionMode: 'preferred' })
    expect(await new TestClient(port).say('GET', 'b')).toBe('2')
    const last = await modify(api, { TransitEncryptionEnabled: false })
    expect(last).not.toHaveProperty('TransitEncryptionMode')
    expect(await new TestClient(port).say('GET', 'b')).toBe('2')
  })

  test('is not encrypted in one step, nor in the maintenance window', async () => {
    const api = await startTestEngine()
    await create(api)
    await expect(ask(api, { TransitEncryptionEnabled: true })).rejects.toMatchObject({
      Code: 'InvalidParameterCombination',
      message: expect.stringContaining(
        'Direct transition from transit-encryption-disabled to transit-encryption-enabled',
      ),
    })
    const later = {
      TransitEncryptionEnabled: true,
      TransitEncryptionMode: 'preferred',
      ApplyImmediately: false,
    } as const
    await expect(ask(api, later)).rejects.toMatchObject({ Code: 'InvalidParameterCombination' })
    await expect(ask(api, { AuthToken: TOKENS[0] })).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
      message: 'The AUTH token modification is only supported when encryption-in-transit is enabled.',
    })
  })

  test('is had by the tokens that were rotated last', async () => {
    const api = await startTestEngine()
    const [first, second, third] = TOKENS
    const group = await create(api, { TransitEncryptionEnabled: true, AuthToken: first })
    expect(group).toMatchObject({ AuthTokenEnabled: true, AuthTokenLastModifiedDate: expect.any(Date) })
    const enter = async (...login: string[]) => {
      const client = new TestClient(portOf(group, 'PrimaryEndpoint'), { ca: caOf(api) })
      return login.length === 0 ? client.say('PING') : client.say('AUTH', ...login)
    }
    const old = new TestClient(portOf(group, 'PrimaryEndpoint'), { ca: caOf(api) })
    expect(await old.say('AUTH', first)).toBe('OK')
    expect(await enter()).toBe('NOAUTH Authentication required.')

    const { ReplicationGroup } = await ask(api, { AuthToken: second })
    expect(ReplicationGroup?.PendingModifiedValues).toEqual({ AuthTokenStatus: 'ROTATING' })
    await available(api)
    expect([await enter(first), await enter('default', second)]).toEqual(['OK', 'OK'])
    await modify(api, { AuthToken: third, AuthTokenUpdateStrategy: 'ROTATE' })
    expect([await enter(first), await enter(second), await enter(third)]).toEqual([WRONG, 'OK', 'OK'])
    await modify(api, { AuthToken: third, AuthTokenUpdateStrategy: 'SET' })
    expect([await enter(second), await enter(third)]).toEqual([WRONG, 'OK'])
    expect(await old.say('PING')).toBe('PONG')

    const other = { AuthToken: first, AuthTokenUpdateStrategy: 'SET' } as const
    await expect(ask(api, other)).rejects.toMatchObject({ Code: 'InvalidParameterValue' })
    await expect(ask(api, { AuthTokenUpdateStrategy: 'DELETE' })).rejects.toMatchObject({
      Code: 'InvalidParameterValue',
      message: 'Auth token update strategy delete is not supported currently',
    })
    await expect(ask(api, { TransitEncryptionMode: 'required' })).rejects.toMatchObject({ message: REFUSED })
    expect(readFileSync(engineFiles(api.stateDir).store).includes(third)).toBe(false)
    expect(api.log.join()).not.toContain(third)
  })

  test('without a token stays open while the first one is introduced', async () => {
    const api = await startTestEngine()
    const [first] = TOKENS
    const port = portOf(await create(api, { TransitEncryptionEnabled: true }), 'PrimaryEndpoint')
    const enter = () => new TestClient(port, { ca: caOf(api) })
    await modify(api, { AuthToken: first })
    expect(await enter().say('PING')).toBe('PONG')
    const bare = enter()
    expect([await bare.say('SET', 'a', '1'), await bare.say('GET', 'a')]).toEqual(['OK', '1'])
    expect([await enter().say('AUTH', first), await enter().say('AUTH', 'wrong')]).toEqual(['OK', WRONG])
    await modify(api, { AuthToken: first, AuthTokenUpdateStrategy: 'SET' })
    expect(await bare.say('GET', 'a')).toBe('1')
    expect(await enter().say('PING')).toBe('NOAUTH Authentication required.')
    expect(await enter().say('AUTH', first)).toBe('OK')
  })

  test('is that of the users of its group, as they are changed', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await client.createUser(newUser('app', { AccessString: 'on ~app:* +@read' }))
    await client.createUser(newUser('nobody', { UserName: 'default', AccessString: 'off -@all' }))
    await client.createUserGroup({ UserGroupId: 'shop', Engine: 'redis', UserIds: ['nobody', 'app'] })
    await untilGroupActive(client, 'shop')
    await expect(
      client.createReplicationGroup({
        ...NODE,
        ReplicationGroupId: 'shop',
        ReplicationGroupDescription: 'd',
        UserGroupIds: ['shop'],
      }),
    ).rejects.toMatchObject({
      message: 'User group based access control requires encryption-in-transit to be enabled on the replication group.',
    })
    const group = await create(api, { TransitEncryptionEnabled: true, NumCacheClusters: 2, UserGroupIds: ['shop'] })
    expect(group.UserGroupIds).toEqual(['shop'])
    const enter = () => new TestClient(portOf(group, 'PrimaryEndpoint'), { ca: caOf(api) })
    expect(await enter().say('PING')).toBe('NOAUTH Authentication required.')
    const app = enter()
    expect(await app.say('AUTH', 'app', PASSWORD)).toBe('OK')
    expect(await app.say('SET', 'app:1', '1')).toMatch(/^NOPERM/)

    await client.modifyUser({ UserId: 'app', AppendAccessString: '+set' })
    await untilUserActive(client, 'app')
    expect(await app.say('SET', 'app:1', '1')).toBe('OK')

    const { UserGroups: [attached] = [] } = await client.describeUserGroups({ UserGroupId: 'shop' })
    expect(attached?.ReplicationGroups).toEqual(['shop'])
    await expect(client.deleteUserGroup({ UserGroupId: 'shop' })).rejects.toMatchObject({
      Code: 'InvalidUserGroupState',
    })

    await client.modifyUserGroup({ UserGroupId: 'shop', UserIdsToRemove: ['app'] })
    await untilGroupActive(client, 'shop')
    await app.closed
    expect(await enter().say('AUTH', 'app', PASSWORD)).toBe(WRONG)
  })

  test('goes from a token to users, and back', async () => {
    const api = await startTestEngine()
    const client = api.client()
    const [first, second] = TOKENS
    await client.createUser(newUser('app'))
    await client.createUserGroup(newGroup('shop', ['app']))
    await untilGroupActive(client, 'shop')
    const group = await create(api, { TransitEncryptionEnabled: true, AuthToken: first })
    const enter = (...login: string[]) =>
      new TestClient(portOf(group, 'PrimaryEndpoint'), { ca: caOf(api) }).say('AUTH', ...login)
    const { ReplicationGroup } = await ask(api, { AuthTokenUpdateStrategy: 'DELETE', UserGroupIdsToAdd: ['shop'] })
    expect(ReplicationGroup?.PendingModifiedValues).toEqual({
      UserGroups: { UserGroupIdsToAdd: ['shop'], UserGroupIdsToRemove: [] },
    })
    expect(await available(api)).toMatchObject({ AuthTokenEnabled: false, UserGroupIds: ['shop'] })
    expect(await enter('app', PASSWORD)).toBe('OK')

    const back = { RemoveUserGroups: true, AuthToken: second, AuthTokenUpdateStrategy: 'SET' } as const
    expect(await modify(api, back)).toMatchObject({ AuthTokenEnabled: true })
    expect(await groupOf(api)).not.toHaveProperty('UserGroupIds')
    expect([await enter('app', PASSWORD), await enter(first), await enter(second)]).toEqual([WRONG, WRONG, 'OK'])
    expect((await client.describeUserGroups({ UserGroupId: 'shop' })).UserGroups?.[0]?.ReplicationGroups).toEqual([])
  })

  test.skipIf(engine !== 'valkey')('of users of Valkey has no default user', async () => {
    const api = await startTestEngine()
    const client = api.client()
    await client.createUser(newUser('app', { Engine: 'valkey' }))
    await client.createUserGroup({ UserGroupId: 'shop', Engine: 'valkey', UserIds: ['app'] })
    await untilGroupActive(client, 'shop')
    const group = await create(api, { TransitEncryptionEnabled: true })
    const enter = () => new TestClient(portOf(group, 'PrimaryEndpoint'), { ca: caOf(api) })
    const anybody = enter()
    expect(await anybody.say('PING')).toBe('PONG')
    await modify(api, { UserGroupIdsToAdd: ['shop'] })
    await anybody.closed
    const app = enter()
    expect(await app.say('AUTH', 'app', PASSWORD)).toBe('OK')
    expect(itemsOf(await app.reply('ACL', 'LIST')).map(textOf)).toContainEqual(
      expect.stringMatching(/^user default off/),
    )
    expect(await app.say('CONFIG', 'GET', '*')).toMatch(/unknown command/)
  })
})
