import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { eventually } from '../support/eventually.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'

/** What the servers' own suites look at and random conversations do not come by. */
describe.each(PROGRAMS.filter(({ installed }) => installed))('at the edges of $program', ({ program }) => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(atEnd, { engine: program === 'valkey-server' ? 'valkey' : 'redis' })
  })
  beforeEach(() => pair.reset())

  const untilBothWait = () =>
    eventually('a client of each waits', async () => {
      const { ours, theirs } = await pair.replies(['INFO', 'clients'])
      return [...ours, ...theirs].every((reply) => reply.includes('blocked_clients:1\r'))
    })

  test('counts of random members have an opposite, and room for pairs', async () => {
    await pair.same(['SADD', 's', 'a'], ['HSET', 'h', 'a', '1'], ['ZADD', 'z', '1', 'a'], ['RPUSH', 'l', 'a'])
    await pair.same(
      ...['-9223372036854775808', '9223372036854775807', '9223372036854775808', 'x'].flatMap((count) => [
        ['SRANDMEMBER', 's', count],
        ['HRANDFIELD', 'h', count],
        ['ZRANDMEMBER', 'z', count],
        ['HRANDFIELD', 'h', count, 'WITHVALUES'],
        ['ZRANDMEMBER', 'z', count, 'WITHSCORES'],
        ['LPOS', 'l', 'a', 'RANK', count],
      ]),
      ['HRANDFIELD', 'h', '-9223372036854770000', 'WITHVALUES'],
      ['ZRANDMEMBER', 'z', '-9223372036854770000', 'WITHSCORES'],
    )
  })

  test('what is skipped of replies, and what is not', () =>
    pair.sameBytes(
      [
        'CLIENT REPLY SKIP',
        'CLIENT REPLY ON',
        'CLIENT REPLY SKIP',
        'CLIENT REPLY SKIP',
        'ECHO skipped',
        'ECHO heard',
        'CLIENT REPLY SKIP',
        'RESET',
        'ECHO again',
        'CLIENT REPLY OFF',
        'ECHO nothing',
        'RESET',
        'PING',
        '',
      ].join('\r\n'),
      5,
    ))

  test('a pattern of a thousand stars is the longest that finds anything', () =>
    pair.same(
      ['SET', 'a'.repeat(3000), '1'],
      ...[1000, 1001].flatMap((stars) => ['', '**'].map((end) => ['KEYS', '*?'.repeat(stars) + end])),
    ))

  test('a command that waited is counted once, whatever came of it', async () => {
    const calls = async () => {
      const { ours, theirs } = await pair.replies(['INFO', 'commandstats'])
      const counted = (reply = '') =>
        [...reply.matchAll(/cmdstat_(blpop|xreadgroup):(calls=\d+).*?(failed_calls=\d+)/g)].map((found) =>
          found.slice(1).join(' '),
        )
      expect(counted(ours[0])).toEqual(counted(theirs[0]))
      return counted(ours[0])
    }
    await pair.replies(['CONFIG', 'RESETSTAT'])
    await pair.same(['XGROUP', 'CREATE', 'x', 'g', '$', 'MKSTREAM'])
    const theirs = await pair.connectTheirs()
    const waiting = [await pair.ours.connect(), theirs]
    for (const talk of waiting) {
      talk.write('BLPOP l 0\r\nXREADGROUP GROUP g c BLOCK 0 STREAMS x >\r\n')
    }
    await untilBothWait()
    await pair.same(['RPUSH', 'l', 'a'])
    for (const talk of waiting) await talk.next()
    await untilBothWait()
    await pair.same(['XGROUP', 'DESTROY', 'x', 'g'])
    for (const talk of waiting) await talk.next()
    expect(await calls()).toHaveLength(2)
    await pair.same(['BLPOP', 'l', '0.001'])
    await calls()
  })

  test('scripts don’t wait, and run what they may not once that is allowed', () =>
    pair.same(
      ['EVAL', "return redis.pcall('xread', 'BLOCK', '0', 'STREAMS', 's', '$')", '1', 's'],
      ['EVAL', "return redis.pcall('debug', 'sleep', '0')", '0'],
      ['DEBUG', 'SET-DISABLE-DENY-SCRIPTS', '1'],
      ['EVAL', "return redis.pcall('debug', 'sleep', '0')", '0'],
      ['DEBUG', 'SET-DISABLE-DENY-SCRIPTS', '0'],
    ))
})
