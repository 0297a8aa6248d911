import { describe, expect, test } from 'vitest'
import type { TestEngine } from '../../../support/engine.ts'
import { eventually } from '../../../support/eventually.ts'
import { describedCache, untilCache } from '../../../support/serverless.ts'
import { startTestEngine } from '../../../support/servers.ts'
import { clientOfCache, created, HAS_VALKEY } from './redis-support.ts'

const PASSWORD = 'a-password-of-the-app'

async function userGroup(engine: TestEngine, accessString = 'on ~app:* +@all'): Promise<void> {
  const api = engine.client()
  const user = { UserId: 'app', UserName: 'app', Engine: 'valkey', AccessString: accessString, Passwords: [PASSWORD] }
  await api.createUser(user)
  await api.createUserGroup({ UserGroupId: 'team', Engine: 'valkey', UserIds: ['app'] })
  await eventually('the group is active', async () => {
    const { UserGroups: [group] = [] } = await api.describeUserGroups({ UserGroupId: 'team' })
    return group?.Status === 'active'
  })
}

describe.skipIf(!HAS_VALKEY)('users of a serverless cache (skipped without valkey-server)', () => {
  test('are those of its user group, and everybody once it has none any more', async () => {
    const engine = await startTestEngine()
    const api = engine.client()
    await userGroup(engine)
    const cache = await created(engine, { UserGroupId: 'team' })
    expect(cache.UserGroupId).toBe('team')
    const { UserGroups: [group] = [] } = await api.describeUserGroups({ UserGroupId: 'team' })
    expect(group?.ServerlessCaches).toEqual(['shop'])
    const client = clientOfCache(engine, cache)
    expect(await client.say('GET', 'app:1')).toContain('NOAUTH')
    expect(await client.say('AUTH', 'app', PASSWORD)).toBe('OK')
    expect(await client.say('SET', 'app:1', '1')).toBe('OK')
    expect(await client.say('SET', 'other', '1')).toContain('NOPERM')
    expect(await client.say('CLIENT', 'LIST')).toContain('unknown command')
    await expect(api.deleteUserGroup({ UserGroupId: 'team' })).rejects.toThrow('is associated to shop')
    await api.modifyServerlessCache({ ServerlessCacheName: 'shop', RemoveUserGroup: true })
    await untilCache(api, 'shop', 'available')
    expect(await describedCache(api, 'shop')).not.toHaveProperty('UserGroupId')
    expect(await clientOfCache(engine, cache).say('SET', 'other', '1')).toBe('OK')
  })

  test('have new rights when they are modified', async () => {
    const engine = await startTestEngine()
    const api = engine.client()
    await userGroup(engine)
    const client = clientOfCache(engine, await created(engine, { UserGroupId: 'team' }))
    await client.say('AUTH', 'app', PASSWORD)
    await api.modifyUser({ UserId: 'app', AccessString: 'on ~* +@read' })
    await eventually('the user is active', async () => {
      const { Users: [user] = [] } = await api.describeUsers({ UserId: 'app' })
      return user?.Status === 'active'
    })
    expect(await client.say('GET', 'other')).toBe('')
    expect(await client.say('SET', 'app:1', '1')).toContain('NOPERM')
  })

  test('are not both named and taken away', async () => {
    const engine = await startTestEngine()
    await userGroup(engine)
    await created(engine)
    const change = { ServerlessCacheName: 'shop', UserGroupId: 'team', RemoveUserGroup: true }
    await expect(engine.client().modifyServerlessCache(change)).rejects.toThrow('cannot be specified together')
  })
})
