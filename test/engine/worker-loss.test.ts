import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { memcached, startTestEngine } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { MemcachedClient } from '../support/memcached-client.ts'

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
