import type { BenchTarget } from './bench.ts'
import type { KvClient } from './client.ts'
import { KvConnection } from './connection.ts'
import { readMemcachedLine } from './lane-lines.ts'
import type { KvNode } from './placement.ts'

/** Nodes of Memcached, each with the keys that the client's placement gives it. */
export const memcachedTarget = (client: KvClient): BenchTarget<KvNode> => ({
  nodeOf: (key) => client.nodeOf(key),
  async store(keys, value, seconds) {
    await Promise.all(keys.map((key) => client.store('set', key, { value, flags: 0, exptime: seconds })))
  },
  open: (node) => KvConnection.open(client.dialOf(node)),
  requests(valueBytes, seconds) {
    const tail = ` 0 ${seconds} ${valueBytes}\r\n${'x'.repeat(valueBytes)}\r\n`
    return { get: (key) => `get ${key}\r\n`, set: (key) => `set ${key}${tail}` }
  },
  readLine: readMemcachedLine,
})
