import { describe, expect, it } from 'vitest'
import { startNode } from './support/node.ts'

const PAYLOAD = '12\nlocalhost|127.0.0.1|11211 localhost|127.0.0.1|11212\n'
const CONFIG = `CONFIG cluster 0 ${PAYLOAD.length}\r\n${PAYLOAD}\r\nEND\r\n`
const LEGACY = `VALUE AmazonElastiCache:cluster 0 ${PAYLOAD.length}\r\n${PAYLOAD}\r\nEND\r\n`

describe('Auto Discovery', () => {
  it.each(['config get cluster\r\n', 'config get cluster \r\n', 'config get cluster\n'])(
    'answers %j with what was announced, in one segment',
    async (request) => {
      const { node, client } = await startNode()
      node.announce(Buffer.from(PAYLOAD))
      const segments: string[] = []
      client.socket.on('data', (segment) => segments.push(String(segment)))
      client.send(request)
      expect(await client.bytes(CONFIG.length)).toBe(CONFIG)
      expect(segments).toEqual([CONFIG])
    },
  )

  it('answers END, not an error, while nothing is announced', async () => {
    const { client } = await startNode()
    expect(await client.ask('config get cluster\r\n')).toBe('END\r\n')
  })

  it('answers the key of older engines with the same bytes', async () => {
    const { node, client } = await startNode({ engineVersion: '1.4.5' })
    node.announce(Buffer.from(PAYLOAD))
    expect(await client.ask('get AmazonElastiCache:cluster\r\n')).toBe(LEGACY)
    expect(await client.ask('config get cluster\r\n')).toBe('ERROR\r\n')
  })

  it.each([
    'set AmazonElastiCache:cluster 0 0 1\r\nx\r\n',
    'delete AmazonElastiCache:cluster\r\n',
    'flush_all\r\n',
    'append AmazonElastiCache:cluster 0 0 1\r\nx\r\n',
  ])('restores its key within 15 seconds of %j', async (attack) => {
    const { node, client, clock } = await startNode()
    node.announce(Buffer.from(PAYLOAD))
    await client.ask(attack)
    expect(await client.ask('get AmazonElastiCache:cluster\r\n')).not.toBe(LEGACY)
    clock.advance(15)
    expect(await client.ask('get AmazonElastiCache:cluster\r\n')).toBe(LEGACY)
  })

  it('changes the answer with the next announcement', async () => {
    const { node, client } = await startNode()
    node.announce(Buffer.from(PAYLOAD))
    node.announce(Buffer.from('13\na||1\n'))
    expect(await client.ask('config get cluster\r\n')).toBe('CONFIG cluster 0 8\r\n13\na||1\n\r\nEND\r\n')
    expect(await client.ask('get AmazonElastiCache:cluster\r\n')).toContain('13\na||1\n')
  })

  it('keeps configuration entries that clients set, byte for byte', async () => {
    const { client } = await startNode()
    expect(await client.ask('config set cluster 5 6\r\n1\r\na|b\r\n')).toBe('STORED\r\n')
    expect(await client.ask('flush_all\r\nconfig get cluster\r\n')).toBe(
      'OK\r\nCONFIG cluster 5 6\r\n1\r\na|b\r\nEND\r\n',
    )
    expect(await client.ask('config delete cluster\r\nconfig delete cluster\r\n')).toBe('DELETED\r\nNOT_FOUND\r\n')
    expect(await client.ask('config get cluster\r\n')).toBe('END\r\n')
  })

  it('limits how many entries there are, and how large', async () => {
    const { client } = await startNode({ configMax: 1, configSizeMax: 3 })
    expect(await client.ask('config set a 0 3\r\nabc\r\nconfig set b 0 1\r\nx\r\n')).toBe(
      'STORED\r\nSERVER_ERROR out of memory storing object\r\n',
    )
    expect(await client.ask('config set a 0 4\r\nabcd\r\n')).toBe('SERVER_ERROR object too large for cache\r\n')
    expect(await client.ask('config get a\r\n')).toBe('CONFIG a 0 3\r\nabc\r\nEND\r\n')
  })

  it.each(['config\r\n', 'config get\r\n', 'config foo cluster\r\n', 'config get a b\r\n'])(
    'answers %j with ERROR',
    async (request) => {
      const { client } = await startNode()
      expect(await client.ask(request)).toBe('ERROR\r\n')
    },
  )
})
