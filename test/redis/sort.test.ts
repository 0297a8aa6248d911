import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'

describe.each(PROGRAMS.filter(({ installed }) => installed))('SORT answers as that of $program', ({ program }) => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    const engine = program === 'valkey-server' ? 'valkey' : 'redis'
    pair = await startPair(atEnd, { engine })
  })
  beforeEach(() => pair.reset())

  const option = fc.constantFrom(
    ['ASC'],
    ['DESC'],
    ['ALPHA'],
    ['LIMIT', '1', '3'],
    ['LIMIT', '-5', '-1'],
    ['LIMIT', '2', '0'],
    ['LIMIT', '9', '2'],
    ['BY', 'w_*'],
    ['BY', 'h_*->f'],
    ['GET', '#'],
    ['GET', 'w_*'],
    ['GET', 'h_*->f'],
    ['GET', 'constant'],
    ['STORE', 'stored'],
  )
  const member = fc.constantFrom('1', '2', '10', '-3.5', '7e1', '4', 'inf', '0x10', '', '5')

  test('whatever is asked of lists and sets of numbers, with weights elsewhere', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(2 as const, 3 as const),
        fc.uniqueArray(member, { minLength: 1, maxLength: 8 }),
        fc.array(fc.array(option, { maxLength: 4 }), { minLength: 1, maxLength: 10 }),
        async (resp, members, asked) => {
          await pair.speak(resp)
          // Weights are all different and all there: the order of equal ones is chance.
          const weights = members.flatMap((each, i) => [
            ['SET', `w_${each}`, String((i * 7) % 11)],
            ['HSET', `h_${each}`, 'f', String((i * 5) % 11)],
          ])
          const sorts = asked.flatMap((options) =>
            ['list', 'set', 'none'].flatMap((key) => [
              ['SORT', key, ...options.flat()],
              ['SORT_RO', key, 'ALPHA', 'DESC'],
              ['LRANGE', 'stored', '0', '-1'],
            ]),
          )
          const { ours, theirs } = await pair.replies(
            ...weights,
            ['RPUSH', 'list', ...members],
            ['SADD', 'set', ...members],
            ...sorts,
          )
          expect(ours).toEqual(theirs)
          await pair.replies(['FLUSHALL'])
        },
      ),
      { numRuns: 60 },
    ))

  test('keys that keep their order, and weights that are not there', () =>
    pair.same(
      ['RPUSH', 'l', 'b', 'a', 'c', '\0z', '\0a'],
      ['SORT', 'l', 'BY', 'nosort'],
      ['SORT', 'l', 'BY', 'nosort', 'DESC'],
      ['SORT', 'l', 'BY', 'nosort', 'DESC', 'LIMIT', '1', '2'],
      ['SORT', 'l', 'BY', 'nosort', 'LIMIT', '1', '2', 'GET', '#', 'GET', 'x_*'],
      ['SADD', 's', 'b', 'a', 'c'],
      ['SORT', 's', 'BY', 'nosort', 'STORE', 'd'],
      ['LRANGE', 'd', '0', '-1'],
      ['EVAL', "return redis.call('SORT', 's', 'BY', 'nosort')", '0'],
      ['SET', 'w_a', '3'],
      ['SORT', 'l', 'ALPHA', 'STORE', 'd'],
      ['LRANGE', 'd', '0', '-1'],
      ['SORT', 's', 'BY', 'w_*'],
      ['SORT', 's', 'BY', 'w_*', 'ALPHA', 'DESC', 'LIMIT', '0', '1'],
    ))

  test('sorted sets, by their members or in their own order', () =>
    pair.same(
      ['ZADD', 'z', '3', '1', '2', '22', '1', '3'],
      ['OBJECT', 'ENCODING', 'z'],
      ['SORT', 'z', 'DESC', 'LIMIT', '0', '2'],
      ['OBJECT', 'ENCODING', 'z'],
      ['SORT', 'z', 'BY', 'nosort'],
      ['SORT_RO', 'z', 'BY', 'nosort', 'DESC', 'LIMIT', '1', '5'],
      ['SORT', 'z', 'BY', 'nosort', 'DESC', 'STORE', 'z'],
      ['LRANGE', 'z', '0', '-1'],
    ))

  test('words and values that make no sense', () =>
    pair.same(
      ['SET', 'k', 'v'],
      ['HSET', 'h', 'f', 'v'],
      ['SORT', 'k'],
      ['SORT', 'h'],
      ['RPUSH', 'l', 'b', 'a'],
      ['SORT', 'l'],
      ['SORT', 'l', 'BY', 'k*', 'FOO'],
      ['SORT', 'l', 'LIMIT', '1'],
      ['SORT', 'l', 'LIMIT', 'x', '1'],
      ['SORT', 'l', 'STORE'],
      ['SORT_RO', 'l', 'ALPHA', 'STORE', 'd'],
      ['SORT', 'none', 'STORE', 'k'],
      ['EXISTS', 'k'],
      ['COMMAND', 'GETKEYS', 'SORT', 'l', 'GET', 'STORE', 'STORE', 'a', 'STORE', 'b'],
      ['COMMAND', 'GETKEYS', 'SORT_RO', 'l', 'GET', '#'],
    ))
})
