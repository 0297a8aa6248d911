import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CONTROL, engineFiles } from '../../../src/api/local-engine.ts'
import { authToken } from '../../../src/cli/target/auth-token.ts'
import { control } from '../../support/control.ts'
import type { TestEngine } from '../../support/engine.ts'
import { TestClient } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import { newUser, PASSWORD, untilGroupActive } from '../users/support.ts'
import { create, portOf, SKIPPED, server } from './support.ts'

const WRONG = 'WRONGPASS invalid username-password pair or user is disabled.'
const MINUTE_MS = 60_000

interface Signer {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const tokenOf = (credentials: Signer, more: Partial<Parameters<typeof authToken>[0]> = {}) =>
  authToken({
    cache: 'shop',
    user: 'job',
    serverless: false,
    region: 'us-west-2',
    credentials,
    now: new Date(),
    ...more,
  })

/** A group with a user that logs in by IAM, and another with a password. */
async function opened(api: TestEngine) {
  const client = api.client()
  await client.createUser(newUser('job', { AuthenticationMode: { Type: 'iam' } }))
  await client.createUser(newUser('app'))
  await client.createUser(newUser('nobody', { UserName: 'default', AccessString: 'off -@all' }))
  await client.createUserGroup({ UserGroupId: 'shop', Engine: 'redis', UserIds: ['nobody', 'job', 'app'] })
  await untilGroupActive(client, 'shop')
  const group = await create(api, { TransitEncryptionEnabled: true, NumCacheClusters: 2, UserGroupIds: ['shop'] })
  const ca = readFileSync(engineFiles(api.stateDir).authorityCertificate, 'utf8')
  return {
    enter: () => new TestClient(portOf(group, 'PrimaryEndpoint'), { ca }),
    read: () => new TestClient(portOf(group, 'ReaderEndpoint'), { ca }),
  }
}

describe.skipIf(!server)(`a user with IAM authentication ${SKIPPED}`, () => {
  test('logs in with a token that is signed for the cache and the user, and holds', async () => {
    const api = await startTestEngine()
    const { enter, read } = await opened(api)
    const { credentials } = api
    const client = enter()
    const replies = [client.say('AUTH', 'job', await tokenOf(credentials)), client.say('SET', 'a', '1')]
    expect(await Promise.all(replies)).toEqual(['OK', 'OK'])
    expect(await client.say('ACL', 'WHOAMI')).toBe('job')
    expect(await enter().say('HELLO', '3', 'AUTH', 'job', await tokenOf(credentials))).not.toMatch(/WRONGPASS/)
    expect(await read().say('AUTH', 'job', await tokenOf(credentials))).toBe('OK')
    expect(await enter().say('AUTH', 'app', PASSWORD)).toBe('OK')

    const wrong = [
      await tokenOf({ ...credentials, secretAccessKey: 'wrong' }),
      await tokenOf(credentials, { cache: 'other' }),
      await tokenOf(credentials, { user: 'app' }),
      await tokenOf(credentials, { serverless: true }),
      await tokenOf(credentials, { region: 'eu-west-1' }),
      await tokenOf(credentials, { now: new Date(Date.now() - 16 * MINUTE_MS) }),
      'no-token-at-all-but-long',
    ]
    for (const token of wrong) expect(await enter().say('AUTH', 'job', token)).toBe(WRONG)
    expect(api.log.filter((line) => line.startsWith('login of user job'))).toHaveLength(wrong.length)
    expect(api.log.join('\n')).not.toContain('X-Amz-Signature=')
  })

  test('logs in by the policies of whoever has signed', async () => {
    const api = await startTestEngine()
    const { enter } = await opened(api)
    const credentials = await control<Signer>(api, 'POST', CONTROL.users, { create: 'ann' })
    expect(await enter().say('AUTH', 'job', await tokenOf(credentials))).toBe(WRONG)
    expect(api.log.at(-1)).toMatch(/is not authorized to perform: elasticache:Connect on resource: arn:.*:shop/)
    const put = (policyName: string, Resource: string) => {
      const Statement = { Effect: 'Allow', Action: 'elasticache:Connect', Resource }
      const document = { Version: '2012-10-17', Statement }
      return control(api, 'POST', CONTROL.policies, { userName: 'ann', policyName, document })
    }
    await put('cache', 'arn:aws:elasticache:*:*:replicationgroup:shop')
    expect(await enter().say('AUTH', 'job', await tokenOf(credentials))).toBe(WRONG)
    await put('user', 'arn:aws:elasticache:*:*:user:job')
    expect(await enter().say('AUTH', 'job', await tokenOf(credentials))).toBe('OK')
  })
})
