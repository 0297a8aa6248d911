import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { rowsOf } from '../../api/tables.ts'
import { residentBytes } from './engine-process.ts'
import { isInstalled, median, printTable, quietEnvironment } from './measure.ts'
import { processorSeconds } from './node-servers.ts'

const ROUNDS = { whole: 5, quick: 1 }
const REQUESTS = { whole: 200_000, quick: 30_000 }
const CONNECTIONS = 50
const KEYS = 100_000

interface Load {
  readonly name: string
  /** What redis-benchmark is told. */
  readonly words: readonly string[]
  readonly pipeline: number
  /** Of the server's throughput, at least. */
  readonly wanted: number
  /** What has to be there before. */
  readonly fill?: readonly string[]
}

const plain = (test: string, wanted: number, pipeline = 1): Load => ({
  name: `${test.toUpperCase()}, -P ${pipeline}`,
  words: ['-t', test],
  pipeline,
  wanted,
})

const LOADS: readonly Load[] = [
  ...['set', 'get', 'incr', 'lpush', 'hset', 'zadd'].map((test) => plain(test, 0.9)),
  plain('mset', 0.8),
  ...['set', 'get', 'incr', 'lpush', 'hset'].map((test) => plain(test, 0.8, 16)),
  plain('zadd', 0.7, 16),
  plain('lrange_100', 0.8),
  {
    name: 'SMEMBERS of 100',
    words: ['SMEMBERS', 'members'],
    pipeline: 1,
    wanted: 0.8,
    fill: ['SADD', 'members', ...Array.from({ length: 100 }, (_, i) => `member ${i}`)],
  },
  { name: 'EVAL', words: ['EVAL', "return redis.call('get', KEYS[1])", '1', 'a'], pipeline: 1, wanted: 0.3 },
]

