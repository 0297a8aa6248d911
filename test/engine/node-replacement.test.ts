import { expect, test } from 'vitest'
import { notificationOf, readEvent } from '../../src/api/catalog/events.ts'
import type { FaultReport } from '../../src/api/engine-faults.ts'
import { CONTROL } from '../../src/api/local-engine.ts'
import { control } from '../support/control.ts'
import { memcached, startTestEngine, type TestEngine } from '../support/engine.ts'
import { manualClock } from '../support/manual-clock.ts'
import { ask } from '../support/raw.ts'

/** The guide's example: a Thursday, with a window on Friday at 17:00. */
const THURSDAY = Date.UTC(2023, 10, 9, 15)
const FRIDAY = 'fri:17:00-fri:18:00'

async function scheduled() {
  const engine = await startTestEngine({ clock: manualClock(THURSDAY) })
  const client = engine.client()
  await client.createCacheCluster({ ...memcached('shop', 2), PreferredMaintenanceWindow: FRIDAY })
  await engine.until('shop', 'available')
  const fault = await control<FaultReport>(engine, 'POST', CONTROL.faults, {
    kind: 'node-replacement',
    cluster: 'shop',
    node: '0002',
  })
  expect(fault).toMatchObject({ id: 'node-replacement-1', until: '2023-11-10T17:00:00.000Z' })
  return { engine, client }
}

const list = (engine: TestEngine) => control<FaultReport[]>(engine, 'GET', CONTROL.faults)
const advanceHours = (engine: TestEngine, hours: number) =>
  control(engine, 'POST', CONTROL.clock, { advanceMs: hours * 3600_000 })

async function messages(engine: TestEngine) {
  const { Events = [] } = await engine.client().describeEvents({ Duration: 20_160 })
  return Events.map(({ Message = '' }) => Message)
    .reverse()
    .slice(3)
}

test('a node scheduled for replacement is replaced in the window, empty, under its name and port', async () => {
  const { engine, client } = await scheduled()
  const { CacheClusters } = await client.describeCacheClusters({ ShowCacheNodeInfo: true })
  const port = CacheClusters?.[0]?.CacheNodes?.[1]?.Endpoint?.Port as number
  await ask(port, 'set k 0 0 1\r\nv\r\n', 'STORED\r\n')
  await advanceHours(engine, 25)
  expect(await ask(port, 'get k\r\n')).toContain('VALUE')
  await advanceHours(engine, 2)
  expect(await ask(port, 'get k\r\n')).toBe('END\r\n')
  const told = await messages(engine)
  expect(told).toEqual([
    `Replacement of cache node 0002 scheduled for 2023-11-10T17:00:00.000Z in the maintenance window ${FRIDAY}`,
    'Recovering cache nodes 0002',
    'Finished recovery for cache nodes 0002',
  ])
  expect(told.map((message) => notificationOf(readEvent(message), 'shop')?.name)).toEqual(
    ['NodeReplacementScheduled', 'CacheNodeReplaceStarted', 'CacheNodeReplaceComplete'].map((n) => `ElastiCache:${n}`),
  )
  expect(await list(engine)).toEqual([])
})

test.each([
  ['earlier the same day', 'fri:16:00-fri:17:00', '2023-11-10T16:00:00.000Z'],
  ['on a later day', 'sat:16:00-sat:17:00', '2023-11-11T16:00:00.000Z'],
  ['on a day of the week that is over', 'wed:16:00-wed:17:00', '2023-11-15T16:00:00.000Z'],
])('another window moves it: %s', async (_, window, until) => {
  const { engine, client } = await scheduled()
  await client.modifyCacheCluster({ CacheClusterId: 'shop', PreferredMaintenanceWindow: window })
  expect(await list(engine)).toMatchObject([{ until }])
  const rescheduled = (await messages(engine)).at(-1) ?? ''
  expect(rescheduled).toBe(`Replacement of cache node 0002 rescheduled to ${until} in the maintenance window ${window}`)
  expect(notificationOf(readEvent(rescheduled), 'shop')?.name).toMatch(/NodeReplacementRescheduled/)
  await advanceHours(engine, (Date.parse(until) - THURSDAY) / 3600_000 + 0.1)
  expect((await messages(engine)).at(-1)).toBe('Finished recovery for cache nodes 0002')
})

test('whoever removes the node, or clears the fault, cancels it', async () => {
  const { engine, client } = await scheduled()
  await control(engine, 'POST', CONTROL.faults, { clear: [] })
  expect((await messages(engine)).at(-1)).toBe('Replacement of cache node 0002 canceled')
  await control(engine, 'POST', CONTROL.faults, { kind: 'node-replacement', cluster: 'shop', node: '0002' })
  await client.modifyCacheCluster({
    CacheClusterId: 'shop',
    NumCacheNodes: 1,
    CacheNodeIdsToRemove: ['0002'],
    ApplyImmediately: true,
  })
  await engine.until('shop', 'available')
  expect(await list(engine)).toEqual([])
  expect((await messages(engine)).at(-1)).toBe('Replacement of cache node 0002 canceled')
})
