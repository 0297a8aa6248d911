import type { ElastiCache, ReplicationGroup } from '@aws-sdk/client-elasticache'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RespClient } from '../../../src/kv/resp/client.ts'
import { textOf } from '../../../src/protocols/resp/reply.ts'
import { clientOf, temporaryDirectory } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { isEmbedded, start, startTestEngine } from '../../support/servers.ts'
import { engine, SKIPPED, server } from './support.ts'

const HOME = 'us-west-2'
const AWAY = 'eu-west-1'
const ID = 'sgaui-shop'
const OF = { GlobalReplicationGroupId: ID }
const NOW = { ...OF, ApplyImmediately: true }
const READONLY = "READONLY You can't write against a read only replica."

interface Regions {
  readonly home: ElastiCache
  readonly away: ElastiCache
}

const groupIn = async (client: ElastiCache, id: string): Promise<ReplicationGroup> =>
  (await client.describeReplicationGroups({ ReplicationGroupId: id })).ReplicationGroups?.[0] ?? {}

async function globalOf({ home }: Regions) {
  const { GlobalReplicationGroups: [found = {}] = [] } = await home.describeGlobalReplicationGroups({
    ...OF,
    ShowMemberInfo: true,
  })
  return found
}

/** More is done than elsewhere: patience for more than one wait. */
async function until(regions: Regions, status: string) {
  const is = async () => (await globalOf(regions)).Status === status
  for (let waits = 0; waits < 2 && !(await is()); waits++) {
    await eventually(`global datastore ${status}`, is).catch(() => undefined)
  }
  await eventually(`global datastore ${status}`, is)
}

const available = (client: ElastiCache, id: string) =>
  eventually(`${id} available`, async () => (await groupIn(client, id)).Status === 'available')

/** A client of a group, as clients in cluster mode are. */
async function connect(client: ElastiCache, id: string) {
  const { ConfigurationEndpoint: { Port: port = 0 } = {} } = await groupIn(client, id)
  const resp = await RespClient.open([{ host: '127.0.0.1', port }], { timeoutMs: 20_000 })
  onTestFinished(() => resp.close())
  return {
    async say(command: string, key: string, ...rest: string[]) {
      return textOf((await resp.ask(key, command, key, ...rest)).reply)
    },
  }
}

const KEYS = Array.from({ length: 30 }, (_, n) => `key${n}`)

async function writeAll(client: ElastiCache, id: string, value: string) {
  const writer = await connect(client, id)
  for (const key of KEYS) expect(await writer.say('SET', key, value)).toBe('OK')
}

const holdsAll = (client: ElastiCache, id: string, value: string) =>
  eventually(`all of ${id} is ${value}`, async () => {
    const reader = await connect(client, id)
    const held = await Promise.all(KEYS.map((key) => reader.say('GET', key)))
    return held.every((each) => each === value)
  })

/** Both groups, with keys in all shards. */
async function createBoth(regions: Regions) {
  const { home, away } = regions
  await home.createReplicationGroup({
    ...{ ReplicationGroupId: 'home', ReplicationGroupDescription: 'd', Engine: engine },
    ...{ CacheNodeType: 'cache.m6g.large', NumNodeGroups: 2, ReplicasPerNodeGroup: 0, AutomaticFailoverEnabled: true },
  })
  await available(home, 'home')
  await home.createGlobalReplicationGroup({
    GlobalReplicationGroupIdSuffix: 'shop',
    PrimaryReplicationGroupId: 'home',
  })
  await until(regions, 'primary-only')
  await writeAll(home, 'home', 'before')
  await away.createReplicationGroup({ ...OF, ReplicationGroupId: 'away', ReplicationGroupDescription: 'd' })
  await until(regions, 'available')
}

async function regionsOfEngine(): Promise<Regions> {
  const api = await startTestEngine()
  return { home: api.client(HOME), away: api.client(AWAY) }
}

const slotsOf = ({ NodeGroups = [] }: ReplicationGroup) => NodeGroups.map((each) => `${each.NodeGroupId} ${each.Slots}`)

