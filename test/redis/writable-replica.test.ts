import { beforeAll, expect, test } from 'vitest'
import { afterTests } from '../support/after-tests.ts'
import { eventually } from '../support/eventually.ts'
import { type StartedNode, startNode } from './support/node.ts'

const atEnd = afterTests()
let primary: StartedNode
let replica: StartedNode

beforeAll(async () => {
  primary = await startNode(atEnd, { config: ['enable-debug-command yes', 'hz 100'] })
  replica = await startNode(atEnd, {
    config: ['hz 100', 'replica-read-only no', `replicaof 127.0.0.1 ${primary.port}`],
  })
  await eventually('the replica is in sync', async () => {
    const [info = ''] = await replica.talk.ask(['INFO', 'replication'])
    return info.includes('master_link_status:up')
  })
})

const trackedKeys = (info = ''): string | undefined => /slave_expires_tracked_keys:(\d+)/.exec(info)?.[1]

test("a writable replica has its clients' keys expire by itself", async () => {
  const [, , , info] = await replica.talk.ask(
    ['SET', 'own', '1', 'PX', '100'],
    ['SET', 'kept', '1', 'PX', '100'],
    ['PERSIST', 'kept'],
    ['INFO', 'stats'],
  )
  expect(trackedKeys(info)).toBe('2')
  await eventually('the key is gone', async () => (await replica.talk.ask(['DBSIZE']))[0] === ':1\r\n')
  expect(await replica.talk.ask(['GET', 'kept'], ['DEL', 'kept'])).toEqual(['$1\r\n1\r\n', ':1\r\n'])
  const [after] = await replica.talk.ask(['INFO', 'stats'])
  expect(trackedKeys(after)).toBe('0')
})

test('what has expired at the primary is there until it says so, but for clients who write', async () => {
  await primary.talk.ask(
    ['DEBUG', 'SET-ACTIVE-EXPIRE', '0'],
    ...['a', 'b', 'c'].map((key) => ['SET', key, '5', 'PX', '10']),
  )
  await eventually('all have come, and are over', async () => {
    const replies = await replica.talk.ask(['DBSIZE'], ['EXISTS', 'a', 'b', 'c'])
    return replies.join('') === ':3\r\n:0\r\n'
  })
  expect(await replica.talk.ask(['INCR', 'a'], ['TTL', 'a'], ['GET', 'b'], ['DBSIZE'])).toEqual([
    ':1\r\n',
    ':-1\r\n',
    '$-1\r\n',
    ':3\r\n',
  ])
  expect(await replica.talk.ask(['GETSET', 'c', '7'], ['GET', 'c'], ['DBSIZE'])).toEqual([
    '$-1\r\n',
    '$1\r\n7\r\n',
    ':3\r\n',
  ])
  await primary.talk.ask(['DEBUG', 'SET-ACTIVE-EXPIRE', '1'])
  await eventually('the primary has told', async () => (await replica.talk.ask(['DBSIZE']))[0] === ':0\r\n')
})

test('what clients wrote to a replica is gone with the next full synchronization', async () => {
  await replica.talk.ask(['SET', 'own', '1', 'EX', '100'])
  await replica.talk.ask(['REPLICAOF', 'NO', 'ONE'], ['SET', 'other', '1'])
  await replica.talk.ask(['REPLICAOF', '127.0.0.1', String(primary.port)])
  await eventually('only what the primary has is there', async () => {
    const [info = '', size] = await replica.talk.ask(['INFO', 'replication'], ['DBSIZE'])
    return info.includes('master_link_status:up') && size === ':0\r\n'
  })
  const [stats] = await replica.talk.ask(['INFO', 'stats'])
  expect(trackedKeys(stats)).toBe('0')
})
