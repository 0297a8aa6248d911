import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { crc64 } from '../../../src/redis/rdb/crc64.ts'
import { afterTests } from '../../support/after-tests.ts'
import { eventually } from '../../support/eventually.ts'
import { hasRedis, NEEDS_REDIS, PROGRAMS } from '../../support/redis-server.ts'
import { type StartedNode, startNode } from '../support/node.ts'
import { type Pair, startPair } from '../support/pair.ts'
import type { Talk } from '../support/talk.ts'
import { filling, keys } from './filling.ts'

/** The bytes of a bulk reply. */
const bulk = (reply: string): Buffer => Buffer.from(reply.slice(reply.indexOf('\n') + 1, -2), 'latin1')

async function dumped(talk: Talk, key: string): Promise<Buffer> {
  const [reply = ''] = await talk.ask(['DUMP', key])
  return bulk(reply)
}

describe.skipIf(!hasRedis).each(PROGRAMS.filter(({ installed }) => installed))(
  `dumps of $program ${NEEDS_REDIS}`,
  ({ program }) => {
    const atEnd = afterTests()
    let pair: Pair
    beforeAll(async () => {
      pair = await startPair(atEnd, { engine: program === 'redis-server' ? 'redis' : 'valkey' })
      await pair.replies(['FLUSHALL'], ...filling)
    })

    test('of every kind of value are restored by the server, and its own by the node', async () => {
      const { ours, theirs } = pair
      const [digests] = [await theirs.talk.ask(['DEBUG', 'DIGEST-VALUE', ...keys])]
      for (const key of keys) {
        const [mine, real] = [await dumped(ours.talk, key), await dumped(theirs.talk, key)]
        expect([key, await theirs.talk.ask(['RESTORE', key, '0', mine, 'REPLACE'])]).toEqual([key, ['+OK\r\n']])
        expect([key, await ours.talk.ask(['RESTORE', key, '0', real, 'REPLACE'])]).toEqual([key, ['+OK\r\n']])
        // Once more: what the node has made of the server's.
        const again = await dumped(ours.talk, key)
        expect([key, await theirs.talk.ask(['RESTORE', key, '0', again, 'REPLACE'])]).toEqual([key, ['+OK\r\n']])
      }
      expect(await theirs.talk.ask(['DEBUG', 'DIGEST-VALUE', ...keys])).toEqual(digests)
    })

    test('of small values are the same bytes', () =>
      pair.same(...['short', 'hash', 'intset', 'zset', 'nothing'].map((key) => ['DUMP', key])))

    test('are refused as the server refuses them', async () => {
      await pair.replies(['SET', 'from', 'value'], ['DEL', 'to'])
      const dump = await dumped(pair.theirs.talk, 'from')
      const restore = (...words: (string | Buffer)[]) => ['RESTORE', ...words]
      const cut = dump.subarray(0, -1)
      await pair.same(
        restore('from', '-1', dump),
        restore('to', '-1', dump),
        restore('to', 'x', dump),
        restore('to', '0', cut),
        restore('to', '0', 'xx'),
        restore('to', '0', dump, 'IDLETIME', '-1'),
        restore('to', '0', dump, 'IDLETIME'),
        restore('to', '0', dump, 'IDLETIME', '1', 'FREQ', '1'),
        restore('to', '0', dump, 'FREQ', '256'),
        restore('to', '0', sealed(Buffer.from([99, 1, 65]), dump)),
        restore('to', '1', dump, 'ABSTTL'),
        ['EXISTS', 'to'],
        restore('from', '1', dump, 'ABSTTL', 'REPLACE'),
        ['EXISTS', 'from'],
        restore('to', '100000', dump),
        ['EXPIRE', 'to', '100', 'GT'],
        restore('to', '4102444800000', dump, 'ABSTTL', 'REPLACE', 'IDLETIME', '1000'),
        ['EXPIRETIME', 'to'],
        ['OBJECT', 'IDLETIME', 'to'],
        ['GET', 'to'],
      )
    })

    test.each(Object.entries(DAMAGED))('with a %s are taken or refused as the server does', async (_, body) => {
      const like = await dumped(pair.theirs.talk, 'short')
      await pair.same(
        ['CONFIG', 'SET', 'sanitize-dump-payload', 'yes'],
        ['DEL', 'to'],
        ['RESTORE', 'to', '0', sealed(Buffer.from(body, 'hex'), like)],
        ['TYPE', 'to'],
        ['DEBUG', 'DIGEST-VALUE', 'to'],
      )
      const [dump = ''] = await pair.ours.talk.ask(['DUMP', 'to'])
      expect(dump).toMatch(/^\$/)
    })
  },
)

