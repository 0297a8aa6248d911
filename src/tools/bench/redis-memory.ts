import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rowsOf } from '../../api/tables.ts'
import { residentBytes } from './engine-process.ts'
import { printTable } from './measure.ts'
import { KEYS } from './redis-loads.ts'
import { ask, launchRedis, type RedisProgram, usedMemory } from './redis-servers.ts'

const MIB = 2 ** 20
// Of random keys, so many times as many leave few unset.
const TIMES = 3

const FILLS = {
  strings: { words: ['SET', 'key:__rand_int__', 'x'.repeat(100)], most: 1.25 },
  hashes: { words: ['HSET', 'hash:__rand_int__', 'name', 'somebody', 'age', '42', 'town', 'somewhere'], most: 1.5 },
}

/** What keys take, of memory in use as each program says it, and of the system's; what an empty node takes beside others. */
export async function benchRedisMemory(quick: boolean): Promise<void> {
  const keys = quick ? KEYS : 10 * KEYS
  const rows = [['', 'node: B a key', 'redis-server', 'ratio', 'wanted', '', 'resident: node', 'redis-server']]
  for (const [name, { words, most }] of rowsOf(FILLS)) {
    const ours = await taken('ours', words, keys)
    const theirs = await taken('theirs', words, keys)
    const ratio = ours.each / theirs.each
    rows.push([
      name,
      ours.each.toFixed(0),
      theirs.each.toFixed(0),
      ratio.toFixed(2),
      `<= ${most.toFixed(2)}`,
      ratio <= most ? 'reached' : 'missed',
      `${(ours.resident / MIB).toFixed(0)} MiB`,
      `${(theirs.resident / MIB).toFixed(0)} MiB`,
    ])
  }
  printTable(`Memory of about ${keys} keys: strings of 100 bytes, hashes of three fields`, rows)
  await benchEmpty()
}

async function taken(program: RedisProgram, words: readonly string[], keys: number) {
  const server = await launchRedis(program)
  try {
    const [used, resident] = [usedMemory(server), residentBytes(server.pid)]
    const options = ['-p', String(server.port), '-P', '32', '-q', '-n', String(TIMES * keys), '-r', String(keys)]
    spawnSync('redis-benchmark', [...options, ...words])
    const there = Number(ask(server, 'DBSIZE'))
    return { each: (usedMemory(server) - used) / there, resident: residentBytes(server.pid) - resident }
  } finally {
    await server.stop()
  }
}

const MOST_EMPTY_MIB = 2

async function benchEmpty(): Promise<void> {
  const child = fork(new URL('./redis-empty.ts', import.meta.url), {
    execArgv: [...process.execArgv, '--expose-gc'],
  })
  const [each] = (await once(child, 'message')) as [number] // what it sends
  await once(child, 'exit')
  printTable('Empty nodes of Redis OSS in one thread', [
    ['', 'MiB', 'wanted', ''],
    [
      'each after the first',
      (each / MIB).toFixed(2),
      `<= ${MOST_EMPTY_MIB}`,
      each <= MOST_EMPTY_MIB * MIB ? 'reached' : 'missed',
    ],
  ])
}
