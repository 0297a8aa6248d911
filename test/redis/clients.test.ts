import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { encodeCommand } from '../../src/protocols/resp/encode.ts'
import { systemClock } from '../../src/redis/clock.ts'
import { afterTests } from '../support/after-tests.ts'
import { eventually } from '../support/eventually.ts'
import { hasRedis, NEEDS_REDIS } from '../support/redis-server.ts'
import { startNode } from './support/node.ts'
import { type Pair, startPair } from './support/pair.ts'

const atEnd = (work: () => Promise<void>) => onTestFinished(work)

describe.skipIf(!hasRedis)(`clients are served as by the server ${NEEDS_REDIS}`, () => {
  const atEndOfAll = afterTests()
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(atEndOfAll)
  })
  beforeEach(() => pair.reset())

  test('tracking is refused in the server words', () =>
    pair.same(
      ['CLIENT', 'TRACKING', 'ON', 'PREFIX', 'a'],
      ['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', 'a', 'PREFIX', 'ab'],
      ['CLIENT', 'TRACKING', 'ON', 'OPTIN', 'OPTOUT'],
      ['CLIENT', 'TRACKING', 'ON', 'BCAST', 'OPTIN'],
      ['CLIENT', 'TRACKING', 'ON', 'REDIRECT', '999999'],
      ['CLIENT', 'TRACKING', 'MAYBE'],
      ['CLIENT', 'CACHING', 'YES'],
      ['CLIENT', 'GETREDIR'],
      ['CLIENT', 'TRACKINGINFO'],
      ['CLIENT', 'TRACKING', 'ON', 'OPTIN', 'NOLOOP'],
      ['CLIENT', 'CACHING', 'NO'],
      ['CLIENT', 'CACHING', 'YES'],
      ['CLIENT', 'TRACKINGINFO'],
      ['CLIENT', 'TRACKING', 'ON', 'BCAST'],
      ['CLIENT', 'TRACKING', 'OFF'],
      ['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', 'x', 'PREFIX', 'y'],
      ['CLIENT', 'TRACKINGINFO'],
    ))

  test('keys that a client has read are told to it once they change', async () => {
    await pair.speak(3)
    await pair.same(['CLIENT', 'TRACKING', 'ON'], ['MGET', 'a', 'b'], ['SET', 'c', '1'])
    const other = { ours: await pair.ours.connect(), theirs: pair.theirs }
    await other.ours.ask(['SET', 'a', '1'])
    await other.theirs.send(['SET', 'a', '1'])
    const pushed = [await pair.ours.talk.next(), await pair.theirs.talk.next()]
    expect(pushed[0]).toBe(pushed[1])
    await pair.same(['GET', 'b'])
    await pair.sameBytes('SET b 2\r\n', 2)
    await pair.sameBytes('GET b\r\nFLUSHALL\r\n', 3)
  })

  test('a client hears of keys beyond the limit before its next command is answered', async () => {
    const talks = [await pair.ours.connect(), await pair.connectTheirs()]
    for (const talk of talks) await talk.ask(['HELLO', '3'], ['CLIENT', 'TRACKING', 'ON'], ['MGET', 'a', 'b'])
    await pair.same(['CONFIG', 'SET', 'tracking-table-max-keys', '1'])
    for (const talk of talks) {
      talk.write('PING\r\n')
      expect(await talk.next()).toMatch(/invalidate/)
      expect(await talk.next()).toBe('+PONG\r\n')
    }
    await pair.same(['CONFIG', 'SET', 'tracking-table-max-keys', '1000000'])
  })

  test('a pause holds back those who write, and lets them go on', async () => {
    for (const side of [pair.ours.talk, pair.theirs.talk]) {
      const other = side === pair.ours.talk ? await pair.ours.connect() : undefined
      if (other === undefined) continue
      await side.ask(['CLIENT', 'PAUSE', '100000', 'WRITE'])
      other.write('GET a\r\nSET a 1\r\nGET a\r\n')
      expect(await other.next()).toBe('$-1\r\n')
      expect(await side.ask(['CLIENT', 'UNPAUSE'])).toEqual(['+OK\r\n'])
      expect([await other.next(), await other.next()]).toEqual(['+OK\r\n', '$1\r\n1\r\n'])
    }
    await pair.same(['CLIENT', 'PAUSE', 'x'], ['CLIENT', 'PAUSE', '-1'], ['CLIENT', 'PAUSE', '1', 'NONE'])
  })

  test('protocol errors end the connection with the server words', async () => {
    for (const wrong of [
      '*3\r\n$3\r\nSET\r\n+x\r\n',
      '*1\r\n$-5\r\n',
      '*99999999999\r\n',
      'GET "a\r\n',
      '*1\r\n$536870913\r\n',
    ]) {
      const [ours, theirs] = [await pair.ours.connect(), await pair.connectTheirs()]
      for (const talk of [ours, theirs]) talk.write(wrong)
      expect(await ours.rest()).toBe(await theirs.rest())
    }
  })

  test('inline commands, empty lines and quotes', () =>
    pair.sameBytes('PING\r\n\r\nSET k "a\\x41\\n b"\r\nGET k\nset k \'it\\\'s\'\r\nget k\r\nECHO ""\r\n', 6))

  test('MONITOR shows commands as the server quotes them', async () => {
    const [ours, theirs] = [await pair.ours.connect(), await pair.connectTheirs()]
    for (const talk of [ours, theirs]) await talk.ask(['MONITOR'])
    await pair.same(['SET', 'a', 'x "y"\n\x01'], ['CONFIG', 'GET', 'port-of-nothing'], ['GET', 'a'])
    const lines = async (talk: typeof ours) =>
      [await talk.next(), await talk.next()].map((line) => line.replace(/^\+[\d.]+ \[0 [\d.:]+\]/, ''))
    expect(await lines(ours)).toEqual(await lines(theirs))
  })
})

