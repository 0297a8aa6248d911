/** The real `aws` program against the engine: what a script does that knows nothing of cachectl. */
import { expect, test } from 'vitest'
import { startTestEngine, type TestEngine, type TestEngineOptions } from '../support/engine.ts'
import { isInstalled, type Outcome, run } from '../support/programs.ts'

const withAws = test.skipIf(!isInstalled('aws'))

async function engineForAws(
  options?: TestEngineOptions,
): Promise<{ engine: TestEngine; aws: (...args: string[]) => Promise<Outcome> }> {
  const engine = await startTestEngine(options)
  const env = {
    PATH: process.env.PATH,
    HOME: engine.stateDir,
    AWS_ENDPOINT_URL_ELASTICACHE: engine.info.url,
    AWS_ACCESS_KEY_ID: engine.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: engine.credentials.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-west-2',
  }
  return { engine, aws: (...args) => run('aws', ['elasticache', ...args], { env }) }
}

const CREATE = [
  'create-cache-cluster',
  '--cache-cluster-id',
  'shop',
  '--engine',
  'memcached',
  '--cache-node-type',
  'cache.t4g.small',
]

withAws(
  'create, wait, scale, reboot, tag, list events, delete, wait',
  async () => {
    const { aws } = await engineForAws({ pace: 'quick' })
    const answered = async (...args: string[]) => {
      const { code, stdout, stderr } = await aws(...args)
      expect(stderr).toBe('')
      expect(code).toBe(0)
      return stdout === '' ? null : JSON.parse(stdout)
    }
    const created = await answered(...CREATE, '--num-cache-nodes', '2', '--tags', 'Key=team,Value=web')
    expect(created.CacheCluster.CacheClusterStatus).toBe('creating')
    await answered('wait', 'cache-cluster-available', '--cache-cluster-id', 'shop')

    const scaled = await answered(
      'modify-cache-cluster',
      '--cache-cluster-id',
      'shop',
      '--num-cache-nodes',
      '3',
      '--apply-immediately',
    )
    expect(scaled.CacheCluster).toMatchObject({ NumCacheNodes: 2, PendingModifiedValues: { NumCacheNodes: 3 } })
    await answered('wait', 'cache-cluster-available', '--cache-cluster-id', 'shop')

    const removing = await answered(
      'modify-cache-cluster',
      '--cache-cluster-id',
      'shop',
      '--num-cache-nodes',
      '1',
      '--cache-node-ids-to-remove',
      '0001',
      '0003',
      '--apply-immediately',
    )
    expect(removing.CacheCluster.PendingModifiedValues.CacheNodeIdsToRemove).toEqual(['0001', '0003'])
    await answered('wait', 'cache-cluster-available', '--cache-cluster-id', 'shop')

    const rebooting = await answered(
      'reboot-cache-cluster',
      '--cache-cluster-id',
      'shop',
      '--cache-node-ids-to-reboot',
      '0002',
    )
    expect(rebooting.CacheCluster.CacheClusterStatus).toBe('rebooting cache cluster nodes')
    await answered('wait', 'cache-cluster-available', '--cache-cluster-id', 'shop')

    const arn = rebooting.CacheCluster.ARN as string
    expect(await answered('list-tags-for-resource', '--resource-name', arn)).toEqual({
      TagList: [{ Key: 'team', Value: 'web' }],
    })
    const events = await answered('describe-events', '--source-type', 'cache-cluster', '--duration', '60')
    expect(events.Events.map(({ Message }: { Message: string }) => Message)).toContain(
      'Finished modifying number of nodes from 2 to 3',
    )

    expect((await answered('delete-cache-cluster', '--cache-cluster-id', 'shop')).CacheCluster.CacheClusterStatus).toBe(
      'deleting',
    )
    await answered('wait', 'cache-cluster-deleted', '--cache-cluster-id', 'shop')
    expect(await answered('describe-cache-clusters')).toEqual({ CacheClusters: [] })
  },
  180_000,
)

withAws(
  'an error is the one AWS gives, as aws prints it',
  async () => {
    const { aws } = await engineForAws()
    expect(await aws('describe-cache-clusters', '--cache-cluster-id', 'nosuch')).toMatchObject({
      stdout: '',
      stderr:
        '\nAn error occurred (CacheClusterNotFound) when calling the DescribeCacheClusters operation: CacheCluster not found: nosuch\n',
    })
    expect((await aws(...CREATE, '--num-cache-nodes', '1', '--network-type', 'bogus')).stderr).toContain(
      '(InvalidParameterValue)',
    )
    expect((await aws('describe-replication-groups', '--replication-group-id', 'nosuch')).stderr).toContain(
      '(ReplicationGroupNotFoundFault)',
    )
  },
  60_000,
)

withAws(
  'pages are put together, and text output stays in columns',
  async () => {
    const { engine, aws } = await engineForAws()
    const client = engine.client()
    for (let number = 100; number < 125; number++) {
      await client.createCacheCluster({
        CacheClusterId: `c-${number}`,
        Engine: 'memcached',
        CacheNodeType: 'cache.t4g.micro',
        NumCacheNodes: 1,
      })
    }
    const { stdout } = await aws(
      'describe-cache-clusters',
      '--page-size',
      '20',
      '--query',
      'CacheClusters[].CacheClusterId',
      '--output',
      'json',
    )
    expect(JSON.parse(stdout)).toHaveLength(25)
  },
  60_000,
)
