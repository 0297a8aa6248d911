import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CERTIFICATE_ONE } from '../memcached/support/certificates.ts'
import { eventually } from '../support/eventually.ts'
import { startNode } from './support/node.ts'
import { type ScriptedPrimary, startScriptedPrimary } from './support/scripted-primary.ts'
import type { Talk } from './support/talk.ts'

const ID = 'a'.repeat(40)
const MARK = 'm'.repeat(40)

async function startReplica(
  ...config: string[]
): Promise<{ primary: ScriptedPrimary; replica: Talk; connect: () => Promise<Talk> }> {
  const primary = await startScriptedPrimary(onTestFinished)
  const { talk, connect } = await startNode(onTestFinished, { config })
  return { primary, replica: talk, connect }
}

/** A file with a key in it, as a node writes it. */
async function fileWith(...command: string[]): Promise<Buffer> {
  const { node, talk } = await startNode(onTestFinished)
  await talk.ask(command)
  const pieces: Buffer[] = []
  for await (const piece of node.snapshot()) pieces.push(piece)
  return Buffer.concat(pieces)
}

const isUp = async (replica: Talk): Promise<boolean> =>
  (await replica.ask(['INFO', 'replication']))[0]?.includes('master_link_status:up') === true

const follow = (replica: Talk, { port }: ScriptedPrimary) => replica.ask(['REPLICAOF', '127.0.0.1', port])

test('a replica that has nothing refuses commands while its primary sends what there is', async () => {
  const { primary, replica } = await startReplica()
  const file = await fileWith('SET', 'key', 'value')
  await follow(replica, primary)
  await primary.asked(1)
  primary.send(`+FULLRESYNC ${ID} 100\r\n$${file.length}\r\n`)
  primary.send(file.subarray(0, 20))
  await eventually(
    'it loads',
    async () => (await replica.ask(['INFO', 'persistence']))[0]?.includes('\r\nloading:1') === true,
  )
  expect(await replica.ask(['GET', 'key'], ['PING'])).toEqual([
    '-LOADING Redis is loading the dataset in memory\r\n',
    '-LOADING Redis is loading the dataset in memory\r\n',
  ])
  primary.send(file.subarray(20))
  await eventually('the link is up', () => isUp(replica))
  expect(await replica.ask(['GET', 'key'])).toEqual(['$5\r\nvalue\r\n'])
  await eventually('it tells how far it is', () => primary.said.includes('REPLCONF ACK 100'))
})

test('a replica that has something goes on with it until what its primary sends is whole', async () => {
  const { primary, replica } = await startReplica()
  const file = await fileWith('SET', 'key', 'new')
  await replica.ask(['SET', 'key', 'old'], ['SET', 'other', 'old'])
  await follow(replica, primary)
  await primary.asked(1)
  primary.send(`+FULLRESYNC ${ID} 100\r\n$EOF:${MARK}\r\n`)
  primary.send(file.subarray(0, file.length - 10))
  await eventually(
    'it loads',
    async () => (await replica.ask(['INFO', 'persistence']))[0]?.includes('async_loading:1') === true,
  )
  expect(await replica.ask(['GET', 'key'])).toEqual(['$3\r\nold\r\n'])
  primary.hangUp()
  await primary.asked(2)
  expect(await replica.ask(['GET', 'key'], ['DBSIZE'])).toEqual(['$3\r\nold\r\n', ':2\r\n'])
  primary.send(`+FULLRESYNC ${ID} 100\r\n$EOF:${MARK}\r\n`)
  primary.send(file)
  primary.send(MARK)
  await eventually('the link is up', () => isUp(replica))
  expect(await replica.ask(['GET', 'key'], ['DBSIZE'])).toEqual(['$3\r\nnew\r\n', ':1\r\n'])
})

test('a file that is damaged is asked for again', async () => {
  const { primary, replica } = await startReplica()
  const file = await fileWith('SET', 'key', 'value')
  await follow(replica, primary)
  await primary.asked(1)
  const damaged = Buffer.from(file)
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
  primary.send(`+FULLRESYNC ${ID} 100\r\n$${file.length}\r\n`)
  primary.send(damaged)
  await primary.asked(2)
  expect(primary.said.at(-1)).toBe('PSYNC ? -1')
  primary.send(`+FULLRESYNC ${ID} 100\r\n$${file.length}\r\n`)
  primary.send(file)
  await eventually('the link is up', () => isUp(replica))
})

test('a transaction that was cut off is asked for from its start', async () => {
  const { primary, replica } = await startReplica()
  const file = await fileWith('SET', 'key', '1')
  await follow(replica, primary)
  await primary.asked(1)
  primary.send(`+FULLRESYNC ${ID} 100\r\n$${file.length}\r\n`)
  primary.send(file)
  primary.send('*2\r\n$4\r\nINCR\r\n$3\r\nkey\r\n*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$3\r\nkey\r\n*1\r\n')
  await eventually('it has come', async () => (await replica.ask(['GET', 'key']))[0] === '$1\r\n2\r\n')
  primary.hangUp()
  await primary.asked(2)
  expect(primary.said.at(-1)).toBe(`PSYNC ${ID} ${100 + 23 + 1}`)
  primary.send('+CONTINUE\r\n*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$3\r\nkey\r\n*1\r\n$4\r\nEXEC\r\n')
  await eventually('it is done once', async () => (await replica.ask(['GET', 'key']))[0] === '$1\r\n3\r\n')
})