test('a client that does not read what it is sent is ended at its limit', async () => {
  const { talk, connect } = await startNode(atEnd, { config: ['client-output-buffer-limit normal 3mb 0 0'] })
  const deaf = await connect()
  await deaf.ask(['MONITOR'])
  deaf.deafen()
  const clients = async () => ((await talk.ask(['CLIENT', 'LIST']))[0] ?? '').split('id=').length - 1
  await eventually('it is gone', async () => {
    await talk.ask(['SET', 'big', 'x'.repeat(1 << 20)])
    return (await clients()) === 1
  })
})

test.each([
  ['waits', ['BLPOP', 'nothing', '0']],
  ['is in a transaction', ['MULTI']],
  ['never ends its request', undefined],
])('a client that %s is ended once what it has asked for meanwhile reaches its limit', async (_, begin) => {
  const { talk, connect } = await startNode(atEnd, { config: ['client-query-buffer-limit 1mb'] })
  const insatiable = await connect()
  if (begin === undefined) insatiable.write('*1000\r\n')
  else insatiable.write(encodeCommand(begin))
  const word = `$100000\r\n${'x'.repeat(100_000)}\r\n`
  const request = begin === undefined ? word : `*2\r\n$4\r\nECHO\r\n${word}`
  insatiable.write(request.repeat(8))
  expect(await talk.ask(['PING'])).toEqual(['+PONG\r\n'])
  expect(insatiable.closed).toBe(false)
  insatiable.write(request.repeat(8))
  await eventually('it is gone', async () => insatiable.closed)
  expect(await talk.ask(['PING'])).toEqual(['+PONG\r\n'])
})

test('of clients that take too much together, the one that takes most is ended, unless it may not be', async () => {
  const { talk, connect } = await startNode(atEnd, { config: ['maxmemory-clients 8mb'] })
  const [spared, ended] = [await connect(), await connect()]
  await spared.ask(['CLIENT', 'NO-EVICT', 'ON'], ['CLIENT', 'SETNAME', 'spared'], ['MONITOR'])
  await ended.ask(['MONITOR'])
  for (const deaf of [spared, ended]) deaf.deafen()
  await eventually('one is gone', async () => {
    await talk.ask(['SET', 'big', 'x'.repeat(1 << 20)])
    return /evicted_clients:1\r/.test((await talk.ask(['INFO', 'stats']))[0] ?? '')
  })
  expect((await talk.ask(['CLIENT', 'LIST']))[0]).toContain('name=spared')
})

test('a client that pipelines is served a bit at a time while there are others', async () => {
  // A look at the clock takes a millisecond.
  let ms = 0
  const { talk, connect } = await startNode(atEnd, { clock: { ...systemClock, monotonicMs: () => ++ms } })
  const other = await connect()
  const COUNT = 5000
  const counted = talk.ask(...Array.from({ length: COUNT }, () => ['INCR', 'n']))
  let seen = 0
  while (seen === 0) seen = Number(/\$\d+\r\n(\d+)/.exec((await other.ask(['GET', 'n']))[0] ?? '')?.[1] ?? 0)
  expect(seen).toBeLessThan(COUNT)
  expect(await counted).toEqual(Array.from({ length: COUNT }, (_, i) => `:${i + 1}\r\n`))
})
