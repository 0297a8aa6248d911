import net from 'node:net'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CacheNode } from '../../src/memcached/server.ts'
import { MemcachedClient } from '../support/memcached-client.ts'
import { CERTIFICATE_ONE } from './support/certificates.ts'
import { MIB, startNode } from './support/node.ts'

const WORDS = [
  'get',
  'gets',
  'gat',
  'set',
  'add',
  'append',
  'cas',
  'incr',
  'touch',
  'delete',
  'mg',
  'ms',
  'md',
  'ma',
  'mn',
  'me',
]
const word = fc.oneof(
  fc.constantFrom(
    ...WORDS,
    'config',
    'cluster',
    'stats',
    'items',
    'noreply',
    'lru_crawler',
    'metadump',
    'all',
    'watch',
  ),
  fc.constantFrom('0', '1', '-1', '99999999999999999999', '4294967296', 'T0', 'S5', 'b', 'k', 'a', 'a'.repeat(251)),
)
/** What is nearly a conversation reaches further into a parser than noise does. */
const nearly = fc
  .array(fc.tuple(fc.array(word, { maxLength: 7 }), fc.constantFrom('\r\n', '\n', '\r', ' ', '\0')), { maxLength: 8 })
  .map((lines) => Buffer.from(lines.map(([words, end]) => words.join(' ') + end).join(''), 'latin1'))
const packet = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ minLength: 22, maxLength: 60 }))
  .map(([opcode, rest]) => Buffer.concat([Buffer.from([0x80, opcode]), rest]))
const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes))
const anything = fc.array(fc.oneof(nearly, packet, noise), { minLength: 1, maxLength: 5 })

/** Sends all of it, lets go of it in the middle of whatever it has become, and answers when the node knows. */
async function scribble(port: number, pieces: readonly Buffer[]): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.end(Buffer.concat(pieces)))
    socket.on('error', () => undefined).on('close', () => resolve())
    socket.resume()
  })
}

describe('a node among hostile clients', () => {
  it('goes on serving whatever bytes it is sent', async () => {
    const { client, node, port } = await startNode({ engineVersion: '1.6.12' })
    await fc.assert(
      fc.asyncProperty(anything, async (pieces) => {
        await scribble(port, pieces)
        expect(await client.ask('set alive 0 0 2\r\nok\r\nget alive\r\n')).toMatch(/VALUE alive 0 2\r\nok\r\nEND\r\n$/)
      }),
      { numRuns: 300 },
    )
    await expect.poll(() => node.report().connections).toBe(1)
  })

  it('goes on serving TLS clients whatever bytes others send to its port', async () => {
    const node = new CacheNode({ engineVersion: '1.6.22', memoryLimit: 8 * MIB, tls: CERTIFICATE_ONE })
    onTestFinished(() => node.close())
    const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
    await fc.assert(
      fc.asyncProperty(fc.array(noise, { minLength: 1, maxLength: 3 }), (pieces) => scribble(port, pieces)),
      { numRuns: 40 },
    )
    const client = await MemcachedClient.connect(port, '127.0.0.1', { ca: CERTIFICATE_ONE.cert })
    onTestFinished(() => client.close())
    expect(await client.ask('get a\r\n')).toBe('END\r\n')
    await expect.poll(() => node.report().connections).toBe(1)
  })

  it('keeps at most a few megabytes for a client that asks for gigabytes and reads nothing', async () => {
    const { client, connect, node } = await startNode({ memoryLimit: 64 * MIB })
    const value = 'v'.repeat(1_000_000)
    await client.ask(`set big 0 0 ${value.length}\r\n${value}\r\n`)
    const before = node.report().bytesWritten
    const deaf = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const one = await connect()
        one.socket.pause()
        one.send('get big\r\n'.repeat(2000))
        return one
      }),
    )
    for (let i = 0; i < 50; i++) await client.ask('get nothing\r\n')
    // What the system has taken for them is the system's: several megabytes for each, on Linux.
    expect(node.report().bytesWritten - before).toBeLessThan(deaf.length * 12 * MIB)
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(200 * MIB)
  })

  it('hangs up on one that never ends its command, however slowly it goes on', async () => {
    const { client, clock, connect } = await startNode({ idleTimeout: 10 })
    const [slow, half] = [await connect(), await connect()]
    half.send('set a 0 0 1000\r\nabc')
    for (let second = 0; second < 12; second++) {
      slow.send('g')
      await client.ask('get a\r\n')
      clock.advance(1)
    }
    expect(await slow.untilClosed()).toBe('')
    expect(await half.untilClosed()).toBe('')
    expect(await client.ask('get a\r\n')).toBe('END\r\n')
  })

  it('hangs up on one that closes its side only, and answers what it had asked', async () => {
    const { connect, node } = await startNode()
    const leaver = await connect()
    leaver.socket.end('get a\r\n')
    expect(await leaver.untilClosed()).toBe('END\r\n')
    await expect.poll(() => node.report().connections).toBe(1)
  })
})
