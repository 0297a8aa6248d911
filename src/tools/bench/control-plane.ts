import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { ElastiCache } from '@aws-sdk/client-elasticache'
import { askNode } from '../../discovery/ask.ts'
import { boundTo } from '../../net/bound.ts'
import { launchEngine, residentBytes } from './engine-process.ts'
import { isInstalled, median, printTable, quietEnvironment } from './measure.ts'

const SECONDS = 4
const CREATIONS = 7

interface Server {
  readonly url: string
  readonly credentials: { accessKeyId: string; secretAccessKey: string }
}

/** DescribeCacheClusters with node info on kept connections, memory, and how long until a new cluster answers. */
export async function benchControlPlane(): Promise<void> {
  const engine = await launchEngine()
  const moto = isInstalled('moto_server') ? await launchMoto() : undefined
  try {
    const ours: Server = { url: engine.info.url, credentials: engine.credentials }
    const rows = [['', 'engine', 'moto_server', 'ratio']]
    for (const server of moto ? [ours, moto] : [ours]) await clientOf(server).describeCacheClusters({})
    const resident = (pid: number) => residentBytes(pid) / 2 ** 20
    rows.push(
      ratioRow('resident MiB, no clusters, one request served', resident(engine.info.pid), moto && resident(moto.pid)),
    )
    let made = 0
    for (const clusters of [1, 100]) {
      for (; made < clusters; made++) {
        await createCluster(ours, `bench-${made}`)
        if (moto) await createCluster(moto, `bench-${made}`)
      }
      const connections = 8
      rows.push(
        ratioRow(
          `requests/s, ${clusters} clusters, ${connections} connections`,
          await requestsPerSecond(ours, connections),
          moto && (await requestsPerSecond(moto, connections)),
        ),
      )
    }
    printTable('Control plane, DescribeCacheClusters with node info, keep-alive', rows)
    const times = await creationTimes(ours)
    printTable(`Cluster of 3 nodes, create to config get cluster on all (${CREATIONS} times)`, [
      ['', 'min ms', 'median ms', 'max ms'],
      ['pace instant', ...[Math.min(...times), median(times), Math.max(...times)].map((ms) => ms.toFixed(0))],
    ])
  } finally {
    moto?.child.kill('SIGTERM')
    await engine.stop()
  }
}

const ratioRow = (name: string, ours: number, theirs: number | undefined): string[] => [
  name,
  ours.toFixed(0),
  theirs === undefined ? 'not here' : theirs.toFixed(0),
  theirs === undefined ? '' : (ours / theirs).toFixed(1),
]

const clientOf = ({ url, credentials }: Server) => new ElastiCache({ endpoint: url, region: 'us-west-2', credentials })

const createCluster = (server: Server, CacheClusterId: string, NumCacheNodes = 1) =>
  clientOf(server).createCacheCluster({
    CacheClusterId,
    Engine: 'memcached',
    CacheNodeType: 'cache.t4g.micro',
    NumCacheNodes,
  })

/** Signs once, as the SDK does, and lets another process send that request; a signature holds for 15 minutes. */
async function requestsPerSecond(server: Server, connections: number): Promise<number> {
  const client = clientOf(server)
  let signed: { headers: Record<string, string>; body: string } | undefined
  client.middlewareStack.add(
    (next) => (args) => {
      // What a middleware of this step gets.
      const { headers, body } = args.request as { headers: Record<string, string>; body: string }
      signed = { headers, body }
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low' }, // after the signature
  )
  await client.describeCacheClusters({ ShowCacheNodeInfo: true })
  const load = JSON.stringify({ url: server.url, ...signed, connections, seconds: SECONDS })
  const file = fileURLToPath(new URL('./load.ts', import.meta.url))
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', file, load], {
    env: quietEnvironment(),
    encoding: 'utf8',
  })
  if (!stdout) throw new Error(stderr)
  const { perSecond }: { perSecond: number } = JSON.parse(stdout)
  return perSecond
}

async function creationTimes(server: Server): Promise<number[]> {
  const client = clientOf(server)
  const times: number[] = []
  for (let turn = 0; turn < CREATIONS; turn++) {
    const CacheClusterId = `timed-${turn}`
    const begun = performance.now()
    await createCluster(server, CacheClusterId, 3)
    for (;;) {
      const { CacheClusters } = await client.describeCacheClusters({ CacheClusterId, ShowCacheNodeInfo: true })
      const nodes = CacheClusters?.[0]?.CacheClusterStatus === 'available' ? CacheClusters[0].CacheNodes : undefined
      if (nodes) {
        const asked = nodes.map(({ Endpoint }) => askNode({ host: '127.0.0.1', port: Endpoint?.Port ?? 0 }))
        if ((await Promise.all(asked)).every(({ ok }) => ok)) break
      }
    }
    times.push(performance.now() - begun)
  }
  return times
}

interface Moto extends Server {
  readonly child: ChildProcess
  readonly pid: number
}

async function launchMoto(): Promise<Moto> {
  const port = await freePort()
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: quietEnvironment(),
  })
  while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 50))
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return { url: `http://127.0.0.1:${port}`, credentials, child, pid: child.pid as number } // it has answered
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = boundTo(server)
      server.close(() => resolve(port))
    })
  })

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
