import type { BenchTarget } from '../bench.ts'
import { readRespLine } from '../lane-lines.ts'
import { granted, type RespClient } from './client.ts'
import type { RespNode } from './topology.ts'

/** Servers that speak RESP, each with the keys of its slots. Keys have to be ASCII. */
export function respTarget(client: RespClient): BenchTarget<RespNode> {
  const nodes = client.readers
  return {
    // One object a node, by which keys are grouped.
    nodeOf(key) {
      const { host, port } = client.nodeOf(key)
      return nodes.find((node) => node.host === host && node.port === port) ?? { host, port }
    },
    async store(keys, value, seconds) {
      const answers = await client.askAll(keys.map((key) => ({ key, command: ['SET', key, value, 'EX', seconds] })))
      for (const answer of answers) granted(answer)
    },
    open: (node) => client.open(node),
    requests(valueBytes, seconds) {
      const tail = `\r\n$${valueBytes}\r\n${'x'.repeat(valueBytes)}\r\n$2\r\nEX\r\n$${String(seconds).length}\r\n${seconds}\r\n`
      return {
        get: (key) => `*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`,
        set: (key) => `*5\r\n$3\r\nSET\r\n$${key.length}\r\n${key}${tail}`,
      }
    },
    readLine: readRespLine,
  }
}
