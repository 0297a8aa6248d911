import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, onTestFinished, test } from 'vitest'
import { askNode } from '../../src/discovery/ask.ts'
import { configReply, discoveryPayload } from '../../src/discovery/encode.ts'
import { hasOpenssl, issueCertificate } from './certificates.ts'
import { type Script, scriptedServer } from './scripted-server.ts'

const payload = discoveryPayload(5, [
  { host: 'localhost', ip: '127.0.0.1', port: 9001 },
  { host: 'localhost', ip: '127.0.0.1', port: 9002 },
])
const reply = configReply('cluster', 0, payload).toString()
const knowsConfig: Script = (line) => (line === 'config get cluster' ? reply : 'ERROR\r\n')
const hasIPv6Loopback = Object.values(networkInterfaces()).some((list) => list?.some((each) => each.address === '::1'))

describe('asking a node for its cluster', () => {
  test('gives version, nodes, the address that answered and the time it took', async () => {
    const { host, port } = await scriptedServer(knowsConfig)
    const answer = await askNode({ host, port })
    expect(answer).toMatchObject({ ok: true, form: 'config', version: 5, address: '127.0.0.1', family: 4 })
    expect(answer.ok && answer.nodes.map((node) => node.port)).toEqual([9001, 9002])
    expect(answer.ms).toBeGreaterThan(0)
  })

  test('reads a reply that arrives byte by byte', async () => {
    const { host, port } = await scriptedServer(() => [...reply])
    expect(await askNode({ host, port })).toMatchObject({ ok: true, version: 5 })
  })

  test('falls back to the legacy key when the command is unknown, on the same connection', async () => {
    const legacy = `VALUE AmazonElastiCache:cluster 0 ${payload.length}\r\n${payload}\r\nEND\r\n`
    const server = await scriptedServer((line) => (line.startsWith('get ') ? legacy : 'ERROR\r\n'))
    expect(await askNode(server)).toMatchObject({ ok: true, form: 'legacy', version: 5 })
    expect(server.heard).toEqual(['config get cluster', 'get AmazonElastiCache:cluster'])
  })

  test.skipIf(!hasIPv6Loopback)('asks over the family it is told to (skipped where ::1 is missing)', async () => {
    const { port } = await scriptedServer(knowsConfig, { host: '::1' })
    expect(await askNode({ host: '::1', port })).toMatchObject({ ok: true, address: '::1', family: 6 })
    expect(await askNode({ host: '::1', port, family: 4 })).toMatchObject({ ok: false, kind: 'dns', phase: 'resolve' })
  })

  test('tries the next address of a name when one refuses', async () => {
    const { port } = await scriptedServer(knowsConfig)
    expect(await askNode({ host: 'localhost', port })).toMatchObject({ ok: true, address: '127.0.0.1' })
  })
})

describe('a failed question is a value with its kind', () => {
  test('refused, with the code of the operating system', async () => {
    const server = await scriptedServer(knowsConfig)
    await server.close()
    const failure = await askNode(server)
    expect(failure).toMatchObject({ ok: false, kind: 'refused', phase: 'connect', code: 'ECONNREFUSED' })
  })

  test('timeout while the command is not answered', async () => {
    const server = await scriptedServer(() => undefined)
    const failure = await askNode({ ...server, timeoutMs: 60 })
    expect(failure).toMatchObject({ ok: false, kind: 'timeout', phase: 'reply' })
    expect(failure.ms).toBeLessThan(2000)
  })

  test('timeout in mid-reply', async () => {
    const server = await scriptedServer(() => reply.slice(0, -3))
    expect(await askNode({ ...server, timeoutMs: 500 })).toMatchObject({
      ok: false,
      kind: 'timeout',
      phase: 'reply',
      problem: 'truncated',
      detail: expect.stringMatching(/^the answer stops: \d+ of \d+ bytes$/),
    })
  })

  test('bad-reply where the server knows the command and could not do it, whatever the key of old says', async () => {
    const server = await scriptedServer((line) =>
      line.startsWith('get ') ? 'END\r\n' : 'SERVER_ERROR out of memory\r\n',
    )
    expect(await askNode(server)).toMatchObject({
      ok: false,
      kind: 'bad-reply',
      form: 'config',
      detail: 'SERVER_ERROR out of memory',
    })
  })

  test('reset when the server hangs up without an answer', async () => {
    const server = await scriptedServer(() => null)
    expect(await askNode(server)).toMatchObject({ ok: false, kind: 'reset', phase: 'reply' })
  })

  test('bad-reply when the server hangs up in mid-reply', async () => {
    const server = await scriptedServer((_, socket) => {
      socket.end(reply.slice(0, -20))
      return undefined
    })
    expect(await askNode(server)).toMatchObject({ ok: false, kind: 'bad-reply', problem: 'truncated' })
  })

  test('no-discovery for a Memcached that has no cluster to tell of', async () => {
    const server = await scriptedServer((line) => (line.startsWith('get ') ? 'END\r\n' : 'ERROR\r\n'))
    expect(await askNode(server)).toMatchObject({ ok: false, kind: 'no-discovery', problem: 'nothing-stored' })
  })

  test('no-discovery, and no success, for an empty list', async () => {
    const server = await scriptedServer(() => configReply('cluster', 0, discoveryPayload(1, [])).toString())
    expect(await askNode(server)).toMatchObject({ ok: false, kind: 'no-discovery', problem: 'no-nodes' })
  })

  test.each([
    ['Redis', '*0\r\n', 'Redis or Valkey'],
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'web server'],
    ['anything else', 'SSH-2.0-OpenSSH_9.2\r\n', 'SSH-2.0'],
    ['a server that knows not even get', 'ERROR\r\n', 'ERROR'],
  ])('not-a-cache for %s', async (_, answer, named) => {
    const server = await scriptedServer(() => answer)
    const failure = await askNode(server)
    expect(failure).toMatchObject({ ok: false, kind: 'not-a-cache' })
    expect(!failure.ok && failure.detail).toContain(named)
  })

  test('dns for what is no host name', async () => {
    expect(await askNode({ host: 'not a name', port: 1 })).toMatchObject({ ok: false, kind: 'dns', phase: 'resolve' })
  })

  test('aborted when the caller gives up', async () => {
    const controller = new AbortController()
    const server = await scriptedServer(() => {
      controller.abort()
      return undefined
    })
    const failure = await askNode({ ...server, signal: controller.signal })
    expect(failure).toMatchObject({ ok: false, kind: 'aborted' })
    expect(await askNode({ ...server, signal: controller.signal })).toMatchObject({ kind: 'aborted' })
  })
})

