import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Counters } from '../../src/memcached/counters.ts'
import { settingsOf } from '../../src/memcached/options.ts'
import { CHUNKED, hashKey } from '../../src/memcached/store/item.ts'
import { ItemStore } from '../../src/memcached/store/items.ts'
import { commit } from '../../src/memcached/store/operations.ts'
import { evictTo, maintain } from '../../src/memcached/store/reclaim.ts'
import { POOL } from '../../src/memcached/store/slabs.ts'
import { eventually } from '../support/eventually.ts'
import type { MemcachedClient } from '../support/memcached-client.ts'
import { MIB, startNode } from './support/node.ts'

const LIMIT = 8 * MIB

/** A store, and what has been put there: keys with the letter and length of their value. */
class Rehearsal {
  readonly store: ItemStore
  readonly values = new Map<string, { letter: number; length: number; cas: number }>()
  readonly #counters = new Counters()
  #uploads: { key: string; item: number; letter: number; length: number }[] = []

  constructor(slabChunkMax: number) {
    const options = settingsOf({ engineVersion: '1.6.18', memoryLimit: LIMIT, maxItemSize: MIB, slabChunkMax })
    this.store = new ItemStore(options, 1_700_000_000)
  }

  begin(key: string, letter: number, length: number): void {
    const bytes = Buffer.from(key)
    const hash = hashKey(bytes, 0, bytes.length)
    const item = this.store.allocate(bytes, 0, bytes.length, hash, 0, 0, length + 2)
    if (item > 0) this.#uploads.push({ key, item, letter, length })
  }

