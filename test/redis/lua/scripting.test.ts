import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { hasRedis } from '../../support/redis-server.ts'
import { type StartedNode, startNode } from '../support/node.ts'
import { type Pair, startPair } from '../support/pair.ts'
import { COMMANDS, RESP3_COMMANDS } from './commands.ts'

const ENDLESS = 'while true do end'
/** A text, and a pattern that takes 2 to the power of 30 tries with it. */
const SLOW = "string.rep('a', 100), string.rep('a?', 30) .. string.rep('a', 101)"

describe.skipIf(!hasRedis)('beside the real server', () => {
  const endings: (() => Promise<void>)[] = []
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair((work) => endings.push(work))
  })
  afterAll(async () => {
    for (const end of endings.reverse()) await end()
  })
  beforeEach(async () => {
    await pair.reset()
    await pair.replies(['FUNCTION', 'FLUSH'], ['SCRIPT', 'FLUSH'])
  })

  test('commands of scripts and functions reply alike', async () => {
    await pair.same(...COMMANDS)
  })

  test('replies to clients that speak RESP3 are alike', async () => {
    await pair.same(['SET', 'k', 'v'])
    await pair.speak(3)
    await pair.same(...RESP3_COMMANDS)
  })

  test('a dump of functions of one is restored by the other', async () => {
    const code = "#!lua name=both\nredis.register_function('answer', function() return 'forty' .. '-two' end)"
    await pair.replies(['FUNCTION', 'LOAD', code.padEnd(400, '\n')])
    const { ours, theirs } = await pair.replies(['FUNCTION', 'DUMP'])
    await pair.replies(['FUNCTION', 'FLUSH'])
    const bytes = (reply: string | undefined) => Buffer.from((reply ?? '').replace(/^\$\d+\r\n|\r\n$/g, ''), 'latin1')
    expect(await pair.ours.talk.ask(['FUNCTION', 'RESTORE', bytes(theirs[0])])).toEqual(['+OK\r\n'])
    expect(await pair.theirs.talk.ask(['FUNCTION', 'RESTORE', bytes(ours[0])])).toEqual(['+OK\r\n'])
    await pair.same(['FCALL', 'answer', '0'], ['FUNCTION', 'LIST', 'WITHCODE'])
  })

  test('statistics of commands and errors go by what scripts do', async () => {
    await pair.replies(
      ['CONFIG', 'RESETSTAT'],
      ['EVAL', "return redis.call('select', 99)", '0'],
      ['EVAL', "return redis.pcall('select', 99).err", '0'],
      ['EVAL', "return redis.pcall('nope')", '0'],
      ['EVAL', "return redis.error_reply('MINE is this')", '0'],
      ['EVAL', "error('x')", '0'],
    )
    const { ours, theirs } = await pair.replies(['INFO', 'errorstats'], ['INFO', 'commandstats'])
    const counts = (replies: readonly string[]) =>
      replies
        .join('')
        .split('\r\n')
        .filter((line) => /^errorstat_|^cmdstat_(eval|select):/.test(line))
        .map((line) => line.replace(/usec[^,]*,/g, ''))
        .sort()
    expect(counts(ours)).toEqual(counts(theirs))
  })
})

describe.skipIf(!hasRedis)('beside Valkey', () => {
  test('scripts find the server under both of its names', async () => {
    const pair = await startPair((work) => onTestFinished(work), { engine: 'valkey' })
    await pair.same(
      ['EVAL', 'return server == redis', '0'],
      ['EVAL', 'return {server.SERVER_NAME, server.VALKEY_VERSION, redis.REDIS_VERSION}', '0'],
      ['EVAL', "return server.call('nope')", '0'],
      ['EVAL', "return server.call('get')", '0'],
      ['EVALSHA', 'x', '0'],
      ['FUNCTION', 'LOAD', "#!lua name=x\nserver.register_function('f', function() return server.call('ping') end)"],
      ['FCALL', 'f', '0'],
    )
  })
})

