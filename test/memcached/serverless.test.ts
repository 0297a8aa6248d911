import fc from 'fast-check'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { CacheNode, type CacheNodeOptions } from '../../src/memcached/server.ts'
import { SERVERLESS } from '../../src/memcached/serverless.ts'
import { MemcachedClient } from '../support/memcached-client.ts'
import { CERTIFICATE_ONE } from './support/certificates.ts'
import { MIB, TestClock } from './support/node.ts'

interface Serverless {
  readonly node: CacheNode
  readonly clock: TestClock
  readonly port: number
  connect(): Promise<MemcachedClient>
}

async function serverless(options: Partial<CacheNodeOptions> = {}): Promise<Serverless> {
  const clock = new TestClock()
  const node = new CacheNode(
    {
      engineVersion: '1.6.21',
      memoryLimit: 64 * MIB,
      tls: CERTIFICATE_ONE,
      ecpuPerSecond: Number.POSITIVE_INFINITY,
      ...SERVERLESS,
      ...options,
    },
    clock,
  )
  const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => node.close())
  const connect = async () => {
    const client = await MemcachedClient.connect(port, '127.0.0.1', {
      ca: CERTIFICATE_ONE.cert,
      servername: 'localhost',
    })
    onTestFinished(() => client.close())
    return client
  }
  return { node, clock, port, connect }
}

describe('the commands of a serverless cache', () => {
  test.each([
    ['stats with a topic', 'stats items', 'ERROR'],
    ['stats settings', 'stats settings', 'ERROR'],
    ['lru', 'lru mode flat', 'ERROR'],
    ['lru_crawler', 'lru_crawler enable', 'ERROR'],
    ['slabs', 'slabs automove 1', 'ERROR'],
    ['watch', 'watch', 'ERROR'],
    ['verbosity', 'verbosity 1', 'ERROR'],
    ['meta debug', 'me k', 'ERROR'],
    ['cache_memlimit', 'cache_memlimit 8', 'ERROR'],
    ['shutdown', 'shutdown', 'ERROR'],
    ['config', 'config get cluster', 'ERROR'],
    ['a delayed flush_all', 'flush_all 10', 'CLIENT_ERROR flush_all with a delay is not allowed'],
    ['flush_all', 'flush_all', 'OK'],
    ['flush_all with no delay', 'flush_all 0', 'OK'],
    ['stats reset', 'stats reset', 'RESET'],
    ['meta noop', 'mn', 'MN'],
    ['meta set', 'ms k 1\r\nv', 'HD'],
    ['touch', 'touch nosuch 0', 'NOT_FOUND'],
  ])('%s is answered as the guide says', async (_, command, answer) => {
    const client = await (await serverless()).connect()
    expect(await client.ask(`${command}\r\n`)).toBe(`${answer}\r\n`)
  })

  it('has stats without a topic', async () => {
    const client = await (await serverless()).connect()
    const stats = await client.ask('stats\r\n')
    expect(stats).toMatch(/STAT version 1\.6\.21\r\n/)
    expect(stats).toMatch(/STAT ecpus \d+\.\d{3}\r\nSTAT throttled_cmds 0\r\nEND\r\n$/)
  })

  it('serves no client without TLS', async () => {
    const { port } = await serverless()
    const client = await MemcachedClient.connect(port)
    onTestFinished(() => client.close())
    client.send('version\r\n')
    expect(await client.untilClosed()).toBe('')
  })

  it.each([
    ['a request', Buffer.concat([Buffer.from([0x80, 0x0b]), Buffer.alloc(22)])],
    ['the beginning of one', Buffer.from([0x80])],
    ['one with a line behind it', Buffer.concat([Buffer.from([0x80, 0x0b]), Buffer.alloc(22), Buffer.from('mn\r\n')])],
  ])('hangs up on the binary protocol: %s', async (_, bytes) => {
    const client = await (await serverless()).connect()
    client.send(bytes)
    expect(await client.untilClosed()).toBe('')
  })

  it('takes the first byte of the binary protocol for one like any other, once text was spoken', async () => {
    const client = await (await serverless()).connect()
    expect(await client.ask('mn\r\n')).toBe('MN\r\n')
    client.send(Buffer.from([0x80, 13, 10]))
    expect(await client.bytes(7)).toBe('ERROR\r\n')
  })

  it('takes a get of 16 KB, and refuses a longer one', async () => {
    const client = await (await serverless()).connect()
    const line = `get ${'k'.repeat(9)}`.padEnd(16_384, ' k')
    expect(await client.ask(`${line}\r\n`)).toBe('END\r\n')
    expect(await client.ask(`${line}k\r\n`)).toBe('CLIENT_ERROR line too long\r\n')
    expect(await client.ask('set a 0 0 1\r\nx\r\nget a\r\n')).toBe('STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n')
  })
})