test('a key that has expired looks gone on a replica, and is there for its primary', async () => {
  const { primary, replica } = await startReplica()
  const file = await fileWith('SET', 'key', '1')
  await follow(replica, primary)
  await primary.asked(1)
  primary.send(`+FULLRESYNC ${ID} 100\r\n$${file.length}\r\n`)
  primary.send(file)
  primary.send('*3\r\n$9\r\nPEXPIREAT\r\n$3\r\nkey\r\n$4\r\n1000\r\n')
  await eventually('it is there, and looks gone', async () => {
    const [value, keys] = await replica.ask(['GET', 'key'], ['DBSIZE'])
    return value === '$-1\r\n' && keys === ':1\r\n'
  })
  primary.send('*2\r\n$7\r\nPERSIST\r\n$3\r\nkey\r\n*2\r\n$4\r\nINCR\r\n$3\r\nkey\r\n')
  await eventually('it is there', async () => (await replica.ask(['GET', 'key']))[0] === '$1\r\n2\r\n')
})

test('a replica logs in, and says where clients find it', async () => {
  const { primary, replica } = await startReplica(
    'masteruser repl',
    'masterauth secret',
    'replica-announce-ip 10.0.0.9',
    'replica-announce-port 7777',
  )
  await follow(replica, primary)
  await primary.asked(1)
  expect(primary.said.slice(1, -1)).toEqual([
    'AUTH repl secret',
    'REPLCONF listening-port 7777',
    'REPLCONF ip-address 10.0.0.9',
    'REPLCONF capa eof capa psync2',
  ])
})

test('without its primary, a replica that is to serve nothing stale refuses what would be', async () => {
  const { primary, replica } = await startReplica('replica-serve-stale-data no')
  await follow(replica, primary)
  const down = "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n"
  expect(await replica.ask(['GET', 'key'], ['SET', 'key', '1'], ['MULTI'], ['EXEC'])).toEqual([
    down,
    "-READONLY You can't write against a read only replica.\r\n",
    '+OK\r\n',
    '*0\r\n',
  ])
  expect((await replica.ask(['INFO', 'replication']))[0]).toContain('master_link_status:down')
})

test('clients that wait are sent away when their node becomes a replica', async () => {
  const { primary, replica, connect } = await startReplica()
  const waiting = await connect()
  waiting.write('BLPOP list 0\r\n')
  await eventually(
    'one waits',
    async () => (await replica.ask(['INFO', 'clients']))[0]?.includes('blocked_clients:1') === true,
  )
  await follow(replica, primary)
  expect(await waiting.rest()).toBe(
    '-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n',
  )
})

test('a replica speaks TLS with its primary where that is asked for, and shows its certificate', async () => {
  const tls = { ...CERTIFICATE_ONE, ca: CERTIFICATE_ONE.cert, clientCertificates: 'demanded' } as const
  const primary = await startNode(onTestFinished, { tls })
  const { node } = await startNode(onTestFinished, { tls, transitOf: () => 'either', config: ['tls-replication yes'] })
  node.follow({ host: '127.0.0.1', port: primary.port })
  await eventually('it has all', () => node.replicationState().primary?.inSync === true)
  await eventually('its primary knows', () => primary.node.replicationState().replicas[0]?.state === 'online')
})

test('a node is told whom to follow, and tells how that goes, without a client', async () => {
  const primary = await startNode(onTestFinished)
  const { node, talk } = await startNode(onTestFinished)
  await primary.talk.ask(['SET', 'key', 'value'])
  node.follow({ host: '127.0.0.1', port: primary.port })
  await eventually('it has all', () => node.replicationState().primary?.inSync === true)
  expect(await talk.ask(['GET', 'key'])).toEqual(['$5\r\nvalue\r\n'])
  const { offset, id } = node.replicationState()
  expect(primary.node.replicationState()).toMatchObject({
    role: 'primary',
    id,
    replicas: [{ host: '127.0.0.1', state: 'online' }],
  })
  node.follow(null)
  expect(node.replicationState()).toMatchObject({ role: 'primary', offset, primary: undefined })
  expect(await talk.ask(['SET', 'key', 'other'])).toEqual(['+OK\r\n'])
})

test('a node that was restarted with its file goes on with its primary, and its replicas with it, where they were', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-redis-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const config = [`dir ${directory}`]
  const primary = await startNode(onTestFinished)
  const before = await startNode(onTestFinished, { config })
  await primary.talk.ask(['SET', 'a', '1'])
  before.node.follow({ host: '127.0.0.1', port: primary.port })
  await eventually('it has all', () => before.node.replicationState().primary?.inSync === true)
  await primary.talk.ask(['SELECT', '2'], ['SET', 'b', '2'], ['WAIT', '1', '20000'])
  await before.talk.ask(['SAVE'])
  await before.node.close()
  await primary.talk.ask(['SET', 'c', '3'])
  const after = await startNode(onTestFinished, { config: [...config, `replicaof 127.0.0.1 ${primary.port}`] })
  await after.node.load()
  await eventually('it has all', () => after.node.replicationState().offset === primary.node.replicationState().offset)
  expect(await after.talk.ask(['GET', 'a'], ['SELECT', '2'], ['MGET', 'b', 'c'])).toEqual([
    '$1\r\n1\r\n',
    '+OK\r\n',
    '*2\r\n$1\r\n2\r\n$1\r\n3\r\n',
  ])
  expect((await primary.talk.ask(['INFO', 'stats']))[0]).toMatch(/sync_full:1\r\nsync_partial_ok:1\r\n/)
})
