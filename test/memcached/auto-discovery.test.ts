import { describe, expect, it } from 'vitest'
import { startNode } from './support/node.ts'
import { replies, request } from './support/packets.ts'

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

  it.each([
    ['config delete cluster\r\n', 'deleted'],
    ['config set cluster 0 3\r\n1\na\r\n', 'replaced'],
    [`config set cluster 1 ${PAYLOAD.length}\r\n${PAYLOAD}\r\n`, 'replaced'],
  ])('restores its list within a second of %j, and tells', async (attack, loss) => {
    const losses: string[] = []
    const { node, client, clock } = await startNode({ restored: (how) => losses.push(how) })
    node.announce(Buffer.from(PAYLOAD))
    await client.ask(attack)
    expect(await client.ask('config get cluster\r\n')).not.toBe(CONFIG)
    clock.advance(3)
    expect(await client.ask('config get cluster\r\n')).toBe(CONFIG)
    expect(losses).toEqual([loss])
  })

  it('restores its list where the entries of clients have taken its place', async () => {
    const { node, client, clock } = await startNode({ configMax: 1 })
    node.announce(Buffer.from(PAYLOAD))
    expect(await client.ask('config delete cluster\r\nconfig set x 0 1\r\nx\r\n')).toBe('DELETED\r\nSTORED\r\n')
    clock.advance(1)
    expect(await client.ask('config get cluster\r\n')).toBe(CONFIG)
  })

  it('has nothing to tell of a client that sets what is there', async () => {
    const losses: string[] = []
    const { node, client, clock } = await startNode({ restored: (how) => losses.push(how) })
    node.announce(Buffer.from(PAYLOAD))
    await client.ask(`config set cluster 0 ${PAYLOAD.length}\r\n${PAYLOAD}\r\n`)
    clock.advance(2)
    expect(losses).toEqual([])
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

  it('speaks binary as well: get, set, delete and list, with flags as extras', async () => {
    const { node, client, connect } = await startNode()
    node.announce(Buffer.from(PAYLOAD))
    client.send(
      request(0x60, { key: 'cluster' }) +
        request(0x62, { key: 'cluster' }) +
        request(0x61, { key: 'nothing' }) +
        request(0x60, { key: 'nothing' }) +
        request(0x64, { key: 'other', extras: [7], value: 'a|b' }) +
        request(0x60, { key: 'other' }) +
        request(0x68) +
        request(0x66, { key: 'other' }) +
        request(0x66, { key: 'other' }) +
        request(0x65, { key: 'quiet', value: 'x' }) +
        request(0x07),
    )
    const answers = replies(await client.untilClosed()).replies
    expect(answers.map(({ opcode, status, extras, key, value }) => [opcode, status, extras, key, value])).toEqual([
      [0x60, 0, '00000000', '', PAYLOAD],
      [0x62, 0, '00000000', 'cluster', PAYLOAD],
      [0x60, 1, '', '', 'Not found'],
      [0x64, 0, '', '', ''],
      [0x60, 0, '00000007', '', 'a|b'],
      [0x68, 0, '', 'cluster', ''],
      [0x68, 0, '', 'other', ''],
      [0x68, 0, '', '', ''],
      [0x66, 0, '', '', ''],
      [0x66, 1, '', '', 'Not found'],
      [0x07, 0, '', '', ''],
    ])
    expect(await (await connect()).ask('config get quiet\r\n')).toBe('CONFIG quiet 0 1\r\nx\r\nEND\r\n')
  })

  it('counts what was asked and set', async () => {
    const { node, client } = await startNode()
    node.announce(Buffer.from(PAYLOAD))
    await client.ask('config get cluster\r\nconfig get nothing\r\nconfig set x 0 1\r\nx\r\n')
    const stats = await client.ask('stats\r\n')
    expect(stats).toMatch(/cmd_touch 0\r\nSTAT cmd_config_get 2\r\nSTAT cmd_config_set 1\r\nSTAT cmd_meta/)
    expect(stats).toMatch(/hash_is_expanding 0\r\nSTAT curr_config 2\r\n/)
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
