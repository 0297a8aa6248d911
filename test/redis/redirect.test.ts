import { describe, expect, onTestFinished, test } from 'vitest'
import type { Command } from '../../src/protocols/resp/encode.ts'
import { eventually } from '../support/eventually.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { startMember } from './support/members.ts'
import { startNode } from './support/node.ts'
import { type Pair, startPair } from './support/pair.ts'
import { startScriptedPrimary } from './support/scripted-primary.ts'

const hasValkey = PROGRAMS.some(({ program, installed }) => program === 'valkey-server' && installed)
const CAPABLE: Command = ['CLIENT', 'CAPA', 'redirect']

describe.skipIf(!hasValkey)(
  'clients of a replica are sent away as by valkey-server (skipped where that is not installed)',
  () => {
    /** A node and a server that follow a primary which is not there, and a client of each. */
    async function startReplicas(...before: Command[]): Promise<Pair> {
      const pair = await startPair(onTestFinished, { engine: 'valkey' })
      await pair.same(...before)
      for (const talk of [await pair.ours.connect(), await pair.connectTheirs()])
        await talk.ask(['REPLICAOF', '127.0.0.1', 1])
      return pair
    }

    test('once they have said that they can be', async () => {
      const pair = await startReplicas()
      await pair.same(
        ['GET', 'a'],
        ['SET', 'a', '1'],
        ['CLIENT', 'CAPA'],
        ['CLIENT', 'CAPA', 'other'],
        ['GET', 'a'],
        ['CLIENT', 'CAPA', 'other', 'ReDirect'],
        ['GET', 'a'],
        ['SET', 'a', '1'],
        ['DEL', 'a', 'b'],
        ['GET'],
        ['PING'],
        ['PUBLISH', 'a', 'b'],
        ['PFCOUNT', 'a'],
        ['KEYS', '*'],
        ['DBSIZE'],
        ['EVAL', 'return 1', '0'],
        ['EVAL', "return redis.call('set', 'a', 1)", '0'],
        ['EVAL', '#!lua\nreturn 1', '0'],
        ['EVAL', '#!lua flags=no-writes\nreturn 1', '0'],
        ['EVAL_RO', 'return 1', '0'],
        ['BLPOP', 'a', '0'],
        ['XREAD', 'BLOCK', '0', 'STREAMS', 'a', '$'],
        ['WAIT', '0', '0'],
        ['SUBSCRIBE', 'a'],
        ['UNSUBSCRIBE', 'a'],
        ['RESET'],
        ['GET', 'a'],
        ['INFO', 'errorstats'],
      )
    })

    test('but for reads of those that want to read here', async () => {
      const pair = await startReplicas()
      await pair.same(CAPABLE, ['READONLY'], ['GET', 'a'], ['SET', 'a', '1'], ['EVAL_RO', 'return 1', '0'])
      await pair.same(
        ['MULTI'],
        ['GET', 'a'],
        ['EXEC'],
        ['READWRITE'],
        ['GET', 'a'],
        ['READONLY'],
        ['RESET'],
        ['GET', 'a'],
      )
    })

    test('within transactions', async () => {
      const pair = await startReplicas(CAPABLE, ['MULTI'], ['SET', 'a', '1'])
      await pair.same(['EXEC'], ['EXEC'])
      await pair.same(['MULTI'], ['SET', 'a', '1'], ['PING'], ['EXEC'])
      await pair.same(['MULTI'], ['PING'], ['EXEC'])
      await pair.same(['WATCH', 'a'], ['MULTI'], ['GET', 'a'], ['DISCARD'], ['INFO', 'errorstats'])
    })

    test('and stay with the node where that leads', async () => {
      const pair = await startReplicas(CAPABLE)
      await pair.same(['REPLICAOF', 'NO', 'ONE'], ['SET', 'a', '1'], ['GET', 'a'])
    })
  },
)

test('READONLY is for nodes in cluster mode before Valkey 8.0', async () => {
  const { talk } = await startNode(onTestFinished, { engine: 'valkey', version: '7.2.6' })
  expect(await talk.ask(['READONLY'])).toEqual(['-ERR This instance has cluster support disabled\r\n'])
})

test('clients wait while a primary hands over, and are sent away then', async () => {
  const primary = await startMember(onTestFinished, 'node of valkey')
  const other = await startScriptedPrimary(onTestFinished)
  const replica = await primary.connect()
  replica.write(`REPLCONF listening-port ${other.port}\r\nPSYNC ? -1\r\n`)
  await eventually(
    'the replica is there',
    async () => (await primary.ask(['ROLE']))[0]?.includes(`${other.port}`) === true,
  )
  const clients = await Promise.all([0, 1, 2].map(() => primary.connect()))
  for (const client of clients) await client.ask(CAPABLE)
  const requests = ['GET a\r\n', 'SET a 1\r\n', 'MULTI\r\nGET a\r\nEXEC\r\n']
  await primary.ask(['FAILOVER', 'TO', '127.0.0.1', other.port, 'TIMEOUT', '1', 'FORCE'])
  await other.asked(1)
  for (const [at, client] of clients.entries()) client.write(requests[at] ?? '')
  await eventually('they wait', async () => (await primary.info('clients')).get('blocked_clients') === '3')
  other.send('+CONTINUE\r\n')
  const away = `-REDIRECT 127.0.0.1:${other.port}\r\n`
  const heard = await Promise.all(clients.map((client) => client.next()))
  expect(heard).toEqual([away, away, '+OK\r\n'])
  const [, , third] = clients
  expect([await third?.next(), await third?.next()]).toEqual([
    away,
    '-EXECABORT Transaction discarded because of previous errors.\r\n',
  ])
})