const DAMAGED: Readonly<Record<string, string>> = {
  'string that goes on into the checksum': '000568',
  'last element of a ziplist elsewhere': '0a13130000001101000002000001610303626364ff',
  'last element of a ziplist where it is': '0a13130000000d00000002000001610303626364ff',
  'number of fields that a zipmap has not': '090e2202663102007631016101007aff',
  'number of fields that a zipmap has': '090e0202663102007631016101007aff',
  'length in a listpack that goes on before it': '100f0f00000002008266310382763183ff',
  'kind of node told as an encoding': '1201c20d0d0000000200816102816202ff',
  'score that is no number': '1110100000000200816102842d6a6e6605ff',
  'score with more behind it': '0301016103316e35',
  'group that has read less than nothing': '13000000000000000000010167000081fffffffffffffffb0000',
  'stream that has had all entries there can be': '13000000000000000081ffffffffffffffff00',
  'count of elements that an entry has': streamOf('00', '04'),
  'count of elements that an entry has not': streamOf('00', '05'),
  'first entry that ends with no zero': streamOf('02', '04'),
}

/** A stream of one entry of one field, with this byte at the end of what its entries share, and this count of its elements. */
function streamOf(end: string, count: string): string {
  const shared = `010100010101816602${end}01`
  const entry = `020100010001817602${count}01`
  return `13011000000000000000010000000000000001${'1d'.repeat(2)}0000000a00${shared}${entry}ff010101010100000100`
}

/** A body with the version of another dump, and the right checksum. */
function sealed(body: Buffer, like: Buffer): Buffer {
  const bytes = Buffer.concat([body, like.subarray(-10, -8)])
  return Buffer.concat([bytes, crc64(bytes)])
}

describe('a damaged dump', () => {
  const atEnd = afterTests()
  let node: StartedNode
  let before = ''
  const dumps: Buffer[] = []
  const used = async (): Promise<string> =>
    /used_memory:\d+/.exec((await node.talk.ask(['INFO', 'memory']))[0] ?? '')?.[0] ?? ''
  beforeAll(async () => {
    node = await startNode(atEnd, { engine: 'valkey', version: '8.0.1' })
    before = await used()
    await node.talk.ask(...filling)
    for (const key of keys) dumps.push(await dumped(node.talk, key))
    await node.talk.ask(['FLUSHALL'])
  })

  test('neither ends the node nor holds it up, and leaves nothing behind', async () => {
    const { talk } = node
    const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(keys.length - 1),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (which, changes) => {
          const dump = dumps[which] ?? Buffer.alloc(0)
          const body = Buffer.from(dump.subarray(0, -10))
          for (const [where, byte] of changes) body[Math.floor(where * (body.length - 1))] = byte
          const [reply = '', ...replies] = await talk.ask(
            ['RESTORE', 'k', '0', sealed(body, dump)],
            ['DUMP', 'k'],
            ['COPY', 'k', 'other'],
            ['ZADD', 'k', '1', 'one', '2', 'two'],
            ['FLUSHALL'],
          )
          expect(reply).toMatch(/^(\+OK|-ERR Bad data format)\r\n$/)
          expect(replies.join('')).not.toMatch(/internal error/)
        },
      ),
      { numRuns: 200 },
    )
    await eventually(`${before} again`, async () => (await used()) === before)
  })
})
