import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { Command } from '../../../src/protocols/resp/encode.ts'
import { systemClock } from '../../../src/redis/clock.ts'
import { BadRdb, type Loader } from '../../../src/redis/rdb/loader.ts'
import { afterTests } from '../../support/after-tests.ts'
import { commandsOf } from '../support/grammar.ts'
import { GRAMMARS } from '../support/grammars.ts'
import { type StartedNode, startNode } from '../support/node.ts'
import { filling } from './filling.ts'

const atEnd = afterTests()
let source: StartedNode
let target: StartedNode

// Nothing expires by itself while two nodes are compared.
const clock = { ...systemClock, now: () => 1_800_000_000_000 }
const config = ['enable-debug-command yes']

beforeAll(async () => {
  source = await startNode(atEnd, { config, clock })
  target = await startNode(atEnd, { config, clock })
})

const command = fc.oneof(
  ...Object.values(GRAMMARS).flatMap((group) => group.map(commandsOf)),
  ...['SWAPDB 0 3', 'FLUSHDB', 'MOVE {key} 1', 'RENAME large-hash {key}', 'DEL large-list'].map(commandsOf),
  ...['HSET large-hash {key} {value}', 'ZADD large-zset 5 {value}', 'XTRIM large-stream MAXLEN 5'].map(commandsOf),
)

/** What a loader is given of a file; the digest of what it makes of it. */
async function loaded(file: Buffer, feed: (loader: Loader) => void): Promise<string> {
  await target.talk.ask(['FLUSHALL'], ['FUNCTION', 'FLUSH'])
  const loader = target.node.loader()
  feed(loader)
  loader.end()
  expect(loader.bytes).toBe(file.length)
  return digest(target)
}

async function digest({ talk }: StartedNode): Promise<string> {
  const [reply = ''] = await talk.ask(['DEBUG', 'DIGEST'])
  return reply
}

test('a snapshot is what there was when it began, whatever is changed meanwhile', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 60 }),
      fc.array(command, { minLength: 60, maxLength: 120 }),
      async (before, meanwhile) => {
        const { node, talk } = source
        await talk.ask(['RESET'], ['FLUSHALL'], ...filling, ...before, ['RESET'])
        const was = await digest(source)
        const [first, second] = [node.snapshot(), node.snapshot()]
        const pieces: Buffer[] = []
        for (const words of meanwhile) {
          pieces.push(first.slice(0) ?? Buffer.alloc(0))
          await talk.ask(words)
        }
        for (let piece = first.slice(0); piece; piece = first.slice(0)) pieces.push(piece)
        const file = Buffer.concat(pieces)
        expect(await loaded(file, (loader) => loader.feed(file))).toBe(was)
        const other = second.whole()
        expect(await loaded(other, (loader) => loader.feed(other))).toBe(was)
      },
    ),
    { numRuns: 3, endOnFailure: true },
  ))

const CHANGES: readonly (readonly Command[])[] = [
  [['HSET', 'vast', 'field 7', 'changed']],
  [['DEL', 'vast']],
  [['MULTI'], ['SET', 'aside', '1'], ['HDEL', 'vast', 'field 7'], ['EXEC']],
  [['EVAL', "redis.call('SET', 'aside', '2') return redis.call('HDEL', KEYS[1], 'field 7')", '1', 'vast']],
]

test.each(CHANGES)('of those whose %j changes what takes long to write, nobody else waits', async (...change) => {
  // A look at the clock takes a millisecond.
  let ms = 0
  const slow = { ...clock, monotonicMs: () => ++ms }
  const { node, talk, connect } = await startNode(atEnd, { config, clock: slow })
  const fill = "for i = 1, 20000 do redis.call('HSET', KEYS[1], 'field ' .. i, string.rep('x', 60)) end"
  await talk.ask(['EVAL', fill, '1', 'vast'], ['SET', 'small', 'value'])
  const [was] = await talk.ask(['DEBUG', 'DIGEST'])
  const snapshot = node.snapshot()
  const changing = await connect()
  let isChanged = false
  const changed = changing.ask(...change).then(() => {
    isChanged = true
  })
  let isWaiting = false
  while (!isWaiting && !isChanged) {
    const [, clients = ''] = await talk.ask(['APPEND', 'small', 'r'], ['INFO', 'clients'])
    isWaiting = clients.includes('blocked_clients:1')
  }
  expect(isWaiting).toBe(true)
  await changed
  const file = snapshot.whole()
  expect(await loaded(file, (loader) => loader.feed(file))).toBe(was)
})

test('one that is cancelled is in nobody’s way', async () => {
  const { node, talk } = source
  await talk.ask(['RESET'], ['FLUSHALL'], ...filling)
  for (let i = 0; i < 10; i++) {
    const cancelled = node.snapshot()
    cancelled.slice(0)
    cancelled.cancel()
    for await (const _ of node.snapshot());
  }
  const was = await digest(source)
  const file = node.snapshot().whole()
  expect(await loaded(file, (loader) => loader.feed(file))).toBe(was)
})

test('a file is loaded from pieces of any size', async () => {
  const { node, talk } = source
  await talk.ask(['RESET'], ['FLUSHALL'], ...filling)
  const was = await digest(source)
  const file = node.snapshot().whole()
  for (const size of [1, 1000]) {
    const pieces = (loader: Loader): void => {
      for (let at = 0; at < file.length; at += size) loader.feed(file.subarray(at, at + size))
    }
    expect(await loaded(file, pieces)).toBe(was)
  }
})

test('a file that was cut short or changed is refused', async () => {
  await source.talk.ask(['RESET'], ['FLUSHALL'], ...filling)
  const file = source.node.snapshot().whole()
  const load = (bytes: Buffer): void => {
    const loader = target.node.loader({ replaces: true })
    loader.feed(bytes)
    loader.end()
  }
  expect(() => load(file.subarray(0, -1))).toThrow(BadRdb)
  const changed = Buffer.from(file)
  changed.writeUInt8((changed.at(-1) ?? 0) ^ 1, changed.length - 1)
  expect(() => load(changed)).toThrow(/Wrong RDB checksum/)
  expect(() => load(Buffer.from('RADIS0010'))).toThrow('Wrong signature trying to load DB from file')
  expect(() => load(Buffer.from('REDIS0042'))).toThrow("Can't handle RDB format version 0042")
})
