import { expect } from 'vitest'
import type { Command } from '../../../src/protocols/resp/encode.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis-server.ts'
import { startNode } from './node.ts'
import { Talk } from './talk.ts'

type AtEnd = (work: () => Promise<void>) => void

/** A server or a node that replicates, or is replicated. */
export interface Member {
  readonly port: number
  /** Replies to commands, one after the other, as raw text. */
  ask(...commands: Command[]): Promise<string[]>
  connect(): Promise<Talk>
  /** Fields of a section of INFO. */
  info(section?: string): Promise<ReadonlyMap<string, string>>
  follow(primary: Member | undefined): Promise<void>
  /** Ends it as kill -9 would: nobody is told anything. */
  stop(): Promise<void>
}

export type Sort = 'node of redis' | 'node of valkey' | 'redis-server' | 'valkey-server'

const VALKEY = { engine: 'valkey', version: '8.0.1' } as const
const QUICK = ['repl-diskless-sync-delay 0', 'repl-ping-replica-period 1', 'enable-debug-command yes']

/** Starts one. `config`: `name value ...` each. */
export async function startMember(atEnd: AtEnd, sort: Sort, config: readonly string[] = []): Promise<Member> {
  const lines = [...QUICK, ...config]
  if (sort.startsWith('node')) {
    const dialect = sort.endsWith('valkey') ? VALKEY : {}
    const { port, node, talk, connect } = await startNode(atEnd, { config: lines, ...dialect })
    return member(port, talk, connect, () => node.close())
  }
  const args = lines.flatMap((line) => line.split(' ').map((word, at) => (at === 0 ? `--${word}` : word)))
  const { port, stop } = await startRedis(args, { program: sort, atEnd })
  const connect = async () => {
    const talk = await Talk.to(port)
    atEnd(async () => talk.end())
    return talk
  }
  return member(port, await connect(), connect, stop)
}

function member(port: number, talk: Talk, connect: () => Promise<Talk>, stop: () => Promise<void>): Member {
  let asked: Promise<unknown> = Promise.resolve()
  // Replies come in the order of questions, whoever asks.
  const ask = (...commands: Command[]) => {
    const replies = asked.then(() => talk.ask(...commands))
    asked = replies.catch(() => undefined)
    return replies
  }
  return {
    port,
    ask,
    connect,
    stop,
    async info(section = 'replication') {
      const [reply = ''] = await ask(['INFO', section])
      const fields = reply.split('\r\n').filter((line) => line.includes(':'))
      return new Map(fields.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
    },
    async follow(primary) {
      const [reply] = await ask(primary ? ['REPLICAOF', '127.0.0.1', primary.port] : ['REPLICAOF', 'NO', 'ONE'])
      expect(reply).toMatch(/^\+OK/)
    },
  }
}

/** Waits until one has all that the other has: as far in the same history, and the same keys. */
export async function inSync(replica: Member, primary: Member): Promise<void> {
  let seen: unknown
  const isSame = async () => {
    const [own, theirs] = [await replica.info(), await primary.info()]
    seen = { own: Object.fromEntries(own), theirs: Object.fromEntries(theirs) }
    if (own.get('master_link_status') !== 'up') return false
    if (own.get('master_replid') !== theirs.get('master_replid')) return false
    if (own.get('master_repl_offset') !== theirs.get('master_repl_offset')) return false
    return (await digestOf(replica)) === (await digestOf(primary))
  }
  await eventually('the replica has all that its primary has', isSame, 30_000).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${JSON.stringify(seen, null, 1)}`)
  })
}

const digestOf = async (of: Member): Promise<string> => (await of.ask(['DEBUG', 'DIGEST']))[0] ?? ''

/** How often a primary has synchronized replicas in full, and in part. */
export async function synchronizations(of: Member): Promise<{ full: number; partial: number }> {
  const info = await of.info('stats')
  return { full: Number(info.get('sync_full')), partial: Number(info.get('sync_partial_ok')) }
}

const LIBRARY = `#!lua name=things
redis.register_function('put', function(keys, args) return redis.call('SET', keys[1], args[1]) end)`

/** Something of every type and encoding, in two databases, with and without expiry; and functions. */
export const EVERYTHING: readonly Command[] = [
  ['SET', 'text', 'hello'],
  ['SET', 'number', '42'],
  ['SET', 'long', 'x'.repeat(5000)],
  ['SET', 'expiring', 'soon', 'EX', '10000'],
  ['SETBIT', 'bits', '100', '1'],
  ['PFADD', 'hll', 'a', 'b', 'c'],
  ['RPUSH', 'list', 'a', 'b', '3'],
  ['RPUSH', 'long list', ...Array.from({ length: 400 }, (_, i) => `element ${i} ${'y'.repeat(40)}`)],
  ['SADD', 'numbers', '1', '2', '70000'],
  ['SADD', 'set', 'a', 'b', '3'],
  ['SADD', 'large set', ...Array.from({ length: 300 }, (_, i) => `member ${i}`)],
  ['HSET', 'hash', 'f', 'v', 'g', '1'],
  ['HSET', 'large hash', ...Array.from({ length: 600 }, (_, i) => `field ${i}`)],
  ['ZADD', 'zset', '1', 'a', '2.5', 'b', '-inf', 'c'],
  ['ZADD', 'large zset', ...Array.from({ length: 300 }, (_, i) => [String(i / 3), `m${i}`]).flat()],
  ['GEOADD', 'geo', '13.361389', '38.115556', 'Palermo'],
  ['XADD', 'stream', '1-1', 'a', '1'],
  ['XADD', 'stream', '2-1', 'b', '2', 'c', '3'],
  ['XGROUP', 'CREATE', 'stream', 'readers', '0'],
  ['XREADGROUP', 'GROUP', 'readers', 'alice', 'COUNT', '1', 'STREAMS', 'stream', '>'],
  ['XDEL', 'stream', '1-1'],
  ['SELECT', '3'],
  ['SET', 'elsewhere', 'too'],
  ['SELECT', '0'],
  ['FUNCTION', 'LOAD', 'REPLACE', LIBRARY],
]
