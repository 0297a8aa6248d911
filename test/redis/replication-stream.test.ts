import { connect } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Command, encodeCommand } from '../../src/protocols/resp/encode.ts'
import { afterTests } from '../support/after-tests.ts'
import { eventually } from '../support/eventually.ts'
import { NEEDS_REDIS, PROGRAMS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'

/** What a replica without any keys hears from its primary, command by command. */
class Stream {
  #bytes = ''
  #at = 0

  static async of(port: number, atEnd: (work: () => Promise<void>) => void): Promise<Stream> {
    const stream = new Stream()
    const socket = connect(port, '127.0.0.1').setEncoding('latin1')
    atEnd(async () => {
      socket.destroy()
    })
    socket.on('data', (text) => {
      stream.#bytes += text
    })
    socket.write('SYNC\r\n')
    await eventually('the file has come', () => stream.#skipFile())
    return stream
  }

  #skipFile(): boolean {
    const [head = '', size = ''] = /^\n*\$(\d+)\r\n/.exec(this.#bytes) ?? []
    this.#at = head.length + Number(size)
    return head !== '' && this.#bytes.length >= this.#at
  }

  /** All up to a command that sets this key to this value. What depends on the time is told apart from nothing. */
  async until(key: string, value: string): Promise<string[]> {
    const end = encodeCommand(['SET', key, value]).toString('latin1')
    await eventually(`${key} ${value} is heard`, () => this.#bytes.includes(end, this.#at))
    const heard = this.#bytes.slice(this.#at, this.#bytes.indexOf(end, this.#at))
    this.#at += heard.length + end.length
    return heard
      .replace(/\b1[78]\d{11}\b/g, 'TIME')
      .split(/(?=\*\d+\r\n\$)/)
      .map((command) =>
        command
          .split('\r\n')
          .filter((_, at) => at > 0 && at % 2 === 0)
          .join(' '),
      )
      .filter((command) => command !== 'PING' && command !== '')
  }
}

const engines = PROGRAMS.filter(({ installed }) => installed).map(
  ({ program }) => program.replace('-server', '') as 'redis' | 'valkey', // those are all
)

/** What is said on one connection. Keys that have expired are found by commands alone. */
const SAID: readonly (readonly Command[])[] = [
  [
    ['SET', 'a', '1'],
    ['GET', 'a'],
    ['SET', 'a', '2', 'NX'],
  ],
  [
    ['SET', 'a', '1', 'EX', '100'],
    ['SETEX', 'b', '100', '1'],
    ['PSETEX', 'c', '100000', '1'],
    ['SET', 'a', '2', 'KEEPTTL'],
  ],
  [
    ['SET', 'a', '1', 'PX', '100000', 'GET'],
    ['SET', 'a', '1', 'GET'],
    ['SET', 'a', '3', 'EXAT', '9999999999'],
  ],
  [
    ['SET', 'a', '1'],
    ['EXPIRE', 'a', '100'],
    ['PEXPIRE', 'a', '100000'],
    ['EXPIREAT', 'a', '9999999999'],
    ['PERSIST', 'a'],
    ['PERSIST', 'a'],
  ],
  [
    ['SET', 'a', '1'],
    ['EXPIRE', 'a', '-1'],
    ['SET', 'a', '1'],
    ['EXPIREAT', 'a', '1'],
  ],
  [
    ['SET', 'a', '1'],
    ['GETEX', 'a', 'EX', '100'],
    ['GETEX', 'a', 'PERSIST'],
    ['GETEX', 'a'],
    ['GETEX', 'a', 'PXAT', '1'],
  ],
  [
    ['SET', 'a', '1'],
    ['GETDEL', 'a'],
    ['GETDEL', 'a'],
    ['SET', 'a', '1'],
    ['GETSET', 'a', '2'],
  ],
  [
    ['SET', 'a', '1', 'PXAT', '1'],
    ['GET', 'a'],
    ['SET', 'b', '1'],
    ['SET', 'b', '1', 'PXAT', '1'],
    ['GET', 'b'],
  ],
  [
    ['INCR', 'n'],
    ['INCRBY', 'n', '5'],
    ['INCRBYFLOAT', 'n', '0.5'],
    ['DECR', 'm'],
    ['APPEND', 's', 'x'],
    ['SETRANGE', 's', '3', 'y'],
    ['SETBIT', 's', '1', '1'],
  ],
  [
    ['MSET', 'a', '1', 'b', '2'],
    ['MSETNX', 'a', '1', 'c', '2'],
    ['DEL', 'a', 'z'],
    ['DEL', 'z'],
    ['UNLINK', 'b'],
  ],
  [
    ['HSET', 'h', 'a', '1'],
    ['HINCRBYFLOAT', 'h', 'f', '1.5'],
    ['HSETNX', 'h', 'a', '2'],
    ['HDEL', 'h', 'a', 'f'],
    ['HDEL', 'h', 'a'],
  ],
  [
    ['SADD', 's', 'a'],
    ['SADD', 's', 'a'],
    ['SPOP', 's'],
    ['SADD', 's', 'a', 'b'],
    ['SPOP', 's', '5'],
  ],
  [
    ['SADD', 's', 'a'],
    ['SPOP', 's', '0'],
    ['SPOP', 's', '1'],
  ],
  [
    ['SADD', 's', 'a', 'b'],
    ['SMOVE', 's', 't', 'a'],
    ['SREM', 's', 'b'],
    ['SINTERSTORE', 't', 's', 't'],
    ['SUNIONSTORE', 'u', 's', 't'],
  ],
  [
    ['LPUSH', 'l', 'a', 'b'],
    ['LPUSHX', 'z', 'a'],
    ['LMOVE', 'l', 'k', 'LEFT', 'RIGHT'],
    ['RPOPLPUSH', 'l', 'k'],
    ['LMPOP', '2', 'l', 'k', 'LEFT', 'COUNT', '5'],
  ],
  [
    ['BLPOP', 'l', '0.01'],
    ['RPUSH', 'l', 'a'],
    ['BLPOP', 'l', '0'],
    ['RPUSH', 'l', 'a', 'b'],
    ['BLMOVE', 'l', 'k', 'LEFT', 'LEFT', '0'],
    ['BLMPOP', '0', '1', 'l', 'LEFT'],
  ],
  [
    ['ZADD', 'z', '1', 'a', '2', 'b'],
    ['ZINCRBY', 'z', '1.5', 'a'],
    ['ZADD', 'z', 'INCR', '1', 'a'],
    ['ZPOPMIN', 'z'],
    ['BZPOPMAX', 'z', '0'],
    ['ZADD', 'z', '1', 'a'],
    ['ZMPOP', '1', 'z', 'MIN'],
    ['ZADD', 'z', '1', 'a'],
    ['BZMPOP', '0', '1', 'z', 'MIN'],
  ],
  [
    ['ZADD', 'z', '1', 'a', '2', 'b'],
    ['ZRANGESTORE', 'y', 'z', '0', '-1'],
    ['ZRANGESTORE', 'y', 'z', '5', '9'],
    ['ZUNIONSTORE', 'x', '1', 'z'],
    ['ZREMRANGEBYSCORE', 'z', '0', '5'],
  ],
  [
    ['XADD', 's', '1-1', 'a', 'b'],
    ['XADD', 's', '*', 'a', 'b'],
    ['XADD', 's', 'MAXLEN', '~', '1', '9999999999999-1', 'a', 'b'],
    ['XTRIM', 's', 'MAXLEN', '~', '0'],
    ['XTRIM', 's', 'MAXLEN', '1'],
    ['XADD', 's', 'NOMKSTREAM', '9999999999999-2', 'a', 'b'],
    ['XADD', 'none', 'NOMKSTREAM', '1-1', 'a', 'b'],
  ],
  [
    ['XADD', 's', '1-1', 'a', 'b'],
    ['XADD', 's', '1-2', 'a', 'b'],
    ['XGROUP', 'CREATE', 's', 'g', '0'],
    ['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '1', 'STREAMS', 's', '>'],
    ['XREADGROUP', 'GROUP', 'g', 'c', 'NOACK', 'STREAMS', 's', '>'],
    ['XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '0'],
    ['XREADGROUP', 'GROUP', 'g', 'd', 'STREAMS', 's', '>'],
    ['XACK', 's', 'g', '1-1'],
    ['XSETID', 's', '5-5'],
  ],
  [
    ['XADD', 's', '1-1', 'a', 'b'],
    ['XGROUP', 'CREATE', 's', 'g', '0'],
    ['XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '>'],
    ['XCLAIM', 's', 'g', 'd', '0', '1-1'],
    ['XCLAIM', 's', 'g', 'd', '0', '1-1', 'JUSTID'],
    ['XAUTOCLAIM', 's', 'g', 'e', '0', '0'],
    ['XDEL', 's', '1-1'],
    ['XAUTOCLAIM', 's', 'g', 'e', '0', '0'],
    ['XCLAIM', 's', 'g', 'f', '0', '1-1', 'FORCE'],
  ],
  [
    ['SET', 'a', '1'],
    ['RENAME', 'a', 'b'],
    ['RENAMENX', 'b', 'c'],
    ['COPY', 'c', 'd'],
    ['MOVE', 'd', '1'],
    ['SWAPDB', '1', '2'],
    ['TOUCH', 'c'],
  ],
  [
    ['SELECT', '3'],
    ['SET', 'a', '1'],
    ['SELECT', '9'],
    ['FLUSHDB'],
    ['SET', 'a', '1'],
    ['FLUSHALL'],
    ['FLUSHALL', 'ASYNC'],
    ['FLUSHDB', 'ASYNC'],
  ],
  [
    ['MULTI'],
    ['EXEC'],
    ['MULTI'],
    ['GET', 'a'],
    ['EXEC'],
    ['MULTI'],
    ['SET', 'a', '1'],
    ['EXEC'],
    ['MULTI'],
    ['SET', 'a', '1'],
    ['INCR', 'b'],
    ['EXEC'],
  ],
  [
    ['MULTI'],
    ['SET', 'a', '1'],
    ['SELECT', '2'],
    ['SET', 'b', '2'],
    ['SELECT', '9'],
    ['GET', 'a'],
    ['EXEC'],
    ['MULTI'],
    ['SELECT', '2'],
    ['SET', 'a', '1'],
    ['SELECT', '9'],
    ['EXEC'],
    ['SET', 'c', '1'],
  ],
  [['MULTI'], ['SET', 'a', '1'], ['DISCARD'], ['MULTI'], ['SELECT', '4'], ['SET', 'a', '1'], ['SELECT', '9'], ['EXEC']],
  [
    ['EVAL', "redis.call('set','a','1') return redis.call('get','a')", '0'],
    ['EVAL', "redis.call('set','a','1') redis.call('incr','a')", '0'],
    ['EVAL', "return redis.call('get','a')", '0'],
  ],
  [
    [
      'EVAL',
      "redis.call('set','a','1') redis.call('spop','none') redis.call('select','5') redis.call('set','b','1')",
      '0',
    ],
    ['SET', 'd', '1'],
  ],
  [['MULTI'], ['EVAL', "redis.call('set','a','1') redis.call('incr','a')", '0'], ['SET', 'b', '1'], ['EXEC']],
  [
    [
      'EVAL',
      "redis.set_repl(redis.REPL_NONE) redis.call('set','a','1') redis.set_repl(redis.REPL_ALL) redis.call('incr','a')",
      '0',
    ],
  ],
  [
    [
      'EVAL',
      "redis.call('sadd','s','a') redis.call('spop','s') redis.call('set','k','v','px',100000) redis.call('expire','k',100)",
      '0',
    ],
  ],
  [
    ['SCRIPT', 'LOAD', 'return 1'],
    ['SCRIPT', 'FLUSH'],
    ['FUNCTION', 'LOAD', "#!lua name=l\nredis.register_function('f', function() return redis.call('set','a','1') end)"],
    ['FCALL', 'f', '0'],
    ['FUNCTION', 'DELETE', 'l'],
    ['FUNCTION', 'FLUSH'],
  ],
  [
    ['PUBLISH', 'c', 'm'],
    ['SPUBLISH', 'c', 'm'],
    ['MULTI'],
    ['PUBLISH', 'c', 'm'],
    ['SET', 'a', '1'],
    ['EXEC'],
    ['EVAL', "redis.call('publish','c','m')", '0'],
  ],
  [
    ['SET', 'a', '1', 'PX', '1'],
    ['DEBUG', 'SLEEP', '0.02'],
    ['GET', 'a'],
    ['SET', 'a', '1', 'PX', '1'],
    ['DEBUG', 'SLEEP', '0.02'],
    ['INCR', 'a'],
  ],
  [
    ['SET', 'a', '1', 'PX', '1'],
    ['SET', 'b', '1', 'PX', '1'],
    ['DEBUG', 'SLEEP', '0.02'],
    ['MULTI'],
    ['GET', 'a'],
    ['SET', 'c', '1'],
    ['INCR', 'b'],
    ['EXEC'],
  ],
  [
    ['SET', 'a', '1', 'PX', '1'],
    ['SET', 'b', '1', 'PX', '1'],
    ['DEBUG', 'SLEEP', '0.02'],
    ['MGET', 'a', 'b'],
    ['DEL', 'a'],
    ['EXISTS', 'b'],
  ],
  [
    ['SET', 'a', '1', 'PX', '1'],
    ['DEBUG', 'SLEEP', '0.02'],
    ['EVAL', "redis.call('get','a') return redis.call('set','b','1')", '0'],
  ],
  [
    ['SET', 'a', '1', 'PX', '1'],
    ['DEBUG', 'SLEEP', '0.02'],
    ['SCAN', '0', 'COUNT', '100'],
  ],
  [['DEL', 'begin'], ['SET', 'a', '1', 'PX', '1'], ['DEBUG', 'SLEEP', '0.02'], ['RANDOMKEY']],
  [['SET', 'a', '1', 'PX', '1'], ['DEBUG', 'SLEEP', '0.02'], ['KEYS', '*'], ['DBSIZE']],
  [
    ['SET', 'a', '1', 'PX', '1'],
    ['SADD', 's', '1', '2'],
    ['DEBUG', 'SLEEP', '0.02'],
    ['SORT', 's', 'BY', 'a', 'STORE', 'l'],
    ['SORT', 'none', 'STORE', 'l'],
  ],
  [
    ['CONFIG', 'SET', 'lazyfree-lazy-expire', 'no'],
    ['CONFIG', 'SET', 'lazyfree-lazy-server-del', 'no'],
    ['SET', 'a', '1', 'PX', '1'],
    ['SADD', 's', 'a'],
    ['SET', 'd', '1'],
    ['DEBUG', 'SLEEP', '0.02'],
    ['GET', 'a'],
    ['SPOP', 's', '5'],
    ['GETDEL', 'd'],
    ['SET', 'd', '1'],
    ['GETEX', 'd', 'PXAT', '1'],
    ['SET', 'd', '1'],
    ['EXPIRE', 'd', '-1'],
  ],
  [
    ['CONFIG', 'SET', 'lazyfree-lazy-expire', 'yes'],
    ['CONFIG', 'SET', 'lazyfree-lazy-server-del', 'yes'],
    ['SET', 'a', '1', 'PX', '1'],
    ['SADD', 's', 'a'],
    ['SET', 'd', '1'],
    ['DEBUG', 'SLEEP', '0.02'],
    ['GET', 'a'],
    ['SPOP', 's', '5'],
    ['GETDEL', 'd'],
    ['SET', 'd', '1'],
    ['GETEX', 'd', 'PXAT', '1'],
    ['SET', 'd', '1'],
    ['EXPIRE', 'd', '-1'],
  ],
  [
    ['SET', 'a', '1', 'PX', '1'],
    ['SET', 'b', '1', 'PX', '1'],
    ['DEBUG', 'SLEEP', '0.02'],
    ['SET', 'a', '2', 'XX'],
    ['RENAME', 'b', 'c'],
    ['COPY', 'b', 'c'],
    ['SADD', 'a', 'x'],
  ],
  [
    ['HSET', 'h', 'a', '1'],
    ['MULTI'],
    ['HDEL', 'h', 'a'],
    ['SELECT', '1'],
    ['HSET', 'h', 'a', '1'],
    ['SELECT', '9'],
    ['PUBLISH', 'c', 'm'],
    ['FLUSHDB'],
    ['EXEC'],
  ],
  [
    ['SELECT', '1'],
    [
      'EVAL',
      "redis.call('set','a','1') redis.call('select','2') redis.call('set','b','1') redis.call('set','c','1')",
      '0',
    ],
    ['SET', 'd', '1'],
    ['SELECT', '9'],
  ],
  [
    ['RESTORE', 'r', '0', Buffer.from('00c0010b0006bd4eb3d2e6d1a7', 'hex')],
    ['SET', 'z', '1'],
  ],
  [['WATCH', 'a'], ['MULTI'], ['INCR', 'a'], ['EXEC'], ['MULTI'], ['LPUSH', 'a', '1'], ['INCR', 'b'], ['EXEC']],
  [
    ['PFADD', 'p', 'a'],
    ['PFADD', 'p', 'a'],
    ['PFCOUNT', 'p'],
    ['PFCOUNT', 'p'],
    ['PFMERGE', 'q', 'p'],
  ],
  [
    ['GEOADD', 'g', '1', '2', 'a'],
    ['GEOSEARCHSTORE', 'd', 'g', 'FROMLONLAT', '1', '2', 'BYRADIUS', '5', 'km', 'ASC'],
    ['GEORADIUS', 'g', '1', '2', '5', 'km', 'STORE', 'd'],
    ['GEORADIUS', 'g', '1', '2', '5', 'km'],
  ],
  [
    ['BITFIELD', 'b', 'SET', 'u8', '0', '5'],
    ['BITFIELD', 'b', 'GET', 'u8', '0'],
    ['BITOP', 'NOT', 'c', 'b'],
    ['BITOP', 'AND', 'c', 'none'],
    ['LSET', 'none', '0', 'a'],
    ['LINSERT', 'none', 'BEFORE', 'a', 'b'],
    ['LREM', 'none', '0', 'a'],
  ],
  [
    ['RPUSH', 'l', '1', '2', '3'],
    ['LTRIM', 'l', '5', '9'],
    ['LTRIM', 'l', '0', '-1'],
    ['RPUSH', 'l', '1'],
    ['LPOP', 'l', '0'],
    ['LPOP', 'l', '5'],
  ],
  [
    ['DEBUG', 'REPLICATE'],
    ['DEBUG', 'REPLICATE', 'of-another-world', 'a', 'b'],
    ['SELECT', '5'],
    ['DEBUG', 'REPLICATE', 'PING'],
    ['SET', 'a', '1'],
  ],
  [
    ['DEL', 'begin'],
    ['SET', 'a', '1'],
    ['RESTORE', 'r', '0', 'bad'],
    ['OBJECT', 'FREQ', 'a'],
    ['CONFIG', 'SET', 'maxmemory', '1'],
    ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random'],
    ['SET', 'b', '1'],
    ['SET', 'c', '1'],
    ['CONFIG', 'SET', 'maxmemory', '0'],
    ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'],
  ],
]

describe.each(engines)(`a replica hears of a node what it hears of %s-server ${NEEDS_REDIS}`, (engine) => {
  const atEnd = afterTests()
  let pair: Pair
  let streams: readonly [Stream, Stream]
  beforeAll(async () => {
    pair = await startPair(atEnd, { engine, config: ['repl-ping-replica-period 1000'] })
    await pair.replies(['DEBUG', 'SET-ACTIVE-EXPIRE', '0'])
    streams = [await Stream.of(pair.ours.port, atEnd), await Stream.of(pair.theirs.port, atEnd)]
  })

  test.each(SAID.map((said, at) => [said.map((words) => words.join(' ')).join(', '), said, at] as const))(
    '%s',
    async (_name, said, at) => {
      await pair.replies(['SELECT', '9'], ['FLUSHALL'], ['FUNCTION', 'FLUSH'], ['SET', 'begin', String(at)])
      await Promise.all(streams.map((stream) => stream.until('begin', String(at))))
      await pair.replies(...said, ['SELECT', '9'], ['SET', 'end', String(at)])
      const [ours, theirs] = await Promise.all(streams.map((stream) => stream.until('end', String(at))))
      expect(ours).toEqual(theirs)
    },
  )
})
