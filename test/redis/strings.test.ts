import { beforeAll, beforeEach, describe, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { hasRedis, NEEDS_REDIS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'

describe.skipIf(!hasRedis)(`strings answer as the server's ${NEEDS_REDIS}`, () => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(atEnd)
  })
  beforeEach(() => pair.reset())

  test('SET with each of its options, and with those that contradict each other', () =>
    pair.same(
      ['SET', 'a', '1', 'NX'],
      ['SET', 'a', '2', 'NX'],
      ['SET', 'a', '2', 'NX', 'GET'],
      ['SET', 'a', '3', 'XX', 'GET'],
      ['SET', 'b', '3', 'XX'],
      ['SET', 'b', '3', 'GET'],
      ['SET', 'a', 'v', 'EX', '100'],
      ['TTL', 'a'],
      ['SET', 'a', 'w', 'KEEPTTL'],
      ['TTL', 'a'],
      ['SET', 'a', 'w'],
      ['TTL', 'a'],
      ['SET', 'a', 'w', 'EX', '0'],
      ['SET', 'a', 'w', 'PX', '-1'],
      ['SET', 'a', 'w', 'EX', 'x'],
      ['SET', 'a', 'w', 'EX', '9223372036854775807'],
      ['SET', 'a', 'w', 'EX', '10', 'PX', '10'],
      ['SET', 'a', 'w', 'EX'],
      ['SET', 'a', 'w', 'NX', 'XX'],
      ['SET', 'a', 'w', 'KEEPTTL', 'EX', '5'],
      ['SET', 'a', 'w', 'FOO'],
      ['SET', 'a', 'w', 'EXAT', '32503680000'],
      ['EXPIRETIME', 'a'],
    ))

  test('counting, up to what 64 bits hold', () =>
    pair.same(
      ['INCR', 'n'],
      ['INCRBY', 'n', '41'],
      ['DECR', 'n'],
      ['DECRBY', 'n', '100'],
      ['SET', 'n', '9223372036854775806'],
      ['INCR', 'n'],
      ['INCR', 'n'],
      ['DECRBY', 'n', '-9223372036854775808'],
      ['SET', 'n', '-9223372036854775808'],
      ['DECR', 'n'],
      ['INCRBY', 'n', '9007199254740993'],
      ['SET', 'n', ' 1'],
      ['INCR', 'n'],
      ['SET', 'n', '01'],
      ['INCR', 'n'],
      ['INCRBY', 'n', '1.5'],
      ['SET', 'f', '10.5'],
      ['INCRBYFLOAT', 'f', '0.1'],
      ['INCRBYFLOAT', 'f', '-5'],
      ['INCRBYFLOAT', 'f', '2.0e2'],
      ['INCRBYFLOAT', 'f', '3.0e3'],
      ['INCRBYFLOAT', 'g', '9223372036854775807'],
      ['INCRBYFLOAT', 'g', '0.3'],
      ['INCRBYFLOAT', 'h', '-1e-20'],
      ['INCRBYFLOAT', 'f', 'inf'],
      ['INCRBYFLOAT', 'f', 'x'],
      ['OBJECT', 'ENCODING', 'f'],
    ))

  test('parts of strings', () =>
    pair.same(
      ['SET', 's', 'Hello World'],
      ['GETRANGE', 's', '0', '4'],
      ['GETRANGE', 's', '-5', '-1'],
      ['GETRANGE', 's', '-1', '-5'],
      ['GETRANGE', 's', '3', '100'],
      ['SUBSTR', 's', '0', '-100'],
      ['SETRANGE', 's', '6', 'Redis'],
      ['GET', 's'],
      ['SETRANGE', 'gap', '5', 'x'],
      ['GET', 'gap'],
      ['SETRANGE', 'none', '5', ''],
      ['EXISTS', 'none'],
      ['SETRANGE', 's', '-1', 'x'],
      ['SETRANGE', 's', '536870912', 'x'],
      ['APPEND', 's', '!'],
      ['APPEND', 'new', 'x'],
      ['STRLEN', 's'],
      ['OBJECT', 'ENCODING', 's'],
      ['OBJECT', 'ENCODING', 'new'],
      ['LCS', 's', 'gap', 'IDX', 'LEN'],
    ))

  test('the longest common subsequence and where it is', async () => {
    await pair.same(['MSET', 'a', 'ohmytext', 'b', 'mynewtext'], ['LCS', 'a', 'b'], ['LCS', 'a', 'b', 'LEN'])
    await pair.same(['LCS', 'a', 'b', 'IDX'], ['LCS', 'a', 'b', 'IDX', 'MINMATCHLEN', '4', 'WITHMATCHLEN'])
    await pair.speak(3)
    await pair.same(['LCS', 'a', 'b', 'IDX', 'WITHMATCHLEN'])
  })

  test('several keys at once, and values that are taken away', () =>
    pair.same(
      ['MSET', 'a', '1', 'b', '2'],
      ['MSET', 'a', '1', 'b'],
      ['MSETNX', 'c', '3', 'a', '9'],
      ['MSETNX', 'c', '3', 'd', '9'],
      ['MGET', 'a', 'b', 'c', 'd', 'e'],
      ['GETSET', 'a', 'x'],
      ['GETDEL', 'a'],
      ['GETDEL', 'a'],
      ['GETEX', 'b', 'EX', '100'],
      ['TTL', 'b'],
      ['GETEX', 'b', 'PERSIST'],
      ['TTL', 'b'],
      ['GETEX', 'b', 'EX', '1', 'PERSIST'],
      ['SETEX', 'b', '10', 'v'],
      ['SETEX', 'b', '0', 'v'],
      ['PSETEX', 'b', '10000', 'v'],
      ['SETNX', 'b', 'w'],
      ['GET'],
      ['GET', 'a', 'b'],
    ))

  test('encodings of strings', () =>
    pair.same(
      ...[
        '0',
        '12',
        '-5',
        '007',
        '9223372036854775807',
        '9223372036854775808',
        '1.5',
        'abc',
        '',
        'x'.repeat(44),
        'x'.repeat(45),
      ].flatMap((value) => [
        ['SET', 'e', value],
        ['OBJECT', 'ENCODING', 'e'],
      ]),
    ))
})
