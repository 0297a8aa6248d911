import { copyFileSync, existsSync, linkSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CacheParameterGroup } from '@aws-sdk/client-elasticache'
import { expect, onTestFinished, test } from 'vitest'
import { CONTROL } from '../../src/api/local-engine.ts'
import { migrated } from '../../src/engine/store/migrations.ts'
import { readState } from '../../src/engine/store/state-file.ts'
import { Store } from '../../src/engine/store/store.ts'
import { control } from '../support/control.ts'
import { firstPort, startTestEngine, type TestEngine, temporaryDirectory } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { formerAnswers, formerState, formerStore, KILLED_AT } from '../support/former-state.ts'
import { type ManualClock, manualClock } from '../support/manual-clock.ts'
import { ask } from '../support/raw.ts'
import { connectTo } from '../support/serverless.ts'

async function engineOfBefore(): Promise<{ engine: TestEngine; clock: ManualClock }> {
  const clock = manualClock(KILLED_AT)
  const stateDir = await formerState(temporaryDirectory(), firstPort)
  return { engine: await startTestEngine({ stateDir, clock, pace: 'realistic' }), clock }
}

/** Lets hours pass, some seconds at a time, until something has happened. */
const later = (clock: ManualClock, what: string, condition: () => Promise<boolean>, seconds = 10) =>
  eventually(what, async () => {
    clock.advanceTo(clock.now() + seconds * 1000)
    return condition()
  })

const clusterOf = async (engine: TestEngine, CacheClusterId: string) =>
  (await engine.client().describeCacheClusters({ CacheClusterId, ShowCacheNodeInfo: true })).CacheClusters?.[0]

const portOf = async (engine: TestEngine, id: string) =>
  (await clusterOf(engine, id))?.ConfigurationEndpoint?.Port as number

const asJson = ({ $metadata: _, ...answer }: { $metadata?: unknown }): unknown => JSON.parse(JSON.stringify(answer))

test('an engine describes what the one before it has left, as that one would', async () => {
  const { engine } = await engineOfBefore()
  const client = engine.client()
  const [StartTime, EndTime] = [new Date('2026-11-29'), new Date('2026-11-30')]
  const groups = await client.describeCacheParameterGroups({})
  // Engines that came later have default groups of their own.
  const wasThere = ({ CacheParameterGroupName }: CacheParameterGroup) =>
    !/^default\.(redis|valkey)/.test(CacheParameterGroupName ?? '')
  const answers = {
    DescribeCacheClusters: await client.describeCacheClusters({ ShowCacheNodeInfo: true }),
    DescribeServerlessCaches: await client.describeServerlessCaches({}),
    DescribeServerlessCacheSnapshots: await client.describeServerlessCacheSnapshots({}),
    DescribeReservedCacheNodes: await client.describeReservedCacheNodes({}),
    DescribeCacheParameterGroups: { ...groups, CacheParameterGroups: groups.CacheParameterGroups?.filter(wasThere) },
    DescribeCacheSubnetGroups: await client.describeCacheSubnetGroups({}),
    DescribeUpdateActions: await client.describeUpdateActions({ ShowNodeLevelUpdateStatus: true }),
    DescribeEvents: await client.describeEvents({ StartTime, EndTime }),
  }
  const former = formerAnswers(firstPort)
  expect(Object.keys(answers)).toEqual(Object.keys(former))
  for (const [operation, answer] of Object.entries(answers)) expect(asJson(answer)).toEqual(former[operation])
})

test('clusters that are there answer, and the faults of some are still in effect', async () => {
  const { engine } = await engineOfBefore()
  for (const id of ['avail', 'gotgroup', 'hot', 'old', 'scale', 'seven', 'update', 'placed']) {
    const port = await portOf(engine, id)
    expect(await ask(port, 'config get cluster\r\n')).toMatch(
      /^CONFIG cluster 0 \d+\r\n1\nlocalhost\|127\.0\.0\.1\|\d+ /,
    )
    const { EngineVersion } = (await clusterOf(engine, id)) ?? {}
    expect(await ask(port, 'version\r\n', '\r\n')).toBe(`VERSION ${EngineVersion}\r\n`)
  }
  expect(await ask(await portOf(engine, 'dual'), 'config get cluster\r\n', 'END\r\n', '::1')).toContain('|::1|')
  const [stale, current] = (await clusterOf(engine, 'params'))?.CacheNodes ?? []
  expect(await ask(stale?.Endpoint?.Port as number, 'config get cluster\r\n')).toContain('|11242 localhost|')
  expect(await ask(current?.Endpoint?.Port as number, 'config get cluster\r\n')).toContain(
    `|${current?.Endpoint?.Port}`,
  )
  const [, crashed] = (await clusterOf(engine, 'avail'))?.CacheNodes ?? []
  await expect(ask(crashed?.Endpoint?.Port as number, 'version\r\n', '\r\n')).rejects.toThrow('ECONNREFUSED')
  const faults = await control<{ id: string }[]>(engine, 'GET', CONTROL.faults)
  expect(faults).toHaveLength(16)
})

