import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'
import { unordered } from './support/unordered.ts'

describe.each(PROGRAMS.filter(({ installed }) => installed))('sets answer as those of $program', ({ program }) => {
  const atEnd = afterTests()
  const engine = program === 'valkey-server' ? 'valkey' : 'redis'
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(atEnd, {
      engine,
      config: [
        'set-max-intset-entries 4',
        ...(engine === 'valkey' ? ['set-max-listpack-entries 4', 'set-max-listpack-value 8'] : []),
      ],
    })
  })
  beforeEach(() => pair.reset())

  const key = fc.constantFrom('a', 'b', 'c')
  const member = fc.constantFrom('1', '-5', '300', '12', '7', 'x', 'y', 'long enough', '9223372036854775807', '')
  const members = fc.array(member, { minLength: 1, maxLength: 3 })
  const command = fc.oneof(
    { arbitrary: fc.tuple(fc.constant('SADD'), key, members), weight: 5 },
    fc.tuple(fc.constantFrom('SREM', 'SMISMEMBER'), key, members),
    fc.tuple(fc.constant('SISMEMBER'), key, member),
    fc.tuple(fc.constant('SMOVE'), key, key, member),
    fc.tuple(fc.constantFrom('SINTER', 'SUNION', 'SDIFF'), key, key, key),
    fc.tuple(fc.constantFrom('SINTERSTORE', 'SUNIONSTORE', 'SDIFFSTORE'), key, key, key),
    fc.tuple(fc.constant('SINTERCARD'), fc.constant('2'), key, key, fc.constant('LIMIT'), fc.constantFrom('0', '1')),
    fc.tuple(fc.constantFrom('SPOP', 'SRANDMEMBER'), key, fc.constantFrom('0', '30')),
  )

  test('a member that both sets have changes the one it leaves only', () =>
    pair.same(
      ['SADD', 'a', '1', '2'],
      ['SADD', 'b', '1'],
      ['WATCH', 'b'],
      ['SMOVE', 'a', 'b', '1'],
      ['MULTI'],
      ['SCARD', 'b'],
      ['EXEC'],
    ))

  test('whatever is done to them, by RESP2 and RESP3', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(2 as const, 3 as const),
        fc.array(command, { minLength: 5, maxLength: 40 }),
        async (resp, commands) => {
          await pair.speak(resp)
          const looks = ['a', 'b', 'c'].flatMap((name) => [
            ['SCARD', name],
            ['SMEMBERS', name],
            ['OBJECT', 'ENCODING', name],
          ])
          const { ours, theirs } = await pair.replies(...commands.flatMap((words) => [words.flat(), ...looks]))
          expect(ours.map(unordered)).toEqual(theirs.map(unordered))
          await pair.replies(['FLUSHALL'])
        },
      ),
      { numRuns: 60 },
    ))

  test('numbers are shown in their order', () =>
    pair.same(['SADD', 'n', '5', '-3', '12'], ['SADD', 'n', '-20'], ['SMEMBERS', 'n']))

  test.each([3, 60])('chosen at random, and shown in parts: %i members', async (size) => {
    const all = Array.from({ length: size }, (_, i) => `m${i}`)
    await pair.same(['SADD', 'k', ...all])
    const { talk } = pair.ours
    const chosen = async (...words: string[]) => (await talk.ask(words))[0]?.match(/m\d+/g) ?? []
    for (const count of [1, 2, size - 1]) {
      expect(new Set(await chosen('SRANDMEMBER', 'k', String(count))).size).toBe(count)
    }
    expect(await chosen('SRANDMEMBER', 'k', '-50')).toHaveLength(50)
    const seen = new Set<string>()
    for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
      const [reply = ''] = await talk.ask(['SSCAN', 'k', cursor, 'COUNT', '3'])
      cursor = /\$\d+\r\n(\d+)\r\n/.exec(reply)?.[1] ?? '0'
      for (const name of reply.match(/m\d+/g) ?? []) seen.add(name)
    }
    expect(seen.size).toBe(size)
    const popped = [...(await chosen('SPOP', 'k')), ...(await chosen('SPOP', 'k', '1'))]
    expect(new Set(popped).size).toBe(2)
    expect(await chosen('SMEMBERS', 'k')).toHaveLength(size - 2)
  })

  test('words that make no sense', () =>
    pair.same(
      ['SET', 's', 'v'],
      ['SADD', 's', 'x'],
      ['SADD', 'a', 'x'],
      ['SINTER', 'none', 's'],
      ['SUNION', 'a', 's'],
      ['SMOVE', 'none', 's', 'x'],
      ['SMOVE', 'a', 's', 'x'],
      ['SMOVE', 's', 'a', 'x'],
      ['SMOVE', 'a', 'a', 'x'],
      ['SPOP', 'a', '-1'],
      ['SPOP', 'a', 'x'],
      ['SPOP', 'a', '1', '1'],
      ['SPOP', 'none'],
      ['SPOP', 'none', '1'],
      ['SRANDMEMBER', 'a', 'x'],
      ['SRANDMEMBER', 'a', '1', '1'],
      ['SRANDMEMBER', 'none', '1'],
      ['SINTERCARD', '0', 'a'],
      ['SINTERCARD', 'x', 'a'],
      ['SINTERCARD', '2', 'a'],
      ['SINTERCARD', '1', 'a', 'LIMIT'],
      ['SINTERCARD', '1', 'a', 'LIMIT', '-1'],
      ['SINTERCARD', '1', 'a', 'FOO', '1'],
      ['SSCAN', 's', '0'],
      ['SDIFFSTORE', 's', 'none'],
      ['EXISTS', 's'],
    ))
})
