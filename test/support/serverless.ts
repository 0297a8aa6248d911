import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ElastiCache, ServerlessCache, ServerlessCacheSnapshot } from '@aws-sdk/client-elasticache'
import { onTestFinished } from 'vitest'
import type { TestEngine } from './engine.ts'
import { eventually } from './eventually.ts'
import { MemcachedClient } from './memcached-client.ts'

/** The members every serverless cache needs. */
export const serverless = (ServerlessCacheName: string) => ({ ServerlessCacheName, Engine: 'memcached' })

export async function describedCache(client: ElastiCache, ServerlessCacheName: string): Promise<ServerlessCache> {
  const { ServerlessCaches } = await client.describeServerlessCaches({ ServerlessCacheName })
  return ServerlessCaches?.[0] ?? {}
}

export const untilCache = (client: ElastiCache, name: string, status: string) =>
  eventually(
    `serverless cache ${name} is ${status}`,
    async () => (await describedCache(client, name)).Status === status,
  )

export const untilCacheGone = (client: ElastiCache, name: string) =>
  eventually(`serverless cache ${name} is gone`, async () => {
    const { ServerlessCaches } = await client.describeServerlessCaches({})
    return !ServerlessCaches?.some(({ ServerlessCacheName }) => ServerlessCacheName === name)
  })

/** A cache that is available. */
export async function createdCache(engine: TestEngine, name: string, more: object = {}): Promise<ServerlessCache> {
  const client = engine.client()
  await client.createServerlessCache({ ...serverless(name), ...more })
  await untilCache(client, name, 'available')
  return describedCache(client, name)
}

/** A client of one port that trusts the engine's authority. */
export async function connectTo(
  engine: Pick<TestEngine, 'stateDir'>,
  port: number | undefined,
): Promise<MemcachedClient> {
  const ca = readFileSync(join(engine.stateDir, 'ca.pem'))
  const client = await MemcachedClient.connect(port ?? 0, '127.0.0.1', { ca, servername: 'localhost' })
  onTestFinished(() => client.close())
  return client
}

export async function snapshots(client: ElastiCache, input: object = {}): Promise<ServerlessCacheSnapshot[]> {
  return (await client.describeServerlessCacheSnapshots(input)).ServerlessCacheSnapshots ?? []
}

export const untilSnapshot = (client: ElastiCache, ServerlessCacheSnapshotName: string, status: string) =>
  eventually(`snapshot ${ServerlessCacheSnapshotName} is ${status}`, async () => {
    const [snapshot] = await snapshots(client, { ServerlessCacheSnapshotName })
    return snapshot?.Status === status
  })