describe('ECPUs', () => {
  const value = (bytes: number) => 'x'.repeat(bytes)
  const store = (key: string, bytes: number) => `set ${key} 0 0 ${bytes}\r\n${value(bytes)}\r\n`

  // The guide's own examples: a get of up to 1 KB, a set of 3.2 KB, three items with 2 KB and with 3.2 KB.
  test.each([
    ['a get that misses', '', 'get k\r\n', 1],
    ['a get of 1 KB', store('k', 1024), 'get k\r\n', 1],
    ['a set of 3.2 KB', '', store('k', 3277), 3.2],
    ['a get of three items with 2 KB', store('a', 1024) + store('b', 1024), 'get a b c\r\n', 3],
    ['a get of three items with 3.2 KB', store('a', 2048) + store('b', 1228), 'get a b c\r\n', 3.2],
    ['a delete', store('k', 4096), 'delete k\r\n', 1],
    ['a meta set of 2.5 KB', '', `ms k 2560\r\n${value(2560)}\r\n`, 2.5],
    ['a meta get of 2.5 KB', store('k', 2560), 'mg k v\r\n', 2.5],
    ['a meta get of the size only', store('k', 2560), 'mg k s\r\n', 1],
  ])('%s', async (_, before, command, ecpus) => {
    const { node, connect } = await serverless()
    const client = await connect()
    await client.ask(before)
    const consumed = node.report().ecpus
    await client.ask(command)
    // `ask` ends with a version of its own.
    expect(node.report().ecpus - consumed - 1).toBeCloseTo(ecpus, 2)
  })

  it('over the limit wait for the next second, in order, and are counted', async () => {
    const { node, clock, connect } = await serverless({ ecpuPerSecond: 10 })
    const client = await connect()
    client.send('mn\r\n'.repeat(25))
    await client.bytes(40)
    expect(node.report()).toMatchObject({ ecpus: 10, throttled: 1 })
    clock.jump(1)
    await client.bytes(40)
    expect(node.report()).toMatchObject({ ecpus: 20, throttled: 2 })
    clock.jump(1)
    await client.bytes(20)
    expect(node.report()).toMatchObject({ ecpus: 25, throttled: 2 })
  })

  it('that one costly command spends beyond the limit are owed in the seconds after it', async () => {
    const { node, clock, connect } = await serverless({ ecpuPerSecond: 10 })
    const client = await connect()
    client.send(`set k 0 0 30720\r\n${value(30_720)}\r\n`)
    await client.bytes(8)
    client.send('mn\r\n')
    for (let second = 0; second < 3; second++) clock.jump(1)
    expect(await client.bytes(4)).toBe('MN\r\n')
    expect(node.report().ecpus).toBe(31)
  })

  it('are limited anew while the cache runs', async () => {
    const { node, clock, connect } = await serverless({ ecpuPerSecond: 1 })
    const client = await connect()
    client.send('mn\r\n'.repeat(50))
    await client.bytes(4)
    node.limit({ memoryLimit: 64 * MIB, ecpuPerSecond: Number.POSITIVE_INFINITY })
    clock.jump(1)
    await client.bytes(49 * 4)
  })
})

