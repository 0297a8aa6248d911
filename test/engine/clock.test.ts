import { expect, test } from 'vitest'
import type { ClockReport, ClockRequest } from '../../src/api/engine-clock.ts'
import { CONTROL } from '../../src/api/local-engine.ts'
import { control } from '../support/control.ts'
import { memcached, startTestEngine, type TestEngine, temporaryDirectory } from '../support/engine.ts'
import { manualClock } from '../support/manual-clock.ts'

const SUNDAY_NOON = Date.UTC(2026, 0, 4, 12)
const HOUR = 3_600_000

const show = (engine: TestEngine) => control<ClockReport>(engine, 'GET', CONTROL.clock)
const move = (engine: TestEngine, request: ClockRequest) => control<ClockReport>(engine, 'POST', CONTROL.clock, request)

test('the clock runs with the machine until it is moved, and stays moved after a restart', async () => {
  const clock = manualClock(SUNDAY_NOON)
  const stateDir = temporaryDirectory()
  const engine = await startTestEngine({ clock, stateDir })
  expect(await show(engine)).toEqual({ now: '2026-01-04T12:00:00.000Z', aheadMs: 0 })
  expect(await move(engine, { advanceMs: 36 * HOUR })).toEqual({ now: '2026-01-06T00:00:00.000Z', aheadMs: 36 * HOUR })
  await engine.close()
  const again = await startTestEngine({ clock, stateDir })
  expect(await show(again)).toMatchObject({ aheadMs: 36 * HOUR })
})

test('it is set to a later time, never to an earlier one', async () => {
  const engine = await startTestEngine({ clock: manualClock(SUNDAY_NOON) })
  expect(await move(engine, { set: '2027-01-01T00:00:00Z' })).toMatchObject({ now: '2027-01-01T00:00:00.000Z' })
  await expect(move(engine, { set: '2026-12-31T00:00:00Z' })).rejects.toThrow(/never goes backwards/)
  await expect(move(engine, { advanceMs: -1 })).rejects.toThrow(/never turned back/)
  await expect(move(engine, { set: 'tomorrow' })).rejects.toThrow(/must be a date/)
})

test('a week brings the maintenance window: the pending change is made in it, and dated in it', async () => {
  const engine = await startTestEngine({ clock: manualClock(SUNDAY_NOON) })
  const client = engine.client()
  await client.createCacheCluster({ ...memcached('shop'), PreferredMaintenanceWindow: 'wed:03:00-wed:04:00' })
  await engine.until('shop', 'available')
  await client.modifyCacheCluster({ CacheClusterId: 'shop', NumCacheNodes: 2, ApplyImmediately: false })
  await move(engine, { advanceMs: 7 * 24 * HOUR })
  const { CacheClusters } = await client.describeCacheClusters({ CacheClusterId: 'shop' })
  expect(CacheClusters?.[0]).toMatchObject({ CacheClusterStatus: 'available', NumCacheNodes: 2 })
  const { Events } = await client.describeEvents({ Duration: 7 * 24 * 60 })
  const finished = Events?.find(({ Message }) => Message === 'Finished modifying number of nodes from 1 to 2')
  expect(finished?.Date?.toISOString()).toMatch(/^2026-01-07T03:/)
})

test('events older than 14 days are gone once the clock is past them', async () => {
  const engine = await startTestEngine({ clock: manualClock(SUNDAY_NOON) })
  await engine.client().createCacheCluster(memcached('shop'))
  await engine.until('shop', 'available')
  await move(engine, { advanceMs: 15 * 24 * HOUR })
  const { Events } = await engine.client().describeEvents({ StartTime: new Date(SUNDAY_NOON - HOUR) })
  expect(Events).toEqual([])
})

test('a reset engine is back at the time of the machine', async () => {
  const engine = await startTestEngine({ clock: manualClock(SUNDAY_NOON) })
  await move(engine, { advanceMs: HOUR })
  await control(engine, 'POST', CONTROL.reset)
  expect(await show(engine)).toEqual({ now: '2026-01-04T12:00:00.000Z', aheadMs: 0 })
})