test('what was under way comes to its end, and what was pending is done in its window', async () => {
  const { engine, clock } = await engineOfBefore()
  await control(engine, 'POST', CONTROL.faults, { clear: [] })
  for (const id of ['fresh', 'hot', 'reboot', 'seven']) {
    const isAvailable = async () => (await clusterOf(engine, id))?.CacheClusterStatus === 'available'
    await later(clock, `${id} is available`, isAvailable)
  }
  expect(await ask(await portOf(engine, 'fresh'), 'config get cluster\r\n')).toMatch(/\r\n1\nlocalhost/)
  expect(await ask(await portOf(engine, 'hot'), 'config get cluster\r\n')).toMatch(/\r\n4\nlocalhost/)
  expect((await clusterOf(engine, 'hot'))?.CacheNodes).toHaveLength(5)
  expect((await clusterOf(engine, 'seven'))?.CacheNodeType).toBe('cache.m7g.large')
  expect(await clusterOf(engine, 'pend')).toMatchObject({
    NumCacheNodes: 2,
    PendingModifiedValues: { NumCacheNodes: 4 },
    PreferredMaintenanceWindow: 'sat:05:00-sat:06:00',
  })
  await later(clock, 'old is upgraded', async () => (await clusterOf(engine, 'old'))?.EngineVersion === '1.6.22', 3600)
  clock.advanceTo(Date.UTC(2026, 11, 5, 1, 59))
  expect((await clusterOf(engine, 'pend'))?.NumCacheNodes).toBe(2)
  await later(clock, 'pend has its nodes', async () => (await clusterOf(engine, 'pend'))?.NumCacheNodes === 4, 60)
  await later(
    clock,
    'scale has its type',
    async () => {
      return (await clusterOf(engine, 'scale'))?.CacheNodeType === 'cache.m7g.large'
    },
    600,
  )
})

test('serverless caches answer, and their snapshots can be restored', async () => {
  const { engine, clock } = await engineOfBefore()
  await control(engine, 'POST', CONTROL.faults, { clear: [] })
  const client = engine.client()
  const { ServerlessCaches = [] } = await client.describeServerlessCaches({ ServerlessCacheName: 'svl' })
  const svl = await connectTo(engine, ServerlessCaches[0]?.Endpoint?.Port)
  expect(await svl.ask('version\r\n')).toMatch(/^VERSION /)
  await later(clock, 'the copy is there', async () => {
    const { ServerlessCacheSnapshots } = await client.describeServerlessCacheSnapshots({})
    return (ServerlessCacheSnapshots ?? []).filter(({ Status }) => Status === 'available').length === 3
  })
  const SnapshotArnsToRestore = ['arn:aws:elasticache:us-west-2:000000000000:serverlesscachesnapshot:snap3']
  await client.createServerlessCache({ ServerlessCacheName: 'again', Engine: 'memcached', SnapshotArnsToRestore })
  const described = async (name: string) =>
    (await client.describeServerlessCaches({})).ServerlessCaches?.find(
      ({ ServerlessCacheName }) => ServerlessCacheName === name,
    )
  await later(clock, 'it is restored', async () => (await described('again'))?.Status === 'available')
  const again = await connectTo(engine, (await described('again'))?.Endpoint?.Port)
  expect(await again.ask('get a\r\n')).toContain('hello')
  await later(clock, 'the other is deleted', async () => (await described('svldel')) === undefined)
})

async function openStore(file: string): Promise<Store> {
  const store = await Store.open(file)
  onTestFinished(() => store.close())
  return store
}

const CLUSTERS = 15

test('the file of before is kept aside as it was', async () => {
  const file = join(temporaryDirectory(), 'state.mdb')
  writeFileSync(file, formerStore())
  const before = await readState(file)
  const store = await openStore(file)
  expect(store.all('cluster')).toHaveLength(CLUSTERS)
  const former = await readState(`${file}.former`)
  expect(former).toEqual(before)
  expect(migrated(former ?? [])).not.toBe(former)
  expect(migrated((await readState(file)) ?? [])).toEqual(await readState(file))
})

/** The state directory as a power cut leaves it, at each point of the way from one form to the other. */
test.each<[string, (file: string) => void]>([
  ['before the copy', () => {}],
  ['after the copy', (file) => linkSync(file, `${file}.former`)],
  [
    'while the new one is written',
    (file) => {
      copyFileSync(file, `${file}.former`)
      writeFileSync(`${file}.new`, readFileSync(file).subarray(0, 10_000))
    },
  ],
])('a kill -9 %s loses nothing', async (_, cut) => {
  const file = join(temporaryDirectory(), 'state.mdb')
  writeFileSync(file, formerStore())
  cut(file)
  const store = await openStore(file)
  expect(store.all('cluster')).toHaveLength(CLUSTERS)
  expect(store.all('serverlessSnapshot')).toHaveLength(4)
  expect(existsSync(`${file}.new`)).toBe(false)
  expect((await readState(`${file}.former`))?.length).toBeGreaterThan(100)
})

test('events of before have kinds, and so have those that steps under way will tell', async () => {
  const file = join(temporaryDirectory(), 'state.mdb')
  writeFileSync(file, formerStore())
  const store = await openStore(file)
  const told = store.events('us-west-2').flatMap((each) => (each.sourceType === 'alarm' ? [] : [each.event.kind]))
  expect(told.length).toBeGreaterThan(50)
  expect(told).not.toContain('other')
  const last = [...store.all('cluster'), ...store.all('serverlessCache')].flatMap(({ steps }) => steps.at(-1) ?? [])
  expect(last).toContainEqual({ do: 'finish', event: { kind: 'number-modified', fromCount: 2, toCount: 5 } })
  expect(JSON.stringify(last)).not.toContain('"message')
})

test('a state of today is not migrated again, and nothing is kept aside', async () => {
  const file = join(temporaryDirectory(), 'state.mdb')
  await (await Store.open(file)).close()
  await openStore(file)
  expect(existsSync(`${file}.former`)).toBe(false)
})
