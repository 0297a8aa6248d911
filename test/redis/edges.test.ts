import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../src/redis/keyspace/database.ts'
import { Arena } from '../../src/redis/memory/arena.ts'
import { ChainTable, HASH } from '../../src/redis/memory/chain-table.ts'
import { Propagation } from '../../src/redis/propagation.ts'
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

  test('DEBUG POPULATE makes the keys that a server makes', async () => {
    const made = ['key:0', 'key:2', 'key:11999', 'p:1', 'q:1', 'z:0']
    await pair.same(
      ['SET', 'key:2', 'mine'],
      ['DEBUG', 'POPULATE', '12000'],
      ['DEBUG', 'POPULATE', '2', 'p', '3'],
      ['DEBUG', 'POPULATE', '2', 'q', '100'],
      ['DEBUG', 'POPULATE', '1', 'z', '0'],
      ['DEBUG', 'POPULATE', '1', 'long'.repeat(60)],
      ['DEBUG', 'POPULATE', '0'],
      ...[[], ['x'], ['-1'], ['1', 'z', '-3'], ['1', 'z', 'x'], ['1', 'z', '1', '1']].map((words) => [
        'DEBUG',
        'POPULATE',
        ...words,
      ]),
      ['MULTI'],
      ['DEBUG', 'POPULATE', '6000', 'm'],
      ['EXEC'],
      ['DBSIZE'],
      ['DEBUG', 'DIGEST-VALUE', ...made],
      ['DEBUG', 'DIGEST'],
      ...made.flatMap((key) => [
        ['GET', key],
        ['OBJECT', 'ENCODING', key],
      ]),
    )
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

  test('subscriptions and their messages are heard where replies are off', async () => {
    await pair.speak(3)
    const commands = ['CLIENT REPLY OFF', 'SUBSCRIBE a b', 'SUBSCRIBE', 'PING', 'UNSUBSCRIBE a']
    await pair.sameBytes(commands.map((line) => `${line}\r\n`).join(''), 3)
  })

  test('a pattern of a thousand stars is the longest that finds anything', () =>
    pair.same(
      ['SET', 'a'.repeat(3000), '1'],
      ...[1000, 1001].flatMap((stars) => ['', '**'].map((end) => ['KEYS', '*?'.repeat(stars) + end])),
    ))

  test('a command that waited is counted once, whatever came of it', async () => {
    const calls = async () => {
      const { ours, theirs } = await pair.replies(['INFO', 'commandstats'])
      const counted = (reply = '') =>
        [...reply.matchAll(/cmdstat_(blpop|xreadgroup):(calls=\d+).*?(failed_calls=\d+)/g)]
          .map((found) => found.slice(1).join(' '))
          .sort()
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

  test('a watched key that had expired is none, whatever its database becomes', async () => {
    const stale = (...after: readonly string[][]) => [
      ['FLUSHALL'],
      ['DEBUG', 'SET-ACTIVE-EXPIRE', '0'],
      ['SET', 'x', 'v', 'PX', '1'],
      ['DEBUG', 'SLEEP', '0.01'],
      ...after,
      ['MULTI'],
      ['PING'],
      ['EXEC'],
      ['DEBUG', 'SET-ACTIVE-EXPIRE', '1'],
      ['SELECT', '0'],
    ]
    await pair.same(
      ...stale(['WATCH', 'x'], ['FLUSHDB']),
      ...stale(['WATCH', 'x'], ['SWAPDB', '0', '1']),
      ...stale(['SELECT', '1'], ['WATCH', 'x'], ['SWAPDB', '0', '1']),
      ...stale(['SELECT', '1'], ['SET', 'x', 'w'], ['SELECT', '0'], ['WATCH', 'x'], ['SWAPDB', '0', '1']),
      ...stale(['WATCH', 'x'], ['FLUSHDB'], ['SET', 'x', 'w']),
    )
  })

  test('commands that write to replicas only are held by a pause of writes', async () => {
    await pair.same(['PFADD', 'p', 'a'], ['CLIENT', 'PAUSE', '100000', 'WRITE'])
    const waiting = [await pair.ours.connect(), await pair.connectTheirs()]
    for (const words of [
      ['PFCOUNT', 'p'],
      ['PUBLISH', 'c', 'm'],
      ['EVAL', 'return 1', '0'],
    ]) {
      for (const talk of waiting) talk.write(`${words.map((word) => `"${word}"`).join(' ')}\r\n`)
      await untilBothWait()
      await pair.same(['CLIENT', 'UNPAUSE'])
      const [ours, theirs] = await Promise.all(waiting.map((talk) => talk.next()))
      expect(ours).toBe(theirs)
      await pair.same(['CLIENT', 'PAUSE', '100000', 'WRITE'])
    }
    await pair.same(['CLIENT', 'UNPAUSE'])
  })

  test('what a monitor is shown comes in the order in which it happened', async () => {
    const shown = await Promise.all(
      [await pair.ours.connect(), await pair.connectTheirs()].map(async (talk) => {
        await talk.ask(['MONITOR'])
        return talk
      }),
    )
    const commands = [
      ['EVAL', "return redis.call('set', KEYS[1], '1')", '1', 'k'],
      ['MULTI'],
      ['SET', 'k', '2'],
      ['EXEC'],
    ]
    await pair.replies(...commands, ['ECHO', 'end'])
    const [ours, theirs] = await Promise.all(
      shown.map(async (talk) => {
        const lines: string[] = []
        while (!lines.at(-1)?.includes('"end"')) lines.push((await talk.next()).replace(/^\+\S+ \[0 \S+\]/, ''))
        return lines
      }),
    )
    expect(ours).toEqual(theirs)
  })

  test('a script’s own change is not told to a client that asks for no loop', async () => {
    await pair.speak(3)
    await pair.same(
      ['CLIENT', 'TRACKING', 'ON', 'NOLOOP'],
      ['SET', 'k', '1'],
      ['GET', 'k'],
      ['EVAL', "return redis.call('set', KEYS[1], '2')", '1', 'k'],
      ['GET', 'k'],
      ['CLIENT', 'TRACKING', 'OFF'],
    )
  })

  test('what is wrong is said in the order in which the server looks', () =>
    pair.same(
      ['MOVE', 'a', '4294967296'],
      ['COPY', 'a', 'b', 'DB', '-2147483649'],
      ['SELECT', '2147483648'],
      ['SELECT', '2147483647'],
      ['SELECT', 'x'],
      ['EXPIRE', 'a', 'x', 'NOSUCH'],
      ['LMPOP', '1', 'l', 'LEFT', 'COUNT', '-1', 'x'],
      ['LREM', 'l', '-9223372036854775808', 'x'],
      ['XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 'a', 'b', '1'],
      ['XREAD', 'STREAMS', 'x', '+'],
      ['XADD', 'x', '1-1', 'f', 'v'],
      ['XREAD', 'STREAMS', 'x', '+'],
      ['BLMOVE', 'l', 'm', 'LEFT', 'LEFT', '0.001'],
      ['MULTI'],
      ['BLMOVE', 'l', 'm', 'LEFT', 'LEFT', '0.001'],
      ['EXEC'],
    ))

  test('secrets are kept out of the slow log and from monitors', async () => {
    await pair.same(['CONFIG', 'SET', 'slowlog-log-slower-than', '0'], ['SLOWLOG', 'RESET'])
    await pair.same(
      ['ACL', 'SETUSER', 'eve', 'on', '>secret'],
      ['CONFIG', 'SET', 'maxmemory', '0', 'masterauth', 'secret'],
      ['CONFIG', 'SET', 'masterauth', ''],
      ['CONFIG', 'SET', 'slowlog-log-slower-than', '10000'],
      ['ACL', 'DELUSER', 'eve'],
    )
    const { ours, theirs } = await pair.replies(['SLOWLOG', 'GET', '-1'])
    const words = (reply = '') => [...reply.matchAll(/\r\n([^\r:$*]+)/g)].map((found) => found[1]).join(' ')
    const shown = (reply = '') => words(reply).replace(/\d+\.\d+\.\d+\.\d+:\d+/g, 'client')
    expect(shown(ours[0])).toEqual(shown(theirs[0]))
    expect(ours[0]).not.toContain('secret')
  })

  test('keys that scripts read are remembered for clients that track them', async () => {
    const heard = await Promise.all(
      [await pair.ours.connect(), await pair.connectTheirs()].map(async (talk) => {
        await talk.ask(['HELLO', '3'], ['CLIENT', 'TRACKING', 'ON'])
        await talk.ask(['EVAL', "redis.call('set', KEYS[1], '1')", '2', 'a', 'b'])
        await talk.ask(['SET', 'a', '2'])
        await talk.ask(['EVAL', "redis.call('get', KEYS[1])", '2', 'a', 'b'])
        await talk.ask(['EVAL_RO', "redis.call('ping')", '1', 'c'])
        talk.write('SET b 3\r\nSET a 3\r\nSET c 3\r\nECHO end\r\n')
        const replies: string[] = []
        while (!replies.at(-1)?.includes('end')) replies.push(await talk.next())
        return replies
      }),
    )
    expect(heard[0]).toEqual(heard[1])
  })

  test('scripts and libraries are refused in the words of the server', () =>
    pair.same(
      ...["redis.register_function('a')", 'redis.register_function()', "redis.register_function('a', 1)"].map(
        (body) => ['FUNCTION', 'LOAD', `#!lua name=l\n${body}`],
      ),
      ...[
        'redis.pcall({})',
        'redis.pcall()',
        "redis.acl_check_cmd('nosuch')",
        'redis.set_repl()',
        'redis.log(9, "x")',
      ].map((body) => ['EVAL', `return ${body}`, '0']),
    ))

  test('scans take the options that the server knows', () =>
    pair.same(
      ['HSET', 'h', 'f', 'v', 'g', 'w'],
      ['ZADD', 'z', '1', 'a', '2', 'b'],
      ['SADD', 's', 'a'],
      ['HSCAN', 'h', '0', 'NOVALUES'],
      ['ZSCAN', 'z', '0', 'NOSCORES', 'MATCH', 'a'],
      ['SSCAN', 's', '0', 'NOVALUES'],
      ['SCAN', '0', 'NOVALUES'],
      ['SCAN', '0', 'TYPE', 'nosuch'],
      ['SCAN', '0', 'COUNT'],
    ))

  test('every container helps in the words of the server', () =>
    pair.same(
      ...'acl client command config function latency memory module object pubsub script slowlog xgroup xinfo'
        .split(' ')
        .map((container) => [container, 'HELP']),
    ))

  test('a client hears of a key that was evicted before the reply of the command that it made room for', async () => {
    await pair.speak(3)
    await pair.same(
      ['CLIENT', 'TRACKING', 'ON'],
      ['SET', 'v', 'x', 'EX', '10000'],
      ['GET', 'v'],
      ['CONFIG', 'SET', 'maxmemory-policy', 'volatile-random', 'maxmemory', '1'],
      ['GETBIT', 'b', '0'],
      ['CONFIG', 'SET', 'maxmemory', '0'],
      ['PING'],
      ['CLIENT', 'TRACKING', 'OFF'],
    )
  })

  test('commands and directives are found by their names', () =>
    pair.same(
      ['COMMAND', 'GETKEYSANDFLAGS', 'SORT', 'a', 'STORE', 'b'],
      ['COMMAND', 'INFO', 'config|get|key'],
      ['COMMAND', 'LIST', 'FILTERBY', 'PATTERN', 'config|rew*'],
      ['CONFIG', 'GET', 'key-load-delay'],
      ['CONFIG', 'GET', 'key-load-dela?'],
      ['CONFIG', 'SET', 'maxmemory-clients', '101%'],
    ))
})

test.each(['redis', 'valkey'] as const)(
  'what %s tells replicas at once is one transaction, unless it was come by',
  (engine) => {
    const told: string[] = []
    const propagation = new Propagation({ engine, version: '8.0.1' })
    propagation.feed = {
      all: (commands) => told.push(commands.map(({ db, words }) => `${db} ${words.join(' ')}`).join(', ')),
      one: () => undefined,
    }
    const change = () => {
      propagation.also({ id: 1 } as Database, 'DEL', 'a') // all that is asked of it
      propagation.also({ id: 2 } as Database, 'DEL', 'b') // as above
    }
    change()
    propagation.flush()
    change()
    propagation.flush(false)
    const [begin, end] = engine === 'redis' ? [1, 2] : [-1, -1]
    expect(told).toEqual([`${begin} MULTI, 1 DEL a, 2 DEL b, ${end} EXEC`, '1 DEL a, 2 DEL b'])
  },
)

test('members of long chains are drawn as often as others', () => {
  const arena = new Arena()
  const table = new ChainTable(arena, { lengthWord: 2, keyAt: 12 })
  // All of a bucket, and others that are alone.
  const members = Array.from({ length: 12 }, (_, i) => {
    const member = arena.allocate(16)
    arena.setWord(member, HASH, i < 4 ? 64 * i : i)
    arena.setWord(member, 2, 1)
    table.insert(member)
    return member
  })
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const drawn = new Map<number, number>()
  for (let i = 0; i < 12_000; i++) {
    const member = table.random(random)
    drawn.set(member, (drawn.get(member) ?? 0) + 1)
  }
  for (const member of members) expect(drawn.get(member)).toBeGreaterThan(700)
})
