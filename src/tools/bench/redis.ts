import { isInstalled, median, printTable } from './measure.ts'
import { CONNECTIONS, measure, REDIS_LOADS, type RedisLoad, type RedisReading } from './redis-loads.ts'
import { benchRedisMemory } from './redis-memory.ts'
import { benchRedisPauses } from './redis-pauses.ts'
import { ask, launchRedis, type RedisProgram } from './redis-servers.ts'

const ROUNDS = { whole: 5, quick: 1 }
const REQUESTS = { whole: 200_000, quick: 50_000 }
// The first round is the compiler's, and finds no keys.
const WARM_UP = 1

/**
 * A node of Redis OSS beside redis-server, both one thread: throughput, latency, memory, and the longest pauses. A whole run takes
 * half an hour, of which ten minutes are for pauses; with `quick` three minutes.
 */
export async function benchRedis(quick: boolean): Promise<void> {
  if (!isInstalled('redis-server') || !isInstalled('redis-benchmark')) {
    console.log('\nNode of Redis OSS: no redis-server here to compare with (Debian: redis-server, redis-tools)')
    return
  }
  await benchLoads(quick ? 'quick' : 'whole')
  await benchRedisMemory(quick)
  await benchRedisPauses(quick)
}

async function benchLoads(kind: keyof typeof ROUNDS): Promise<void> {
  const rows = [
    ['', 'node', 'redis-server', 'ratio', 'wanted', '', 'p99: ratio', 'wanted', '', 'processor time', '', 'ratio'],
  ]
  const [ours, theirs] = [await launchRedis('ours'), await launchRedis('theirs')]
  try {
    for (const load of REDIS_LOADS) {
      const both: Record<RedisProgram, RedisReading[]> = { ours: [], theirs: [] }
      if (load.fill) for (const server of [ours, theirs]) ask(server, ...load.fill)
      for (let round = -WARM_UP; round < ROUNDS[kind]; round++) {
        const readings = { ours: measure(ours, load, REQUESTS[kind]), theirs: measure(theirs, load, REQUESTS[kind]) }
        if (round < 0) continue
        both.ours.push(readings.ours)
        both.theirs.push(readings.theirs)
      }
      rows.push(verdict(load, both))
    }
  } finally {
    await ours.stop()
    await theirs.stop()
  }
  printTable(
    `Node of Redis OSS: redis-benchmark -c ${CONNECTIONS}, medians of ${ROUNDS[kind]} rounds of ${REQUESTS[kind]} requests in turns`,
    rows,
  )
}

function verdict(load: RedisLoad, { ours, theirs }: Record<RedisProgram, readonly RedisReading[]>): string[] {
  const of = (readings: readonly RedisReading[], measure: keyof RedisReading) =>
    median(readings.map((each) => each[measure]))
  const ratio = (measure: keyof RedisReading) => of(ours, measure) / of(theirs, measure)
  return [
    load.name,
    ...[ours, theirs].map((readings) => of(readings, 'perSecond').toFixed(0)),
    ratio('perSecond').toFixed(2),
    `>= ${load.throughput.toFixed(2)}`,
    ratio('perSecond') >= load.throughput ? 'reached' : 'missed',
    ratio('p99').toFixed(2),
    load.p99 === undefined ? '' : `<= ${load.p99.toFixed(2)}`,
    load.p99 === undefined ? '' : ratio('p99') <= load.p99 ? 'reached' : 'missed',
    ...[ours, theirs].map((readings) => `${of(readings, 'time').toFixed(2)} us`),
    ratio('time').toFixed(2),
  ]
}
