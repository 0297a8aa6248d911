/** Starts empty nodes in one thread, as a worker of the engine does, and tells its parent how many bytes one more takes. */
import { RedisNode } from '../../redis/server.ts'

const NODES = 20

async function start(): Promise<RedisNode> {
  const node = new RedisNode({ engine: 'redis', version: '7.0.15' })
  await node.listen({ host: '127.0.0.1', port: 0 })
  return node
}

function resident(): number {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}

const nodes = [await start(), await start()]
const before = resident()
for (let i = 0; i < NODES; i++) nodes.push(await start())
process.send?.((resident() - before) / NODES)
for (const node of nodes) await node.close()
process.disconnect()