describe('data storage', () => {
  it('at its maximum, the coldest items go', async () => {
    const { node, connect } = await serverless({ memoryLimit: 4 * MIB })
    const client = await connect()
    for (let batch = 0; batch < 10; batch++) {
      const sets = Array.from({ length: 1000 }, (_, i) => `set ${batch * 1000 + i} 0 0 1000\r\n${'x'.repeat(1000)}\r\n`)
      expect(await client.ask(sets.join(''))).toBe('STORED\r\n'.repeat(1000))
    }
    expect(node.report().bytes).toBeLessThan(5 * MIB)
    expect(await client.ask('get 0\r\n')).toBe('END\r\n')
    expect(await client.ask('get 9999\r\n')).toMatch(/^VALUE 9999/)
  })

  it('lowered below what is stored, evicts at once', async () => {
    const { node, connect } = await serverless()
    const client = await connect()
    const sets = Array.from({ length: 4000 }, (_, i) => `set ${i} 0 0 1000\r\n${'x'.repeat(1000)}\r\n`)
    await client.ask(sets.join(''))
    node.limit({ memoryLimit: MIB, ecpuPerSecond: Number.POSITIVE_INFINITY })
    expect(node.report().bytes).toBeLessThanOrEqual(MIB)
    expect(node.report().items).toBeGreaterThan(500)
    expect(await client.ask('get 3999\r\n')).toMatch(/^VALUE/)
  })
})

describe('a dump', () => {
  it('brings back values, flags, expiry and large items', async () => {
    const source = await serverless()
    const client = await source.connect()
    const large = 'y'.repeat(900_000)
    await client.ask(
      `set a 7 0 3\r\nabc\r\nset temporary 1 100 1\r\nt\r\nset short 0 10 1\r\ns\r\nset empty 0 0 0\r\n\r\nset large 4294967295 0 900000\r\n${large}\r\nms Zm9v 1 b\r\nz\r\n`,
    )
    const pieces = [...source.node.dump()]
    const target = await serverless()
    target.clock.jump(50)
    const loader = target.node.loader()
    // Pieces cut at odd places, as a file is read.
    const bytes = Buffer.concat(pieces)
    for (let at = 0; at < bytes.length; at += 70_001) loader.take(bytes.subarray(at, at + 70_001))
    loader.end()
    const restored = await target.connect()
    expect(await restored.ask('get a short empty temporary\r\n')).toBe(
      'VALUE a 7 3\r\nabc\r\nVALUE empty 0 0\r\n\r\nVALUE temporary 1 1\r\nt\r\nEND\r\n',
    )
    expect(await restored.ask('mg temporary t\r\n')).toBe('HD t50\r\n')
    expect(await restored.ask('get large\r\n')).toBe(`VALUE large 4294967295 900000\r\n${large}\r\nEND\r\n`)
    expect(await restored.ask('mg Zm9v b k v\r\n')).toBe('VA 1 kZm9v b\r\nz\r\n')
  })

  it('that ends in the middle of an item is refused', async () => {
    const { node, connect } = await serverless()
    await (await connect()).ask('set a 0 0 3\r\nabc\r\n')
    const [piece] = [...node.dump()]
    const loader = (await serverless()).node.loader()
    loader.take((piece as Buffer).subarray(0, -1))
    expect(() => loader.end()).toThrow('middle of an item')
  })

  it('of any items is the same after a round', async () => {
    const key = fc.stringMatching(/^[a-z]{1,40}$/)
    const item = fc.record({ flags: fc.nat(0xffff_ffff), value: fc.uint8Array({ maxLength: 3000 }) })
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, item, { maxKeys: 20 }), async (items) => {
        const [one, two] = [newNode(), newNode()]
        const load = one.loader()
        for (const [name, { flags, value }] of Object.entries(items)) load.take(dumped(name, flags, value))
        load.end()
        const loader = two.loader()
        for (const piece of one.dump()) loader.take(piece)
        loader.end()
        expect(sorted(two)).toEqual(sorted(one))
        expect(two.report().items).toBe(Object.keys(items).length)
      }),
      { numRuns: 50 },
    )
  })
})

const newNode = () => {
  const node = new CacheNode({ engineVersion: '1.6.21', memoryLimit: 64 * MIB, ...SERVERLESS }, new TestClock())
  onTestFinished(() => node.close())
  return node
}

/** One item as a dump holds it. */
function dumped(key: string, flags: number, value: Uint8Array): Buffer {
  const header = Buffer.alloc(14)
  header.writeUInt8(key.length, 0)
  header.writeUInt32BE(flags, 2)
  header.writeUInt32BE(value.length, 10)
  return Buffer.concat([header, Buffer.from(key), value])
}

/** The items of a dump in the order of their bytes. */
function sorted(node: CacheNode): string[] {
  const bytes = Buffer.concat([...node.dump()])
  const items: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 14 + bytes.readUInt8(at) + bytes.readUInt32BE(at + 10)
    items.push(bytes.toString('latin1', at, end))
    at = end
  }
  return items.sort()
}
