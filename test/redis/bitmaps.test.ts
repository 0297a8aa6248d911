import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { commandsOf } from './support/grammar.ts'
import { GRAMMARS } from './support/grammars.ts'
import { type Pair, startPair } from './support/pair.ts'

describe.each(PROGRAMS.filter(({ installed }) => installed))('bitmaps answer as those of $program', ({ program }) => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    const engine = program === 'valkey-server' ? 'valkey' : 'redis'
    pair = await startPair(atEnd, { engine })
  })
  beforeEach(() => pair.reset())

  test('whatever is done to them, by RESP2 and RESP3', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(2 as const, 3 as const),
        fc.array(fc.oneof(...(GRAMMARS.bitmaps ?? []).map(commandsOf)), { minLength: 5, maxLength: 60 }),
        async (resp, commands) => {
          await pair.speak(resp)
          const { ours, theirs } = await pair.replies(...commands)
          expect(ours).toEqual(theirs)
          await pair.replies(['FLUSHALL'])
        },
      ),
      { numRuns: 40 },
    ))

  test('fields whose values overflow wrap, stay at the limit, or fail', () =>
    pair.same(
      ...['WRAP', 'SAT', 'FAIL'].flatMap((overflow) =>
        ['i8', 'u8', 'i64', 'u63'].flatMap((type) =>
          ['-9223372036854775808', '9223372036854775807', '200', '-200'].flatMap((value) => [
            ['BITFIELD', `${overflow}${type}`, 'OVERFLOW', overflow, 'SET', type, '3', value, 'GET', type, '3'],
            ['BITFIELD', `${overflow}${type}`, 'OVERFLOW', overflow, 'INCRBY', type, '3', value, 'GET', 'u8', '#1'],
          ]),
        ),
      ),
    ))

  test('long ones are counted and searched', () =>
    pair.same(
      ['SETBIT', 'k', '80005', '1'],
      ['SETBIT', 'k', '17', '1'],
      ['BITCOUNT', 'k'],
      ['BITCOUNT', 'k', '18', '-1', 'BIT'],
      ['BITPOS', 'k', '1', '3'],
      ['BITPOS', 'k', '0', '2', '2', 'BYTE'],
      ['BITOP', 'NOT', 'n', 'k'],
      ['BITCOUNT', 'n'],
      ['BITPOS', 'n', '0'],
      ['BITOP', 'OR', 'all', 'k', 'n', 'none'],
      ['BITPOS', 'all', '0'],
      ['BITPOS', 'all', '0', '0', '-1'],
    ))

  test('words that make no sense', () =>
    pair.same(
      ['LPUSH', 'l', 'x'],
      ['SETBIT', 'l', '1', '1'],
      ['SETBIT', 'k', '4294967296', '1'],
      ['SETBIT', 'k', '-1', '1'],
      ['SETBIT', 'k', '1', '2'],
      ['SETBIT', 'k', '#1', '1'],
      ['GETBIT', 'k', 'x'],
      ['BITCOUNT', 'k', '1'],
      ['BITCOUNT', 'k', '1', 'x'],
      ['BITCOUNT', 'k', '1', '2', 'FOO'],
      ['BITCOUNT', 'l'],
      ['SET', 'k', 'v'],
      ['BITCOUNT', 'k', '1'],
      ['BITCOUNT', 'k', '1', '2', 'FOO'],
      ['BITPOS', 'none', '2'],
      ['BITPOS', 'none', '0', 'x'],
      ['BITPOS', 'k', '0', '0', '1', 'FOO'],
      ['BITOP', 'NAND', 'd', 'k'],
      ['BITOP', 'NOT', 'd', 'k', 'k'],
      ['BITOP', 'AND', 'k', 'none'],
      ['EXISTS', 'k'],
      ['BITFIELD', 'k'],
      ['BITFIELD', 'k', 'OVERFLOW', 'FOO'],
      ['BITFIELD', 'k', 'GET', 'u64', '0'],
      ['BITFIELD', 'k', 'GET', 'u8'],
      ['BITFIELD', 'l', 'GET', 'u8', '0'],
      ['BITFIELD', 'k', 'SET', 'u8', '0', 'x'],
      ['BITFIELD', 'k', 'SET', 'u8', '#9223372036854775807', '1'],
      ['BITFIELD_RO', 'k', 'SET', 'u8', '0', '1'],
      ['BITFIELD_RO', 'k', 'GET', 'u8', '0'],
    ))
})