interface Server {
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

const cachectl = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

const PROGRAMS = {
  ours: [process.execPath, cachectl, 'node', 'run', '--engine', 'redis'],
  theirs: ['redis-server'],
} as const

/** A node of Redis OSS beside redis-server, both one thread, under redis-benchmark in turns; with `quick`, one short round. */
export async function benchRedis(quick: boolean): Promise<void> {
  const kind = quick ? 'quick' : 'whole'
  if (!isInstalled('redis-server') || !isInstalled('redis-benchmark')) {
    console.log('\nNode of Redis OSS: no redis-server here to compare with (Debian: redis-server, redis-tools)')
    return
  }
  const rows = [['', 'node', 'redis-server', 'ratio', 'wanted', '', 'processor time: node', 'redis-server', 'ratio']]
  const [ours, theirs] = [await launch('ours'), await launch('theirs')]
  try {
    for (const load of LOADS) {
      const both: Record<keyof typeof PROGRAMS, Reading[]> = { ours: [], theirs: [] }
      if (load.fill) for (const { port } of [ours, theirs]) ask(port, ...load.fill)
      for (let round = 0; round < ROUNDS[kind]; round++) {
        both.ours.push(measure(ours, load, REQUESTS[kind]))
        both.theirs.push(measure(theirs, load, REQUESTS[kind]))
      }
      rows.push(verdict(load, both.ours, both.theirs))
    }
  } finally {
    await ours.stop()
    await theirs.stop()
  }
  printTable(
    `Node of Redis OSS: redis-benchmark -c ${CONNECTIONS}, medians of ${ROUNDS[kind]} rounds of ${REQUESTS[kind]} requests in turns`,
    rows,
  )
  await benchMemory(quick ? KEYS : 10 * KEYS)
}

interface Reading {
  readonly perSecond: number
  /** Microseconds of processor time for a request. */
  readonly time: number
}

function measure({ port, pid }: Server, { words, pipeline }: Load, requests: number): Reading {
  const before = processorSeconds(pid)
  const all = requests * (pipeline > 1 ? 4 : 1)
  const own = [
    '-p',
    String(port),
    '-c',
    String(CONNECTIONS),
    '-n',
    String(all),
    '-P',
    String(pipeline),
    '-d',
    '100',
    '--csv',
  ]
  const { stdout } = spawnSync('redis-benchmark', [...own, '-r', String(KEYS), ...words], { encoding: 'utf8' })
  const time = ((processorSeconds(pid) - before) / all) * 1e6
  const line = stdout.trim().split('\n').at(-1) ?? ''
  return { perSecond: Number(line.split('","')[1]), time }
}

function verdict({ name, wanted }: Load, ours: readonly Reading[], theirs: readonly Reading[]): string[] {
  const speed = (readings: readonly Reading[]) => median(readings.map(({ perSecond }) => perSecond))
  const time = (readings: readonly Reading[]) => median(readings.map((each) => each.time))
  const ratio = speed(ours) / speed(theirs)
  return [
    name,
    speed(ours).toFixed(0),
    speed(theirs).toFixed(0),
    ratio.toFixed(2),
    `>= ${wanted.toFixed(2)}`,
    ratio >= wanted ? 'reached' : 'missed',
    `${time(ours).toFixed(2)} us`,
    `${time(theirs).toFixed(2)} us`,
    (time(ours) / time(theirs)).toFixed(2),
  ]
}

async function launch(program: keyof typeof PROGRAMS): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-bench-'))
  const port = await freePort()
  const [file, ...first] = PROGRAMS[program]
  const child = spawn(file, [...first, '--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: quietEnvironment(),
  })
  await untilAnswers(port, child)
  return {
    port,
    pid: child.pid as number, // it answers
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  await once(server.close(), 'close')
  return port
}

const STARTS_WITHIN_MS = 20_000

async function untilAnswers(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + STARTS_WITHIN_MS
  while (child.exitCode === null && performance.now() < deadline) {
    const socket = connect(port, '127.0.0.1')
    const answers = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (answers) return
    await sleep(50)
  }
  throw new Error(`no server on port ${port}`)
}

function ask(port: number, ...command: readonly string[]): string {
  return spawnSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' }).stdout
}

const MIB = 2 ** 20
const MOST_MEMORY = { strings: 1.25, hashes: 1.5 }

/** What keys take: of memory in use as each says it, and of the system's. */
async function benchMemory(keys: number): Promise<void> {
  const rows = [['', 'node: B a key', 'redis-server', 'ratio', 'wanted', '', 'resident: node', 'redis-server']]
  const fills = {
    strings: ['SET', 'key:__rand_int__', 'x'.repeat(100)],
    hashes: ['HSET', 'hash:__rand_int__', 'name', 'somebody', 'age', '42', 'town', 'somewhere'],
  }
  for (const [name, words] of rowsOf(fills)) {
    // the names above
    const taken: Record<string, { each: number; resident: number }> = {}
    for (const program of ['ours', 'theirs'] as const) {
      const server = await launch(program)
      const used = (): number => Number(/used_memory:(\d+)/.exec(ask(server.port, 'INFO', 'memory'))?.[1])
      const [before, resident] = [used(), residentBytes(server.pid)]
      const own = ['-p', String(server.port), '-c', '50', '-P', '32', '-q', '-n', String(3 * keys), '-r', String(keys)]
      spawnSync('redis-benchmark', [...own, ...words])
      const there = Number(ask(server.port, 'DBSIZE'))
      taken[program] = { each: (used() - before) / there, resident: (residentBytes(server.pid) - resident) / MIB }
      await server.stop()
    }
    const { ours = { each: 0, resident: 0 }, theirs = { each: 0, resident: 0 } } = taken
    const ratio = ours.each / theirs.each
    rows.push([
      name,
      ours.each.toFixed(0),
      theirs.each.toFixed(0),
      ratio.toFixed(2),
      `<= ${MOST_MEMORY[name]}`,
      ratio <= MOST_MEMORY[name] ? 'reached' : 'missed',
      `${ours.resident.toFixed(0)} MiB`,
      `${theirs.resident.toFixed(0)} MiB`,
    ])
  }
  printTable(`Memory of about ${keys} keys: strings of 100 bytes, hashes of three fields`, rows)
}
