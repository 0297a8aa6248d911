import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { hasRedis, NEEDS_REDIS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'
import { unordered } from './support/unordered.ts'

describe.skipIf(!hasRedis)(`hashes answer as the server's ${NEEDS_REDIS}`, () => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(atEnd, {
      config: ['hash-max-listpack-entries 4', 'hash-max-listpack-value 8'],
    })
  })
  beforeEach(() => pair.reset())

  const fields = ['f', 'g', '', 'h', 'i', 'j']
  const field = fc.constantFrom(...fields)
  const value = fc.constantFrom('', '1', '-3', 'v', 'long enough', '1.5', '9223372036854775807')
  const pairs = fc.array(fc.tuple(field, value), { minLength: 1, maxLength: 3 }).map((list) => list.flat())
  const command = fc.oneof(
    { arbitrary: fc.tuple(fc.constantFrom('HSET', 'HMSET'), pairs), weight: 4 },
    fc.tuple(fc.constant('HSETNX'), field, value),
    fc.tuple(fc.constantFrom('HGET', 'HEXISTS', 'HSTRLEN', 'HDEL'), field),
    fc.tuple(fc.constantFrom('HDEL', 'HMGET'), field, field),
    fc.tuple(fc.constant('HINCRBY'), field, value),
    fc.tuple(fc.constant('HINCRBYFLOAT'), field, value),
  )

  test('whatever is done to them, by RESP2 and RESP3', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(2 as const, 3 as const),
        fc.array(command, { minLength: 5, maxLength: 40 }),
        async (resp, commands) => {
          await pair.speak(resp)
          const looks = [
            ['HLEN', 'k'],
            ['HMGET', 'k', ...fields],
            ['OBJECT', 'ENCODING', 'k'],
            ['EXISTS', 'k'],
          ]
          await pair.same(...commands.flatMap(([name, ...words]) => [[name, 'k', ...words.flat()], ...looks]))
          for (const name of ['HGETALL', 'HKEYS', 'HVALS']) {
            const { ours, theirs } = await pair.replies([name, 'k'])
            expect(ours.map(unordered)).toEqual(theirs.map(unordered))
          }
          await pair.replies(['FLUSHALL'])
        },
      ),
      { numRuns: 60 },
    ))

  test.each([3, 40])('chosen at random, and shown in parts: %i fields', async (size) => {
    const all = Array.from({ length: size }, (_, i) => [`f${i}`, String(i)]).flat()
    await pair.same(['HSET', 'k', ...all])
    for (const command of [
      ['HRANDFIELD', 'k', String(size + 5), 'WITHVALUES'],
      ['HSCAN', 'k', '0', 'COUNT', '1000', 'MATCH', 'f1*'],
    ]) {
      for (const resp of [2, 3] as const) {
        await pair.speak(resp)
        const { ours, theirs } = await pair.replies(command)
        expect(ours.map(unordered)).toEqual(theirs.map(unordered))
      }
    }
    const { talk } = pair.ours
    const chosen = async (...words: string[]) =>
      (await talk.ask(['HRANDFIELD', 'k', ...words]))[0]?.match(/f\d+/g) ?? []
    for (const count of [1, 2, size - 1]) expect(new Set(await chosen(String(count))).size).toBe(count)
    expect(await chosen('-50')).toHaveLength(50)
    const seen = new Set<string>()
    for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
      const [reply = ''] = await talk.ask(['HSCAN', 'k', cursor, 'COUNT', '3'])
      cursor = /\$\d+\r\n(\d+)\r\n/.exec(reply)?.[1] ?? '0'
      for (const name of reply.match(/f\d+/g) ?? []) seen.add(name)
    }
    expect(seen.size).toBe(size)
  })

  test('words that make no sense', () =>
    pair.same(
      ['SET', 's', 'v'],
      ['HSET', 's', 'f', 'v'],
      ['HGETALL', 's'],
      ['HSET', 'h', 'f'],
      ['HMSET', 'h', 'f', 'v', 'g'],
      ['HSET', 'h', 'f', 'text'],
      ['HINCRBY', 'h', 'f', '1'],
      ['HINCRBY', 'h', 'f', 'x'],
      ['HINCRBYFLOAT', 'h', 'f', '1'],
      ['HINCRBYFLOAT', 'h', 'f', 'x'],
      ['HINCRBYFLOAT', 'h', 'f', 'inf'],
      ['HRANDFIELD', 'h', 'x'],
      ['HRANDFIELD', 'h', '1', 'WITH'],
      ['HRANDFIELD', 'h', '1', 'WITHVALUES', 'x'],
      ['HRANDFIELD', 'h', '9223372036854775807', 'WITHVALUES'],
      ['HRANDFIELD', 'none', '1'],
      ['HRANDFIELD', 'none'],
      ['HSCAN', 'h', 'x'],
      ['HSCAN', 'none', '0', 'FOO'],
      ['HSCAN', 'h', '0', 'COUNT', '0'],
      ['HSCAN', 's', '0'],
    ))
})
