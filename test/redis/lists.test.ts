import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { hasRedis, NEEDS_REDIS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'
import { Talk } from './support/talk.ts'

describe.skipIf(!hasRedis)(`lists answer as the server's ${NEEDS_REDIS}`, () => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    // Few to a chunk: what goes over the edge of one is met soon.
    pair = await startPair(atEnd, { config: ['list-max-listpack-size 3'] })
  })
  beforeEach(() => pair.reset())

  const key = fc.constantFrom('a', 'b')
  const element = fc.constantFrom('', 'x', 'y', '12', 'z'.repeat(300))
  const index = fc.integer({ min: -9, max: 9 }).map(String)
  const count = fc.integer({ min: -1, max: 4 }).map(String)
  const end = fc.constantFrom('LEFT', 'RIGHT')
  const elements = fc.array(element, { minLength: 1, maxLength: 7 })
  const command = fc.oneof(
    { arbitrary: fc.tuple(fc.constantFrom('LPUSH', 'RPUSH'), key, elements), weight: 4 },
    fc.tuple(fc.constantFrom('LPUSHX', 'RPUSHX'), key, elements),
    fc.tuple(fc.constantFrom('LPOP', 'RPOP', 'LLEN'), key),
    fc.tuple(fc.constantFrom('LPOP', 'RPOP'), key, count),
    fc.tuple(fc.constantFrom('LINDEX'), key, index),
    fc.tuple(fc.constant('LSET'), key, index, element),
    fc.tuple(fc.constant('LINSERT'), key, fc.constantFrom('BEFORE', 'AFTER'), element, element),
    fc.tuple(fc.constant('LTRIM'), key, fc.constantFrom('0', '1', '-9'), index),
    fc.tuple(fc.constant('LREM'), key, count, element),
    fc.tuple(fc.constant('LPOS'), key, element, fc.constantFrom('RANK'), index),
    fc.tuple(fc.constant('LPOS'), key, element, fc.constant('COUNT'), count, fc.constant('MAXLEN'), count),
    fc.tuple(fc.constant('LMOVE'), key, key, end, end),
    fc.tuple(fc.constantFrom('RPOPLPUSH'), key, key),
    fc.tuple(fc.constant('LMPOP'), fc.constantFrom('1', '2'), key, key, end, fc.constant('COUNT'), count),
    fc.tuple(fc.constantFrom('BLPOP', 'BRPOP'), key, key, fc.constant('0.001')),
  )

  test('whatever is done to them, with one element after the other looked at', () =>
    fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 60 }), async (commands) => {
        const looks = ['a', 'b'].map((name) => ['LRANGE', name, '0', '-1'])
        await pair.same(...commands.flatMap((words) => [words.flat(), ...looks]))
        await pair.replies(['FLUSHALL'])
      }),
      { numRuns: 60 },
    ))

  test('words that make no sense', () =>
    pair.same(
      ['SET', 's', 'v'],
      ['LPUSH', 's', 'x'],
      ['LPUSHX', 's', 'x'],
      ['LRANGE', 's', '0', '1'],
      ['LRANGE', 'a', 'x', '1'],
      ['RPUSH', 'a', '1', '2', '3'],
      ['LPOP', 'a', 'x'],
      ['LPOP', 'a', '-1'],
      ['LPOP', 'a', '1', '2'],
      ['LPOP', 'none', '0'],
      ['LINDEX', 'a', 'x'],
      ['LSET', 'none', '0', 'x'],
      ['LSET', 'a', '7', 'x'],
      ['LINSERT', 'a', 'BESIDE', '1', '2'],
      ['LREM', 'a', '-9223372036854775808', 'x'],
      ['LREM', 'a', 'x', 'x'],
      ['LPOS', 'a', '1', 'RANK', '0'],
      ['LPOS', 'a', '1', 'RANK'],
      ['LPOS', 'a', '1', 'FOO', '1'],
      ['LMOVE', 'a', 'b', 'UP', 'LEFT'],
      ['LMOVE', 'a', 's', 'LEFT', 'LEFT'],
      ['LMOVE', 's', 'a', 'LEFT', 'LEFT'],
      ['LMPOP', '0', 'a', 'LEFT'],
      ['LMPOP', '1', 'a'],
      ['LMPOP', '1', 'a', 'LEFT', 'COUNT', '0'],
      ['LMPOP', '1', 'a', 'LEFT', 'COUNT', '1', 'COUNT', '1'],
      ['LMPOP', '2', 'none', 's', 'LEFT'],
      ['BLPOP', 'a', 'x'],
      ['BLPOP', 'a', '-1'],
      ['BLPOP', 'a', '1e300'],
      ['BLPOP', 's', '1'],
      ['BLMPOP', 'x', '1', 'a', 'LEFT'],
      ['BRPOPLPUSH', 'a', 'b', '-1'],
      ['BLMOVE', 'a', 'b', 'UP', 'DOWN', '0'],
      ['OBJECT', 'ENCODING', 'a'],
    ))

  test('a client that waits is served by the one that pushes, in order, and goes on waiting for another type', async () => {
    const talks: Talk[] = []
    const served = async (port: number) => {
      const [feeder, first, second] = await Promise.all([Talk.to(port), Talk.to(port), Talk.to(port)])
      talks.push(feeder, first, second)
      const waits = async (talk: Talk, ...words: string[]) => {
        const [id = ''] = await talk.ask(['CLIENT', 'ID'])
        const reply = talk.ask(words)
        for (let list = ''; !/flags=b/.test(list); )
          [list = ''] = await feeder.ask(['CLIENT', 'LIST', 'ID', id.slice(1, -2)])
        return { reply }
      }
      const one = await waits(first, 'BLPOP', 'q', 'r', '0')
      const two = await waits(second, 'BLMOVE', 'q', 'to', 'LEFT', 'RIGHT', '0')
      const fed = await feeder.ask(['SET', 'q', 'v'], ['DEL', 'q'], ['RPUSH', 'q', 'x', 'y', 'z'])
      return [
        fed,
        await one.reply,
        await two.reply,
        await feeder.ask(['LRANGE', 'q', '0', '-1'], ['LRANGE', 'to', '0', '-1']),
      ]
    }
    const [ours, theirs] = await Promise.all([served(pair.ours.port), served(pair.theirs.port)])
    for (const talk of talks) talk.end()
    expect(ours).toEqual(theirs)
  })
})
