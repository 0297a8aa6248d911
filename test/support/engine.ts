import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ElastiCache } from '@aws-sdk/client-elasticache'
import { onTestFinished } from 'vitest'
import type { NodeRuntimeName, Pace, ServerPlaces } from '../../src/api/local-engine.ts'
import type { EndpointMode } from '../../src/api/local-names.ts'
import { type Engine, startEngine } from '../../src/engine/engine.ts'
import type { Clock } from '../../src/engine/time/clock.ts'
import { eventually } from './eventually.ts'
import { ownPorts } from './own-ports.ts'

export const workerFile = new URL('../../dist/node-worker.js', import.meta.url)

/** Set to run the tests of the engine against real memcached: what holds for embedded nodes holds for those. */
const everywhere = process.env.CACHECTL_TEST_NODE_RUNTIME as NodeRuntimeName | undefined

export interface TestEngine extends Engine {
  readonly stateDir: string
  readonly log: string[]
  client(region?: string): ElastiCache
  /** The cluster's status once it is `status`; fails after a deadline. */
  until(id: string, status: string, region?: string): Promise<void>
  untilGone(id: string, region?: string): Promise<void>
}

export interface TestEngineOptions {
  readonly pace?: Pace
  readonly clock?: Clock
  readonly stateDir?: string
  readonly nodeRuntime?: NodeRuntimeName
  readonly serverPlaces?: ServerPlaces
  readonly endpoints?: EndpointMode
  readonly hostsFile?: string
  /** In the place of the node worker. */
  readonly workerFile?: URL
  readonly atEnd?: AtEnd
}

/** Registers what is to be done at the end: of the test, or with vitest's afterAll of a group. */
type AtEnd = (work: () => Promise<void> | void) => void

/** Where this test process looks for free ports first. */
export const firstPort = await ownPorts()

/** A directory that is gone after the test. */
export function temporaryDirectory(atEnd: AtEnd = onTestFinished): string {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-'))
  atEnd(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A client that signs with the engine's credentials; no retries, so that a test sees what the engine answered first. */
export function clientOf(
  { info, credentials }: Pick<Engine, 'info' | 'credentials'>,
  region = info.region,
): ElastiCache {
  return new ElastiCache({ endpoint: info.url, region, credentials, maxAttempts: 1 })
}

/** A real engine in this process with a state directory and ports of its own, stopped when the test ends. */
export async function startTestEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const { atEnd = onTestFinished } = options
  const stateDir = options.stateDir ?? temporaryDirectory(atEnd)
  const log: string[] = []
  const nodeRuntime = options.nodeRuntime ?? everywhere
  const engine = await startEngine({
    stateDir,
    port: 0,
    region: 'us-west-2',
    pace: options.pace ?? 'instant',
    version: '0.0.0',
    workerFile: options.workerFile ?? workerFile,
    serverlessPort: firstPort,
    log: (line) => log.push(line),
    ...(options.clock && { clock: options.clock }),
    ...(nodeRuntime && { nodeRuntime }),
    ...(options.serverPlaces && { serverPlaces: options.serverPlaces }),
    ...(options.endpoints && { endpoints: options.endpoints }),
    ...(options.hostsFile && { hostsFile: options.hostsFile }),
  })
  let closed = false
  const close = async () => {
    if (closed) return
    closed = true
    await engine.close()
  }
  atEnd(close)
  const statusOf = async (id: string, region?: string) => {
    const { CacheClusters } = await clientOf(engine, region).describeCacheClusters({})
    return CacheClusters?.find(({ CacheClusterId }) => CacheClusterId === id)?.CacheClusterStatus
  }
  return {
    ...engine,
    close,
    stateDir,
    log,
    client: (region) => clientOf(engine, region),
    until: (id, status, region) =>
      eventually(`cluster ${id} is ${status}`, async () => (await statusOf(id, region)) === status),
    untilGone: (id, region) =>
      eventually(`cluster ${id} is gone`, async () => (await statusOf(id, region)) === undefined),
  }
}

/** The members every Memcached cluster needs; tests add what they are about. */
export const memcached = (CacheClusterId: string, NumCacheNodes = 1) => ({
  CacheClusterId,
  NumCacheNodes,
  Engine: 'memcached',
  CacheNodeType: 'cache.t4g.small',
  Port: firstPort,
})
