import { afterAll, beforeAll, expect } from 'vitest'
import { CacheNode, type CacheNodeOptions } from '../../../src/memcached/server.ts'
import { MemcachedClient } from '../../support/memcached-client.ts'
import { installedMemcached, startMemcached } from './memcached.ts'
import { MIB } from './node.ts'

export { installedMemcached } from './memcached.ts'

export interface BothServers {
  theirs: number
  ours: number
}

/** Ports of memcached and of a node of ours that claims its version, for the tests of one file. */
export function withBothServers(args: readonly string[] = [], options: Partial<CacheNodeOptions> = {}): BothServers {
  const ports: BothServers = { theirs: 0, ours: 0 }
  let stop: (() => void) | undefined
  let node: CacheNode | undefined
  beforeAll(async () => {
    const memcached = await startMemcached(...args)
    stop = memcached.stop
    node = new CacheNode({
      engineVersion: installedMemcached ?? '',
      memoryLimit: 64 * MIB,
      configCommand: false,
      ...options,
    })
    ports.theirs = memcached.port
    ports.ours = (await node.listen({ host: '127.0.0.1', port: 0 })).port
  })
  afterAll(async () => {
    stop?.()
    await node?.close()
  })
  return ports
}

export async function expectSameAnswers({ theirs, ours }: BothServers, text: string): Promise<void> {
  const [expected, answered] = await Promise.all([converse(theirs, text), converse(ours, text)])
  expect(answered).toBe(expected)
}

/** All that a server answers to `text`, by the time it has hung up. */
export async function converse(port: number, text: string, end = 'quit\r\n'): Promise<string> {
  const client = await MemcachedClient.connect(port)
  try {
    client.send(text)
    client.send(end)
    return await client.untilClosed()
  } finally {
    client.close()
  }
}

/** A conversation, short enough for the name of a test. */
export function title(text: string): string {
  return text.length > 100 ? `${JSON.stringify(text.slice(0, 90))}...` : JSON.stringify(text)
}
