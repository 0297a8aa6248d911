import { describe, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { TestClient } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import { engine, groupOf, portOf, SKIPPED, server } from './support.ts'

/** Writes growing numbers one after the other; answers the last that was acknowledged, once one is refused. */
async function writeUntilRefused(port: number, key: string): Promise<number> {
  const client = new TestClient(port)
  for (let number = 1; ; number++) {
    if ((await client.say('SET', key, String(number))) !== 'OK') return number - 1
  }
}

describe.skipIf(!server)(`a failover of a global datastore ${SKIPPED}`, () => {
  test('loses no write that was acknowledged', async () => {
    const api = await startTestEngine()
    const [home, away] = [api.client(), api.client('eu-west-1')]
    const common = { ReplicationGroupDescription: 'd' }
    await home.createReplicationGroup({
      ...common,
      ...{ Engine: engine, CacheNodeType: 'cache.m6g.large', ReplicationGroupId: 'home' },
    })
    await eventually('home', async () => (await groupOf(api, 'home')).Status === 'available')
    const { GlobalReplicationGroup } = await home.createGlobalReplicationGroup({
      GlobalReplicationGroupIdSuffix: 'shop',
      PrimaryReplicationGroupId: 'home',
    })
    const OF = { GlobalReplicationGroupId: GlobalReplicationGroup?.GlobalReplicationGroupId }
    const until = (status: string) =>
      eventually(status, async () => {
        const { GlobalReplicationGroups: [found] = [] } = await home.describeGlobalReplicationGroups(OF)
        return found?.Status === status
      })
    await until('primary-only')
    await away.createReplicationGroup({ ...common, ...OF, ReplicationGroupId: 'away' })
    await until('available')
    const port = portOf(await groupOf(api, 'home'), 'PrimaryEndpoint')
    const keys = Array.from({ length: 40 }, (_, index) => `key${index}`)
    const writers = Promise.all(keys.map((key) => writeUntilRefused(port, key)))
    const witness = new TestClient(port)
    await eventually('writes', async () => (await witness.say('GET', 'key39')) > '1')
    await home.failoverGlobalReplicationGroup({ ...OF, PrimaryRegion: 'eu-west-1', PrimaryReplicationGroupId: 'away' })
    const acknowledged = await writers
    await until('available')
    const { ReplicationGroups: [group = {}] = [] } = await away.describeReplicationGroups({})
    const reader = new TestClient(portOf(group, 'PrimaryEndpoint'))
    const held = await Promise.all(keys.map(async (key) => Number(await reader.say('GET', key))))
    expect(held).toEqual(acknowledged)
  })
})
