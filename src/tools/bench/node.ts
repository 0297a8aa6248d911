import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { ElastiCache } from '@aws-sdk/client-elasticache'
import { rowsOf } from '../../api/tables.ts'
import { type EngineProcess, launchEngine, residentBytes } from './engine-process.ts'
import { isInstalled, median, printTable } from './measure.ts'
import { CONNECTIONS, type Load, memcaslap, ownLoad, type Reading } from './node-loads.ts'
import { launchServer, type MeasuredServer, memcachedVersion, type Program } from './node-servers.ts'

const ROUNDS = { whole: 5, quick: 1 }
const SECONDS = { whole: 3, quick: 1 }

type Measure = 'throughput' | 'processor time per request' | 'p99 latency'

interface Scenario {
  readonly name: string
  readonly load: Load
  readonly secure?: boolean
  /** What is judged, and the ratio to memcached that is wanted: at least of throughput, at most of the others. */
  readonly targets: Readonly<Partial<Record<Measure, number>>>
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'get:set 10:1, 100 B',
    load: ownLoad({ getsPerSet: 10 }),
    targets: { throughput: 0.9, 'processor time per request': 1.25, 'p99 latency': 1.3 },
  },
  {
    name: 'set, 100 B',
    load: ownLoad({ getsPerSet: 0 }),
    targets: { throughput: 0.9, 'processor time per request': 1.25, 'p99 latency': 1.3 },
  },
  { name: 'get:set 10:1, 100 B, core saturated', load: memcaslap(0.09), targets: { throughput: 0.9 } },
  { name: 'set, 100 B, core saturated', load: memcaslap(1), targets: { throughput: 0.9 } },
  { name: '16 gets pipelined, 100 B', load: ownLoad({ pipeline: 16 }), targets: { throughput: 3 } },
  { name: 'get of 100 keys, 100 B', load: ownLoad({ keysPerGet: 100 }), targets: { throughput: 1 } },
  { name: 'get:set 10:1, 1 KiB', load: ownLoad({ getsPerSet: 10, valueBytes: 1024 }), targets: { throughput: 0.9 } },
  {
    name: 'get:set 10:1, 100 KiB',
    load: ownLoad({ getsPerSet: 10, valueBytes: 100 * 1024, keys: 2000 }),
    targets: { throughput: 1 },
  },
  {
    name: 'get, 100 B, TLS',
    load: ownLoad({ secure: true }),
    secure: true,
    targets: { throughput: 0.7, 'processor time per request': 1 / 0.7 },
  },
]

/** A cache node beside memcached with one thread, under the same loads in turns; with `quick`, one short round. */
export async function benchNode(quick: boolean): Promise<void> {
  const kind = quick ? 'quick' : 'whole'
  const version = memcachedVersion()
  if (version === undefined) {
    console.log('\nCache node: no memcached here to compare with (Debian: memcached, libmemcached-tools)')
    return
  }
  const rows = [['', 'node', 'memcached', 'ratio', 'wanted', '', 'core busy: node', 'memcached']]
  for (const secure of [false, true]) {
    const ours = await launchServer('ours', secure)
    const theirs = await launchServer('memcached', secure)
    try {
      for (const scenario of SCENARIOS.filter((each) => (each.secure ?? false) === secure)) {
        if (scenario.name.endsWith('saturated') && !isInstalled('memcaslap')) {
          rows.push([scenario.name, 'no memcaslap here (Debian: libmemcached-tools)'])
          continue
        }
        const readings = await inTurns(scenario.load, { ours, memcached: theirs }, ROUNDS[kind], SECONDS[kind])
        rows.push(...verdicts(scenario, readings))
      }
    } finally {
      await theirs.stop()
      await ours.stop()
    }
  }
  printTable(
    `Cache node: cachectl node run beside memcached ${version} -t 1, ${CONNECTIONS} connections, ` +
      `medians of ${ROUNDS[kind]} rounds of ${SECONDS[kind]} s in turns`,
    rows,
  )
  await benchIdle()
  await benchClusters(ROUNDS[kind], SECONDS[kind])
}

type Readings = Readonly<Record<Program, readonly Reading[]>>

async function inTurns(
  load: Load,
  servers: Readonly<Record<Program, MeasuredServer>>,
  rounds: number,
  seconds: number,
): Promise<Readings> {
  const readings: Record<Program, Reading[]> = { ours: [], memcached: [] }
  for (let round = 0; round < rounds; round++) {
    for (const program of ['ours', 'memcached'] as const) {
      readings[program].push(await load(servers[program], seconds))
    }
  }
  return readings
}

const MEASURES: Readonly<Record<Measure, { of(reading: Reading): number; unit: string; digits: number }>> = {
  throughput: { of: ({ perSecond }) => perSecond, unit: '/s', digits: 0 },
  'processor time per request': { of: ({ busy, perSecond }) => (busy / perSecond) * 1e6, unit: ' us', digits: 1 },
  'p99 latency': { of: ({ p99Ms }) => p99Ms ?? 0, unit: ' ms', digits: 2 },
}

