import { describe, expect, it } from 'vitest'
import { slabClasses, slabClassOf } from '../../src/memcached/store/slab-classes.ts'
import { MIB, startNode } from './support/node.ts'

describe('slab classes', () => {
  it('are those memcached prints with -vv', () => {
    const classes = slabClasses({ chunkSize: 48, growthFactor: 1.25, slabChunkMax: 524288 })
    expect([...classes.sizes.subarray(1, classes.largest + 1)]).toEqual([
      96, 120, 152, 192, 240, 304, 384, 480, 600, 752, 944, 1184, 1480, 1856, 2320, 2904, 3632, 4544, 5680, 7104, 8880,
      11104, 13880, 17352, 21696, 27120, 33904, 42384, 52984, 66232, 82792, 103496, 129376, 161720, 202152, 252696,
      315872, 394840, 524288,
    ])
    expect([1, 96, 97, 120, 121, 524288, 900000].map((bytes) => slabClassOf(classes, bytes))).toEqual([
      1, 1, 2, 2, 3, 39, 39,
    ])
  })
})

describe('item memory', () => {
  it.each([
    ['set k 0 0 100', 160],
    ['set k 7 0 100', 164],
  ])('counts %s as %i bytes', async (command, bytes) => {
    const { client, node } = await startNode()
    await client.ask(`${command}\r\n${'x'.repeat(100)}\r\n`)
    expect(node.report()).toMatchObject({ bytes, items: 1, memory: MIB })
    await client.ask('delete k\r\n')
    expect(node.report()).toMatchObject({ bytes: 0, items: 0 })
  })

  it('spends 8 bytes less without CAS', async () => {
    const { client, node } = await startNode({ casEnabled: false })
    expect(await client.ask('set k 0 0 1\r\nx\r\ngets k\r\n')).toBe('STORED\r\nVALUE k 0 1 0\r\nx\r\nEND\r\n')
    expect(node.report().bytes).toBe(53)
  })

  it('evicts the items not used for longest when the pages are full', async () => {
    const { client, node, clock } = await startNode({ memoryLimit: 4 * MIB })
    const value = 'x'.repeat(10_000)
    for (let i = 0; i < 1000; i++) {
      client.send(`set key${i} 0 0 10000 noreply\r\n${value}\r\n`)
      if (i % 100 === 0) {
        await client.ask('get key0 key0\r\n')
        clock.advance(1)
      }
    }
    expect(await client.ask('get key999\r\n')).toContain(value)
    expect(await client.ask('get key1\r\n')).toBe('END\r\n')
    expect(await client.ask('get key0\r\n')).toContain(value)
    const { evictions, memory, items } = node.report()
    expect(evictions).toBe(1000 - items)
    expect(memory).toBe(4 * MIB)
  })

  it('refuses to store rather than evict when told so', async () => {
    const { client, node } = await startNode({ memoryLimit: 2 * MIB, evictToFree: false })
    const value = 'x'.repeat(100_000)
    let stored = 0
    for (let i = 0; i < 30; i++) {
      const reply = await client.ask(`set key${i} 0 0 100000\r\n${value}\r\n`)
      if (reply === 'STORED\r\n') stored++
      else expect(reply).toBe('SERVER_ERROR out of memory storing object\r\n')
    }
    expect(node.report()).toMatchObject({ items: stored, evictions: 0 })
    expect(await client.ask(`delete key0\r\nset key30 0 0 100000\r\n${value}\r\n`)).toBe('DELETED\r\nSTORED\r\n')
  })

  it('keeps items larger than a chunk whole, also while evicting them', async () => {
    const { client } = await startNode({ memoryLimit: 8 * MIB, maxItemSize: 4 * MIB })
    for (let i = 0; i < 20; i++) {
      const value = String.fromCharCode(97 + i).repeat(3_000_000 + i)
      expect(await client.ask(`set big${i} 3 0 ${value.length}\r\n${value}\r\n`)).toBe('STORED\r\n')
      expect(await client.ask(`get big${i}\r\n`)).toBe(`VALUE big${i} 3 ${value.length}\r\n${value}\r\nEND\r\n`)
    }
  })

  it('finds every one of 300,000 items while its table grows', async () => {
    const { client, node } = await startNode({ memoryLimit: 128 * MIB })
    const count = 300_000
    for (let i = 0; i < count; i += 1000) {
      const batch = Array.from({ length: 1000 }, (_, j) => `set k${i + j} 0 0 1 noreply\r\nx\r\n`).join('')
      await client.ask(batch)
    }
    expect(node.report().items).toBe(count)
    let found = 0
    for (let i = 0; i < count; i += 5000) {
      const keys = Array.from({ length: 5000 }, (_, j) => `k${i + j}`).join(' ')
      found += (await client.ask(`get ${keys}\r\n`)).split('VALUE').length - 1
    }
    expect(found).toBe(count)
  })
})

describe('expiry', () => {
  it('is relative up to 30 days, a moment beyond, at once when negative', async () => {
    const { client, clock } = await startNode()
    const soon = clock.now() + 10
    await client.ask(`set r 0 10 1\r\nx\r\nset a 0 ${soon} 1\r\nx\r\nset n 0 -1 1\r\nx\r\nset never 0 0 1\r\nx\r\n`)
    expect(await client.ask('get r a n never\r\n')).toMatch(/^VALUE r .*VALUE a .*VALUE never /s)
    clock.advance(9)
    expect(await client.ask('get r a\r\n')).toContain('VALUE a')
    clock.advance(1)
    expect(await client.ask('get r a never\r\n')).toBe('VALUE never 0 1\r\nx\r\nEND\r\n')
  })

  it('is moved by touch and gat', async () => {
    const { client, clock } = await startNode()
    await client.ask('set t 0 5 1\r\nx\r\nset g 0 5 1\r\nx\r\n')
    expect(await client.ask('touch t 100\r\ngat 100 g\r\n')).toBe('TOUCHED\r\nVALUE g 0 1\r\nx\r\nEND\r\n')
    clock.advance(50)
    expect(await client.ask('get t g\r\n')).toContain('VALUE g')
  })

  it('of flush_all with a delay comes when it is due, and spares later items', async () => {
    const { client, clock } = await startNode()
    await client.ask('set a 0 0 1\r\nx\r\n')
    expect(await client.ask('flush_all 5\r\nget a\r\n')).toBe('OK\r\nVALUE a 0 1\r\nx\r\nEND\r\n')
    clock.advance(6)
    expect(await client.ask('get a\r\nset a 0 0 1\r\ny\r\nget a\r\n')).toBe(
      'END\r\nSTORED\r\nVALUE a 0 1\r\ny\r\nEND\r\n',
    )
  })
})

describe('settings', () => {
  it('refuse flush_all when disabled', async () => {
    const { client } = await startNode({ flushAllEnabled: false })
    expect(await client.ask('flush_all\r\n')).toBe('CLIENT_ERROR flush_all not allowed\r\n')
  })

  it('of older engines lack touch, gat and config', async () => {
    const { client } = await startNode({ engineVersion: '1.4.5' })
    expect(await client.ask('touch a 1\r\ngat 1 a\r\nconfig get cluster\r\n')).toBe('ERROR\r\nERROR\r\nERROR\r\n')
  })
})
