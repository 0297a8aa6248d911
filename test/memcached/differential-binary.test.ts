import { describe, expect, it } from 'vitest'
import { converse, installedMemcached, withBothServers } from './support/differential.ts'
import { header, replies, request } from './support/packets.ts'

const GET = 0x00,
  SET = 0x01,
  ADD = 0x02,
  REPLACE = 0x03,
  DELETE = 0x04,
  INCR = 0x05,
  DECR = 0x06,
  QUIT = 0x07,
  FLUSH = 0x08
const GETQ = 0x09,
  NOOP = 0x0a,
  VERSION = 0x0b,
  GETK = 0x0c,
  GETKQ = 0x0d,
  APPEND = 0x0e,
  PREPEND = 0x0f,
  STAT = 0x10
const SETQ = 0x11,
  ADDQ = 0x12,
  REPLACEQ = 0x13,
  DELETEQ = 0x14,
  INCRQ = 0x15,
  DECRQ = 0x16,
  QUITQ = 0x17,
  FLUSHQ = 0x18
const APPENDQ = 0x19,
  PREPENDQ = 0x1a,
  TOUCH = 0x1c,
  GAT = 0x1d,
  GATQ = 0x1e,
  SASL_LIST = 0x20,
  GATK = 0x23,
  GATKQ = 0x24

const noop = request(NOOP)
const set = (key: string, value: string, flags = 0, exptime = 0, cas = 0n): string =>
  request(SET, { key, value, extras: [flags, exptime], cas })
const setup = request(FLUSH) + set('a', 'abc', 5) + set('n', '10')
const count = (opcode: number, key: string, delta: bigint, initial = 0n, exptime = 0, cas = 0n): string =>
  request(opcode, { key, extras: [delta, initial, exptime], cas })