describe('a script that runs for long', () => {
  const endings: (() => Promise<void>)[] = []
  let node: StartedNode
  beforeAll(async () => {
    node = await startNode((work) => endings.push(work), { config: ['busy-reply-threshold 50'] })
  })
  afterAll(async () => {
    for (const end of endings.reverse()) await end()
  })

  const busy = async () => {
    const other = await node.connect()
    for (;;) {
      const [reply = ''] = await other.ask(['GET', 'x'])
      if (reply.startsWith('-BUSY')) return { other, reply }
    }
  }

  test('leaves other clients an answer, and ends when it is killed', async () => {
    const ended = node.talk.ask(['EVAL', ENDLESS, '0'])
    const { other, reply } = await busy()
    expect(reply).toBe('-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n')
    expect(await other.ask(['FUNCTION', 'KILL'])).toEqual([reply])
    expect(await other.ask(['SCRIPT', 'KILL'])).toEqual(['+OK\r\n'])
    expect((await ended)[0]).toMatch(/^-ERR Script killed by user with SCRIPT KILL\.\.\. script: [0-9a-f]{40}, on /)
    expect(await other.ask(['SCRIPT', 'KILL'], ['PING'])).toEqual([
      '-NOTBUSY No scripts in execution right now.\r\n',
      '+PONG\r\n',
    ])
  })

  test.each([
    ['in pcall, which it goes on calling', `while true do pcall(function() ${ENDLESS} end) end`],
    ['in the comparator of a sort', `table.sort({3, 2, 1}, function() ${ENDLESS} end)`],
    ['in a coroutine', `coroutine.wrap(function() ${ENDLESS} end)()`],
    ['in a metamethod', `return setmetatable({}, {__index = function() ${ENDLESS} end}).x`],
    ['in a replacement of gsub', `string.gsub('x', 'x', function() ${ENDLESS} end)`],
    ['finding a pattern', `string.find(${SLOW})`],
    ['matching a pattern', `string.match(${SLOW})`],
    ['going through matches of a pattern', `for a in string.gmatch(${SLOW}) do end`],
    ['replacing a pattern', `string.gsub(${SLOW}, '')`],
    ['sorting', 'local t = {} for i = 1, 1e6 do t[i] = -i end while true do table.sort(t) end'],
    ['moving many elements', 'local t = {} for i = 1, 1e6 do t[i] = i end while true do table.insert(t, 1, 0) end'],
    ['calling itself without end', 'local function f() return pcall(f) end while true do f() end'],
    ['running commands', "while true do redis.call('PING') end"],
  ])('is killed %s', async (_, script) => {
    const ended = node.talk.ask(['EVAL', script, '0'])
    const { other } = await busy()
    expect(await other.ask(['SCRIPT', 'KILL'])).toEqual(['+OK\r\n'])
    expect((await ended)[0]).toMatch(/^-ERR Script killed by user/)
  })

  test.each([
    ['a table that grows', 'local t = {} for i = 1, 1e8 do t[i] = i end'],
    ['tables within tables, written as JSON', 'local t = {} for i = 1, 100 do t = {t, t, t} end cjson.encode(t)'],
    ['tables within tables, packed', 'local t = {} for i = 1, 16 do t = {t, t, t, t} end cmsgpack.pack({t, t, t, t})'],
  ])('is refused more memory than there is for %s', async (_, script) => {
    expect((await node.talk.ask(['EVAL', script, '0']))[0]).toMatch(/^-ERR (user_script:1: )?not enough memory/)
  })

  test('is not killed once it has written, and its effects stay together', async () => {
    const ended = node.talk.ask([
      'EVAL',
      `redis.call('SET', 'a', 1) local n = 0 for i = 1, 3e8 do n = n + i end redis.call('SET', 'b', 1) return 'done'`,
      '0',
    ])
    const { other } = await busy()
    expect((await other.ask(['SCRIPT', 'KILL']))[0]).toMatch(/^-UNKILLABLE /)
    expect(await ended).toEqual(['$4\r\ndone\r\n'])
    expect(await other.ask(['MGET', 'a', 'b'])).toEqual(['*2\r\n$1\r\n1\r\n$1\r\n1\r\n'])
  })

  test('tells what function it is', async () => {
    await node.talk.ask([
      'FUNCTION',
      'LOAD',
      `#!lua name=l\nredis.register_function('endless', function() ${ENDLESS} end)`,
    ])
    const ended = node.talk.ask(['FCALL', 'endless', '0', 'word'])
    const { other, reply } = await busy()
    expect(reply).toMatch(/You can only call FUNCTION KILL or SHUTDOWN NOSAVE/)
    expect((await other.ask(['FUNCTION', 'STATS']))[0]).toContain('$7\r\nendless\r\n')
    expect(await other.ask(['SCRIPT', 'KILL'])).toEqual([reply])
    expect(await other.ask(['FUNCTION', 'KILL'])).toEqual(['+OK\r\n'])
    expect((await ended)[0]).toMatch(/^-ERR Script killed by user/)
  })

  test('goes on without the client that called it', async () => {
    const caller = await node.connect()
    caller.write("EVAL \"for i = 1, 3e8 do end return redis.call('SET', 'alone', 1)\" 0\r\n")
    const { other } = await busy()
    caller.end()
    for (;;) {
      const [reply] = await other.ask(['GET', 'alone'])
      if (reply === '$1\r\n1\r\n') break
      expect(reply).toMatch(/^-BUSY|^\$-1/)
    }
  })

  test('holds up what its client sends after it', async () => {
    const replies = node.talk.ask(['EVAL', 'for i = 1, 2e8 do end return 1', '0'], ['ECHO', 'after'])
    await busy()
    expect(await replies).toEqual([':1\r\n', '$5\r\nafter\r\n'])
  })
})