  end(): void {
    const upload = this.#uploads.shift()
    if (upload === undefined) return
    const { key, item, letter, length } = upload
    this.store.write(item, 0, Buffer.concat([Buffer.alloc(length, letter), Buffer.from('\r\n')]), 0, length + 2)
    commit(this.store, this.#counters, item, 'set', 0, 0)
    this.values.set(key, { letter, length, cas: this.store.lastCas })
  }

  endAll(): void {
    while (this.#uploads.length > 0) this.end()
  }

  find(key: string): number {
    const bytes = Buffer.from(key)
    return this.store.find(bytes, 0, bytes.length, hashKey(bytes, 0, bytes.length))
  }

  delete(key: string): void {
    const item = this.find(key)
    if (item !== 0) this.store.unlink(item)
    this.values.delete(key)
  }

  /** Every key still there has the value and CAS unique it was given; answers how many are gone. */
  check(): number {
    let gone = 0
    for (const [key, { letter, length, cas }] of this.values) {
      const item = this.find(key)
      if (item === 0) {
        gone++
        continue
      }
      const value = Buffer.alloc(length + 2)
      this.store.read(item, 0, length + 2, value, 0)
      if (!value.equals(Buffer.concat([Buffer.alloc(length, letter), Buffer.from('\r\n')]))) {
        throw new Error(`${key} has another value`)
      }
      expect(this.store.cas(item)).toBe(cas)
    }
    return gone
  }

  /** What is counted is what is there. */
  audit(): void {
    const { store } = this
    const { slabs } = store
    const used = new Int32Array(64)
    let [items, bytes] = [0, 0]
    store.forEach((item) => {
      items++
      bytes += store.sizeOf(item)
      if (!store.has(item, CHUNKED)) used[store.classOf(item)] = (used[store.classOf(item)] ?? 0) + 1
    })
    expect(items).toBe(store.items)
    expect(bytes).toBe(store.bytes)
    let pages = slabs.pagesOf[POOL] ?? 0
    for (let id = 1; id <= slabs.classes.largest; id++) {
      pages += slabs.pagesOf[id] ?? 0
      expect(slabs.usedChunks[id]).toBeGreaterThanOrEqual(used[id] ?? 0)
      expect(slabs.usedChunks[id]).toBeLessThanOrEqual((slabs.pagesOf[id] ?? 0) * (slabs.classes.perPage[id] ?? 0))
    }
    expect(pages * MIB).toBe(slabs.pageBytes)
  }

  /** Hands out every free chunk of every class, which are as many as are counted, none of them twice. */
  exhaust(): void {
    const { slabs } = this.store
    for (let id = 1; id <= slabs.classes.largest; id++) {
      const free = (slabs.pagesOf[id] ?? 0) * (slabs.classes.perPage[id] ?? 0) - (slabs.usedChunks[id] ?? 0)
      const chunks = new Set<number>()
      for (let chunk = slabs.reuse(id); chunk !== 0; chunk = slabs.reuse(id)) chunks.add(chunk)
      expect(chunks.size).toBe(free)
      for (const chunk of chunks) slabs.release(chunk, id)
    }
  }
}

const key = fc.integer({ min: 0, max: 400 }).map((n) => `key${n}`)
// From a few bytes to several chunks, so that many classes have more than one page.
const length = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(30_000, 70_000) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 300_000 }) },
)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('set' as const), key, length, letter: fc.integer({ min: 97, max: 122 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('finish' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('move' as const),
      from: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 39 })),
      to: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 39 })),
      chunks: fc.integer({ min: 1, max: 2_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('step' as const), chunks: fc.integer({ min: 1, max: 2_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('maintain' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('limit' as const), megabytes: fc.integer({ min: 3, max: 12 }) }),
  },
)

describe('a slab page that moves', () => {
  it.each([
    ['large', 512 * 1024],
    ['small', 4096],
  ] as const)('loses no item that is not counted, and keeps the books, with %s chunks', (_, slabChunkMax) => {
    let moved = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 200, maxLength: 600, size: 'max' }), (steps) => {
        const rehearsal = new Rehearsal(slabChunkMax)
        const { store } = rehearsal
        let uploads = 0
        for (const each of steps) {
          switch (each.kind) {
            case 'set':
              rehearsal.begin(each.key, each.letter, each.length)
              if (++uploads % 4 !== 0) rehearsal.endAll()
              break
            case 'finish':
              rehearsal.end()
              break
            case 'delete':
              rehearsal.delete(each.key)
              break
            case 'move':
              store.mover.start(each.from, each.to)
              store.mover.step(each.chunks)
              break
            case 'step':
              store.mover.step(each.chunks)
              break
            case 'maintain':
              maintain(store)
              break
            case 'limit':
              store.slabs.memoryLimit = each.megabytes * MIB
              evictTo(store, each.megabytes * MIB)
              break
          }
        }
        rehearsal.endAll()
        for (let left = 50; store.mover.running && left > 0; left--) store.mover.step(20_000)
        expect(store.mover.running).toBe(false)
        const lost = store.listCounters.evicted.reduce((a, b) => a + b, 0) + store.mover.evictions
        expect(rehearsal.check()).toBeLessThanOrEqual(lost)
        rehearsal.audit()
        rehearsal.exhaust()
        moved += store.mover.moved
      }),
      { numRuns: 25 },
    )
    expect(moved).toBeGreaterThan(25)
  })

  it('waits for a value that is still arriving', async () => {
    const { client, connect, clock } = await startNode({ slabAutomove: 0 })
    const slow = await connect()
    slow.send('set slow 0 0 70000\r\nabc')
    await slow.until('nothing', () => 0)
    await eventually('its place is taken', async () => (await numbers(client, 'slabs')).get('31:used_chunks') === 1)
    await client.ask(sets(40, 70_000))
    for (let i = 0; i < 20; i++) await client.ask(`delete key${i}\r\n`)
    expect(await client.ask('slabs reassign 31 0\r\n')).toBe('OK\r\n')
    await eventually('it waits', async () => (await numbers(client)).get('slab_reassign_busy_items') !== 0)
    expect(await client.ask('slabs reassign 31 0\r\n')).toBe('BUSY currently processing reassign request\r\n')
    slow.send(`${'y'.repeat(69_997)}\r\n`)
    expect(await slow.bytes(8)).toBe('STORED\r\n')
    await eventually('it has moved', async () => {
      clock.advance(1)
      return (await numbers(client)).get('slabs_moved') === 1
    })
    expect((await client.ask('get slow\r\n')).includes(`abc${'y'.repeat(69_997)}\r\n`)).toBe(true)
  })

  it('is refused in the words of memcached', async () => {
    const { client } = await startNode()
    await client.ask(sets(1, 100))
    expect(await client.ask('slabs reassign 5 5\r\n')).toBe('SAME src and dst class are identical\r\n')
    expect(await client.ask('slabs reassign 4 77\r\n')).toBe('BADCLASS invalid src or dst class id\r\n')
    expect(await client.ask('slabs reassign 4 5\r\n')).toBe('NOSPARE source class has no spare pages\r\n')
    const { client: without } = await startNode({ slabReassign: false })
    expect(await without.ask('slabs reassign 4 5\r\n')).toBe('CLIENT_ERROR slab reassignment disabled\r\n')
  })
})

