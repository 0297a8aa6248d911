import { expect, onTestFinished, test } from 'vitest'
import type { Clock } from '../../src/redis/clock.ts'
import { HASHTABLE, SET } from '../../src/redis/keyspace/entry.ts'
import { Keyspace } from '../../src/redis/keyspace/keyspace.ts'
import type { LargeValue } from '../../src/redis/keyspace/objects.ts'
import { Args } from '../../src/redis/protocol/args.ts'
import { Replies } from '../../src/redis/protocol/replies.ts'
import { startNode } from './support/node.ts'

const atEnd = (work: () => Promise<void>) => onTestFinished(work)

/** A clock that stands still until it is told. */
class StoppedClock implements Clock {
  #now = 1_800_000_000_000
  readonly #due = new Set<{ readonly at: number; readonly step: () => void }>()
  readonly #steps = new Set<() => void>()

  now(): number {
    return this.#now
  }

  monotonicMs(): number {
    return this.#now
  }

  every(_ms: number, step: () => void): () => void {
    this.#steps.add(step)
    return () => this.#steps.delete(step)
  }

  after(ms: number, step: () => void): () => void {
    const due = { at: this.#now + ms, step }
    this.#due.add(due)
    return () => this.#due.delete(due)
  }

  /** Lets time pass, and whatever is due happen, so many times. */
  pass(ms: number, times = 1): void {
    this.#now += ms
    for (const due of this.#due) {
      if (due.at > this.#now) continue
      this.#due.delete(due)
      due.step()
    }
    for (let i = 0; i < times; i++) for (const step of this.#steps) step()
  }
}

const number = (reply: string | undefined): number => Number(/^:(-?\d+)/.exec(reply ?? '')?.[1])
const field = (info: string | undefined, name: string): number =>
  Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info ?? '')?.[1])

test('a key lives through its last millisecond, and is gone after it', async () => {
  const clock = new StoppedClock()
  const { talk } = await startNode(atEnd, { clock })
  await talk.ask(['SET', 'a', '1', 'PX', '100'])
  clock.pass(100)
  expect(await talk.ask(['GET', 'a'], ['PTTL', 'a'])).toEqual(['$1\r\n1\r\n', ':0\r\n'])
  clock.pass(1)
  expect(await talk.ask(['GET', 'a'], ['TTL', 'a'], ['EXISTS', 'a'])).toEqual(['$-1\r\n', ':-2\r\n', ':0\r\n'])
})

test('keys that have expired go by themselves', async () => {
  const clock = new StoppedClock()
  const { talk } = await startNode(atEnd, { clock })
  await talk.ask(...Array.from({ length: 2000 }, (_, i) => ['SET', `key ${i}`, 'x', 'PX', String(100 + (i % 7))]))
  await talk.ask(['SET', 'stays', 'x'])
  clock.pass(1000, 30)
  const [size, info] = await talk.ask(['DBSIZE'], ['INFO', 'stats'])
  expect(size).toBe(':1\r\n')
  expect(field(info, 'expired_keys')).toBe(2000)
})

for (const policy of [
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
]) {
  test(`memory stays below maxmemory with ${policy}`, async () => {
    const { talk } = await startNode(atEnd, { config: ['maxmemory 2mb', `maxmemory-policy ${policy}`] })
    const keys = 8000
    const stored = await talk.ask(
      ...Array.from({ length: keys }, (_, i) => ['SET', `key ${i}`, 'x'.repeat(200), 'EX', String(1000 + i)]),
    )
    expect(stored.every((reply) => reply === '+OK\r\n')).toBe(true)
    const [size, info] = await talk.ask(['DBSIZE'], ['INFO', 'everything'])
    expect(field(info, 'used_memory')).toBeLessThanOrEqual(2 * 1024 * 1024)
    expect(field(info, 'evicted_keys') + number(size)).toBe(keys)
    expect(number(size)).toBeGreaterThan(2500)
  })
}

test('without a policy that evicts, writes are refused and reads are not', async () => {
  const { talk } = await startNode(atEnd, { config: ['maxmemory 1mb'] })
  const replies = await talk.ask(...Array.from({ length: 3000 }, (_, i) => ['SET', `key ${i}`, 'x'.repeat(100)]))
  expect(replies.at(-1)).toBe("-OOM command not allowed when used memory > 'maxmemory'.\r\n")
  expect(await talk.ask(['GET', 'key 0'], ['DEL', 'key 0'])).toEqual([`$100\r\n${'x'.repeat(100)}\r\n`, ':1\r\n'])
})

test('LRU keeps what is read', async () => {
  const clock = new StoppedClock()
  const { talk } = await startNode(atEnd, { clock, config: ['maxmemory 2mb', 'maxmemory-policy allkeys-lru'] })
  const read = Array.from({ length: 100 }, (_, i) => `read ${i}`)
  await talk.ask(...read.map((key) => ['SET', key, 'x'.repeat(200)]))
  for (let round = 0; round < 20; round++) {
    clock.pass(5000)
    await talk.ask(...read.map((key) => ['GET', key]))
    await talk.ask(...Array.from({ length: 500 }, (_, i) => ['SET', `${round} ${i}`, 'x'.repeat(200)]))
  }
  const [kept] = await talk.ask(['EXISTS', ...read])
  expect(number(kept)).toBeGreaterThan(90)
})

test('what a flush leaves behind is given back in the background', async () => {
  const clock = new StoppedClock()
  const { talk } = await startNode(atEnd, { clock })
  const before = field((await talk.ask(['INFO', 'memory']))[0], 'used_memory')
  await talk.ask(...Array.from({ length: 10_000 }, (_, i) => ['SET', `key ${i}`, 'x'.repeat(50), 'EX', '1000']))
  await talk.ask(['FLUSHALL'])
  clock.pass(100, 50)
  expect(field((await talk.ask(['INFO', 'memory']))[0], 'used_memory')).toBe(before)
})

test('of many large values that are flushed, none is given back before its turn', () => {
  const unheard = () => undefined
  const observers = { changed: unheard, flushing: unheard, event: unheard, ready: unheard, removed: unheard }
  const keyspace = new Keyspace(1, observers, new Replies(), 0, Math.random)
  let freed = 0
  const large: LargeValue = {
    bytes: 0,
    copy: () => large,
    freeSome(members) {
      freed += members
      return true
    },
  }
  for (let i = 0; i < 100; i++) keyspace.db(0).create(Args.of([`key ${i}`]), 0, SET, HASHTABLE, large)
  keyspace.flush(undefined)
  expect(freed).toBe(0)
  while (keyspace.freeSome());
  expect(freed).toBeGreaterThan(0)
  expect(keyspace.freeing).toBe(0)
})

test('what a large value took is free again once it is gone, and what its request took', async () => {
  const { talk } = await startNode(atEnd)
  const large = Buffer.alloc(20 << 20, 'large')
  const taken = () => process.memoryUsage().arrayBuffers
  const before = taken()
  expect(await talk.ask(['SET', 'large', large], ['DEL', 'large'])).toEqual(['+OK\r\n', ':1\r\n'])
  // What the client has sent is left, twice: as it was made, and behind the other command.
  expect(taken() - before).toBeLessThan(2.5 * large.length)
})
