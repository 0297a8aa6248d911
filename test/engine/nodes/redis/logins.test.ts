import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ALL_SERVERS, OPEN, specOf, startNode, TestClient } from '../../../support/redis-node.ts'

const WRONG = 'WRONGPASS invalid username-password pair or user is disabled.'
const TOKEN = `#${hash('sha256', 'token', 'hex')}`

describe.each(ALL_SERVERS)('the door of $name (skipped without it)', ({ name, isMissing }) => {
  test.skipIf(isMissing)('lets clients in that say nothing, while the first token is introduced', async () => {
    const spec = specOf(name, {
      live: { ...OPEN, users: [`default on ${TOKEN} ~* &* +@all`], logins: { isOpen: true, iam: [] } },
    })
    await startNode(spec)
    const enter = () => new TestClient(spec.port)
    expect(await enter().say('PING')).toBe('PONG')
    expect(await enter().say('AUTH', 'token')).toBe('OK')
    // Beside each other, so that one is there before the door has logged it in.
    const others = Array.from({ length: 20 }, () => enter().say('AUTH', 'other'))
    expect(new Set(await Promise.all(others))).toEqual(new Set([WRONG]))
    const client = enter()
    expect(await Promise.all([client.say('SET', 'a', '1'), client.say('GET', 'a')])).toEqual(['OK', '1'])
  })

  test.skipIf(isMissing)('hangs up on a client whose token has held for its time', async () => {
    const live = { ...OPEN, users: ['job on ~* +@all'], logins: { isOpen: false, iam: ['job'] } }
    const spec = specOf(name, { live })
    await startNode(spec, { checkLogin: async (_, token) => (token === 'short' ? 200 : token === 'long' ? 60_000 : 0) })
    const brief = new TestClient(spec.port)
    const renewed = new TestClient(spec.port)
    expect(await brief.say('AUTH', 'job', 'short')).toBe('OK')
    expect(await renewed.say('AUTH', 'job', 'short')).toBe('OK')
    expect(await renewed.say('AUTH', 'job', 'long')).toBe('OK')
    await brief.closed
    expect(await renewed.say('PING')).toBe('PONG')
    expect(await renewed.say('AUTH', 'job', 'other')).toBe(WRONG)
    const greeting = new TestClient(spec.port)
    const [said, whoami] = await Promise.all([
      greeting.say('HELLO', '3', 'AUTH', 'job', 'long', 'SETNAME', 'greeter'),
      greeting.say('ACL', 'WHOAMI'),
    ])
    expect(said).not.toMatch(/^[A-Z]+ /)
    expect(whoami).toBe('job')
    expect(await greeting.say('CLIENT', 'GETNAME')).toBe('greeter')
  })

  test.skipIf(isMissing)('lets nobody log in with a token within a transaction', async () => {
    const live = { ...OPEN, users: ['job on ~* +@all'], logins: { isOpen: false, iam: ['job'] } }
    const spec = specOf(name, { live })
    await startNode(spec, { checkLogin: async () => 60_000 })
    const client = new TestClient(spec.port)
    expect(await client.say('AUTH', 'job', 'token')).toBe('OK')
    expect(await client.say('MULTI')).toBe('OK')
    expect(await client.say('AUTH', 'job', 'token')).toMatch(/^ERR wrong number of arguments/)
    expect(await client.say('EXEC')).toMatch(/^EXECABORT/)
    expect(await client.say('AUTH', 'job', 'token')).toBe('OK')
  })
})
