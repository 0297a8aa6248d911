import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Command } from '../../src/protocols/resp/encode.ts'
import { afterTests } from '../support/after-tests.ts'
import { eventually } from '../support/eventually.ts'
import { NEEDS_REDIS, PROGRAMS } from '../support/redis-server.ts'
import { inSync, startMember } from './support/members.ts'
import { startNode } from './support/node.ts'
import { type Pair, startPair } from './support/pair.ts'
import { Talk } from './support/talk.ts'

const engines = PROGRAMS.filter(({ installed }) => installed).map(
  ({ program }) => program.replace('-server', '') as 'redis' | 'valkey', // those are all
)

describe.each(engines)(`commands of replication answer as %s-server's ${NEEDS_REDIS}`, (engine) => {
  const atEnd = afterTests()
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair(atEnd, { engine })
  })

  const SAID: readonly Command[] = [
    ['ROLE'],
    ['REPLICAOF', 'NO', 'ONE'],
    ['REPLICAOF', 'a', 'b'],
    ['REPLICAOF', 'a', '65536'],
    ['SLAVEOF', 'a'],
    ['REPLCONF'],
    ['REPLCONF', 'capa'],
    ['REPLCONF', 'capa', 'eof'],
    ['REPLCONF', 'nothing', '1'],
    ['REPLCONF', 'listening-port', 'x'],
    ['REPLCONF', 'listening-port', '6380', 'ip-address', '10.0.0.1'],
    ['REPLCONF', 'rdb-only', 'x'],
    ['REPLCONF', 'rdb-filter-only', 'x'],
    ['REPLCONF', 'rdb-filter-only', '"'],
    ['REPLCONF', 'rdb-filter-only', '"functions"'],
    ['REPLCONF', 'rdb-filter-only', ''],
    ['REPLCONF', 'GETACK', '*', 'listening-port', '1'],
    ['REPLCONF', 'version', '7.2.0'],
    ['PSYNC', 'a'],
    ['PSYNC', 'a', 'b'],
    ['PSYNC', 'a', '1', 'FAILOVER'],
    ['WAIT', '0', '0'],
    ['WAIT', '1', '1'],
    ['WAIT', 'x', '1'],
    ['WAIT', '1', '-1'],
    ['WAITAOF', '0', '0', '0'],
    ['WAITAOF', '0', '1', '1'],
    ['WAITAOF', '1', '0', '0'],
    ['WAITAOF', '2', '0', '0'],
    ['WAITAOF', '0', '-1', '0'],
    ['FAILOVER'],
    ['FAILOVER', 'ABORT'],
    ['FAILOVER', 'ABORT', 'x'],
    ['FAILOVER', 'TIMEOUT', '0'],
    ['FAILOVER', 'TIMEOUT', 'x'],
    ['FAILOVER', 'TO', 'host'],
    ['FAILOVER', 'TO', 'host', '1', 'FORCE'],
    ['FAILOVER', 'FORCE', 'FORCE'],
  ]
  // A question without an answer leaves the next one's in its place.
  test.each(SAID.filter(([, option]) => option !== 'GETACK'))('%s %s %s %s', (...words) =>
    pair.same(words.filter((word) => word !== undefined)),
  )

  const names = (reply = ''): string[] => [...reply.matchAll(/^(\w+):/gm)].map(([, name = '']) => name)
  const fields = async () => {
    const { ours, theirs } = await pair.replies(['INFO', 'replication'])
    return { ours: names(ours[0]), theirs: names(theirs[0]) }
  }

  test('INFO has the same fields of a primary, and of a replica whose primary is not there', async () => {
    const primary = await fields()
    expect(primary.ours).toEqual(primary.theirs)
    const gone = await startMember(onTestFinished, 'node of redis')
    await gone.stop()
    await pair.replies(['REPLICAOF', '127.0.0.1', gone.port])
    const replica = await fields()
    expect(replica.ours).toEqual(replica.theirs)
    await pair.same(['SET', 'a', '1'], ['WAIT', '0', '0'], ['FAILOVER'], ['CONFIG', 'GET', 'replicaof'], ['GET', 'a'])
    await pair.same(['REPLICAOF', '127.0.0.1', gone.port], ['REPLICAOF', 'NO', 'ONE'], ['SET', 'a', '1'])
  })
})

test('a write that WAIT has counted is there after the replica took over', async () => {
  const [primary, replica] = await Promise.all([0, 1].map(() => startMember(onTestFinished, 'node of redis')))
  if (!primary || !replica) throw new Error('both were started')
  await replica.follow(primary)
  await inSync(replica, primary)
  let counted = 0
  const writing = (async () => {
    const talk = await primary.connect()
    for (let i = 1; ; i++) {
      const [, acknowledged] = await talk.ask(['SET', `key ${i}`, 'x'], ['WAIT', '1', '1000'])
      if (acknowledged === ':1\r\n') counted = i
    }
  })().catch(() => undefined)
  await eventually('some are counted', () => counted > 100)
  await primary.stop()
  await writing
  await replica.follow(undefined)
  const found = await replica.ask(...Array.from({ length: counted }, (_, i) => ['EXISTS', `key ${i + 1}`]))
  expect(found.filter((reply) => reply !== ':1\r\n')).toEqual([])
})

