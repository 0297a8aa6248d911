import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sortFirst } from '../../src/redis/types/partial-sort.ts'
import { arcsine, cosine, sine } from '../../src/redis/types/sines.ts'
import { afterTests } from '../support/after-tests.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { commandsOf } from './support/grammar.ts'
import { GRAMMARS } from './support/grammars.ts'
import { type Pair, startPair } from './support/pair.ts'

describe.each(PROGRAMS.filter(({ installed }) => installed))('places answer as those of $program', ({ program }) => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    const engine = program === 'valkey-server' ? 'valkey' : 'redis'
    pair = await startPair(atEnd, { engine, config: ['zset-max-listpack-entries 6'] })
  })
  beforeEach(() => pair.reset())

  const command = fc.oneof(...(GRAMMARS.geo ?? []).map(commandsOf))

  test.each([2, 3] as const)('whatever is asked of them, by RESP%i', (resp) =>
    fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 20, maxLength: 120 }), async (commands) => {
        await pair.reset()
        await pair.speak(resp)
        await pair.same(...commands)
      }),
      { numRuns: 30 },
    ),
  )

  test('of many, those within any circle and box, in the order in which they are found', async () => {
    const place = fc.tuple(
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.double({ min: -85, max: 85, noNaN: true }),
    )
    const places = fc.sample(place, 400)
    await pair.replies(['GEOADD', 'k', ...places.flatMap(([x, y], i) => [String(x), String(y), `m${i}`])])
    const asked = fc.tuple(place, fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 20_000 }))
    await pair.same(
      ...fc.sample(asked, 60).flatMap(([[x, y], a, b]) => {
        const around = ['GEOSEARCH', 'k', 'FROMLONLAT', String(x), String(y)]
        return [
          [...around, 'BYRADIUS', String(a), 'km', 'WITHCOORD', 'WITHHASH'],
          [...around, 'BYBOX', String(a), String(b), 'mi', 'WITHDIST'],
          [...around, 'BYRADIUS', String(a), 'km', 'COUNT', '3', 'ANY'],
          [...around, 'BYRADIUS', String(a), 'km', 'COUNT', '10', 'DESC'],
        ]
      }),
    )
  })

  test('keys, events and keys of commands that store', async () => {
    await pair.same(
      ['CONFIG', 'SET', 'notify-keyspace-events', 'KEA'],
      ['GEOADD', 'k', '13.361389', '38.115556', 'Palermo', '15.087269', '37.502669', 'Catania'],
      ['SUBSCRIBE', '__keyevent@0__:geosearchstore', '__keyevent@0__:georadiusstore', '__keyevent@0__:del'],
      ['RESET'],
      ['GEOSEARCHSTORE', 'd', 'k', 'FROMLONLAT', '15', '37', 'BYRADIUS', '200', 'km'],
      ['GEORADIUS', 'k', '15', '37', '200', 'km', 'STOREDIST', 'e', 'COUNT', '1'],
      ['ZRANGE', 'e', '0', '-1', 'WITHSCORES'],
      ['GEOSEARCHSTORE', 'd', 'k', 'FROMMEMBER', 'Palermo', 'BYBOX', '400', '400', 'mi', 'STOREDIST'],
      ['ZRANGE', 'd', '0', '-1', 'WITHSCORES'],
      ['GEORADIUS', 'k', '1', '7', '2', 'km', 'STORE', 'd'],
      ['EXISTS', 'd'],
      ['COMMAND', 'GETKEYS', 'GEORADIUS', 'k', '15', '37', '200', 'km', 'STORE', 'd', 'STOREDIST', 'e'],
      ['COMMAND', 'GETKEYS', 'GEORADIUSBYMEMBER', 'k', 'm', '200', 'km', 'STOREDIST', 'e'],
      ['COMMAND', 'GETKEYS', 'GEOSEARCHSTORE', 'd', 'k', 'FROMMEMBER', 'm', 'BYRADIUS', '200', 'km'],
    )
  })

  test('scores that are no places', () =>
    pair.same(
      ...['-1', '1e300', '-1e300', 'inf', '-inf', '9007199254740993', '18446744073709551615', '0.5', '4e15'].flatMap(
        (score) => [
          ['ZADD', 'k', score, 'm'],
          ['GEOPOS', 'k', 'm'],
          ['GEOHASH', 'k', 'm'],
          ['GEORADIUSBYMEMBER', 'k', 'm', '100', 'km', 'WITHHASH'],
        ],
      ),
    ))

  test('MODULE, which has nothing to load', async () => {
    await pair.same(
      ...['LIST', 'LOAD x', 'LOADEX x', 'UNLOAD x', 'HELP', 'NOSUCH', 'UNLOAD'].map((words) => [
        'MODULE',
        ...words.split(' '),
      ]),
    )
  })
})

test('as many as are wanted are sorted, and no others are lost', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 120 }), fc.nat(40), (items, wanted) => {
      const sorted = items.toSorted((a, b) => a - b)
      const partly = [...items]
      sortFirst(partly, wanted, (a, b) => a - b)
      expect(partly.slice(0, wanted)).toEqual(sorted.slice(0, wanted))
      expect(partly.toSorted((a, b) => a - b)).toEqual(sorted)
    }),
  )
})

describe('sines', () => {
  test('are those of the runtime, but for the last bit', () => {
    const near = (ours: number, theirs: number) => Math.abs(ours - theirs) <= 4e-16 * Math.max(Math.abs(theirs), 0.5)
    fc.assert(
      fc.property(
        fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (angle, value) =>
          near(sine(angle), Math.sin(angle)) &&
          near(cosine(angle), Math.cos(angle)) &&
          near(arcsine(value), Math.asin(value)),
      ),
    )
  })

  test('are exact where the value is known', () => {
    expect([sine(0), sine(Math.PI / 2), cosine(0), cosine(Math.PI), arcsine(0), arcsine(1)]).toEqual([
      0,
      1,
      1,
      -1,
      0,
      Math.PI / 2,
    ])
    // The rest of pi behind the double.
    expect(sine(Math.PI)).toBe(1.2246467991473532e-16)
  })
})
