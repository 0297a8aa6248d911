import { describe, expect, onTestFinished, test } from 'vitest'
import { isAsPromised, tryPlace } from '../../src/diagnose/preference-trial.ts'
import { systemNames } from '../../src/net/resolve.ts'
import { type Actor, stage } from '../scenarios/actors.ts'
import { authority } from '../scenarios/certificates.ts'
import { hasIPv6Loopback } from './loopback.ts'

async function tried(actors: Record<string, Actor>, { tls = false, host = '127.0.0.1' } = {}) {
  const ca = await authority()
  const ports = await stage(actors, ca, onTestFinished)
  const place = { host, port: ports.get('a') ?? 0, role: 'given', tls }
  const names = {
    ...systemNames,
    lookupAll: async () => [
      { address: '::1', family: 6 as const },
      { address: '127.0.0.1', family: 4 as const },
    ],
  }
  return tryPlace(place, ['IPv4_ONLY', 'IPv6_ONLY'], { trust: { ca: ca.ca }, names, timeoutMs: 1500 })
}
const SECURE: Actor = { is: 'memcached', tls: { certificate: 'good', name: '127.0.0.1' } }

describe('a preference works only where Memcached answers', () => {
  test.each<[string, Actor, boolean, string | RegExp]>([
    [
      'accepts and keeps silent',
      { is: 'silent' },
      false,
      'accepts connections, and the first question is not answered',
    ],
    ['closes at once', { is: 'hangs-up' }, false, 'closes them without an answer'],
    // The reset may be there before the connection is noticed.
    ['resets', { is: 'resets' }, false, /resets connections|closes them without an answer/],
    ['is a web server', { is: 'http' }, false, 'what answers speaks another protocol'],
    ['refuses', { is: 'closed' }, false, '127.0.0.1 refuses connections'],
    ['speaks TLS where clients do not', SECURE, false, 'accepts connections, and'],
    ['speaks plain text where clients speak TLS', { is: 'memcached' }, true, 'the TLS handshake fails'],
    ['has an expired certificate', { ...SECURE, tls: { certificate: 'expired', name: '127.0.0.1' } }, true, 'EXPIRED'],
  ])('not where the server %s', async (_, actor, tls, why) => {
    const [ipv4] = await tried({ a: actor }, { tls })
    expect([ipv4?.predicted.ok, ipv4?.actual.failsAt]).toEqual([true, ['application']])
    expect(ipv4?.actual.why).toMatch(why)
  })

  test('over TLS with a good certificate', async () => {
    const both = await tried({ a: SECURE }, { tls: true })
    expect(both[0]?.actual).toMatchObject({ ok: true, over: 4 })
    expect(isAsPromised(both)).toBe(true)
  })

  test.skipIf(!hasIPv6Loopback)('not over the family of a name that is silent (skipped without ::1)', async () => {
    const actors: Record<string, Actor> = {
      a: { is: 'memcached' },
      b: { is: 'silent', on: ['::1'], samePortAs: 'a' },
    }
    const both = await tried(actors, { host: 'cache.test' })
    expect(both.map(({ actual }) => actual.ok)).toEqual([true, false])
    expect(isAsPromised(both)).toBe(false)
  })
})
