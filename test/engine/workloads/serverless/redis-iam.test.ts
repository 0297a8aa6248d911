import { describe, expect, test } from 'vitest'
import { CONTROL } from '../../../../src/api/local-engine.ts'
import { authToken } from '../../../../src/cli/target/auth-token.ts'
import { control } from '../../../support/control.ts'
import type { TestEngine } from '../../../support/engine.ts'
import { startTestEngine } from '../../../support/servers.ts'
import { newUser, PASSWORD, untilGroupActive } from '../../users/support.ts'
import { clientOfCache, created, HAS_VALKEY } from './redis-support.ts'

const WRONG = 'WRONGPASS invalid username-password pair or user is disabled.'

interface Signer {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const tokenOf = (credentials: Signer, more: Partial<Parameters<typeof authToken>[0]> = {}) =>
  authToken({
    cache: 'shop',
    user: 'job',
    serverless: true,
    region: 'us-west-2',
    credentials,
    now: new Date(),
    ...more,
  })

/** A cache with a user that logs in by IAM, and another with a password. Answers what makes clients of it. */
async function opened(engine: TestEngine) {
  const api = engine.client()
  await api.createUser(newUser('job', { Engine: 'valkey', AuthenticationMode: { Type: 'iam' } }))
  await api.createUser(newUser('app', { Engine: 'valkey' }))
  await api.createUserGroup({ UserGroupId: 'team', Engine: 'valkey', UserIds: ['job', 'app'] })
  await untilGroupActive(api, 'team')
  const cache = await created(engine, { UserGroupId: 'team' })
  return (door: 'endpoint' | 'reader' = 'endpoint') => clientOfCache(engine, cache, door)
}

describe.skipIf(!HAS_VALKEY)('a user of a serverless cache with IAM (skipped without valkey-server)', () => {
  test('logs in with a token that is signed for a serverless cache of that name, and for the user', async () => {
    const engine = await startTestEngine()
    const enter = await opened(engine)
    const { credentials } = engine
    const client = enter()
    const replies = [client.say('AUTH', 'job', await tokenOf(credentials)), client.say('SET', 'a', '1')]
    expect(await Promise.all(replies)).toEqual(['OK', 'OK'])
    expect(await enter('reader').say('AUTH', 'job', await tokenOf(credentials))).toBe('OK')
    expect(await enter().say('AUTH', 'app', PASSWORD)).toBe('OK')
    expect(await enter().say('GET', 'a')).toContain('NOAUTH')

    const wrong = [
      await tokenOf({ ...credentials, secretAccessKey: 'wrong' }),
      await tokenOf(credentials, { serverless: false }),
      await tokenOf(credentials, { cache: 'other' }),
      await tokenOf(credentials, { user: 'app' }),
    ]
    for (const token of wrong) expect(await enter().say('AUTH', 'job', token)).toBe(WRONG)
    expect(engine.log.filter((line) => line.startsWith('login of user job'))).toHaveLength(wrong.length)
    expect(engine.log.join('\n')).not.toContain('X-Amz-Signature=')
  })

  test('logs in by the policies of the caller that has signed: for the cache and the user', async () => {
    const engine = await startTestEngine()
    const enter = await opened(engine)
    const credentials = await control<Signer>(engine, 'POST', CONTROL.users, { create: 'ann' })
    const login = async () => enter().say('AUTH', 'job', await tokenOf(credentials))
    expect(await login()).toBe(WRONG)
    expect(engine.log.at(-1)).toMatch(
      /not authorized to perform: elasticache:Connect on resource: .*serverlesscache:shop/,
    )
    const Resource = ['arn:aws:elasticache:*:*:serverlesscache:shop', 'arn:aws:elasticache:*:*:user:job']
    const Statement = { Effect: 'Allow', Action: 'elasticache:Connect', Resource }
    const document = { Version: '2012-10-17', Statement }
    await control(engine, 'POST', CONTROL.policies, { userName: 'ann', policyName: 'connect', document })
    expect(await login()).toBe('OK')
  })
})
