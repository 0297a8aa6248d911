import { describe, expect, it } from 'vitest'
import { type BothServers, converse, installedMemcached, withBothServers } from './support/differential.ts'
import { MIB } from './support/node.ts'
import { replies, request } from './support/packets.ts'

// The same values to both, more of them than fit: what is refused, what is evicted and what is left. No background moves
// items here, so that there is one answer.

/** Numbers below `limit` that are the same in every run. */
function* numbers(limit: number): Generator<number> {
  for (let state = 7; ; state = (state * 1_103_515_245 + 12_345) % 2 ** 31) yield Math.floor((state / 2 ** 31) * limit)
}

function stores(count: number, length: (n: number) => number): string {
  const random = numbers(2 ** 20)
  return Array.from({ length: count }, (_, i) => {
    const bytes = length(random.next().value ?? 0)
    const reading = i % 3 === 0 ? `mg k${Math.floor(i / 2)} s\r\n` : ''
    return `set k${i} 0 0 ${bytes}\r\n${'x'.repeat(bytes)}\r\n${reading}`
  }).join('')
}

const census = (count: number): string => Array.from({ length: count }, (_, i) => `mg k${i} k s\r\n`).join('')

async function expectSame({ theirs, ours }: BothServers, text: string): Promise<string> {
  const [expected, answered] = [await converse(theirs, text), await converse(ours, text)]
  expect(answered === expected, 'the answers differ').toBe(true)
  return answered
}

describe.skipIf(installedMemcached === undefined)('a full node', () => {
  describe('that evicts', () => {
    const servers = withBothServers(['-m', '8', '-o', 'no_lru_maintainer,no_lru_crawler,no_slab_reassign'], {
      memoryLimit: 8 * MIB,
      lruSegmented: false,
      lruCrawler: false,
      slabReassign: false,
    })

    it('keeps the very items that memcached keeps', async () => {
      await expectSame(
        servers,
        stores(6000, (n) => n % 4000),
      )
      const left = await expectSame(servers, census(6000))
      expect(left.match(/^HD/gm)?.length).toBeLessThan(6000)
    })
  })

  describe('that may not evict', () => {
    const servers = withBothServers(['-m', '8', '-M', '-I', '2m', '-o', 'no_lru_maintainer,no_lru_crawler'], {
      memoryLimit: 8 * MIB,
      maxItemSize: 2 * MIB,
      evictToFree: false,
      lruSegmented: false,
      lruCrawler: false,
    })

    it('refuses what memcached refuses, large values that have to be cut up in its other words', async () => {
      const text = stores(300, (n) => (n % 10 === 0 ? 20_000 + n : 20_000 + (n % 20_000)))
      const answers = await expectSame(servers, text + census(300))
      expect(answers).toContain('SERVER_ERROR out of memory storing object')
      expect(answers).toContain('SERVER_ERROR Out of memory during read')
    })

    it('says so in the binary protocol as well', async () => {
      const values = [20_000, 400_000, 1_000_000].map((length) =>
        request(0x01, { key: 'k', value: 'x'.repeat(length), extras: [0, 0] }),
      )
      const end = request(0x07)
      const text = values.join('') + request(0x05, { key: 'new', extras: [1n, 1n, 0] })
      expect(replies(await converse(servers.ours, text, end))).toEqual(
        replies(await converse(servers.theirs, text, end)),
      )
    })
  })
})