const CONVERSATIONS: Record<string, string> = {
  noop,
  version: request(VERSION),
  'get hit': request(GET, { key: 'a' }),
  'get miss': request(GET, { key: 'b' }),
  'getk hit': request(GETK, { key: 'a' }),
  'getk miss': request(GETK, { key: 'b' }),
  getq: request(GETQ, { key: 'a' }) + request(GETQ, { key: 'b' }),
  getkq: request(GETKQ, { key: 'a' }) + request(GETKQ, { key: 'b' }),
  'get without key': request(GET),
  'get with extras': request(GET, { key: 'a', extras: [1] }) + noop,
  'get with value': request(GET, { key: 'a', value: 'x' }) + noop,
  'set and get': set('b', 'hello', 7) + request(GET, { key: 'b' }),
  'empty value': set('b', '') + request(GET, { key: 'b' }),
  'set expired': set('b', 'x', 0, 1000) + request(GET, { key: 'b' }),
  'set in the past': set('b', 'x', 0, 2592001) + request(GET, { key: 'b' }),
  'set without extras': request(SET, { key: 'b', value: 'x' }) + noop,
  'set with wrong cas': set('a', 'x', 0, 0, 999999n),
  'set missing with cas': set('b', 'x', 0, 0, 5n),
  'add existing': request(ADD, { key: 'a', value: 'x', extras: [0, 0] }),
  'add new': request(ADD, { key: 'b', value: 'x', extras: [0, 0] }),
  'add with cas': request(ADD, { key: 'b', value: 'x', extras: [0, 0], cas: 3n }),
  'replace missing': request(REPLACE, { key: 'b', value: 'x', extras: [0, 0] }),
  replace: request(REPLACE, { key: 'a', value: 'x', extras: [0, 0] }),
  'replace with wrong cas': request(REPLACE, { key: 'a', value: 'x', extras: [0, 0], cas: 99999n }),
  append: request(APPEND, { key: 'a', value: 'xyz' }) + request(GET, { key: 'a' }),
  prepend: request(PREPEND, { key: 'a', value: 'xyz' }) + request(GET, { key: 'a' }),
  'append missing': request(APPEND, { key: 'b', value: 'xyz' }),
  'append with wrong cas': request(APPEND, { key: 'a', value: 'x', cas: 99999n }),
  'append with extras': request(APPEND, { key: 'a', value: 'x', extras: [1] }),
  'append missing with cas': request(APPEND, { key: 'b', value: 'x', cas: 1n }),
  'quiet stores':
    [SETQ, ADDQ, REPLACEQ].map((opcode) => request(opcode, { key: 'a', value: 'q', extras: [0, 0] })).join('') +
    request(GET, { key: 'a' }),
  'quiet joins':
    request(APPENDQ, { key: 'a', value: '1' }) +
    request(PREPENDQ, { key: 'a', value: '2' }) +
    request(APPENDQ, { key: 'b', value: '1' }) +
    request(GET, { key: 'a' }),
  delete: request(DELETE, { key: 'a' }) + request(DELETE, { key: 'a' }),
  'delete with wrong cas': request(DELETE, { key: 'a', cas: 999999n }) + request(GET, { key: 'a' }),
  deleteq: request(DELETEQ, { key: 'a' }) + request(DELETEQ, { key: 'a' }),
  'delete with extras': request(DELETE, { key: 'a', extras: [0] }),
  'delete without key': request(DELETE),
  incr: count(INCR, 'n', 5n) + request(GET, { key: 'n' }),
  decr: count(DECR, 'n', 3n) + count(DECR, 'n', 100n) + request(GET, { key: 'n' }),
  'incr creates': count(INCR, 'b', 5n, 42n, 100) + count(INCR, 'b', 5n) + request(GET, { key: 'b' }),
  'incr refuses to create': count(INCR, 'b', 5n, 42n, 0xffffffff),
  'incr text': count(INCR, 'a', 1n),
  'incr with wrong cas': count(INCR, 'n', 1n, 0n, 0, 999999n),
  'incr wraps': count(INCR, 'n', 0xffffffffffffffffn),
  'incr large':
    count(INCR, 'b', 1n, 0xfffffffffffffffen) +
    count(INCR, 'b', 1n) +
    count(INCR, 'b', 1n) +
    request(GET, { key: 'b' }),
  incrq: count(INCRQ, 'n', 1n) + count(DECRQ, 'n', 1n) + count(INCRQ, 'b', 1n, 0n, 0xffffffff) + noop,
  'incr short': request(INCR, { key: 'n', extras: [1n] }),
  touch: request(TOUCH, { key: 'a', extras: [100] }) + request(TOUCH, { key: 'b', extras: [100] }),
  gat: request(GAT, { key: 'a', extras: [100] }) + request(GAT, { key: 'b', extras: [100] }),
  gatq: request(GATQ, { key: 'a', extras: [100] }) + request(GATQ, { key: 'b', extras: [100] }),
  gatk: request(GATK, { key: 'a', extras: [100] }) + request(GATK, { key: 'b', extras: [100] }),
  gatkq: request(GATKQ, { key: 'a', extras: [100] }) + request(GATKQ, { key: 'b', extras: [100] }),
  'touch without extras': request(TOUCH, { key: 'a' }),
  'flush with delay': request(FLUSH, { extras: [0] }) + request(GET, { key: 'a' }),
  flushq: request(FLUSHQ) + request(GET, { key: 'a' }),
  'flush with key': request(FLUSH, { key: 'a' }),
  quit: request(QUIT) + noop,
  quitq: request(QUITQ) + noop,
  'stat reset': request(STAT, { key: 'reset' }),
  'stat of nothing known': request(STAT, { key: 'nothing' }),
  'stat detail': request(STAT, { key: 'detail' }),
  'stat detail on': request(STAT, { key: 'detail on' }) + request(STAT, { key: 'detail off' }),
  'stat with extras': request(STAT, { extras: [1] }),
  'unknown opcode': request(0x70) + noop,
  sasl: request(SASL_LIST) + noop,
  'sasl auth': request(0x21, { key: 'PLAIN', value: 'x' }) + noop,
  'key longer than body': header(GET, 10, 0, 5) + noop,
  'key too long': request(GET, { key: 'k'.repeat(251) }) + noop,
  'longest key': set('k'.repeat(250), 'v') + request(GETK, { key: 'k'.repeat(250) }),
  'unknown opcode with key':
    request(0x70, { key: 'abc' }) + noop.slice(0, 3) + request(0x70, { key: 'a', extras: [1] }) + 'x'.repeat(5) + noop,
  'sasl list with key': request(SASL_LIST, { key: 'x' }) + noop,
  'sasl auth without key': request(0x21) + noop,
  'wrong magic loses answers': noop + set('b', 'x') + '\x81' + noop,
  'value after touch': request(TOUCH, { key: 'a', extras: [0], value: noop }) + noop,
  'value after gat': request(GAT, { key: 'a', extras: [0], value: noop }) + noop,
  'value after stat': request(STAT, { key: 'reset', value: noop }) + noop,
  'expiry past 2106': set('b', 'x', 0, 0xffffffff) + request(GET, { key: 'b' }),
  'wrong magic': noop + '\x81' + noop.slice(1) + noop,
  'text after binary': `${noop}get a\r\n${' '.repeat(40)}`,
  'noop with body': request(NOOP, { value: 'x' }) + noop,
  'version with key': request(VERSION, { key: 'x' }),
  'too large': set('b', 'x'.repeat(1048570)) + request(GET, { key: 'a' }),
  'too large over an old value': set('a', 'x'.repeat(1048570)) + request(GET, { key: 'a' }),
  'too large append': request(APPEND, { key: 'a', value: 'x'.repeat(1048570) }) + request(GET, { key: 'a' }),
  'joined too large': set('b', 'x'.repeat(1048000)) + request(APPEND, { key: 'b', value: 'x'.repeat(1000) }) + noop,
  'chunked value': set('b', 'abcdefg'.repeat(100000)) + request(GETK, { key: 'b' }),
}

describe.skipIf(installedMemcached === undefined)('the binary protocol', () => {
  const servers = withBothServers()
  it.each(Object.entries(CONVERSATIONS))('%s', async (_title, text) => {
    const end = request(QUIT)
    const [theirs, ours] = await Promise.all([
      converse(servers.theirs, setup + text, end),
      converse(servers.ours, setup + text, end),
    ])
    expect(replies(ours)).toEqual(replies(theirs))
  })
})
