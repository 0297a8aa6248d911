import { describe, expect, onTestFinished, test } from 'vitest'
import { attemptExchange, type Depth } from '../../src/diagnose/exchange.ts'
import { type Actor, stage } from '../scenarios/actors.ts'
import { authority } from '../scenarios/certificates.ts'

async function attempt(actor: Actor, depth: Depth, timeoutMs = 300) {
  const ca = await authority()
  const ports = await stage({ a: actor }, ca, onTestFinished)
  const trusted: Depth = depth.tls ? { ...depth, tls: { ca: ca.ca, ...depth.tls } } : depth
  return attemptExchange({ address: '127.0.0.1', port: ports.get('a') ?? 0, timeoutMs, depth: trusted })
}
const TLS: Actor = { is: 'memcached', tls: { certificate: 'good', name: 'cache.test' } }

describe('an attempt that goes beyond TCP', () => {
  test('to a version and its answer is timed by phase', async () => {
    const { outcome, phases, ms } = await attempt({ is: 'memcached' }, { protocol: true })
    expect(outcome).toBe('connected')
    expect(phases).toEqual({ connect: expect.any(Number), firstByte: expect.any(Number) })
    expect(ms).toBeGreaterThanOrEqual((phases.connect ?? 0) + (phases.firstByte ?? 0) - 0.01)
  })

  test.each<[Actor, string]>([
    [{ is: 'memcached' }, 'connected'],
    [{ is: 'redis' }, 'connected'],
    [{ is: 'http' }, 'bad-reply'],
  ])('to an answer of any cache ends at %j with %s', async (actor, outcome) => {
    expect((await attempt(actor, { protocol: 'any' })).outcome).toBe(outcome)
  })

  test('through TLS has a phase of its own for it', async () => {
    const { outcome, phases } = await attempt(TLS, { protocol: true, tls: { host: 'cache.test' } }, 2000)
    expect([outcome, Object.keys(phases)]).toEqual(['connected', ['connect', 'tls', 'firstByte']])
  })

  test.each<[string, Actor, Depth, string]>([
    ['a certificate for another name', TLS, { protocol: false, tls: { host: 'other.test' } }, 'tls-failed'],
    ['an authority that is not trusted', TLS, { protocol: false, tls: { host: 'cache.test', ca: '' } }, 'tls-failed'],
    ['TLS to plain text', { is: 'http' }, { protocol: false, tls: { host: 'cache.test' } }, 'tls-failed'],
    ['a server that keeps silent', { is: 'silent' }, { protocol: true }, 'bad-reply'],
    ['a server that is no Memcached', { is: 'redis' }, { protocol: true }, 'bad-reply'],
    ['a server that hangs up', { is: 'hangs-up' }, { protocol: true }, 'bad-reply'],
    ['a closed port', { is: 'closed' }, { protocol: true }, 'refused'],
  ])('fails at %s, as %s', async (_, actor, depth, outcome) => {
    expect((await attempt(actor, depth)).outcome).toBe(outcome)
  })
})
