import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { inspectTls } from '../../../src/diagnose/tls-inspect.ts'
import { scriptedServer } from '../../discovery/scripted-server.ts'
import { authority } from '../../scenarios/certificates.ts'
import { cachectl } from './run.ts'

const version = () => 'VERSION 1.6.22\r\n'

function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'ca.pem')
  writeFileSync(path, text)
  return path
}

async function issued(name: string) {
  const { ca, issue } = await authority()
  return { ca, ...(await issue('good', name)) }
}

describe('tls', () => {
  test('with --ca tells chain and name apart, and what plain text meets on the port', async () => {
    const { ca, cert, key } = await issued('cache.test')
    const { port } = await scriptedServer(version, { tls: { cert, key } })
    const path = fileOf(ca)
    const [fits, other, unknown] = await Promise.all([
      cachectl(['tls', `127.0.0.1:${port}`, '--ca', path, '--servername', 'cache.test']),
      cachectl(['tls', `127.0.0.1:${port}`, '--ca', path]),
      cachectl(['tls', `127.0.0.1:${port}`, '--servername', 'cache.test']),
    ])
    expect([fits.code, fits.stdout]).toEqual([
      0,
      expect.stringContaining('Chain: trusted here\nName:  fits cache.test'),
    ])
    expect(fits.stdout).toContain('Plain text: hung up on')
    expect([other.code, other.stdout]).toEqual([1, expect.stringContaining('Name:  DOES NOT fit 127.0.0.1')])
    expect(other.stdout).toContain('Chain: trusted here')
    expect([unknown.code, unknown.stdout]).toEqual([1, expect.stringContaining('Chain: NOT trusted here')])
  })

  test('what turns out to be Redis OSS or Valkey is asked in its own words', async () => {
    const { ca, cert, key } = await issued('cache.test')
    const speak = (line: string) => (line === 'PING' ? '+PONG\r\n' : `-ERR unknown command '${line}'\r\n`)
    const [secure, plain] = [await scriptedServer(speak, { tls: { cert, key } }), await scriptedServer(speak)]
    const args = ['--ca', fileOf(ca), '--servername', 'cache.test']
    const { stdout } = await cachectl(['tls', `127.0.0.1:${secure.port}`, `127.0.0.1:${plain.port}`, ...args])
    expect(stdout).toMatch(/first answer [\d.]+ ms: \+PONG/)
    expect(stdout).toContain('Plain text: answered: +PONG')
    expect(stdout).not.toContain('unknown command')
  })

  test('a plain-text port is never called ok', async () => {
    const { port } = await scriptedServer((line) => (line === 'version' ? version() : 'ERROR\r\n'))
    const { code, stdout } = await cachectl(['tls', `127.0.0.1:${port}`])
    expect(code).toBe(1)
    expect(stdout).toContain('NO TLS: the port answers in plain text')
    expect(stdout).toContain('Plain text: answered: VERSION 1.6.22')
    expect(stdout).toContain('[T02]')
    expect(stdout).not.toMatch(/\bok\b|trusted/i)
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a demand for a certificate of the client is named under %s',
    async (version) => {
      const { ca, cert, key } = await issued('cache.test')
      const options: TlsOptions = { cert, key, ca, requestCert: true, rejectUnauthorized: true, maxVersion: version }
      const server = createTlsServer(options).on('tlsClientError', () => {})
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      onTestFinished(() => void server.close())
      const { port } = server.address() as { port: number }
      const view = await inspectTls({ address: '127.0.0.1', port, host: 'cache.test', ca })
      expect(view.wantsClientCertificate).toBe(true)
      expect(view.chain[0]?.names).toContain('cache.test')
      expect(view.trust?.ok ?? true).toBe(true)
    },
  )
})
