/** Data of some shards as data of others: what a group of another shape is started with. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Part } from '../../../protocols/resp/encode.ts'
import { keySlot, SLOTS } from '../../../protocols/resp/hash-slot.ts'
import { isError, itemsOf, type Reply, textOf, wholeOf } from '../../../protocols/resp/reply.ts'
import { CannotRun } from '../failure.ts'
import type { Operator } from './operator.ts'
import { endServerIn } from './process.ts'
import { keysOf } from './restricted.ts'
import type { Server } from './server.ts'
import { saveTo } from './snapshot.ts'
import type { RedisProgram, RedisSpec, SlotRange } from './spec.ts'
import { startServer } from './start-server.ts'

/** Keys that travel together. */
const KEYS = 100
/** More than a snapshot may have. */
const DATABASES = '10000'

/** Plain data: it travels to worker threads. */
export interface Reshaping {
  readonly program: RedisProgram
  readonly secret: string
  /** Of a directory for each server, which lives as long as this takes; the same when it is done again, so that none of before is left. */
  readonly directory: string
  /** Paths of files that a server can be started with. */
  readonly sources: readonly string[]
  /** Which keys go to which file; null: all, whatever their database. */
  readonly targets: readonly { readonly file: string; readonly slots: readonly SlotRange[] | null }[]
}

/**
 * Loads every source into a server of its own, and hands each key on to a server that stands for the shard it belongs to; those
 * write the files. Answers what the data of each takes in memory.
 * @throws CannotRun, with what the server says of a file that it cannot read; Error, when there are keys that no target takes.
 */
export async function reshape({ program, secret, directory: parent, sources, targets }: Reshaping): Promise<number[]> {
  const running: Server[] = []
  const directories: string[] = []
  const start = async (name: string, rdb?: string) => {
    const directory = join(parent, name)
    directories.push(directory)
    await endServerIn(directory, secret)
    await rm(directory, { recursive: true, force: true })
    const server = await startServer(scratchSpec(program, secret, directory, rdb))
    running.push(server)
    return { server, directory }
  }
  try {
    const takers = await Promise.all(targets.map((_, index) => start(`to-${index}`)))
    const ofSlot = targetsBySlot(targets.map(({ slots }) => slots))
    const to = takers.map(({ server }) => server.operator)
    for (const [index, source] of sources.entries()) {
      const { server } = await start(`from-${index}`, source).catch(inPlainWords)
      await handOn(server.operator, to, ofSlot)
      await server.stop()
    }
    const keys = keysOf(secret)
    return await Promise.all(
      takers.map(({ server, directory: own }, index) =>
        saveTo(targets[index]?.file ?? '', { server, keys, directory: own }),
      ),
    )
  } finally {
    await Promise.all(running.map((server) => server.stop()))
    await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })))
  }
}

/** The warnings of its log alone, without what stands before each. */
function inPlainWords(error: unknown): never {
  if (!(error instanceof CannotRun)) throw error
  const warnings = [...error.message.matchAll(/\d+:\w \d+ \w+ \d+ [\d:.]+ # (.*?)(?= \d+:\w \d+ |$)/g)]
  throw warnings.length === 0 ? error : new CannotRun(warnings.map(([, words]) => words).join('; '))
}

/** Nobody but the engine finds it: it listens on a socket in a folder of the engine's own. */
export const scratchSpec = (program: RedisProgram, secret: string, directory: string, rdb?: string): RedisSpec => ({
  port: 0,
  innerPort: 0,
  announce: { ip: '127.0.0.1' },
  incarnation: 1,
  program,
  directory,
  secret,
  fixed: { databases: DATABASES },
  ...(rdb !== undefined && { rdb }),
  live: { directives: {}, users: [], transit: 'plain' },
})

/** The target of each slot; null: there is one, which takes all. */
function targetsBySlot(targets: readonly (readonly SlotRange[] | null)[]): Uint16Array | null {
  const ofSlot = new Uint16Array(SLOTS)
  for (const [index, slots] of targets.entries()) {
    if (slots === null) return null
    for (const [first, last] of slots) ofSlot.fill(index, first, last + 1)
  }
  return ofSlot
}

async function handOn(from: Operator, to: readonly Operator[], ofSlot: Uint16Array | null): Promise<void> {
  await handOnFunctions(from, to, 'REPLACE')
  for (const database of await databasesOf(from)) {
    if (ofSlot && database !== 0) {
      throw new Error(`there are keys in database ${database}; with cluster mode enabled there is no other than 0`)
    }
    for (const operator of [from, ...to]) await operator.ask('SELECT', database)
    await handOnDatabase(from, to, ofSlot)
  }
}

/** `REPLACE` leaves those that only the taker has, `FLUSH` does not. */
export async function handOnFunctions(
  from: Operator,
  to: readonly Operator[],
  how: 'REPLACE' | 'FLUSH',
): Promise<void> {
  const functions = await from.ask('FUNCTION', 'DUMP')
  for (const taker of to) await taker.ask('FUNCTION', 'RESTORE', functions as Buffer, how) // what FUNCTION DUMP answers
}

/** Those with keys. */
async function databasesOf(operator: Operator): Promise<number[]> {
  const info = await operator.info('keyspace')
  return [...info.keys()].flatMap((name) => /^db(\d+)$/.exec(name)?.slice(1).map(Number) ?? [])
}

/** All keys of the database that both are at. */
export async function handOnDatabase(
  from: Operator,
  to: readonly Operator[],
  ofSlot: Uint16Array | null,
): Promise<void> {
  let cursor = '0'
  do {
    const [next = null, found = null] = itemsOf(await from.ask('SCAN', cursor, 'COUNT', KEYS))
    cursor = textOf(next)
    const keys = itemsOf(found).filter(Buffer.isBuffer)
    for (const [target, taker] of to.entries()) {
      await handOnKeys(
        from,
        taker,
        keys.filter((key) => targetOf(key, ofSlot) === target),
      )
    }
  } while (cursor !== '0')
}

const targetOf = (key: Buffer, ofSlot: Uint16Array | null): number => ofSlot?.[keySlot(key)] ?? 0

async function handOnKeys(from: Operator, to: Operator, keys: readonly Buffer[]): Promise<void> {
  const told = await from.send(
    keys.flatMap((key) => [
      ['DUMP', key],
      ['PEXPIRETIME', key],
    ]),
  )
  const restorations = keys.flatMap((key, index): Part[][] => {
    const value: Reply = told[2 * index] ?? null
    const expiry = wholeOf(told[2 * index + 1] ?? null) ?? -1n
    // One that has expired meanwhile is none.
    return Buffer.isBuffer(value) ? [['RESTORE', key, expiry < 0n ? 0n : expiry, value, 'REPLACE', 'ABSTTL']] : []
  })
  const failed = (await to.send(restorations)).find(isError)
  if (failed) throw new Error(`${failed.code} ${failed.text}`)
}