describe.skipIf(!server)(`a global datastore with cluster mode enabled ${SKIPPED}`, () => {
  test('brings the data of all shards to another region, where nobody writes', async () => {
    const regions = await regionsOfEngine()
    const { home, away } = regions
    await createBoth(regions)
    expect(await globalOf(regions)).toMatchObject({
      ClusterEnabled: true,
      GlobalNodeGroups: [
        { GlobalNodeGroupId: `${ID}-0001`, Slots: '0-8191' },
        { GlobalNodeGroupId: `${ID}-0002`, Slots: '8192-16383' },
      ],
    })
    expect(slotsOf(await groupIn(away, 'away'))).toEqual(slotsOf(await groupIn(home, 'home')))
    await holdsAll(away, 'away', 'before')
    await writeAll(home, 'home', 'after')
    await holdsAll(away, 'away', 'after')
    await expect((await connect(away, 'away')).say('SET', 'key0', 'x')).rejects.toThrow(READONLY)
    await expect(
      away.modifyReplicationGroupShardConfiguration({
        ReplicationGroupId: 'away',
        NodeGroupCount: 3,
        ApplyImmediately: true,
      }),
    ).rejects.toMatchObject({ message: `Cluster [away] is part of a global cluster [${ID}]. Request rejected.` })
  }, 120_000)

  test('fails over without losing what was acknowledged, and lets a region go', async () => {
    const regions = await regionsOfEngine()
    const { home, away } = regions
    await createBoth(regions)
    const writers = Promise.all(
      KEYS.map(async (key) => {
        const client = await connect(home, 'home')
        for (let n = 1; ; n++) {
          const said = await client.say('SET', key, String(n)).catch(() => 'gone')
          if (said !== 'OK') return n - 1
        }
      }),
    )
    const witness = await connect(home, 'home')
    await eventually('writes', async () => (await witness.say('GET', 'key29')) > '1')
    await home.failoverGlobalReplicationGroup({ ...OF, PrimaryRegion: AWAY, PrimaryReplicationGroupId: 'away' })
    const acknowledged = await writers
    await until(regions, 'available')
    const reader = await connect(away, 'away')
    const held = await Promise.all(KEYS.map(async (key) => Number(await reader.say('GET', key))))
    // The last one may have been done, and its answer lost with the connection.
    expect(held.map((each, index) => each - (acknowledged[index] ?? 0)).every((more) => more === 0 || more === 1)).toBe(
      true,
    )
    await writeAll(away, 'away', 'turned')
    await holdsAll(home, 'home', 'turned')
    await expect((await connect(home, 'home')).say('SET', 'key0', 'x')).rejects.toThrow(READONLY)

    await home.disassociateGlobalReplicationGroup({
      ...OF,
      ReplicationGroupId: 'home',
      ReplicationGroupRegion: HOME,
    })
    await until(regions, 'primary-only')
    await available(home, 'home')
    await writeAll(home, 'home', 'own')
    await holdsAll(away, 'away', 'turned')
  }, 120_000)

  test('has more and fewer shards in all regions, with all keys', async () => {
    const regions = await regionsOfEngine()
    const { home, away } = regions
    await createBoth(regions)
    await expect(home.rebalanceSlotsInGlobalReplicationGroup(NOW)).rejects.toMatchObject({
      message: 'Slots in the replication group are uniformly distributed. Nothing to do.',
    })
    await home.increaseNodeGroupsInGlobalReplicationGroup({ ...NOW, NodeGroupCount: 3 })
    await writeAll(home, 'home', 'meanwhile')
    await until(regions, 'available')
    const grown = slotsOf(await groupIn(home, 'home'))
    expect(grown).toHaveLength(3)
    expect(slotsOf(await groupIn(away, 'away'))).toEqual(grown)
    await holdsAll(away, 'away', 'meanwhile')
    const { GlobalReplicationGroup } = await home.decreaseNodeGroupsInGlobalReplicationGroup({
      ...NOW,
      NodeGroupCount: 2,
      GlobalNodeGroupsToRemove: [`${ID}-0001`],
    })
    expect(GlobalReplicationGroup?.Status).toBe('modifying')
    await until(regions, 'available')
    expect(slotsOf(await groupIn(away, 'away')).map((each) => each.slice(0, 4))).toEqual(['0002', '0003'])
    await writeAll(home, 'home', 'later')
    await holdsAll(away, 'away', 'later')
  }, 120_000)

  test('is there, and replicates, when the engine was killed', async () => {
    const stateDir = temporaryDirectory()
    const first = await start(stateDir, { pace: 'instant' })
    await createBoth({ home: clientOf(first, HOME), away: clientOf(first, AWAY) })
    await first.kill()
    const second = await start(stateDir, { pace: 'instant' })
    const regions = { home: clientOf(second, HOME), away: clientOf(second, AWAY) }
    await until(regions, 'available')
    // What nodes that are parts of the engine held has ended with it.
    if (!isEmbedded) await holdsAll(regions.away, 'away', 'before')
    await eventually('both answer, and home takes writes', () =>
      Promise.all([connect(regions.away, 'away'), writeAll(regions.home, 'home', 'after')]).then(
        () => true,
        () => false,
      ),
    )
    await holdsAll(regions.away, 'away', 'after')
  }, 120_000)
})