describe('slab_automove', () => {
  it('1 gives pages that a class no longer needs to the pool, and those over a lower limit to the system', async () => {
    const { client, clock, node } = await startNode({ memoryLimit: 20 * MIB, slabAutomoveWindow: 3 })
    await client.ask(sets(400, 70_000))
    expect(node.report().memory).toBe(20 * MIB)
    for (let i = 0; i < 400; i++) await client.ask(`delete key${i}\r\n`)
    await eventually('most pages are in the pool', async () => {
      clock.advance(1)
      return ((await numbers(client)).get('slab_global_page_pool') ?? 0) >= 17
    })
    expect(node.report().memory).toBe(20 * MIB)
    expect(await client.ask('cache_memlimit 8\r\n')).toBe('OK\r\n')
    expect(node.report().memory).toBe(8 * MIB)
    await client.ask(sets(3000, 5_000))
    expect(node.report()).toMatchObject({ memory: 8 * MIB })
    expect((await numbers(client)).get('slab_global_page_pool')).toBe(0)
  })

  it('1 moves pages to a class that evicts young items from one whose items are old', async () => {
    const { client, clock } = await startNode({ memoryLimit: 8 * MIB, slabAutomoveWindow: 3 })
    await client.ask(sets(200, 70_000, 'old'))
    const { '31:total_pages': before = 0 } = Object.fromEntries(await numbers(client, 'slabs'))
    for (let round = 0; round < 8; round++) {
      clock.advance(100)
      await client.ask(sets(300, 8_000, `young${round}-`))
      clock.advance(1)
    }
    await eventually('a page has moved', async () => ((await numbers(client)).get('slabs_moved') ?? 0) > 0)
    const after = await numbers(client, 'slabs')
    expect(after.get('31:total_pages')).toBeLessThan(before)
    expect(after.get('21:total_pages')).toBeGreaterThan(1)
  })

  it('2 moves a page for an eviction', async () => {
    const { client } = await startNode({ memoryLimit: 8 * MIB })
    await client.ask(sets(200, 70_000, 'old'))
    expect(await client.ask('slabs automove 2\r\n')).toBe('OK\r\n')
    await client.ask(sets(300, 8_000))
    await eventually('pages have moved', async () => ((await numbers(client)).get('slabs_moved') ?? 0) > 0)
  })
})

function sets(count: number, length: number, prefix = 'key'): string {
  const value = 'x'.repeat(length)
  return Array.from({ length: count }, (_, i) => `set ${prefix}${i} 0 0 ${length} noreply\r\n${value}\r\n`).join('')
}

async function numbers(client: MemcachedClient, topic = ''): Promise<Map<string, number>> {
  const lines = (await client.ask(`stats ${topic}\r\n`)).split('\r\n')
  return new Map(lines.map((line) => [line.split(' ')[1] ?? '', Number(line.split(' ')[2])]))
}
