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
    await pair.same(
      ['CONFIG', 'SET', 'slowlog-log-slower-than', '0'],
      ['ACL', 'GETUSER', 'nobody'],
      ['ACL', 'DELUSER', 'nobody', 'eve'],
      ['EVAL', "return redis.call('ping')", '0'],
      ['CONFIG', 'SET', 'slowlog-log-slower-than', '10000'],
    )
    const { ours, theirs } = await pair.replies(['SLOWLOG', 'GET', '-1'])
    const words = (reply = '') => [...reply.matchAll(/\r\n([^\r:$*]+)/g)].map((found) => found[1]).join(' ')
    const shown = (reply = '') => words(reply).replace(/\d+\.\d+\.\d+\.\d+:\d+/g, 'client')
    expect(shown(ours[0])).toEqual(shown(theirs[0]))
    expect(ours[0]).not.toContain('secret')
  })

  test('a command that waits is in the slow log once it is answered', async () => {
    const waiting = await pair.ours.connect()
    await pair.same(['CONFIG', 'SET', 'slowlog-log-slower-than', '0'], ['SLOWLOG', 'RESET'])
    waiting.write('BLPOP awaited 0\r\n')
    await eventually('it waits', async () =>
      /blocked_clients:1\r/.test((await pair.ours.talk.ask(['INFO', 'clients']))[0] ?? ''),
    )
    const logged = async () => (await pair.ours.talk.ask(['SLOWLOG', 'GET', '-1']))[0]?.match(/BLPOP/g)?.length ?? 0
    expect(await logged()).toBe(0)
    await pair.ours.talk.ask(['RPUSH', 'awaited', 'x'])
    await waiting.next()
    expect(await logged()).toBe(1)
    await pair.same(['CONFIG', 'SET', 'slowlog-log-slower-than', '10000'])
  })

  test('clients are described in the fields of the server', async () => {
    const { ours, theirs } = await pair.replies(['CLIENT', 'INFO'])
    const names = (reply = '') => [...reply.matchAll(/([a-z-]+)=/g)].map((found) => found[1])
    expect(names(ours[0])).toEqual(names(theirs[0]))
    await pair.same(
      ...['-1', '0', 'x', '9999999999999999999', '1000000'].map((age) => ['CLIENT', 'KILL', 'MAXAGE', age]),
    )
  })

  test.runIf(program === 'valkey-server')(
    'a client’s bytes and commands are counted as the server counts them',
    async () => {
      const counted = async () => {
        const { ours, theirs } = await pair.replies(['CLIENT', 'INFO'])
        return [ours[0], theirs[0]].map((reply = '') =>
          ['tot-net-in', 'tot-cmds'].map((name) => Number(new RegExp(`${name}=(\\d+)`).exec(reply)?.[1])),
        )
      }
      const before = await counted()
      await pair.same(
        ['EVAL', "redis.call('ping') return redis.call('echo', 'x')", '0'],
        ['MULTI'],
        ['SET', 'a', '1'],
        ['EXEC'],
      )
      const after = await counted()
      const [ours, theirs] = after.map((numbers, who) => numbers.map((number, i) => number - (before[who]?.[i] ?? 0)))
      expect(ours).toEqual(theirs)
    },
  )

  test('a client goes on waiting for a key that has expired before its turn', async () => {
    const talks = [await pair.ours.connect(), await pair.connectTheirs()]
    for (const talk of talks) talk.write('BLPOP l 0\r\n')
    await untilBothWait()
    await pair.same(
      ['DEBUG', 'SET-ACTIVE-EXPIRE', '0'],
      ['MULTI'],
      ['RPUSH', 'l', 'x'],
      ['PEXPIRE', 'l', '1'],
      ['DEBUG', 'SLEEP', '0.02'],
      ['EXEC'],
      ['DBSIZE'],
      ['SELECT', '1'],
      ['RPUSH', 'l', 'x'],
      ['PEXPIRE', 'l', '1'],
      ['SELECT', '0'],
      ['DEBUG', 'SLEEP', '0.02'],
      ['SWAPDB', '0', '1'],
      ['DBSIZE'],
      ['DEL', 'l'],
      ['RPUSH', 'l', 'y'],
      ['DEBUG', 'SET-ACTIVE-EXPIRE', '1'],
    )
    expect(await talks[0]?.next()).toEqual(await talks[1]?.next())
  })

  test('keys whose end is waited for are counted', async () => {
    const talks = [await pair.ours.connect(), await pair.connectTheirs()]
    await pair.same(['XGROUP', 'CREATE', 'x', 'g', '$', 'MKSTREAM'])
    for (const talk of talks) talk.write('XREADGROUP GROUP g c BLOCK 0 STREAMS x >\r\n')
    await untilBothWait()
    const { ours, theirs } = await pair.replies(['INFO', 'clients'])
    const lines = (reply = '') => reply.match(/total_blocking\S*/g)
    expect(lines(ours[0])).toEqual(lines(theirs[0]))
    await pair.same(['DEL', 'x'])
    expect(await talks[0]?.next()).toEqual(await talks[1]?.next())
  })

  test('what is set to expire in the past is as little there as with the server', () =>
    pair.same(
      ['DEBUG', 'SET-ACTIVE-EXPIRE', '0'],
      ...[[], ['NX'], ['GET'], ['XX'], ['KEEPTTL']].flatMap((options) => [
        ['SET', 'a', 'old'],
        ['SET', 'a', 'new', 'PXAT', '1', ...options.filter((each) => each !== 'KEEPTTL')],
        ['DBSIZE'],
        ['GET', 'a'],
        ['SET', 'b', 'new', 'EXAT', '1', ...options],
        ['DBSIZE'],
        ['GET', 'b'],
      ]),
      ['DEBUG', 'SET-ACTIVE-EXPIRE', '1'],
    ))

  test('an element too large for a node makes its list a large one', async () => {
    const large = 'x'.repeat(8192)
    const encoding = ['OBJECT', 'ENCODING', 'l']
    await pair.same(
      ...[
        [['RPUSH', 'l', large]],
        [
          ['RPUSH', 'l', 'a'],
          ['LSET', 'l', '0', large],
        ],
        [['RPUSH', 'l', 'a', 'b', large], ['LTRIM', 'l', '2', '2'], encoding, ['LPOP', 'l']],
        [
          ['RPUSH', 'l', 'a', large],
          ['RPOP', 'l'],
        ],
        [
          ['RPUSH', 'm', large],
          ['LMOVE', 'm', 'l', 'LEFT', 'LEFT'],
        ],
      ].flatMap((commands) => [...commands, encoding, ['DEL', 'l']]),
    )
    const sized = (size: string) => ['CONFIG', 'SET', 'list-max-listpack-size', size]
    await pair.same(
      sized('3'),
      ...[
        [
          ['RPUSH', 'l', 'a', 'b', 'c'],
          ['LSET', 'l', '0', 'd'],
        ],
        [
          ['RPUSH', 'l', 'a', 'b', 'c'],
          ['LINSERT', 'l', 'AFTER', 'none', 'd'],
        ],
        [
          ['RPUSH', 'l', 'a', 'b'],
          ['LSET', 'l', '0', 'd'],
        ],
        [sized('0'), ['RPUSH', 'l', 'a'], ['LSET', 'l', '0', 'd']],
        [sized('-10'), ['RPUSH', 'l', 'x'.repeat(60_000)]],
        [['RPUSH', 'l', 'x'.repeat(70_000)]],
        [sized('-2')],
      ].flatMap((commands) => [...commands, encoding, ['DEL', 'l']]),
    )
    await pair.same(['CONFIG', 'SET', 'list-compress-depth', '2'], ['RPUSH', 'l', 'a', large])
    const { ours, theirs } = await pair.replies(['DEBUG', 'OBJECT', 'l'])
    const nodes = (reply = '') => reply.match(/ql_(?:listpack_max|compressed):\S+/g)
    expect(nodes(ours[0])).toEqual(nodes(theirs[0]))
    await pair.same(['CONFIG', 'SET', 'list-compress-depth', '0'])
  })

  test('changes are counted as the server counts them', async () => {
    for (const command of CHANGES) {
      const words = command.split(' ')
      const before = await changesOf(pair)
      await pair.same(words)
      const after = await changesOf(pair)
      expect(`${command}: ${after.map((count, who) => count - (before[who] ?? 0))}`).toMatch(/: (\d+),\1$/)
    }
  })

  test.runIf(program === 'valkey-server')('Valkey calls itself redis where it is told to', async () => {
    await pair.same(['CONFIG', 'SET', 'extended-redis-compatibility', 'yes'])
    const { ours, theirs } = await pair.replies(['INFO', 'server'])
    const mode = (reply = '') => reply.match(/\w+_mode:\w+/g)
    expect(mode(ours[0])).toEqual(mode(theirs[0]))
    await pair.same(['CONFIG', 'SET', 'extended-redis-compatibility', 'no'])
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

/** What either of the two counts as changed since it last saved. */
async function changesOf(pair: Pair): Promise<number[]> {
  const { ours, theirs } = await pair.replies(['INFO', 'persistence'])
  return [...ours, ...theirs].map((reply) => Number(/rdb_changes_since_last_save:(\d+)/.exec(reply)?.[1]))
}

const CHANGES = [
  'RPUSH l a b c d e f',
  'LTRIM l 1 9',
  'LTRIM l 0 -1',
  'LMOVE l m LEFT RIGHT',
  'RPOPLPUSH l l',
  'LREM l 0 none',
  'RPOP l 2',
  'LMPOP 1 l LEFT COUNT 2',
  'SADD s a b c d',
  'SREM s a none b',
  'SMOVE s t c',
  'SPOP s 9',
  'ZADD z 1 a 2 b 3 c 4 d 5 e',
  'ZREM z a none b',
  'ZPOPMIN z 2',
  'HSET h a 1 b 2',
  'HDEL h a b c',
  'GEOADD g 13 38 p 15 37 c',
  'GEOSEARCHSTORE near g FROMLONLAT 15 37 BYRADIUS 900 km',
  'XADD x 1-1 f v',
  'XADD x 1-2 f v',
  'XDEL x 1-1 1-2',
  'SORT m STORE n',
  'FLUSHALL',
]