test('writes need as many replicas as are asked for', async () => {
  const primary = await startMember(onTestFinished, 'node of redis', ['min-replicas-to-write 1'])
  const replica = await startMember(onTestFinished, 'node of redis')
  expect(await primary.ask(['SET', 'a', '1'])).toEqual(['-NOREPLICAS Not enough good replicas to write.\r\n'])
  await replica.follow(primary)
  await inSync(replica, primary)
  expect(await primary.ask(['SET', 'a', '1'])).toEqual(['+OK\r\n'])
  expect((await primary.info()).get('min_slaves_good_slaves')).toBe('1')
})

test('SYNC is answered with a file of a length that is told, and with what is written from then on', async () => {
  const { port, talk } = await startNode(onTestFinished)
  await talk.ask(['SET', 'a', '1'])
  const old = connect(port, '127.0.0.1').setEncoding('latin1')
  onTestFinished(() => {
    old.destroy()
  })
  let heard = ''
  old.on('data', (text) => {
    heard += text
  })
  old.write('SYNC\r\n')
  await eventually('the file is there', () => heard.includes('REDIS0010'))
  await talk.ask(['SET', 'b', '2'])
  await eventually('it hears of more', () => heard.endsWith('*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n'))
  const [, size = ''] = /^\$(\d+)\r\n/.exec(heard) ?? []
  expect(heard.slice(`$${size}\r\n`.length + Number(size))).toMatch(/^\*2\r\n\$6\r\nSELECT\r\n\$1\r\n0\r\n\*3/)
})

/** What a client is sent that says this, as soon as this has come. */
async function heardOf(port: number, said: string, awaited: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  onTestFinished(() => {
    socket.destroy()
  })
  let heard = ''
  socket.on('data', (text) => {
    heard += text
  })
  socket.write(said)
  await eventually(`${JSON.stringify(awaited)} has come`, () => heard.includes(awaited))
  return heard
}

test('a file is asked for with functions only, and with nothing at all', async () => {
  const { port, talk } = await startNode(onTestFinished)
  const library = "#!lua name=l\nredis.register_function('f', function() return 1 end)"
  await talk.ask(['SET', 'a key', '1'], ['FUNCTION', 'LOAD', library])
  const file = (filter: string) =>
    heardOf(port, `REPLCONF rdb-only 1 rdb-filter-only "${filter}"\r\nSYNC\r\n`, 'aof-base')
  const [functions, nothing] = [await file('functions'), await file('')]
  expect([functions.includes('register_function'), functions.includes('a key')]).toEqual([true, false])
  expect([nothing.includes('register_function'), nothing.includes('a key')]).toEqual([false, false])
})

test('a node that starts again goes on with its history, and tells which keys were over meanwhile', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-primary-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const config = [`dir ${directory}`]
  const before = await startNode(onTestFinished, { config })
  await heardOf(before.port, 'SYNC\r\n', 'aof-base')
  await before.talk.ask(['SET', 'kept', '1'], ['SELECT', '3'], ['SET', 'brief', '1', 'PX', '1'], ['SAVE'])
  const [info = ''] = await before.talk.ask(['INFO', 'replication'])
  const [, id, offset] = /master_replid:(\w+).*master_repl_offset:(\d+)/s.exec(info) ?? []
  const after = await startNode(onTestFinished, { config })
  await after.node.load()
  const heard = await heardOf(after.port, `PSYNC ${id} ${Number(offset) + 1}\r\n`, 'brief')
  expect(heard).toBe('+CONTINUE\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*2\r\n$3\r\nDEL\r\n$5\r\nbrief\r\n')
  expect(await after.talk.ask(['DBSIZE'], ['SELECT', '3'], ['DBSIZE'])).toEqual([':1\r\n', '+OK\r\n', ':0\r\n'])
})

test('a replica is a client of its own kind, which can do nothing with keys', async () => {
  const { port, talk } = await startNode(onTestFinished)
  const replica = await Talk.to(port)
  onTestFinished(() => replica.end())
  replica.write('REPLCONF rdb-only 0\r\nSYNC\r\n')
  await eventually(
    'it is one',
    async () => (await talk.ask(['CLIENT', 'LIST', 'TYPE', 'replica']))[0]?.includes('flags=S') === true,
  )
  expect((await talk.ask(['INFO', 'clients']))[0]).toContain('connected_clients:1')
  expect(await talk.ask(['CLIENT', 'KILL', 'TYPE', 'replica'])).toEqual([':1\r\n'])
  await eventually('it is gone', () => replica.closed)
})

test('a replica that does not read is dropped at its limit, however much is written', async () => {
  const { port, talk } = await startNode(onTestFinished, {
    config: ['client-output-buffer-limit replica 2mb 0 0', 'repl-backlog-size 1mb'],
  })
  const deaf = await Talk.to(port)
  onTestFinished(() => deaf.end())
  deaf.write('SYNC\r\n')
  await eventually(
    'it is one',
    async () => (await talk.ask(['INFO', 'replication']))[0]?.includes('state=online') === true,
  )
  deaf.deafen()
  await eventually('it is dropped', async () => {
    await talk.ask(['SET', 'a', 'x'.repeat(1_000_000)])
    return (await talk.ask(['INFO', 'replication']))[0]?.includes('connected_slaves:0') === true
  })
})
