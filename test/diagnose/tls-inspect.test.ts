import { describe, expect, onTestFinished, test } from 'vitest'
import { hearFirstWords } from '../../src/diagnose/first-words.ts'
import { inspectTls } from '../../src/diagnose/tls-inspect.ts'
import { type Actor, stage } from '../scenarios/actors.ts'
import { authority, type CertificateFault } from '../scenarios/certificates.ts'

async function server(actor: Actor) {
  const ca = await authority()
  const ports = await stage({ a: actor }, ca, onTestFinished)
  return { address: '127.0.0.1', port: ports.get('a') ?? 0, ca: ca.ca }
}
const secured = (certificate: CertificateFault, name = 'cache.test'): Actor => ({
  is: 'memcached',
  tls: { certificate, name },
})

describe('a TLS handshake', () => {
  test('that is as it should be shows protocol, cipher, chain, trust and name, and the answer after it', async () => {
    const view = await inspectTls({ ...(await server(secured('good'))), host: 'cache.test' })
    expect(view).toMatchObject({
      outcome: 'established',
      protocol: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_/),
      reply: 'VERSION 1.6.22',
      trust: { ok: true },
      hostname: { ok: true },
    })
    expect(view.chain.map(({ subject }) => subject)).toEqual(['cache.test', 'scenario CA'])
    expect(view.chain[0]).toMatchObject({ names: ['cache.test'], daysLeft: 364 })
  })

  test.each<[CertificateFault, string]>([
    ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['unknown-authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['not-yet', 'CERT_NOT_YET_VALID'],
  ])('with a certificate that is %s says so of the chain, and the name still fits', async (fault, code) => {
    const view = await inspectTls({ ...(await server(secured(fault))), host: 'cache.test' })
    expect(view).toMatchObject({ outcome: 'established', trust: { ok: false, code }, hostname: { ok: true } })
  })

  test('under a name the certificate has not is trusted, and the name does not fit', async () => {
    const view = await inspectTls({ ...(await server(secured('wrong-name'))), host: 'cache.test' })
    expect(view).toMatchObject({ trust: { ok: true }, hostname: { ok: false } })
  })

  test('that demands a certificate of the client is named', async () => {
    const tls = { certificate: 'good', name: 'cache.test', clientCertificate: true } as const
    const view = await inspectTls({ ...(await server({ is: 'memcached', tls })), host: 'cache.test' })
    expect(view.wantsClientCertificate).toBe(true)
  })

  test.each<[Actor['is'], string]>([
    ['memcached', 'plain-text'],
    ['redis', 'plain-text'],
    ['hangs-up', 'closed'],
    ['closed', 'not-connected'],
    ['silent', 'silent'],
  ])('with a port that is %s ends as %s, and nothing is called ok', async (is, outcome) => {
    const view = await inspectTls({ ...(await server({ is })), host: 'cache.test', timeoutMs: 300 })
    expect(view.outcome).toBe(outcome)
    expect(view.trust).toBeUndefined()
  })
})

describe('plain text', () => {
  test.each<[Actor, string]>([
    [{ is: 'memcached' }, 'memcached'],
    [{ is: 'redis' }, 'redis'],
    [{ is: 'http' }, 'http'],
    [{ is: 'full' }, 'full'],
    [{ is: 'hangs-up' }, 'closed'],
    [{ is: 'silent' }, 'silent'],
    // Node's TLS server hangs up without an alert.
    [secured('good'), 'closed'],
  ])('finds who answers: %o', async (actor, speaker) => {
    const { address, port } = await server(actor)
    expect(await hearFirstWords({ address, port, timeoutMs: 300 })).toMatchObject({ connected: true, speaker })
  })
})
