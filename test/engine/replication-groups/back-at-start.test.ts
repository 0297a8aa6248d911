import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/engine.ts'
import { start } from '../../support/engine-process.ts'
import { say } from '../../support/redis-node.ts'

const SHOP = { ReplicationGroupId: 'shop' }

test('a group that says available after a start answers, though the engine before was killed', async () => {
  const stateDir = temporaryDirectory()
  const before = await start(stateDir, { nodeRuntime: 'embedded' })
  await before.client.createReplicationGroup({
    ...SHOP,
    ReplicationGroupDescription: 'for tests',
    Engine: 'valkey',
    CacheNodeType: 'cache.t4g.small',
    NumCacheClusters: 3,
  })
  const groupOf = async ({ client }: typeof before) =>
    (await client.describeReplicationGroups(SHOP)).ReplicationGroups?.[0]
  await expect.poll(async () => (await groupOf(before))?.Status, { timeout: 30_000 }).toBe('available')
  await before.kill()
  const group = await groupOf(await start(stateDir, { nodeRuntime: 'embedded' }))
  expect(group?.Status).toBe('available')
  const { PrimaryEndpoint, ReaderEndpoint, NodeGroupMembers = [] } = group?.NodeGroups?.[0] ?? {}
  const endpoints = [PrimaryEndpoint, ReaderEndpoint, ...NodeGroupMembers.map(({ ReadEndpoint }) => ReadEndpoint)]
  expect(await Promise.all(endpoints.map((endpoint) => say(endpoint?.Port ?? 0, 'PING')))).toEqual(
    endpoints.map(() => 'PONG'),
  )
})
