import net from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Impairment } from '../../../../src/net/serve/impairment.ts'
import { encodeCommand } from '../../../../src/protocols/resp/encode.ts'
import { itemsOf, textOf } from '../../../../src/protocols/resp/reply.ts'
import { eventually } from '../../../support/eventually.ts'
import { ask } from '../../../support/raw.ts'
import { OPEN, specOf, startNode, TestClient } from '../../../support/redis-node.ts'

const READONLY = "READONLY You can't write against a read only replica."
const WELL: Impairment = { silent: [], reset: [], delayMs: 0, bytesPerSecond: 0 }

/** A client of a port, and all that it has heard. */
function listener(port: number, request: string) {
  const socket = net.connect({ host: '127.0.0.1', port })
  onTestFinished(() => void socket.destroy())
  const heard = { text: '', address: () => `127.0.0.1:${socket.localPort}` }
  socket.on('data', (bytes) => {
    heard.text += bytes.toString('latin1')
  })
  socket.write(request)
  return heard
}

test('clients see where others are, and nothing of the engine', async () => {
  const spec = specOf('embedded valkey', { live: { ...OPEN, directives: { 'slowlog-log-slower-than': '0' } } })
  const node = await startNode(spec)
  const monitor = listener(spec.port, 'MONITOR\r\n')
  await eventually('the monitor is on', () => monitor.text.includes('+OK'))
  const client = listener(spec.port, 'CLIENT SETNAME shop\r\nGET a\r\n')
  await eventually('the client is answered', () => client.text === '+OK\r\n$-1\r\n')
  await node.counters()
  const asking = new TestClient(spec.port)
  const lines = (await asking.say('CLIENT', 'LIST')).trim().split('\n')
  expect(lines.map((line) => /(?:^| )name=(\S*)/.exec(line)?.[1]).sort()).toEqual(['', '', 'shop'])
  expect(lines.find((line) => line.includes('name=shop'))).toContain(`addr=${client.address()} `)
  const slow = itemsOf(await asking.reply('SLOWLOG', 'GET', '-1')).map((entry) => itemsOf(entry).slice(3, 6))
  const said = slow.map(([words = null, address = null]) => [itemsOf(words).map(textOf).join(' '), textOf(address)])
  expect(said).toContainEqual(['GET a', client.address()])
  expect(said.map(([words]) => words)).not.toContainEqual(expect.stringMatching(/^(info|acl|config)/i))
  await eventually('the monitor hears of it', () => monitor.text.includes(`[0 ${client.address()}] "GET" "a"`))
  expect(monitor.text).not.toMatch(/"INFO"/i)
})

test('what ElastiCache keeps to itself is unknown in a pipeline, a transaction and a script', async () => {
  const spec = specOf('embedded redis')
  await startNode(spec)
  const pipeline = [
    ['SET', 'a', '1'],
    ['CLUSTER', 'MEET', 'x', '1'],
    ['acl', 'setuser', 'b'],
    ['psync', '?', '-1'],
    ['GET', 'a'],
  ]
  const heard = await ask(spec.port, pipeline.map((words) => encodeCommand(words).toString()).join(''), '$1\r\n1\r\n')
  expect(heard.split('\r\n')).toEqual([
    '+OK',
    "-ERR unknown command 'CLUSTER', with args beginning with: 'MEET' 'x' '1' ",
    "-ERR unknown command 'acl', with args beginning with: 'setuser' 'b' ",
    "-ERR unknown command 'psync', with args beginning with: '?' '-1' ",
    '$1',
    '1',
    '',
  ])
  const client = new TestClient(spec.port)
  await client.say('MULTI')
  expect(await client.say('CLUSTER', 'RESET')).toMatch(/^ERR unknown command 'CLUSTER'/)
  expect(await client.say('EXEC')).toMatch(/^EXECABORT/)
  const script = (...words: string[]) => `return redis.call(${words.map((word) => `'${word}'`).join(',')})`
  for (const words of [
    ['ACL', 'SETUSER', 'b'],
    ['CONFIG', 'GET', 'port'],
    ['PSYNC', '?', '-1'],
  ])
    expect(await client.say('EVAL', script(...words), '0')).toMatch(/^ERR Unknown Redis command called from script/)
  expect(await client.say('ACL', 'DRYRUN', 'default', 'CLUSTER', 'MEET', 'x', '1')).toBe(
    "ERR Command 'CLUSTER' not found",
  )
})