describe.skipIf(!hasOpenssl)('under TLS (skipped where openssl is missing)', () => {
  test('a node whose certificate the authority signed answers', async () => {
    const { ca, cert, key } = issueCertificate('DNS:localhost', 'IP:127.0.0.1')
    const { port } = await scriptedServer(knowsConfig, { tls: { cert, key } })
    expect(await askNode({ host: 'localhost', port, tls: { ca } })).toMatchObject({ ok: true, version: 5 })
    expect(await askNode({ host: '127.0.0.1', port, tls: { ca } })).toMatchObject({ ok: true, version: 5 })
  })

  test('an unknown authority, and a name the certificate lacks, fail with the codes of the TLS library', async () => {
    const { ca, cert, key } = issueCertificate('DNS:node.example')
    const { port } = await scriptedServer(knowsConfig, { tls: { cert, key } })
    expect(await askNode({ host: '127.0.0.1', port, tls: {} })).toMatchObject({
      ok: false,
      kind: 'tls',
      phase: 'tls',
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    })
    expect(await askNode({ host: '127.0.0.1', port, tls: { ca } })).toMatchObject({
      kind: 'tls',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    const named = await askNode({ host: '127.0.0.1', port, tls: { ca, servername: 'node.example' } })
    expect(named).toMatchObject({ ok: true })
    expect(await askNode({ host: '127.0.0.1', port, tls: { verify: false } })).toMatchObject({ ok: true })
  })

  test('a port that speaks plain text is told from one that is silent', async () => {
    const plain = await scriptedServer(() => 'ERROR\r\n')
    expect(await askNode({ ...plain, tls: {}, timeoutMs: 2000 })).toMatchObject({
      ok: false,
      kind: 'tls',
      phase: 'tls',
    })
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void silent.close())
    const port = (silent.address() as { port: number }).port
    const failure = await askNode({ host: '127.0.0.1', port, tls: {}, timeoutMs: 60 })
    expect(failure).toMatchObject({ ok: false, kind: 'timeout', phase: 'tls' })
  })

  test('a plain question to a TLS port fails, and is not called a list', async () => {
    const { cert, key } = issueCertificate('DNS:localhost')
    const { host, port } = await scriptedServer(knowsConfig, { tls: { cert, key } })
    const failure = await askNode({ host, port, timeoutMs: 1000 })
    expect(!failure.ok && ['tls', 'reset', 'timeout']).toContain(!failure.ok && failure.kind)
  })
})

const MEMCACHED = '/usr/bin/memcached'
test.skipIf(!existsSync(MEMCACHED))(
  'the real memcached has no discovery (skipped where it is not installed)',
  async () => {
    const { port, close } = await scriptedServer(() => undefined)
    await close()
    const user = process.getuid?.() === 0 ? ['-u', 'root'] : []
    const child = spawn(MEMCACHED, ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', '16', ...user])
    onTestFinished(() => void child.kill('SIGKILL'))
    const question = { host: '127.0.0.1', port, timeoutMs: 1000 }
    await expect.poll(() => askNode(question), { timeout: 5000 }).toMatchObject({ kind: 'no-discovery' })
    // To an opcode it does not know memcached 1.6 says nothing until more arrives.
    expect(await askNode({ ...question, protocol: 'binary' })).toMatchObject({ kind: 'no-discovery' })
  },
)
