import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { memcached, startTestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { MemcachedClient } from '../support/memcached-client.ts'
import { say } from '../support/redis-node.ts'
import { available, create, portOf, rolesOf } from './replication-groups/support.ts'

async function connect(port: number): Promise<MemcachedClient> {
  const client = await MemcachedClient.connect(port)
  onTestFinished(() => client.close())
  return client
}

async function listed(port: number): Promise<string> {
  const client = await connect(port)
  return client.ask('config get cluster\r\n')
}

test('nodes of a worker thread that ends are there again at once, empty, and the others never notice', async () => {
  const posts = vi.spyOn(Worker.prototype, 'postMessage')
  onTestFinished(() => posts.mockRestore())
  const engine = await startTestEngine()
  await engine.client().createCacheCluster(memcached('shop', 4))
  await engine.until('shop', 'available')
  const nodes = (await engine.status()).clusters[0]?.nodes ?? []
  const workers = [...new Set(posts.mock.contexts as Worker[])]
  const before = await listed(nodes[0]?.port ?? 0)
  const clients = await Promise.all(nodes.map(({ port }) => connect(port)))
  for (const client of clients) await client.ask('set a 0 0 1\r\nx\r\n')

  await workers[0]?.terminate()
  await eventually('all nodes answer with the same list', async () => {
    const lists = await Promise.all(nodes.map(({ port }) => listed(port).catch(() => '')))
    return lists.every((list) => list === before)
  })
  const kept = clients.filter(({ socket }) => !socket.destroyed && socket.readyState === 'open')
  // With one core there is one worker, and nobody is left.
  expect(kept.length).toBe(workers.length === 1 ? 0 : nodes.length - nodes.length / workers.length)
  for (const client of kept) expect(await client.ask('get a\r\n')).toBe('VALUE a 0 1\r\nx\r\nEND\r\n')
  expect(engine.log.join('\n')).toContain('a worker thread ended; starting its nodes again')
})

// With one core there is one worker, and all of a group is lost with it.
test.skipIf(availableParallelism() === 1)('a replica leads on when the worker thread of its primary ends', async () => {
  const posts = vi.spyOn(Worker.prototype, 'postMessage')
  onTestFinished(() => posts.mockRestore())
  const engine = await startTestEngine({ nodeRuntime: 'embedded' })
  const group = await create(engine, { Engine: 'valkey', NumCacheClusters: 2, AutomaticFailoverEnabled: true })
  const port = portOf(group, 'PrimaryEndpoint')
  await say(port, 'SET', 'a', '1')
  const reader = portOf(group, 'ReaderEndpoint')
  await eventually('replicated', async () => (await say(reader, 'GET', 'a')) === '1')
  const startOf = (key: string) => posts.mock.calls.findIndex((call) => isStart(call[0], key))
  const [primary, replica] = ['shop-001', 'shop-002'].map(
    (id) => posts.mock.contexts[startOf(`us-west-2/${id}/0001`)] as Worker, // what postMessage was called of
  )
  expect(primary).not.toBe(replica)
  await primary?.terminate()
  await eventually('the replica leads on', async () => (await say(port, 'SET', 'b', '2')) === 'OK')
  expect(await say(port, 'GET', 'a')).toBe('1')
  await eventually('the primary is back', async () => {
    const info = await say(port, 'INFO', 'replication')
    return info.includes('role:master') && info.includes('state=online')
  })
  expect(rolesOf(await available(engine))).toEqual(['shop-001 replica', 'shop-002 primary'])
})

/** Whether a worker was asked to start a node. */
const isStart = (message: unknown, key: string): boolean =>
  JSON.stringify(message).includes('"do":"start"') && JSON.stringify(message).includes(`"${key}"`)
