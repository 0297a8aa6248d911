import net from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CacheNode } from '../../src/memcached/server.ts'
import { MemcachedClient } from '../support/memcached-client.ts'
import { CERTIFICATE_ONE, CERTIFICATE_TWO } from './support/certificates.ts'
import { MIB, startNode } from './support/node.ts'

const hasIpv6 = await new Promise<boolean>((resolve) => {
  const server = net.createServer().once('error', () => resolve(false))
  server.listen(0, '::1', () => server.close(() => resolve(true)))
})

function newNode(options: { tls?: { key: string; cert: string } } = {}): CacheNode {
  const node = new CacheNode({ engineVersion: '1.6.22', memoryLimit: 8 * MIB, ...options })
  onTestFinished(() => node.close())
  return node
}

async function connect(...args: Parameters<typeof MemcachedClient.connect>): Promise<MemcachedClient> {
  const client = await MemcachedClient.connect(...args)
  onTestFinished(() => client.close())
  return client
}

describe('a cache node', () => {
  it('tells the version of its engine', async () => {
    const { port } = await newNode().listen({ host: '127.0.0.1', port: 0 })
    const client = await connect(port)
    client.send('version\r\n')
    expect(await client.bytes(16)).toBe('VERSION 1.6.22\r\n')
  })

  it.skipIf(!hasIpv6)('serves the same items on both families, and counts them apart', async () => {
    const node = newNode()
    const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
    await node.listen({ host: '::1', port })
    const [four, six] = [await connect(port), await connect(port, '::1')]
    expect(await four.ask('set a 0 0 1\r\nx\r\n')).toBe('STORED\r\n')
    expect(await six.ask('get a\r\n')).toBe('VALUE a 0 1\r\nx\r\nEND\r\n')
    expect(node.report()).toMatchObject({ acceptedIpv4: 1, acceptedIpv6: 1, connections: 2, totalConnections: 2 })
  })

  it.skipIf(!hasIpv6)('leaves the IPv4 port alone when it listens on ::1', async () => {
    const { port } = await newNode().listen({ host: '::1', port: 0 })
    await expect(MemcachedClient.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('rejects a port in use with its code, and listens elsewhere afterwards', async () => {
    const first = await newNode().listen({ host: '127.0.0.1', port: 0 })
    const node = newNode()
    await expect(node.listen(first)).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(node.addresses).toEqual([])
    const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
    expect(await (await connect(port)).ask('get a\r\n')).toBe('END\r\n')
  })

  it('gives up a port at once and keeps the connections made through it', async () => {
    const node = newNode()
    const own = await node.listen({ host: '127.0.0.1', port: 0 })
    const configuration = await node.listen({ host: '127.0.0.1', port: 0 })
    const client = await connect(configuration.port)
    await node.unlisten(configuration)
    await expect(MemcachedClient.connect(configuration.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await client.ask('get a\r\n')).toBe('END\r\n')
    expect(node.addresses).toEqual([own])
    await newNode().listen(configuration)
  })

  it('ends every connection when it closes', async () => {
    const { node, client } = await startNode()
    await node.close()
    await client.untilClosed()
    expect(node.report().connections).toBe(0)
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('serves %s', async (version) => {
    const certificate = CERTIFICATE_ONE
    const node = newNode({ tls: certificate })
    const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
    const client = await connect(port, '127.0.0.1', { ca: certificate.cert, minVersion: version, maxVersion: version })
    expect(await client.ask(`set a 0 0 100000\r\n${'x'.repeat(100_000)}\r\n`)).toBe('STORED\r\n')
    expect(await client.ask('get a\r\n')).toBe(`VALUE a 0 100000\r\n${'x'.repeat(100_000)}\r\nEND\r\n`)
  })

  it('presents a renewed certificate to the next connection', async () => {
    const [one, two] = [CERTIFICATE_ONE, CERTIFICATE_TWO]
    const node = newNode({ tls: one })
    const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
    node.renewCertificate(two)
    const client = await connect(port, '127.0.0.1', { ca: two.cert })
    expect(await client.ask('get a\r\n')).toBe('END\r\n')
  })

  it('survives clients that speak no TLS to a TLS port', async () => {
    const certificate = CERTIFICATE_ONE
    const node = newNode({ tls: certificate })
    const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
    const plain = await connect(port)
    plain.send('get a\r\n')
    await plain.untilClosed()
    const client = await connect(port, '127.0.0.1', { ca: certificate.cert })
    expect(await client.ask('get a\r\n')).toBe('END\r\n')
  })
})

describe('the connection limit', () => {
  it('answers and hangs up when maxconns_fast is on', async () => {
    const { connect: next } = await startNode({ maxConnections: 1, maxConnsFast: true })
    expect(await (await next()).untilClosed()).toBe('ERROR Too many open connections\r\n')
  })

  it('lets connections wait for a free place otherwise', async () => {
    const { client, connect: next } = await startNode({ maxConnections: 1, maxConnsFast: false })
    const second = await next()
    second.send('get a\r\n')
    expect(await client.ask('get a\r\n')).toBe('END\r\n')
    client.close()
    expect(await second.bytes(5)).toBe('END\r\n')
  })

  it('counts those it refuses, and how often it stopped to accept', async () => {
    const refusing = await startNode({ maxConnections: 1, maxConnsFast: true })
    for (let i = 0; i < 3; i++) await (await refusing.connect()).untilClosed()
    const refused = await refusing.client.ask('stats\r\n')
    expect(refused).toContain('STAT rejected_connections 3\r\n')
    expect(refused).toContain('STAT listen_disabled_num 0\r\n')
    const holding = await startNode({ maxConnections: 1, maxConnsFast: false })
    for (let i = 0; i < 3; i++) await holding.connect()
    await expect.poll(() => holding.client.ask('stats\r\n')).toContain('STAT listen_disabled_num 1\r\n')
    expect(await holding.client.ask('stats\r\n')).toContain('STAT accepting_conns 0\r\n')
  })

  it('hangs up on clients that are idle for longer than idle_timeout', async () => {
    const { client, clock, connect: next } = await startNode({ idleTimeout: 10 })
    const busy = await next()
    await client.ask('get a\r\n')
    clock.advance(6)
    await busy.ask('get a\r\n')
    clock.advance(6)
    await client.untilClosed()
    expect(await busy.ask('get a\r\n')).toBe('END\r\n')
  })
})
