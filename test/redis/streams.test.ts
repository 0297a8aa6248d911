import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { hasRedis, NEEDS_REDIS } from '../support/redis-server.ts'
import { type Pair, startPair } from './support/pair.ts'
import { Talk } from './support/talk.ts'

describe.skipIf(!hasRedis).each(['redis', 'valkey'] as const)(
  `streams answer as %s-server's ${NEEDS_REDIS}`,
  (engine) => {
    const atEnd = afterTests()
    let pair: Pair
    beforeAll(async () => {
      // Few to a node: what goes over the edge of one is met soon.
      pair = await startPair(atEnd, { engine, config: ['stream-node-max-entries 4'] })
    })
    beforeEach(() => pair.reset())

    const key = fc.constantFrom('a', 'b')
    const id = fc.tuple(fc.nat(5), fc.nat(3)).map((parts) => parts.join('-'))
    const added = fc.oneof(
      id,
      fc.nat(9).map((ms) => `${ms}-*`),
    )
    const bound = fc.oneof(
      fc.constantFrom('-', '+'),
      id,
      id.map((each) => `(${each}`),
    )
    const count = fc.constantFrom('1', '2', '9')
    const group = fc.constantFrom('g', 'h')
    const consumer = fc.constantFrom('c', 'd')
    const start = fc.oneof(fc.constantFrom('0', '$'), id)
    const trim = fc.oneof(
      fc.tuple(fc.constant('MAXLEN'), fc.constantFrom('~', '='), fc.constantFrom('0', '1', '2', '5')),
      fc.tuple(fc.constant('MINID'), fc.constantFrom('~', '='), id),
      fc.tuple(
        fc.constant('MAXLEN'),
        fc.constant('~'),
        fc.constant('1'),
        fc.constant('LIMIT'),
        fc.constantFrom('0', '4'),
      ),
    )
    const optional = (...words: string[][]) => fc.constantFrom([], ...words)
    const command = fc.oneof(
      { arbitrary: fc.tuple(fc.constant('XADD'), key, added, fc.constant('f'), fc.constant('v')), weight: 6 },
      fc.tuple(fc.constant('XADD'), key, trim, added, fc.constantFrom('f'), fc.constant('')),
      fc.tuple(fc.constant('XTRIM'), key, trim),
      fc.tuple(fc.constant('XDEL'), key, id, id),
      fc.tuple(fc.constantFrom('XRANGE', 'XREVRANGE'), key, bound, bound, fc.constant('COUNT'), count),
      fc.tuple(fc.constant('XREAD'), fc.constant('STREAMS'), fc.constant('a'), fc.constant('b'), start, start),
      fc.tuple(
        fc.constant('XGROUP'),
        fc.constant('CREATE'),
        key,
        group,
        start,
        optional(['MKSTREAM'], ['ENTRIESREAD', '2']),
      ),
      fc.tuple(fc.constant('XGROUP'), fc.constant('SETID'), key, group, start),
      fc.tuple(fc.constant('XGROUP'), fc.constantFrom('CREATECONSUMER', 'DELCONSUMER'), key, group, consumer),
      {
        arbitrary: fc.tuple(
          fc.constantFrom(['XREADGROUP', 'GROUP']),
          group,
          consumer,
          optional(['COUNT', '1'], ['NOACK']),
          fc.constant('STREAMS'),
          key,
          fc.oneof(fc.constantFrom('>', '>', '0'), id),
        ),
        weight: 4,
      },
      fc.tuple(fc.constant('XACK'), key, group, id, id),
      fc.tuple(fc.constant('XPENDING'), key, group),
      fc.tuple(
        fc.constant('XCLAIM'),
        key,
        group,
        consumer,
        fc.constant('0'),
        id,
        optional(['FORCE'], ['JUSTID'], ['RETRYCOUNT', '4'], ['LASTID', '3']),
      ),
      fc.tuple(
        fc.constant('XAUTOCLAIM'),
        key,
        group,
        consumer,
        fc.constant('0'),
        bound,
        optional(['COUNT', '1'], ['JUSTID']),
      ),
      fc.tuple(fc.constant('XSETID'), key, id, optional(['ENTRIESADDED', '9', 'MAXDELETEDID', '1'])),
      fc.tuple(fc.constant('COPY'), key, key, fc.constant('REPLACE')),
    )

    test('whatever is done to them, with all that is in them looked at', () =>
      fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 20, maxLength: 60 }), async (commands) => {
          const looks = ['a', 'b'].flatMap((name) => [
            ['XRANGE', name, '-', '+'],
            ['XINFO', 'GROUPS', name],
          ])
          await pair.same(...commands.flatMap((words) => [words.flat(), ...looks]))
          await pair.replies(['FLUSHALL'])
        }),
        { numRuns: 40 },
      ))

    test('rough trimming leaves as many, whatever the entries are: nodes end where those of the server do', async () => {
      const value = fc.oneof(
        fc.integer().map(String),
        fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
        fc.nat(300).map((length) => 'v'.repeat(length)),
        fc.constantFrom('', '0', '-0', '01', 'v'.repeat(5000)),
      )
      const fields = fc.constantFrom(['a'], ['a'], ['event', 'jobId'], ['a', 'b'], ['17', ''])
      const words = fields.chain((names) =>
        fc.tuple(...names.map((name) => value.map((each) => [name, each]))).map((pairs) => pairs.flat()),
      )
      await fc.assert(
        fc.asyncProperty(
          fc.array(words, { minLength: 60, maxLength: 120 }),
          fc.constantFrom('4096', '700', '0'),
          async (entries, bytes) => {
            await pair.same(
              ['FLUSHALL'],
              ['CONFIG', 'SET', 'stream-node-max-entries', '100', 'stream-node-max-bytes', bytes],
              ...entries.flatMap((entry, at) => [
                ['XADD', 's', 'MAXLEN', '~', '20', `${at * 37}-${(at * 7) % 300}`.replace(/^0-0$/, '0-1'), ...entry],
                ...(at % 11 === 0 ? [['XTRIM', 's', 'MAXLEN', String(15 + (at % 9))]] : []),
                ['XLEN', 's'],
              ]),
            )
          },
        ),
        { numRuns: 25 },
      )
      await pair.same(['CONFIG', 'SET', 'stream-node-max-entries', '4', 'stream-node-max-bytes', '4096'])
    })

    test.each([2, 3] as const)('what makes no sense, and what is told of a stream, in RESP%i', async (resp) => {
      await pair.speak(resp)
      await pair.same(
        ...SAID.trim()
          .split('\n')
          .map((line) => line.trim().split(' ')),
      )
    })

    /** What two clients hear that wait, while a third does what they wait for. */
    async function served(port: number): Promise<unknown> {
      const talks = await Promise.all([Talk.to(port), Talk.to(port), Talk.to(port)])
      const [feeder, first, second] = talks
      const waits = async (talk: Talk, ...words: string[]) => {
        const [own = ''] = await talk.ask(['CLIENT', 'ID'])
        const reply = talk.ask(words)
        for (let list = ''; !/flags=b/.test(list); )
          [list = ''] = await feeder.ask(['CLIENT', 'LIST', 'ID', own.slice(1, -2)])
        return { reply }
      }
      await feeder.ask(['XADD', 's', '1', 'f', 'v'], ['XGROUP', 'CREATE', 's', 'g', '$'])
      const one = await waits(first, 'XREAD', 'BLOCK', '0', 'STREAMS', 's', 't', '$', '0')
      const two = await waits(second, 'XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '0', 'STREAMS', 's', '>')
      const fed = await feeder.ask(['SET', 't', 'v'], ['XADD', 's', '2', 'f', 'v'])
      const heard = [await one.reply, await two.reply, fed]
      const three = await waits(first, 'XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '0', 'STREAMS', 's', '>')
      heard.push(
        await feeder.ask(['XGROUP', 'DESTROY', 's', 'g'], ['XGROUP', 'CREATE', 's', 'g', '$']),
        await three.reply,
      )
      for (const words of [
        ['DEL', 's'],
        ['SET', 's', 'v'],
        ['RENAME', 's', 'r'],
        ['PEXPIRE', 's', '10'],
        ['FLUSHALL'],
      ]) {
        await feeder.ask(['DEL', 's'], ['XGROUP', 'CREATE', 's', 'g', '$', 'MKSTREAM'])
        const four = await waits(second, 'XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '0', 'STREAMS', 's', '>')
        heard.push(await feeder.ask(words), await four.reply)
      }
      for (const talk of talks) talk.end()
      return heard
    }

    test('clients that wait are served by what is added, and told that a group or its stream is gone', async () => {
      const [ours, theirs] = await Promise.all([served(pair.ours.port), served(pair.theirs.port)])
      expect(ours).toEqual(theirs)
    })
  },
)

const SAID = `
  SET str v
  XADD str * a b
  XADD s 0-0 a b
  XADD s 1 a
  XADD s 1 a b c
  XADD s
  XADD s MAXLEN 1 MAXLEN 2 * a b
  XADD s MAXLEN -1 * a b
  XADD s MAXLEN x * a b
  XADD s LIMIT 3 * a b
  XADD s LIMIT -3 * a b
  XADD s MAXLEN = 3 LIMIT 2 * a b
  XADD s MAXLEN ~ 3 LIMIT 2 5-* a b
  XADD s 5-1 a b
  XADD s 5 a b
  XADD s 5-x a b
  XADD s -5 a b
  XADD s 01-05 a b
  XADD s - a b
  XADD s + a b
  XADD z 0-* a b
  XADD z 18446744073709551615-18446744073709551615 a b
  XADD z 5 a b
  XADD s 18446744073709551616-1 a b
  XTRIM s
  XTRIM s FOO 1
  XTRIM s MAXLEN
  XTRIM none MAXLEN 0
  XTRIM str MAXLEN 0
  XTRIM s LIMIT 1 2
  XTRIM none MAXLEN x
  XTRIM s MINID x
  XDEL s
  XDEL none x
  XDEL s x
  XDEL str 1
  XDEL s 1 x
  XLEN str
  XLEN none
  XRANGE s
  XRANGE s x y
  XRANGE str - +
  XRANGE none - +
  XRANGE none x +
  XRANGE s - + COUNT
  XRANGE s - + COUNT 0
  XRANGE s - + COUNT -1
  XRANGE s - + COUNT x
  XRANGE s - + FOO 1
  XRANGE s (- +
  XRANGE s ( +
  XRANGE s (18446744073709551615-18446744073709551615 +
  XRANGE s - (0-0
  XREVRANGE s + -
  XREVRANGE s (5 (1
  XREVRANGE s + - COUNT 1
  XREVRANGE s x -
  XREVRANGE s - (18446744073709551615-18446744073709551615
  XREAD
  XREAD STREAMS s
  XREAD STREAMS s 0 1
  XREAD COUNT STREAMS s 0
  XREAD COUNT x STREAMS s 0
  XREAD BLOCK x STREAMS s 0
  XREAD BLOCK -1 STREAMS s 0
  XREAD NOACK STREAMS s 0
  XREAD GROUP a b STREAMS s 0
  XREAD STREAMS s >
  XREAD STREAMS str 0
  XREAD STREAMS s x
  XREAD FOO STREAMS s x
  XREAD COUNT -1 STREAMS s 0
  XREAD COUNT 0 STREAMS s 0
  XREAD BLOCK 1 STREAMS s $
  XREAD BLOCK 1 STREAMS none 0
  XREADGROUP GROUP g c STREAMS s >
  XREADGROUP GROUP g c STREAMS none >
  XREADGROUP GROUP g c STREAMS s
  XREADGROUP GROUP g c FOO s >
  XREADGROUP COUNT 1 NOACK STREAMS s 0 1 2
  XREADGROUP COUNT 1 NOACK STREAMS s 0
  XGROUP CREATE s g $ FOO
  XGROUP CREATE s g $
  XGROUP CREATE s g $
  XGROUP CREATE none g $
  XGROUP CREATE mk g $ MKSTREAM
  XGROUP CREATE mk h 0 ENTRIESREAD -2
  XGROUP CREATE mk h x
  XGROUP CREATE mk h -
  XGROUP CREATE mk h 0 ENTRIESREAD 5
  XGROUP CREATE mk h 0 ENTRIESREAD
  XGROUP CREATE str h 0
  XGROUP SETID mk h $ ENTRIESREAD x
  XGROUP SETID mk nog $
  XGROUP SETID none nog $
  XGROUP SETID mk h x
  XGROUP SETID mk h -
  XGROUP SETID mk h 1 MKSTREAM
  XGROUP DESTROY mk nog
  XGROUP DESTROY none nog
  XGROUP DESTROY mk h
  XGROUP DESTROY mk h x
  XGROUP CREATECONSUMER mk nog c
  XGROUP CREATECONSUMER mk g c
  XGROUP CREATECONSUMER mk g c
  XGROUP DELCONSUMER mk g c
  XGROUP DELCONSUMER mk g c
  XGROUP DELCONSUMER mk nog c
  XGROUP HELP
  XGROUP NOSUCH
  XGROUP
  XGROUP CREATE s
  XREADGROUP GROUP g c STREAMS s $
  XREADGROUP GROUP g c STREAMS s x
  XREADGROUP GROUP g c STREAMS s 18446744073709551615-18446744073709551615
  XINFO GROUPS s
  XINFO HELP
  XINFO FOO
  XINFO STREAM none
  XINFO STREAM str
  XINFO STREAM s FULL COUNT
  XINFO STREAM s FOO
  XINFO STREAM s FULL COUNT x
  XINFO STREAM s FULL COUNT 1 2
  XINFO CONSUMERS s nog
  XINFO CONSUMERS none nog
  XINFO GROUPS none
  XACK none g 1
  XACK s nog x
  XACK s g x
  XACK str g 1
  XPENDING s
  XPENDING s nog
  XPENDING none g
  XPENDING s g
  XPENDING s g - +
  XPENDING s g x + 1
  XPENDING s g - + x
  XPENDING s g - + -1
  XPENDING s g IDLE x - + 1
  XPENDING s g IDLE 1 - +
  XPENDING s g - + 1 noc
  XPENDING s g (- + 1
  XCLAIM s g c x 1
  XCLAIM s g c 0 1 FOO
  XCLAIM s nog c 0 1
  XCLAIM none g c 0 1
  XCLAIM s g c 0 1 IDLE x
  XCLAIM s g c 0 1 TIME x
  XCLAIM s g c 0 1 RETRYCOUNT x
  XCLAIM s g c 0 1 LASTID x
  XCLAIM s g c 0 5-1 FORCE
  XCLAIM s g c 0 5-1 FORCE JUSTID
  XCLAIM s g c 0 5-1 RETRYCOUNT -3
  XCLAIM str g c 0 1
  XCLAIM s nog c x 1
  XAUTOCLAIM s g c x 0
  XAUTOCLAIM s g c 0 x
  XAUTOCLAIM s g c 0 0 COUNT 0
  XAUTOCLAIM s g c 0 0 COUNT x
  XAUTOCLAIM s g c 0 0 FOO
  XAUTOCLAIM s nog c 0 0
  XAUTOCLAIM none g c 0 0
  XAUTOCLAIM s g c 0 (18446744073709551615-18446744073709551615
  XAUTOCLAIM s g c 0 - COUNT 9223372036854775807
  XSETID none 1
  XSETID s x
  XSETID s 1
  XSETID s 9 ENTRIESADDED -1
  XSETID s 9 ENTRIESADDED 0
  XSETID s 9 ENTRIESADDED x
  XSETID s 9 MAXDELETEDID 10
  XSETID s 9 MAXDELETEDID 8
  XSETID s 7
  XSETID s 10 ENTRIESADDED 100 FOO
  XSETID s 10 ENTRIESADDED
  XSETID str 10
  XSETID s 11
  TYPE s
  OBJECT ENCODING s
  COPY s t
  XINFO GROUPS t
  DEL t
  XLEN s
  XINFO STREAM s
  XADD s 12 a b
  XINFO STREAM s
`
