import { readFileSync } from 'node:fs'
import { ElastiCache } from '@aws-sdk/client-elasticache'
import { CONTROL } from '../../api/local-engine.ts'
import { type EngineProcess, launchEngine, residentBytes } from './engine-process.ts'
import { printTable } from './measure.ts'

const REGION = 'us-west-2'
const COUNTS = [1, 100, 1_000]
const DESCRIBES = 300
/** Linux counts the processor time of a process in hundredths of a second. */
const TICK_MS = 10

/** What other clusters cost: memory, all their nodes alive, and the engine's processor time to describe one. */
export async function benchManyClusters(quick: boolean): Promise<void> {
  const engine = await launchEngine()
  try {
    await raiseQuota(engine)
    const client = new ElastiCache({ endpoint: engine.info.url, region: REGION, credentials: engine.credentials })
    await client.describeCacheClusters({})
    const before = residentBytes(engine.info.pid)
    const rows = [
      ['clusters of one node', 'resident MiB', 'more than without, MiB', 'processor ms per describe of one'],
    ]
    let made = 0
    for (const count of quick ? COUNTS.slice(0, 2) : COUNTS) {
      for (; made < count; made++) await createCluster(client, made)
      const resident = residentBytes(engine.info.pid)
      const perDescribe = await processorMs(engine.info.pid, () => describeOne(client))
      rows.push([String(count), mib(resident), mib(resident - before), (perDescribe / DESCRIBES).toFixed(2)])
    }
    printTable('Many clusters, nodes alive', rows)
  } finally {
    await engine.stop()
  }
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)

/** Time of all threads of a process that `work` takes. */
async function processorMs(pid: number, work: () => Promise<void>): Promise<number> {
  await work() // to warm up
  const before = ticksOf(pid)
  await work()
  return (ticksOf(pid) - before) * TICK_MS
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // User and system time: the 14th and 15th field; the name of the program before them may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

async function describeOne(client: ElastiCache): Promise<void> {
  for (let call = 0; call < DESCRIBES; call++) {
    await client.describeCacheClusters({ CacheClusterId: 'many-0', ShowCacheNodeInfo: true })
  }
}

async function createCluster(client: ElastiCache, number: number): Promise<void> {
  const CacheClusterId = `many-${number}`
  const settings = { Engine: 'memcached', CacheNodeType: 'cache.t4g.micro', NumCacheNodes: 1 }
  await client.createCacheCluster({ CacheClusterId, ...settings })
  for (;;) {
    const { CacheClusters } = await client.describeCacheClusters({ CacheClusterId })
    if (CacheClusters?.[0]?.CacheClusterStatus === 'available') return
  }
}

async function raiseQuota({ info, credentials }: EngineProcess): Promise<void> {
  const answer = await fetch(`${info.url}${CONTROL.quotas}/set`, {
    method: 'POST',
    headers: { authorization: `Bearer ${credentials.controlToken}` },
    body: JSON.stringify({ region: REGION, name: 'nodes-per-region', limit: 10_000 }),
  })
  if (!answer.ok) throw new Error(await answer.text())
}
