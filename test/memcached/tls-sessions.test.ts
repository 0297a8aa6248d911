import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CacheNode } from '../../src/memcached/server.ts'
import { MemcachedClient } from '../support/memcached-client.ts'
import { CERTIFICATE_ONE, CERTIFICATE_TWO } from './support/certificates.ts'
import { MIB } from './support/node.ts'

async function startSecureNode(): Promise<{ node: CacheNode; port: number }> {
  const node = new CacheNode({ engineVersion: '1.6.22', memoryLimit: 8 * MIB, tls: CERTIFICATE_ONE })
  onTestFinished(() => node.close())
  const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
  return { node, port }
}

/** One conversation; answers its session for the next, and whether it took up that of another. */
function talk(
  port: number,
  options: tls.ConnectionOptions,
): Promise<{ session: Buffer | undefined; resumed: boolean }> {
  return new Promise((resolve, reject) => {
    let session: Buffer | undefined
    let resumed = false
    const socket = tls.connect({
      host: '127.0.0.1',
      port,
      ca: [CERTIFICATE_ONE.cert, CERTIFICATE_TWO.cert],
      ...options,
    })
    socket.on('error', reject)
    socket.on('session', (given: Buffer) => {
      session = given
    })
    socket.on('secureConnect', () => {
      resumed = socket.isSessionReused()
      socket.write('get a\r\n')
    })
    socket.on('data', () => socket.end())
    socket.on('close', () => resolve({ session, resumed }))
  })
}

describe('TLS sessions', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('of %s are resumed by the next connection', async (maxVersion) => {
    const { port } = await startSecureNode()
    const { session, resumed } = await talk(port, { maxVersion })
    expect(resumed).toBe(false)
    expect((await talk(port, { maxVersion, ...(session && { session }) })).resumed).toBe(true)
  })

  it('of a certificate that was renewed go on, and new ones get the new certificate', async () => {
    const { node, port } = await startSecureNode()
    const old = await MemcachedClient.connect(port, '127.0.0.1', { ca: CERTIFICATE_ONE.cert })
    onTestFinished(() => old.close())
    await old.ask('set a 0 0 1\r\nx\r\n')
    node.renewCertificate(CERTIFICATE_TWO)
    const young = await MemcachedClient.connect(port, '127.0.0.1', { ca: CERTIFICATE_TWO.cert })
    onTestFinished(() => young.close())
    for (const client of [old, young]) expect(await client.ask('get a\r\n')).toBe('VALUE a 0 1\r\nx\r\nEND\r\n')
  })

  it.skipIf(spawnSync('openssl', ['version']).error)('are taken up by openssl s_client', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cachectl-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    const { port } = await startSecureNode()
    const saved = join(directory, 'session')
    const first = await sClient(port, ['-sess_out', saved])
    expect(first).toMatch(/^New, TLSv1.3/m)
    expect(await sClient(port, ['-sess_in', saved])).toMatch(/^Reused, TLSv1.3/m)
  })
})

/** What `openssl s_client` prints while it asks for a key and leaves. */
function sClient(port: number, options: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...options])
    let output = ''
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes
      // The session of TLS 1.3 comes behind the handshake, with the first answer at the latest.
      if (/^END\r?$/m.test(output)) child.stdin.end('quit\r\n')
    })
    child.on('error', reject)
    child.on('close', () => resolve(output))
    child.stdin.write('get a\r\n')
  })
}
