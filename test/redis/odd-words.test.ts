import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Command, encodeCommand } from '../../src/protocols/resp/encode.ts'
import { afterTests } from '../support/after-tests.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'
import type { Talk } from './support/talk.ts'

/** Words that no client means to send, and which of several faults a server names. */
describe.each(PROGRAMS.filter(({ installed }) => installed))('odd words for $program', ({ program }) => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(atEnd, { engine: program === 'valkey-server' ? 'valkey' : 'redis' })
  })
  beforeEach(() => pair.reset())

  const evaluated = (...bodies: readonly string[]) => bodies.map((body) => ['EVAL', body, '0'])

  test('a message repeats a word up to its first zero byte', async () => {
    await pair.same(
      ['XGROUP', 'CREATE', 'stream', 'group', '0', 'MKSTREAM'],
      ['XGROUP', 'SETID', 'stream', 'no\0such', '0'],
      ['XPENDING', 'stream', '\0'],
      ['XINFO', 'CONSUMERS', 'stream', 'no\0such'],
      ['no\0such', 'wo\0rd', 'word'],
      ['CONFIG', 'no\0such'],
      ['CONFIG', 'SET', 'no\0such', '1'],
      ['CLIENT', 'LIST', 'TYPE', 'no\0such'],
      ['ACL', 'CAT', 'no\0such'],
      ['ACL', 'SETUSER', 'someone', '+no\0such'],
      ['EXPIRE', 'key', '100', 'no\0such'],
      ['PFDEBUG', 'no\0such', 'key'],
      ['FUNCTION', 'LOAD', 'no\0such', 'body'],
      ['HELLO', '3', 'no\0such'],
    )
  })

  test('a cursor is a number of 64 bits, or what counts as one', async () => {
    const cursors = [
      '-1',
      '+1',
      '',
      ' 1',
      '-',
      '01',
      '1x',
      '0x1',
      '1\0x',
      '\v1',
      '-0',
      '-00',
      '- 1',
      '++1',
      '-9223372036854775808',
    ]
    cursors.push(
      '-9223372036854775809',
      '18446744073709551615',
      '18446744073709551616',
      '-18446744073709551615',
      '9'.repeat(30),
    )
    await pair.same(
      ['SADD', 'set', '1'],
      ...cursors.flatMap((cursor) => [
        ['SSCAN', 'set', cursor, 'COUNT', '10'],
        ['SSCAN', 'none', cursor, 'COUNT', '10'],
        ['SCAN', cursor, 'COUNT', '0'],
      ]),
      ['HSCAN', 'set', 'x'],
      ['HSCAN', 'set', '-1', 'COUNT', 'x'],
    )
  })

  test('times are refused beyond 64 bits, not before', async () => {
    const far = [
      '9223372036854775807',
      '9223372036854775',
      '9223372036854776',
      '9223372036854775808',
      '-9223372036854775808',
    ]
    far.push('-9223372036854776', '-9223372036854775', '9007199254740993')
    await pair.same(
      ...far.flatMap((time) => [
        ['SET', 'key', 'value'],
        ...['EXPIRE', 'PEXPIRE', 'EXPIREAT', 'PEXPIREAT'].map((name) => [name, 'key', time]),
        ...['EX', 'PX', 'EXAT', 'PXAT'].map((unit) => ['SET', 'key', 'value', unit, time]),
        ...['EX', 'PX', 'EXAT', 'PXAT'].map((unit) => ['GETEX', 'key', unit, time]),
        ['SETEX', 'key', time, 'value'],
        ['PSETEX', 'key', time, 'value'],
        ['EXISTS', 'key'],
      ]),
    )
  })

  test('fractions that are added have the range of 80 bits, scores that of 64', async () => {
    const numbers = [
      '1e400',
      '-1e400',
      '1e4932',
      '1e4933',
      '1e-400',
      '1e-4951',
      '1e-5000',
      '0e-9999',
      '0x1p16383',
      'inf',
      '-inf',
    ]
    await pair.same(
      ['ZADD', 'zset', '1', 'member'],
      ...numbers.flatMap((number) => [
        ['DEL', 'string', 'hash'],
        ['INCRBYFLOAT', 'string', number],
        ['INCRBYFLOAT', 'string', number],
        ['HINCRBYFLOAT', 'hash', 'field', number],
        ['HINCRBYFLOAT', 'hash', 'field', '1.5'],
        ['HSET', 'hash', 'other', number],
        ['HINCRBYFLOAT', 'hash', 'other', '1'],
        ['ZADD', 'zset', number, 'other'],
        ['ZINCRBY', 'zset', number, 'member'],
        ['ZRANGEBYSCORE', 'zset', '-inf', number],
      ]),
      ['ZRANGEBYSCORE', 'zset', '\0', '(9\0x'],
      ['ZCOUNT', 'zset', ' ', '1'],
    )
  })

  test('of several faults the one is named that a server sees first', async () => {
    await pair.same(
      ['SET', 'string', 'value'],
      ['ACL', 'CAT', 'x'.repeat(200)],
      ['BITCOUNT', 'string', '0', 'x', 'y'],
      ['BITCOUNT', 'none', '0', 'x', 'y'],
      ['BITCOUNT', 'string', '0', '1', 'y'],
      ['XINFO', 'STREAM', 'string', 'x'],
      ['ACL', 'SETUSER', 'someone', '+get'],
      ['ACL', 'DRYRUN', 'someone', 'GET', 'a\0key'],
      ['ACL', 'DELUSER', 'someone'],
      ['SCRIPT', 'LOAD', '\0'],
      ['SCRIPT', 'LOAD', '\x01'],
      ['XGROUP', 'CREATE', 'stream', 'group', '0', 'MKSTREAM'],
      ['XAUTOCLAIM', 'stream', 'group', 'me', '0', '0', 'COUNT', '9007199254740993'],
      ['XAUTOCLAIM', 'stream', 'group', 'me', '0', '0', 'COUNT', '1000'],
      ['XINFO', 'STREAM', 'none', 'FULL', 'COUNT'],
      ['XINFO', 'STREAM', 'string', 'SHORT'],
      ['BLMPOP', '-1', '1', 'key', 'LEFT', 'COUNT', '0'],
      ['BLMPOP', 'x', '2', 'key', 'LEFT'],
      ['BZMPOP', 'x', '1', 'key', 'MIN', 'COUNT', '-1'],
      ['BZMPOP', 'x', '1', 'key', 'MIN'],
      ['RESTORE', 'key', '0', 'value', 'FREQ', 'x'],
      ['RESTORE', 'key', '0', 'value', 'FREQ', '256'],
      ['RESTORE', 'key', '0', 'value', 'IDLETIME', 'x'],
      ['RESTORE', 'key', '0', 'value', 'IDLETIME', '-1'],
      ...evaluated(
        'return math.fmod({}, "x")',
        'return math.ldexp(nil, {})',
        'return math.atan2("x")',
        'return math.pow({}, {})',
        'return rawget("x")',
        'return rawget({})',
        'return next(nil)',
        'return next()',
        'return table.concat(1, {})',
        'for i = nil, nil_ do end',
        'for i = nil, {}, {} do end',
        'for i = 1, nil, {} do end',
        'for i = 1, 2, {} do end',
        'return struct.unpack("!b", "", 3)',
        'return {struct.unpack(" ", "", -1)}',
        'return {struct.unpack("", "", -1)}',
        'return struct.unpack("b", "x", 0)',
      ),
    )
  })

  test('scripts that handle errors badly end as in the server', async () => {
    await pair.same(
      ...evaluated(
        'return {xpcall(1, 2)}',
        'return {xpcall(error)}',
        'return {tostring(xpcall(function() return 7 end, 2))}',
        'local ok, text = xpcall(error, 2) return {tostring(ok), text}',
        'local n = 0 local ok, text = xpcall(error, function() n = n + 1 if n < 3 then nil_() end return n end) return {n, text}',
        'local ok, text = xpcall(error, function() nil_() end) return {tostring(ok), text}',
        'return struct.size("a1?")',
        'return struct.size("a1yi")',
        'return {pcall((ipairs({1})))}',
        'return {pcall((ipairs({1})), {7, 8}, "1")}',
        'return {pcall((ipairs({1})), 7, 1)}',
      ),
    )
  })

  test('a collection has the encoding that is chosen by the words of its first command', async () => {
    const limits = ['hash-max-listpack-entries', 'zset-max-listpack-entries', 'set-max-intset-entries']
    if (program === 'valkey-server') limits.push('set-max-listpack-entries')
    const few = ['0', '1', '2']
    const numbers = [['1'], ['1', '1'], ['1', '1', '1'], ['1', 'a'], ['a', '1'], ['1', '2', '3'], ['a', 'a', 'a']]
    const conversations = [
      ...numbers.flatMap((words) => [
        [['SADD', 'key', ...words]],
        [
          ['SADD', 'key', '1'],
          ['SADD', 'key', ...words],
        ],
        [
          ['SADD', 'key', 'a'],
          ['SADD', 'key', ...words],
        ],
        [
          ['SADD', 'other', words[0] ?? ''],
          ['SMOVE', 'other', 'key', words[0] ?? ''],
        ],
        [['HSET', 'key', ...words.flatMap((word) => [word, 'value'])]],
        [['ZADD', 'key', ...words.flatMap((word) => ['1', word])]],
      ]),
    ]
    for (const most of few) {
      await pair.same(
        ...limits.map((limit) => ['CONFIG', 'SET', limit, most]),
        ...conversations.flatMap((commands) => [['DEL', 'key', 'other'], ...commands, ['OBJECT', 'ENCODING', 'key']]),
      )
    }
    await pair.same(...limits.map((limit) => ['CONFIG', 'SET', limit, '128']))
  })

  test('a hash that has more fields than are packed is large after its next change', async () => {
    await pair.same(
      ['HSET', 'hash', 'a', '1', 'b', '2'],
      ['CONFIG', 'SET', 'hash-max-listpack-entries', '1'],
      ['OBJECT', 'ENCODING', 'hash'],
      ['HSET', 'hash', 'a', '3'],
      ['OBJECT', 'ENCODING', 'hash'],
      ['CONFIG', 'SET', 'hash-max-listpack-entries', '128'],
    )
  })

  test('what comes packed stays so, however long its members are', async () => {
    const long = 'x'.repeat(20)
    await pair.same(['HSET', 'hash', 'a', long], ['ZADD', 'zset', '1', long], ['SADD', 'set', long, '1'])
    const dumps = (await pair.replies(['DUMP', 'hash'], ['DUMP', 'zset'], ['DUMP', 'set'])).theirs.map((dump) =>
      Buffer.from(dump.replace(/^\$\d+\r\n/, '').slice(0, -2), 'latin1'),
    )
    const limits = ['hash-max-listpack-value', 'zset-max-listpack-value']
    if (program === 'valkey-server') limits.push('set-max-listpack-value')
    await pair.same(
      ...limits.map((limit) => ['CONFIG', 'SET', limit, '3']),
      ...dumps.flatMap((dump) => [
        ['RESTORE', 'copy', '0', dump, 'REPLACE'],
        ['OBJECT', 'ENCODING', 'copy'],
      ]),
      ...limits.map((limit) => ['CONFIG', 'SET', limit, '64']),
    )
  })

  test('what an intersection is stored as goes by the smallest of the sets', async () => {
    for (const most of ['0', '2', '512']) {
      await pair.same(
        ['CONFIG', 'SET', 'set-max-intset-entries', most],
        ['DEL', 'numbers', 'more', 'mixed', 'result'],
        ['SADD', 'numbers', '1', '2', '3'],
        ['SADD', 'more', '1', '2', '3', '4'],
        ['SADD', 'mixed', '1', '2', 'a'],
        ...['numbers more', 'more mixed', 'mixed more', 'mixed numbers', 'more'].flatMap((sets) => [
          ['SINTERSTORE', 'result', ...sets.split(' ')],
          ['OBJECT', 'ENCODING', 'result'],
        ]),
      )
    }
  })

  test('a range of keys that is empty is no words of a command', async () => {
    await pair.same(
      ['ACL', 'SETUSER', 'someone', 'allcommands'],
      ['COMMAND', 'GETKEYS', 'PFMERGE', 'key'],
      ['COMMAND', 'GETKEYSANDFLAGS', 'PFMERGE', 'key'],
      ['ACL', 'DRYRUN', 'someone', 'PFMERGE', 'key'],
      ['ACL', 'DRYRUN', 'someone', 'PFMERGE', 'key', 'other'],
      ['COMMAND', 'GETKEYS', 'EVAL', 'return 1', '0'],
      ['ACL', 'DELUSER', 'someone'],
    )
  })

  test('an index of LSET has as many bits as in the server', async () => {
    await pair.same(
      ['RPUSH', 'list', 'a', 'b'],
      ...['9223372036854775807', '4294967296', '-4294967297', '2147483648', '2'].map((index) => [
        'LSET',
        'list',
        index,
        index,
      ]),
      ['LRANGE', 'list', '0', '-1'],
    )
  })

  test('an option of how long a key lives may come twice, another of them may not', async () => {
    const words = [
      'EX 10 EX 20',
      'EX 10 PX 20',
      'KEEPTTL KEEPTTL',
      'KEEPTTL EX 10',
      'EXAT 4102444800 EXAT 4102444801',
      'px 9 PX',
    ]
    await pair.same(
      ['SET', 'key', 'value'],
      ...words.flatMap((options) => [
        ['SET', 'key', 'value', ...options.split(' ')],
        ['GETEX', 'key', ...options.split(' ')],
        // What is left of a moment depends on when each is asked.
        [/^EXAT|^px/.test(options) ? 'EXPIRETIME' : 'TTL', 'key'],
      ]),
      ['GETEX', 'key', 'PERSIST', 'PERSIST'],
      ['GETEX', 'key', 'PERSIST', 'EX', '10'],
    )
  })

  test('what has expired is told of as a server tells of it', async () => {
    await pair.same(['SET', 'other', 'value'], ['DUMP', 'other'])
    const [dump = ''] = (await pair.replies(['DUMP', 'other'])).theirs
    const value = Buffer.from(dump.replace(/^\$\d+\r\n/, '').slice(0, -2), 'latin1')
    for (const talk of [pair.ours.talk, pair.theirs.talk])
      await talk.ask(['DEBUG', 'SET-ACTIVE-EXPIRE', '0'], ['CONFIG', 'SET', 'notify-keyspace-events', 'KEA'])
    const heard = []
    for (const talk of [await pair.ours.connect(), await pair.connectTheirs()]) {
      await talk.ask(['HELLO', '3'], ['PSUBSCRIBE', '__keyspace*'])
      heard.push(talk)
    }
    await pair.same(
      ['SET', 'key', 'value', 'PX', '1'],
      ['DEBUG', 'SLEEP', '0.01'],
      ['KEYS', '*'],
      ['RESTORE', 'key', '0', value, 'REPLACE'],
      ['PUBLISH', '__keyspace_end', 'x'],
    )
    const [ours, theirs] = await Promise.all(
      heard.map(async (talk) => {
        const all = []
        while (!all.at(-1)?.includes('__keyspace_end')) all.push(await talk.next())
        return all
      }),
    )
    expect(ours).toEqual(theirs)
    await pair.same(['CONFIG', 'SET', 'notify-keyspace-events', ''], ['DEBUG', 'SET-ACTIVE-EXPIRE', '1'])
  })

  test('keys are told to those who follow prefixes once for all that a client has sent at once', async () => {
    const heard = []
    for (const talk of [await pair.ours.connect(), await pair.connectTheirs()]) {
      await talk.ask(['HELLO', '3'], ['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', 'key'])
      heard.push(await talk.ask(['SET', 'key:1', 'a'], ['SET', 'key:2', 'b'], ['PING', 'last'], ['PING', 'push']))
      heard.push(await talk.next())
    }
    expect(heard.slice(0, 2)).toEqual(heard.slice(2))
  })

  test('EXEC that may not run ends its transaction, and says why in its own way', async () => {
    await pair.same(
      ['EXEC', 'extra'],
      ['MULTI'],
      ['EXEC', 'extra'],
      ['EXEC'],
      ['ACL', 'SETUSER', 'someone', 'on', 'nopass', '~*', '+@all', '-exec'],
      ['AUTH', 'someone', 'x'],
      ['EXEC'],
      ['AUTH', 'default', 'x'],
      ['ACL', 'DELUSER', 'someone'],
      ['SUBSCRIBE', 'channel'],
      ['EXEC'],
    )
  })

  test('a line with a zero byte has no end', async () => {
    const [ours, theirs] = [await pair.ours.connect(), await pair.connectTheirs()]
    for (const talk of [ours, theirs]) {
      talk.write('PING\r\nECHO \0x\r\nPING\r\n')
      expect(await talk.next()).toBe('+PONG\r\n')
      talk.write(`${'x'.repeat(70_000)}\r\n`)
      expect(await talk.next()).toBe('-ERR Protocol error: too big inline request\r\n')
    }
  })

  test('a client that wants no replies is not told of a request that is none', async () => {
    const talk = await pair.ours.connect()
    talk.write('CLIENT REPLY OFF\r\n*x\r\n')
    expect(await talk.rest()).toBe('')
  })

  test('SET with a time that is past leaves what the server leaves', async () => {
    await pair.same(
      ['CONFIG', 'SET', 'notify-keyspace-events', 'KEA'],
      ['DEBUG', 'SET-ACTIVE-EXPIRE', '0'],
      ['SET', 'key', 'value', 'PXAT', '1'],
      ['DBSIZE'],
      ['SET', 'other', 'value'],
      ['SET', 'other', 'new', 'GET', 'PXAT', '1'],
      ['DBSIZE'],
      ['GET', 'other'],
      ['CONFIG', 'SET', 'notify-keyspace-events', ''],
      ['DEBUG', 'SET-ACTIVE-EXPIRE', '1'],
    )
  })

  test('KEYS leaves what has expired where it is', async () => {
    await pair.same(
      ['DEBUG', 'SET-ACTIVE-EXPIRE', '0'],
      ['SET', 'key', 'value', 'PX', '1'],
      ['DEBUG', 'SLEEP', '0.01'],
      ['SET', 'other', 'value'],
      ['KEYS', '*'],
      ['DBSIZE'],
      ['DEBUG', 'SET-ACTIVE-EXPIRE', '1'],
    )
  })

  test('SORT leaves equal elements as far as a server does that sorts only what is asked for', async () => {
    const elements = Array.from({ length: 200 }, (_, i) => String((i * 7919) % 1009))
    await pair.same(
      ['RPUSH', 'list', ...elements],
      ['MSET', 'by_7', 'b', 'by_14', 'a', 'by_21', 'a'],
      ...[
        ['0', '10'],
        ['50', '20'],
        ['150', '-1'],
        ['-5', '3'],
        ['0', '0'],
        ['300', '10'],
        ['0', '200'],
      ].flatMap(([from = '', count = '']) => [
        ['SORT', 'list', 'BY', 'by_*', 'ALPHA', 'LIMIT', from, count],
        ['SORT', 'list', 'BY', 'by_*', 'ALPHA', 'DESC', 'LIMIT', from, count],
      ]),
    )
  })

  test('a sorted set is dumped with whole scores as numbers, as far as a server has them so', async () => {
    await pair.same(
      ...['1e17', '-1e17', '4611686018427387904', '4611686018427388928', '1e19', '0.5'].flatMap((score) => [
        ['DEL', 'zset'],
        ['ZADD', 'zset', score, 'a'],
        ['DUMP', 'zset'],
      ]),
    )
  })

  test('a double between two of seventeen digits is rounded as C does it', async () => {
    const numbers = ['1.00000762939453125', '2.00000762939453125', '-2.00000762939453125', '1.5000152587890625']
    await pair.same(
      ...numbers.flatMap((number) => [
        ['ZADD', 'zset', number, 'member'],
        ['ZSCORE', 'zset', 'member'],
        ['DEBUG', 'DIGEST-VALUE', 'zset'],
      ]),
      ['GEOADD', 'geo', '500.0000005', '-500.0000015', 'nowhere'],
      ['GEOADD', 'geo', '181.00000762939453125', '90', 'nowhere'],
    )
  })

  test('whole scores and doubles of scripts have the digits that a server counts and replies them in', async () => {
    const numbers = ['1e16', '1e17', '1.5e300', '123456789012345680000', '4611686018427387904', '9223372036854775807']
    numbers.push('1e-5', '1.5e-7', '0.1', '3', '-0.0', '1/0', '0/0')
    for (const resp of [2, 3] as const) {
      await pair.speak(resp)
      await pair.same(
        ...evaluated(...numbers.map((number) => `redis.setresp(3) return {double=${number}}`)),
        ...numbers.slice(0, -2).flatMap((number) => [
          ['ZADD', 'zset', number, 'member'],
          ['DEBUG', 'DIGEST-VALUE', 'zset'],
        ]),
      )
    }
  })

  test('no pattern but one without a character matches nothing', async () => {
    const [ours, theirs] = [await pair.ours.connect(), await pair.connectTheirs()]
    for (const talk of [ours, theirs]) await talk.ask(['PSUBSCRIBE', '*'], ['PSUBSCRIBE', ''])
    await pair.same(
      ['SET', '', 'value'],
      ['KEYS', '*'],
      ['KEYS', '**'],
      ['SCAN', '0', 'MATCH', '**'],
      ['PUBLISH', '', 'message'],
      ['PUBSUB', 'CHANNELS', '*'],
      ['ACL', 'SETUSER', 'someone', 'reset', '+@all', '%R~*', '%W~**', '&*'],
      ['ACL', 'DRYRUN', 'someone', 'GET', ''],
      ['ACL', 'DRYRUN', 'someone', 'SET', '', 'value'],
      ['ACL', 'DRYRUN', 'someone', 'PUBLISH', '', 'message'],
      ['ACL', 'SETUSER', 'someone', 'reset', '+@all', '~*'],
      ['ACL', 'DRYRUN', 'someone', 'GET', ''],
      ['ACL', 'DELUSER', 'someone'],
    )
    expect([await ours.next(), ours.closed]).toEqual([await theirs.next(), theirs.closed])
  })

  test('what is repeated too often, opened twice or ends a line is refused in the words of a server', async () => {
    await pair.same(
      ['XGROUP', 'CREATE', 'stream', 'group', '$', 'MKSTREAM', 'MKSTREAM'],
      ['XGROUP', 'CREATE', 'stream', 'other', '$', 'MKSTREAM', 'MKSTREAM', 'ENTRIESREAD', '1'],
      ['XGROUP', 'SETID', 'stream', 'group', '$', 'ENTRIESREAD', '1', 'ENTRIESREAD', '1'],
      ['XGROUP', 'SETID', 'stream', 'group', '$', 'ENTRIESREAD', 'ENTRIESREAD', '1'],
      ['ACL', 'SETUSER', 'someone', '(+get', '(+set'],
      ['ACL', 'SETUSER', 'someone', '(+get', 'x', '(+set', 'y'],
      ['ACL', 'SETUSER', 'someone', 'reset', '(+get', '(+set', '~a)'],
      ['ACL', 'SETUSER', 'someone', 'reset', '(+get', '(+set)', '~a)'],
      ['ACL', 'LIST'],
      ['ACL', 'DELUSER', 'someone'],
      ['EXPIRE', 'key', '100', 'line\n'],
      ['EXPIRE', 'key', '100', '\r\nline\r\n\n'],
      ['EXPIRE', 'key', '100', '\n'],
    )
  })

  test('a script packs what is no number, and is told of an option, as C does it', async () => {
    await pair.same(
      ...evaluated(
        'return cmsgpack.pack(0/0, 1/0)',
        'return struct.pack(">df<df", 0/0, 0/0, 0/0, 0/0)',
        'return collectgarbage("no\\0such")',
        'return cjson.encode_sparse_array("no\\0such")',
      ),
    )
  })

  test('CLIENT CACHING says what tracking lacks', async () => {
    await pair.same(
      ...[['ON'], ['ON', 'BCAST'], ['ON', 'OPTIN'], ['ON', 'OPTOUT']].flatMap((how) => [
        ['CLIENT', 'TRACKING', 'OFF'],
        ['CLIENT', 'TRACKING', ...how],
        ['CLIENT', 'CACHING', 'YES'],
        ['CLIENT', 'CACHING', 'NO'],
        ['CLIENT', 'CACHING', 'no'],
        ['CLIENT', 'CACHING', 'x'],
      ]),
      ['CLIENT', 'TRACKING', 'OFF'],
      ['CLIENT', 'CACHING', 'x'],
      ['COMMAND', 'GETKEYS', 'ZINTERSTORE', 'to', '0', 'a'],
      ['COMMAND', 'GETKEYS', 'ZINTERSTORE', 'to', '1', 'a'],
      ['COMMAND', 'GETKEYS', 'EVAL', 'return 1', '0', 'a'],
    )
  })

  describe('a client that waits', () => {
    const waiting = async (talk: Talk, feeder: Talk, words: Command) => {
      const [id = ''] = await talk.ask(['CLIENT', 'ID'])
      const reply = talk.ask(words)
      for (let line = ''; !/flags=b/.test(line); )
        [line = ''] = await feeder.ask(['CLIENT', 'LIST', 'ID', id.slice(1, -2)])
      return { reply }
    }
    const bothOf = async (work: (talk: Talk, feeder: Talk) => Promise<unknown>) => {
      const [ours, theirs] = [await pair.ours.connect(), await pair.connectTheirs()]
      expect(await work(ours, pair.ours.talk)).toEqual(await work(theirs, pair.theirs.talk))
    }
    const list = ['RPUSH', 'b', '1']
    const zset = ['ZADD', 'b', '1', 'x']
    const entry = ['XADD', 'b', '1-1', 'f', 'v']

    test.each<[string, Command, Command, Command]>([
      ['lists, two of them', ['BLPOP', 'a', 'b', '0'], list, ['RPUSH', 'a', '2']],
      ['lists, one of another type', ['BLPOP', 'a', 'b', '0'], list, ['SET', 'a', 'value']],
      ['elements, two of them', ['BLMPOP', '0', '2', 'a', 'b', 'LEFT'], list, ['RPUSH', 'a', '2']],
      ['sorted sets, two of them', ['BZPOPMIN', 'a', 'b', '0'], zset, ['ZADD', 'a', '2', 'y']],
      ['sorted sets, one of another type', ['BZMPOP', '0', '2', 'a', 'b', 'MAX'], zset, ['SET', 'a', 'value']],
      [
        'streams, two of them',
        ['XREAD', 'BLOCK', '0', 'STREAMS', 'a', 'b', '0', '0'],
        entry,
        ['XADD', 'a', '1-1', 'f', 'v'],
      ],
    ])('for %s is served as the server looks at them', async (_, words, first, second) => {
      await bothOf(async (talk, feeder) => {
        const { reply } = await waiting(talk, feeder, words)
        await feeder.ask(['MULTI'], first, second, ['EXEC'])
        const replies = await reply
        return [replies, await feeder.ask(['DEL', 'a', 'b'])]
      })
    })

    test.each<[string, Command]>([
      ['BLPOP', ['SORT', 'source', 'STORE', 'b']],
      ['BZPOPMIN', ['GEOSEARCHSTORE', 'b', 'geo', 'FROMMEMBER', 'x', 'BYRADIUS', '1', 'M']],
      ['BZPOPMAX', ['ZUNIONSTORE', 'b', '1', 'geo']],
      ['BZPOPMIN', ['ZRANGESTORE', 'b', 'geo', '0', '-1']],
    ])('with %s is not served by what takes the place of another value', async (name, store) => {
      await bothOf(async (talk, feeder) => {
        await feeder.ask(['RPUSH', 'source', '2', '1'], ['GEOADD', 'geo', '1', '1', 'x'])
        const { reply } = await waiting(talk, feeder, [name, 'b', '0'])
        await feeder.ask(['SET', 'b', 'value'], store)
        const waits = await feeder.ask(['INFO', 'clients'])
        await feeder.ask(['DEL', 'b'], store)
        return [/blocked_clients:1/.test(waits.join('')), await reply]
      })
    })

    test('and wants no replies is told nothing, however its wait ends', async () => {
      await bothOf(async (talk, feeder) => {
        const words = [
          ['CLIENT', 'REPLY', 'SKIP'],
          ['BLPOP', 'none', '0.001'],
          ['PING', 'skipped one'],
        ]
        words.push(
          ['CLIENT', 'REPLY', 'OFF'],
          ['BLPOP', 'none', '0.001'],
          ['BLPOP', 'b', '0'],
          ['CLIENT', 'REPLY', 'ON'],
        )
        talk.write(Buffer.concat(words.map(encodeCommand)))
        const skipped = await talk.next()
        // It is served whether it waits already or not yet.
        await feeder.ask(list)
        return [skipped, await talk.next()]
      })
    })
  })

  // Redis 7.0 has its own client hear of it before.
  test.runIf(program === 'valkey-server')('what a script has its own client hear comes behind its reply', async () => {
    const [ours, theirs] = [await pair.ours.connect(), await pair.connectTheirs()]
    const commands = [
      ['EVAL', 'return redis.call("PUBLISH", "channel", "message")', '0'],
      ['PING', 'next'],
    ]
    const heard = []
    for (const talk of [ours, theirs]) {
      await talk.ask(['HELLO', '3'], ['SUBSCRIBE', 'channel'])
      heard.push([...(await talk.ask(...commands)), await talk.next()])
    }
    expect(heard[0]).toEqual(heard[1])
  })
})
