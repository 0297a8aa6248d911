import { onTestFinished } from 'vitest'
import { CacheNode, type CacheNodeOptions, type Clock } from '../../../src/memcached/server.ts'
import { MemcachedClient } from '../../support/memcached-client.ts'

/** A clock that stands still until the test moves it. */
export class TestClock implements Clock {
  #now = 1_700_000_000
  readonly #steps = new Set<() => void>()

  now(): number {
    return this.#now
  }

  everySecond(step: () => void): () => void {
    this.#steps.add(step)
    return () => this.#steps.delete(step)
  }

  /** Lets `seconds` pass, one tick each. */
  advance(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.#now++
      for (const step of this.#steps) step()
    }
  }

  jump(seconds: number): void {
    this.#now += seconds
    for (const step of this.#steps) step()
  }
}

export const MIB = 1 << 20

export interface StartedNode {
  readonly node: CacheNode
  readonly port: number
  readonly client: MemcachedClient
  readonly clock: TestClock
  connect(): Promise<MemcachedClient>
}

/** A node on a free port with one client, both gone when the test is. */
export async function startNode(options: Partial<CacheNodeOptions> = {}): Promise<StartedNode> {
  const clock = new TestClock()
  const node = new CacheNode({ engineVersion: '1.6.12', memoryLimit: 64 * MIB, ...options }, clock)
  const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
  const clients: MemcachedClient[] = []
  const connect = async (): Promise<MemcachedClient> => {
    const client = await MemcachedClient.connect(port)
    clients.push(client)
    return client
  }
  onTestFinished(async () => {
    for (const client of clients) client.close()
    await node.close()
  })
  return { node, port, client: await connect(), clock, connect }
}
