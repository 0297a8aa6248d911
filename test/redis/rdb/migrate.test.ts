import { createServer, type Socket } from 'node:net'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterTests } from '../../support/after-tests.ts'
import { eventually } from '../../support/eventually.ts'
import { hasRedis, NEEDS_REDIS, startRedis } from '../../support/redis-server.ts'
import { type StartedNode, startNode } from '../support/node.ts'
import { type Pair, startPair } from '../support/pair.ts'
import { filling, keys } from './filling.ts'

const here = '127.0.0.1'

describe.skipIf(!hasRedis)(`MIGRATE ${NEEDS_REDIS}`, () => {
  const atEnd = afterTests()
  let pair: Pair
  let server: number
  let node: StartedNode
  beforeAll(async () => {
    pair = await startPair(atEnd)
    server = (await startRedis(['--requirepass', 'secret'], { atEnd, password: 'secret' })).port
    node = await startNode(atEnd, { config: ['requirepass secret'] })
    await node.talk.ask(['AUTH', 'secret'])
  })

  test('sends keys as the server does, and refuses as it does', async () => {
    for (const port of [String(server), String(node.port)]) {
      await pair.replies(['SET', 'a', '1'], ['SET', 'b', '2', 'PX', '1000000'], ['SADD', 'c', 'x'])
      const migrate = (...words: string[]) => ['MIGRATE', here, port, ...words]
      await pair.same(migrate('a', '0', '1000'), ['EXISTS', 'a'])
      // One after the other: the second finds what the first has left.
      const login = ['AUTH', 'secret']
      for (const talk of [pair.ours.talk, pair.theirs.talk]) {
        const replies = await talk.ask(
          migrate('a', '0', '5000', 'REPLACE', ...login),
          ['EXISTS', 'a'],
          migrate('b', '3', '5000', 'COPY', 'REPLACE', ...login),
          migrate('b', '3', '5000', 'COPY', ...login),
          ['EXISTS', 'b'],
          migrate('', '0', '5000', 'REPLACE', 'AUTH2', 'default', 'secret', 'KEYS', 'b', 'nothing', 'c'),
          ['EXISTS', 'b', 'c'],
          migrate('', '0', '5000', 'KEYS', 'b', 'c'),
        )
        expect(replies).toEqual([
          '+OK\r\n',
          ':0\r\n',
          '+OK\r\n',
          '-ERR Target instance replied with error: BUSYKEY Target key name already exists.\r\n',
          ':1\r\n',
          '+OK\r\n',
          ':0\r\n',
          '+NOKEY\r\n',
        ])
      }
    }
    expect(await node.talk.ask(['GET', 'a'], ['SMEMBERS', 'c'])).toEqual(['$1\r\n1\r\n', '*1\r\n$1\r\nx\r\n'])
    expect((await node.talk.ask(['PTTL', 'b']))[0]).toMatch(/^:[0-9]{6}\r\n/)
    await pair.replies(['SET', 'a', '1'])
    const wrong = (...words: string[]) => ['MIGRATE', here, '1', ...words]
    await pair.same(
      wrong('nothing', '0', '1000'),
      wrong('a', '0', '1000'),
      wrong('a', 'x', '1000'),
      wrong('a', '0', 'x'),
      wrong('a', '0', '1000', 'WHAT'),
      wrong('a', '0', '1000', 'AUTH'),
      wrong('a', '0', '1000', 'KEYS', 'b'),
      ['COMMAND', 'GETKEYS', 'MIGRATE', here, '1', '', '0', '10', 'AUTH', 'KEYS', 'KEYS', 'b', 'c'],
      ['EXISTS', 'a'],
    )
  })

  test('takes every kind of value to a server and back', async () => {
    const { ours, theirs } = pair
    await pair.replies(['FLUSHALL'], ...filling)
    await theirs.talk.ask(['FLUSHALL'])
    const [digest] = await ours.talk.ask(['DEBUG', 'DIGEST'])
    const words = ['', '0', '20000', 'KEYS', ...keys]
    expect(await ours.talk.ask(['MIGRATE', here, String(theirs.port), ...words], ['EXISTS', ...keys])).toEqual([
      '+OK\r\n',
      ':0\r\n',
    ])
    expect(await theirs.talk.ask(['MIGRATE', here, String(ours.port), ...words])).toEqual(['+OK\r\n'])
    expect(await ours.talk.ask(['DEBUG', 'DIGEST'])).toEqual([digest])
  })
})

describe('a key that is migrated', () => {
  const atEnd = (work: () => Promise<void>) => onTestFinished(work)

  /** A server that holds back its replies until it is told to speak. */
  async function hesitantServer() {
    const sockets: Socket[] = []
    let heard = ''
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('data', (piece) => {
        heard += piece.toString('latin1')
      })
    }).listen(0, here)
    await new Promise((resolve) => server.once('listening', resolve))
    atEnd(async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const address = server.address()
    return {
      port: String(typeof address === 'object' ? address?.port : 0),
      heard: () => heard,
      say: (text: string) => sockets.at(-1)?.write(text),
    }
  }

  test('and changed on its way is sent again, so that nothing is lost', async () => {
    const { talk, connect } = await startNode(atEnd)
    const other = await connect()
    const target = await hesitantServer()
    await talk.ask(['SET', 'k', 'before'], ['SET', 'gone', 'v'])
    const migrated = talk.ask(['MIGRATE', here, target.port, '', '0', '15000', 'KEYS', 'k', 'gone'])
    await eventually('the first round', () => target.heard().includes('gone'))
    await other.ask(['SET', 'k', 'after'], ['DEL', 'gone'])
    target.say('+OK\r\n+OK\r\n+OK\r\n')
    await eventually('the second round', () => target.heard().includes('after') && target.heard().includes('DEL'))
    expect(await other.ask(['EXISTS', 'k'])).toEqual([':1\r\n'])
    target.say('+OK\r\n+OK\r\n:1\r\n')
    expect(await migrated).toEqual(['+OK\r\n'])
    expect(await other.ask(['EXISTS', 'k'])).toEqual([':0\r\n'])
  })

  test('stays where the other server does not answer, and the node serves others meanwhile', async () => {
    const { talk, connect } = await startNode(atEnd)
    const other = await connect()
    const target = await hesitantServer()
    await talk.ask(['SET', 'k', 'v'])
    const migrated = talk.ask(['MIGRATE', here, target.port, 'k', '0', '300'])
    expect(await other.ask(['GET', 'k'])).toEqual(['$1\r\nv\r\n'])
    expect(await migrated).toEqual(['-IOERR error or timeout reading to target instance\r\n'])
    expect(await other.ask(['EXISTS', 'k'])).toEqual([':1\r\n'])
  })
})