function verdicts({ name, targets }: Scenario, { ours, memcached }: Readings): string[][] {
  const busy = [ours, memcached].map((readings) => `${(median(readings.map((each) => each.busy)) * 100).toFixed(0)} %`)
  return rowsOf(targets).map(([measure, target = 0]) => {
    const { of, unit, digits } = MEASURES[measure]
    const [mine, peer] = [median(ours.map(of)), median(memcached.map(of))]
    const atLeast = measure === 'throughput'
    const ratio = mine / peer
    return [
      `${name}: ${measure}`,
      ...[mine, peer].map((value) => value.toFixed(digits) + unit),
      ratio.toFixed(2),
      `${atLeast ? '>=' : '<='} ${target.toFixed(2)}`,
      (atLeast ? ratio >= target : ratio <= target) ? 'reached' : 'missed',
      ...busy,
    ]
  })
}

const IDLE = 10_000
const MOST_IDLE_KIB = 3

/** What connections cost that only wait. */
async function benchIdle(): Promise<void> {
  const rows = [['', 'resident before, MiB', 'with them, MiB', 'KiB each', 'wanted', '']]
  for (const program of ['ours', 'memcached'] as const) {
    const server = await launchServer(program, false)
    const before = residentBytes(server.pid)
    const text = JSON.stringify({ port: server.ports[0], connections: IDLE })
    const clients = fork(new URL('./node-idle.ts', import.meta.url), [text])
    await new Promise<void>((resolve, reject) => {
      clients.once('message', () => resolve())
      clients.once('exit', (code) => reject(new Error(`the idle clients ended with ${code}`)))
    })
    const after = residentBytes(server.pid)
    const ended = new Promise((resolve) => clients.once('exit', resolve))
    clients.disconnect()
    await ended
    await server.stop()
    const each = (after - before) / IDLE / 1024
    rows.push([
      program === 'ours' ? 'node' : program,
      ...[before, after].map((bytes) => (bytes / MIB).toFixed(1)),
      each.toFixed(1),
      ...(program === 'ours' ? [`<= ${MOST_IDLE_KIB}`, each <= MOST_IDLE_KIB ? 'reached' : 'missed'] : []),
    ])
  }
  printTable(`${IDLE} idle connections, one request served to each`, rows)
}

const MIB = 2 ** 20
const EMPTY_NODES = 20
const MOST_EMPTY_MIB = 2
const MOST_GAIN = 1.6

/** What the engine's worker threads make of many nodes: their memory, and the work they do together. */
async function benchClusters(rounds: number, seconds: number): Promise<void> {
  const cores = availableParallelism()
  const engine = await launchEngine()
  try {
    const before = residentBytes(engine.info.pid)
    const one = await cluster(engine, 'one', 1)
    const first = residentBytes(engine.info.pid)
    const many = await cluster(engine, 'many', cores)
    const threads = residentBytes(engine.info.pid)
    await cluster(engine, 'empty', EMPTY_NODES)
    const each = (residentBytes(engine.info.pid) - threads) / EMPTY_NODES / MIB
    const gains: number[] = []
    const load = ownLoad({ getsPerSet: 10 })
    for (let round = 0; round < rounds; round++) {
      const { perSecond: single } = await load(one, seconds)
      const { perSecond: together } = await load(many, seconds)
      gains.push(together / single)
    }
    const gain = median(gains)
    printTable(`Cache nodes in the engine's worker threads (${cores} cores)`, [
      ['', 'measured', 'wanted', ''],
      ['first node and its thread, MiB', ((first - before) / MIB).toFixed(1), '', ''],
      [
        `each of ${EMPTY_NODES} more empty nodes, MiB`,
        each.toFixed(2),
        `<= ${MOST_EMPTY_MIB}`,
        each <= MOST_EMPTY_MIB ? 'reached' : 'missed',
      ],
      [
        `${cores} nodes beside one, get:set 10:1, total`,
        gain.toFixed(2),
        `>= ${MOST_GAIN}`,
        gain >= MOST_GAIN ? 'reached' : cores < 4 ? 'not to be had: the load needs cores too' : 'missed',
      ],
    ])
  } finally {
    await engine.stop()
  }
}

async function cluster({ info, credentials }: EngineProcess, id: string, nodes: number): Promise<MeasuredServer> {
  const client = new ElastiCache({ endpoint: info.url, region: 'us-west-2', credentials })
  await client.createCacheCluster({
    CacheClusterId: id,
    Engine: 'memcached',
    CacheNodeType: 'cache.t4g.small',
    NumCacheNodes: nodes,
  })
  for (;;) {
    const { CacheClusters } = await client.describeCacheClusters({ CacheClusterId: id, ShowCacheNodeInfo: true })
    const [made] = CacheClusters ?? []
    const ports = (made?.CacheNodes ?? []).map(({ Endpoint }) => Endpoint?.Port ?? 0)
    if (made?.CacheClusterStatus === 'available') return { ports, pid: info.pid, stop: async () => undefined }
  }
}
