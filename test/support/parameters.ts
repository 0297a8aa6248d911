import type { CreateCacheClusterCommandInput, ElastiCache, ParameterNameValue } from '@aws-sdk/client-elasticache'
import type { TestEngine } from './engine.ts'

/** `{ chunk_size: '96' }` as the API wants it. */
export const setting = (values: Record<string, string>): ParameterNameValue[] =>
  Object.entries(values).map(([ParameterName, ParameterValue]) => ({ ParameterName, ParameterValue }))

export const modifyGroup = (client: ElastiCache, CacheParameterGroupName: string, values: Record<string, string>) =>
  client.modifyCacheParameterGroup({ CacheParameterGroupName, ParameterNameValues: setting(values) })

/** A group with these values. */
export async function createGroup(
  client: ElastiCache,
  CacheParameterGroupName: string,
  CacheParameterGroupFamily: string,
  values: Record<string, string> = {},
): Promise<void> {
  await client.createCacheParameterGroup({ CacheParameterGroupName, CacheParameterGroupFamily, Description: 'test' })
  if (Object.keys(values).length > 0) await modifyGroup(client, CacheParameterGroupName, values)
}

/** A cluster on the smallest node type that every engine version runs on; returns the ports of its nodes. */
export async function createCluster(
  engine: Pick<TestEngine, 'client' | 'until'>,
  input: Partial<CreateCacheClusterCommandInput> & { CacheClusterId: string },
): Promise<number[]> {
  const client = engine.client()
  await client.createCacheCluster({
    Engine: 'memcached',
    CacheNodeType: 'cache.t3.micro',
    NumCacheNodes: 1,
    ...input,
  })
  await engine.until(input.CacheClusterId, 'available')
  const { CacheClusters } = await client.describeCacheClusters({
    CacheClusterId: input.CacheClusterId,
    ShowCacheNodeInfo: true,
  })
  return (CacheClusters?.[0]?.CacheNodes ?? []).map(({ Endpoint }) => Endpoint?.Port as number)
}