test('the engine’s user and hashes of passwords are nobody’s business, whoever asks and how', async () => {
  const live = { ...OPEN, users: [...OPEN.users, 'app on >pass ~* &* +@all'] }
  const spec = specOf('embedded redis', { live })
  await startNode(spec)
  const client = new TestClient(spec.port)
  expect(await client.reply('ACL', 'GETUSER', 'cachectl')).toBeNull()
  expect(await client.say('CLIENT', 'KILL', 'USER', 'cachectl')).toBe("ERR No such user 'cachectl'")
  expect(await client.say('CLIENT', 'KILL', 'TYPE', 'normal')).toBe('0')
  expect(itemsOf(itemsOf(await client.reply('ACL', 'GETUSER', 'app'))[3] ?? null)).toEqual([])
  const heard = await ask(spec.port, 'ACL LIST\r\nACL USERS\r\nECHO end\r\n', 'end\r\n')
  expect(heard).toContain('user app on')
  expect(heard).not.toMatch(/cachectl|#[0-9a-f]{64}/)
})

test('where writes are refused clients hear so as of a replica, reads go on, and the engine writes', async () => {
  const spec = specOf('embedded valkey')
  const node = await startNode(spec)
  expect(await new TestClient(spec.port).say('SET', 'a', '1')).toBe('OK')
  const there = new TestClient(spec.port)
  await there.say('PING')
  await node.adjust({ ...OPEN, refusesWrites: true })
  await there.closed
  const client = new TestClient(spec.port)
  expect(await client.say('SET', 'a', '2')).toBe(READONLY)
  expect(await client.say('EVAL', "return redis.pcall('SET', 'a', '2')", '0')).toMatch(/^READONLY /)
  expect(await client.say('GET', 'a')).toBe('1')
  expect(await client.say('ACL', 'LIST')).not.toContain('-@write')
  await node.adjust({ ...OPEN, refusesWrites: true, closeOnReplicaWrite: true })
  expect(await client.say('DEL', 'a')).toBe(READONLY)
  await client.closed
  await node.adjust(OPEN)
  expect(await new TestClient(spec.port).say('SET', 'a', '3')).toBe('OK')
})

test('a client suffers from the faults of its node, and is served once they are over', async () => {
  const spec = specOf('embedded redis')
  const node = await startNode(spec)
  const client = new TestClient(spec.port)
  expect(await client.say('SET', 'a', 'x'.repeat(4_000))).toBe('OK')
  node.impair({ ...WELL, silent: ['IPv4'] })
  const late: string[] = []
  const held = client.say('GET', 'a').then((reply) => late.push(reply.slice(0, 1)))
  const comer = new TestClient(spec.port).say('PING').then((reply) => late.push(reply))
  expect(late).toEqual([])
  node.impair(null)
  await Promise.all([held, comer])
  expect(late.sort()).toEqual(['PONG', 'x'])
  node.impair({ ...WELL, delayMs: 300 })
  const began = performance.now()
  expect(await client.say('PING')).toBe('PONG')
  expect(performance.now() - began).toBeGreaterThan(250)
  node.impair({ ...WELL, bytesPerSecond: 8_000 })
  expect((await client.say('GET', 'a')).length).toBe(4_000)
  expect(performance.now() - began).toBeGreaterThan(600)
  node.impair({ ...WELL, reset: ['IPv4'] })
  await client.closed
  expect(await new TestClient(spec.port).say('PING')).toMatch(/CLOSED/)
  expect((await node.counters()).connections).toBe(0)
})
