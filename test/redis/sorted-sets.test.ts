import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { commandsOf } from './support/grammar.ts'
import { GRAMMARS } from './support/grammars.ts'
import { type Pair, startPair } from './support/pair.ts'
import { Talk } from './support/talk.ts'
import { unordered } from './support/unordered.ts'

describe.each(PROGRAMS.filter(({ installed }) => installed))(
  'sorted sets answer as those of $program',
  ({ program }) => {
    const atEnd = afterTests()
    const engine = program === 'valkey-server' ? 'valkey' : 'redis'
    let pair: Pair
    beforeAll(async () => {
      pair = await startPair(atEnd, { engine, config: ['zset-max-listpack-entries 4'] })
    })
    beforeEach(() => pair.reset())

    const command = fc.oneof(...(GRAMMARS['sorted-sets'] ?? []).map(commandsOf))

    test('whatever is done to them, by RESP2 and RESP3', () =>
      fc.assert(
        fc.asyncProperty(
          fc.constantFrom(2 as const, 3 as const),
          fc.array(command, { minLength: 20, maxLength: 120 }),
          async (resp, commands) => {
            await pair.speak(resp)
            await pair.same(...commands)
            await pair.replies(['FLUSHALL'])
          },
        ),
        { numRuns: 60 },
      ))

    test('ranks and ranges of a large one, whose members come and go in any order', async () => {
      const member = fc.integer({ min: 0, max: 800 }).map((id) => `m${id}`)
      const score = fc.integer({ min: 0, max: 60 }).map(String)
      const [first = []] = fc.sample(fc.array(fc.tuple(score, member), { minLength: 900, maxLength: 900 }), 1)
      await pair.replies(['ZADD', 'k', ...first.flat()])
      const change = fc.oneof(
        fc.tuple(fc.constant('ZADD'), fc.constant('k'), score, member),
        fc.tuple(fc.constant('ZREM'), fc.constant('k'), member),
        fc.tuple(fc.constantFrom('ZRANK', 'ZREVRANK', 'ZSCORE'), fc.constant('k'), member),
        fc.tuple(fc.constantFrom('ZCOUNT', 'ZRANGEBYSCORE'), fc.constant('k'), score, score),
        fc.tuple(fc.constantFrom('ZRANGE', 'ZREVRANGE'), fc.constant('k'), score, score),
      )
      await pair.same(...fc.sample(change, 600))
      await pair.same(['COPY', 'k', 'l'], ['ZREMRANGEBYSCORE', 'k', '10', '(30'], ['ZREMRANGEBYRANK', 'k', '5', '50'])
      await pair.same(['ZRANGE', 'k', '0', '-1', 'WITHSCORES'], ['ZREVRANGE', 'l', '0', '-1', 'WITHSCORES'])
    })

    test.each([3, 60])('chosen at random, and shown in parts: %i members', async (size) => {
      await pair.same(['ZADD', 'k', ...Array.from({ length: size }, (_, i) => [`${i / 10}`, `m${i}`]).flat()])
      for (const command of [
        ['ZRANDMEMBER', 'k', String(size + 5), 'WITHSCORES'],
        ['ZSCAN', 'k', '0', 'COUNT', '1000', 'MATCH', 'm1*'],
      ]) {
        for (const resp of [2, 3] as const) {
          await pair.speak(resp)
          const { ours, theirs } = await pair.replies(command)
          expect(ours.map(unordered)).toEqual(theirs.map(unordered))
        }
      }
      const { talk } = pair.ours
      const chosen = async (...words: string[]) =>
        (await talk.ask(['ZRANDMEMBER', 'k', ...words]))[0]?.match(/m\d+/g) ?? []
      for (const count of [1, 2, size - 1]) expect(new Set(await chosen(String(count))).size).toBe(count)
      expect(await chosen('-50', 'WITHSCORES')).toHaveLength(50)
      const seen = new Set<string>()
      for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
        const [reply = ''] = await talk.ask(['ZSCAN', 'k', cursor, 'COUNT', '3'])
        cursor = /\$\d+\r\n(\d+)\r\n/.exec(reply)?.[1] ?? '0'
        for (const name of reply.match(/m\d+/g) ?? []) seen.add(name)
      }
      expect(seen.size).toBe(size)
    })

    test('words that make no sense', () =>
      pair.same(
        ['SET', 's', 'v'],
        ['ZADD', 's', '1', 'x'],
        ['ZADD', 'z', '1', 'x', '2', 'y'],
        ['ZADD', 'z', '1'],
        ['ZADD', 'z', 'NX'],
        ['ZADD', 'z', 'NX', 'XX', '1', 'x'],
        ['ZADD', 'z', 'NX', 'GT', '1', 'x'],
        ['ZADD', 'z', 'LT', 'GT', '1', 'x'],
        ['ZADD', 'z', 'INCR', '1', 'x', '1', 'y'],
        ['ZADD', 'z', '1', 'v', 'nan', 'w'],
        ['ZADD', 'z', 'inf', 'i'],
        ['ZINCRBY', 'z', '-inf', 'i'],
        ['ZINCRBY', 'z', 'x', 'i'],
        ['ZRANK', 'z', 'x', 'WITHSCORE'],
        ['ZRANK', 'none', 'x', 'WITHSCORE'],
        ['ZREVRANK', 'z', 'x', 'WITH'],
        ['ZRANK', 'z', 'x', 'WITHSCORE', 'x'],
        ['ZRANGE', 'z', 'x', '1'],
        ['ZRANGE', 's', 'x', '1'],
        ['ZRANGE', 's', '0', '1'],
        ['ZRANGE', 'z', '0', '1', 'LIMIT', '0', '1'],
        ['ZRANGE', 'z', '-', '+', 'BYLEX', 'WITHSCORES'],
        ['ZRANGE', 'z', 'a', '+', 'BYLEX'],
        ['ZRANGE', 'z', '0', '1', 'BYSCORE', 'BYLEX'],
        ['ZRANGE', 'z', '0', '1', 'BYSCORE', 'LIMIT', '0'],
        ['ZRANGE', 'z', '0', '1', 'BYSCORE', 'LIMIT', 'x', '0'],
        ['ZREVRANGE', 'z', '0', '1', 'REV'],
        ['ZRANGEBYSCORE', 'z', '(x', '1'],
        ['ZRANGESTORE', 'd', 'z', '0', '1', 'WITHSCORES'],
        ['ZRANGESTORE', 'd', 's', '0', '1'],
        ['ZRANGESTORE', 's', 'none', '0', '1'],
        ['EXISTS', 's'],
        ['SET', 's', 'v'],
        ['ZUNION', '0', 'z'],
        ['ZUNIONSTORE', 'd', 'x', 'z'],
        ['ZUNION', '2', 'z'],
        ['ZUNION', '2', 'z', 's'],
        ['ZUNION', '1', 'z', 'WEIGHTS'],
        ['ZUNION', '1', 'z', 'WEIGHTS', 'x'],
        ['ZUNION', '1', 'z', 'AGGREGATE', 'AVG'],
        ['ZUNIONSTORE', 'd', '1', 'z', 'WITHSCORES'],
        ['ZDIFF', '1', 'z', 'WEIGHTS', '1'],
        ['ZINTERCARD', '1', 'z', 'LIMIT', '-1'],
        ['ZINTERCARD', '1', 'z', 'WITHSCORES'],
        ['ZPOPMIN', 'z', '-1'],
        ['ZPOPMIN', 'z', '1', '1'],
        ['ZPOPMIN', 's', '0'],
        ['ZMPOP', '1', 'z', 'LEAST'],
        ['ZMPOP', '1', 'z', 'MIN', 'COUNT', '1', 'COUNT', '1'],
        ['ZMPOP', '1', 'none', 'MIN'],
        ['BZPOPMIN', 'z', 'x'],
        ['BZPOPMIN', 's', '1'],
        ['BZMPOP', '-1', '1', 'z', 'MIN'],
        ['ZRANDMEMBER', 'z', 'x'],
        ['ZRANDMEMBER', 'z', '1', 'WITH'],
        ['ZRANDMEMBER', 'z', '9223372036854775807', 'WITHSCORES'],
        ['ZRANDMEMBER', 'none'],
        ['ZSCAN', 's', '0'],
        ['ZLEXCOUNT', 'z', '+', ''],
      ))

    test('a client that waits is served by the one that adds, in order, and goes on waiting for another type', async () => {
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
        const one = await waits(first, 'BZPOPMAX', 'q', 'r', '0')
        const two = await waits(second, 'BZMPOP', '0', '2', 'r', 'q', 'MIN', 'COUNT', '2')
        const fed = await feeder.ask(
          ['SET', 'q', 'v'],
          ['DEL', 'q'],
          ['ZADD', 'q', '1', 'x', '2', 'y', '3', 'z', '4', 'a'],
        )
        return [fed, await one.reply, await two.reply, await feeder.ask(['ZRANGE', 'q', '0', '-1', 'WITHSCORES'])]
      }
      const [ours, theirs] = await Promise.all([served(pair.ours.port), served(pair.theirs.port)])
      for (const talk of talks) talk.end()
      expect(ours).toEqual(theirs)
    })
  },
)
