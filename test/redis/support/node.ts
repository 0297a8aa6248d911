import type { Clock } from '../../../src/redis/clock.ts'
import { RedisNode, type RedisNodeOptions } from '../../../src/redis/server.ts'
import { Talk } from './talk.ts'

type AtEnd = (work: () => Promise<void>) => void

/** An embedded node, its port, and a connection to it. It ends with the test, or the file: `atEnd` says. */
export interface StartedNode {
  readonly node: RedisNode
  readonly port: number
  readonly talk: Talk
  /** One more connection. */
  connect(): Promise<Talk>
}

export interface NodeOptions extends Partial<RedisNodeOptions> {
  /** `name value ...` each. */
  readonly config?: readonly string[]
  readonly clock?: Clock
}

export async function startNode(
  atEnd: AtEnd,
  { config = [], clock, ...options }: NodeOptions = {},
): Promise<StartedNode> {
  const directives = new Map(config.map((line) => line.split(' ')).map(([name = '', ...words]) => [name, words]))
  const faults: string[] = []
  const log = (level: string, line: string) => {
    if (level === 'warning') faults.push(line)
  }
  const node = new RedisNode({ engine: 'redis', version: '7.0.15', directives, log, ...options }, clock)
  const { port } = await node.listen({ host: '127.0.0.1', port: 0 })
  const talks: Talk[] = []
  const connect = async () => {
    const talk = await Talk.to(port)
    talks.push(talk)
    return talk
  }
  atEnd(async () => {
    for (const talk of talks) talk.end()
    await node.close()
    if (faults.some((line) => line.startsWith('Fault'))) throw new Error(faults.join('\n'))
  })
  return { node, port, talk: await connect(), connect }
}
