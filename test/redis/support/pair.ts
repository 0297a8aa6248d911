import { expect } from 'vitest'
import type { Command } from '../../../src/protocols/resp/encode.ts'
import type { ClusterParts } from '../../../src/redis/cluster/cluster.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { type StartedNode, startNode } from './node.ts'
import { Talk } from './talk.ts'

type AtEnd = (work: () => Promise<void>) => void

/** The embedded node and the real server it is to be like, started alike. */
export interface Pair {
  readonly ours: StartedNode
  readonly theirs: RedisServer & { readonly talk: Talk }
  /** Both are sent these commands, one after the other on one connection, and have to reply the same bytes. */
  same(...commands: readonly Command[]): Promise<void>
  /** The same for bytes as they are; `replies`: how many are to come. */
  sameBytes(bytes: Buffer | string, replies: number): Promise<void>
  /** What either of them replies. */
  replies(...commands: readonly Command[]): Promise<{ readonly ours: string[]; readonly theirs: string[] }>
  /** One more connection to the server. */
  connectTheirs(): Promise<Talk>
  /** Has both speak this version of RESP. */
  speak(resp: 2 | 3): Promise<void>
  /** Empties both, and has both speak RESP2 again. */
  reset(): Promise<void>
}

export interface PairOptions {
  readonly engine?: 'redis' | 'valkey'
  /** `name value ...` each, for both. */
  readonly config?: readonly string[]
  /** What ours is told of its cluster. */
  readonly cluster?: ClusterParts
}

const VERSIONS = { redis: '7.0.15', valkey: '8.0.1' } as const

/** Starts both. To be skipped where the server is not installed (`hasRedis`). */
export async function startPair(
  atEnd: AtEnd,
  { engine = 'redis', config = [], cluster }: PairOptions = {},
): Promise<Pair> {
  const args = config.flatMap((line) => line.split(' ').map((word, at) => (at === 0 ? `--${word}` : word)))
  const server = await startRedis(['--enable-debug-command', 'yes', ...args], { program: `${engine}-server`, atEnd })
  const ours = await startNode(atEnd, {
    engine,
    version: VERSIONS[engine],
    config: ['enable-debug-command yes', ...config],
    ...(cluster && { cluster }),
  })
  const talk = await Talk.to(server.port)
  atEnd(async () => talk.end())
  const replies = async (...commands: readonly Command[]) => {
    const [mine, real] = await Promise.all([ours.talk.ask(...commands), talk.ask(...commands)])
    return { ours: mine, theirs: real }
  }
  const shown = (commands: readonly Command[], replied: readonly string[]) =>
    commands.map(
      (command, at) =>
        `${command.map((word) => JSON.stringify(String(word))).join(' ')}\n  ${JSON.stringify(replied[at])}`,
    )
  return {
    ours,
    theirs: { ...server, talk },
    replies,
    async same(...commands) {
      const both = await replies(...commands)
      expect(shown(commands, both.ours)).toEqual(shown(commands, both.theirs))
    },
    async sameBytes(bytes, count) {
      ours.talk.write(bytes)
      talk.write(bytes)
      for (let i = 0; i < count; i++) expect(await ours.talk.next()).toEqual(await talk.next())
    },
    async connectTheirs() {
      const more = await Talk.to(server.port)
      atEnd(async () => more.end())
      return more
    },
    async speak(resp) {
      await replies(['HELLO', String(resp)])
    },
    async reset() {
      await replies(['RESET'], ['FLUSHALL'])
    },
  }
}
