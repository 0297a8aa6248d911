import type { Command } from '../../../src/protocols/resp/encode.ts'

const SCRIPT = `
for i = 1, 700 do
  redis.call('RPUSH', 'large-list', 'element number ' .. i)
  redis.call('ZADD', 'large-zset', i * 1.1, 'm' .. i)
  redis.call('SADD', 'large-set', 'm' .. i)
  redis.call('SADD', 'large-intset', i * 1000003)
  redis.call('HSET', 'large-hash', 'f' .. i, string.rep('x', i % 90))
  redis.call('XADD', 'large-stream', i .. '-1', 'f', i, 'g', 'v' .. i)
  if i % 7 == 0 then redis.call('XADD', 'large-stream', i .. '-2', 'other', i) end
end
for i = 2, 500, 3 do redis.call('XDEL', 'large-stream', i .. '-1') end
for i = 1, 30 do redis.call('SET', 'key:' .. i, 'value ' .. i) end
redis.call('SET', 'long', string.rep('abcdefg', 1000))`

/** Commands that fill a node with values of every type and encoding, in two databases, with functions and groups of streams. */
export const filling: readonly Command[] = [
  ['EVAL', SCRIPT, '0'],
  [
    'RPUSH',
    'list',
    'y'.repeat(20_000),
    ...'0 1 -1 127 128 -4096 -4097 32768 8388608 2147483648 -70000000000'.split(' '),
  ],
  ['RPUSH', 'short', 'a', '', '9223372036854775807', '9223372036854775808', '007', '-0'],
  ['HSET', 'hash', 'f', 'v', 'n', '12'],
  ['SADD', 'set', 'a', '1', 'b'],
  ['SADD', 'intset', '5', '-3', '70000'],
  ['ZADD', 'zset', '1e30', 'a', 'inf', 'b', '-inf', 'c', '0.1', 'd', '-5', 'e', '1e15', 'f'],
  ['XGROUP', 'CREATE', 'large-stream', 'g1', '0'],
  ['XREADGROUP', 'GROUP', 'g1', 'c1', 'COUNT', '100', 'STREAMS', 'large-stream', '>'],
  ['XREADGROUP', 'GROUP', 'g1', 'c2', 'COUNT', '50', 'STREAMS', 'large-stream', '>'],
  ['XACK', 'large-stream', 'g1', '3-1', '4-1'],
  ['XGROUP', 'CREATE', 'large-stream', 'g2', '$'],
  ['PFADD', 'hll', 'a', 'b', 'c'],
  ['SET', 'expiring', 'v', 'PX', '10000000'],
  ['SELECT', '5'],
  ['SET', 'k', 'v', 'PX', '10000000'],
  ['SET', 'n', '12345'],
  ['SELECT', '0'],
  ['FUNCTION', 'LOAD', 'REPLACE', "#!lua name=mylib\nredis.register_function('f', function() return 'hello' end)"],
]

/** Its keys in database 0 that have a type of value or an encoding of their own. */
export const keys: readonly string[] = [
  ...['large-list', 'large-zset', 'large-set', 'large-intset', 'large-hash', 'large-stream'],
  ...['key:7', 'long', 'list', 'short', 'hash', 'set', 'intset', 'zset', 'hll'],
]
