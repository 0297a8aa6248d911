import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { Setbacks } from '../../src/engine/lifecycle/setbacks.ts'
import { memcached, startTestEngine, type TestEngine, temporaryDirectory, workerFile } from '../support/engine.ts'
import { eventually } from '../support/eventually.ts'
import { manualClock } from '../support/manual-clock.ts'
import { ask } from '../support/raw.ts'

const CREATED_MS = Date.UTC(2026, 0, 15, 12)
const SHOP = { region: 'us-west-2', kind: 'cluster', id: 'shop' } as const
const DYING = "throw new Error('this Node is not for it')"
/** Runs nodes until one of them has been asked something more. */
const dyingOn = (asked: string) => `import '${workerFile.href}'
import { parentPort } from 'node:worker_threads'
parentPort.on('message', ({ body }) => {
  if (body.do === '${asked}') setImmediate(() => { throw new Error('not for long') })
})`

function workerOf(source: string): URL {
  const file = join(temporaryDirectory(), 'worker.mjs')
  writeFileSync(file, source)
  return pathToFileURL(file)
}

/** An engine whose clock goes on, an hour in all, as long as it is waited for something. */
async function engineWith(options: Parameters<typeof startTestEngine>[0]) {
  const clock = manualClock(CREATED_MS)
  const engine = await startTestEngine({ ...options, clock })
  return {
    engine,
    later: (what: string, condition: () => Promise<boolean>) =>
      eventually(what, async () => {
        clock.advanceTo(clock.now() + 500)
        return condition()
      }),
  }
}

const clusterStatus = async (engine: TestEngine) =>
  (await engine.client().describeCacheClusters({})).CacheClusters?.[0]?.CacheClusterStatus

const eventsOf = async (engine: TestEngine) =>
  ((await engine.client().describeEvents({ StartTime: new Date(CREATED_MS - 1000) })).Events ?? []).map(
    ({ Message }) => Message,
  )

const cacheStatus = async (engine: TestEngine) =>
  (await engine.client().describeServerlessCaches({})).ServerlessCaches?.[0]?.Status

test('a cluster whose worker ends at every start becomes create-failed, with an event, and can be deleted', async () => {
  const { engine, later } = await engineWith({ workerFile: workerOf(DYING) })
  await engine.client().createCacheCluster(memcached('shop', 2))
  await later('it is create-failed', async () => (await clusterStatus(engine)) === 'create-failed')
  expect(await eventsOf(engine)).toContain(
    'Failed to create cache nodes: its worker thread ended: this Node is not for it (5 times in a row)',
  )
  expect(engine.log.join('\n')).toContain('ended 5 times in a row: its worker thread ended: this Node is not for it')
  expect(engine.log.filter((line) => line.includes('this Node is not for it'))).toHaveLength(6)
  await engine.client().deleteCacheCluster({ CacheClusterId: 'shop' })
  await engine.untilGone('shop')
})

test('a serverless cache whose worker ends at every start becomes create-failed, with an event', async () => {
  const { engine, later } = await engineWith({ workerFile: workerOf(DYING) })
  await engine.client().createServerlessCache({ ServerlessCacheName: 'shop', Engine: 'memcached' })
  await later('it is create-failed', async () => (await cacheStatus(engine)) === 'create-failed')
  expect(await eventsOf(engine)).toContain(
    'Failed to create cache shop. The cache does not run: its worker thread ended: this Node is not for it (5 times in a row).',
  )
})

test.each(['announce', 'attach'])(
  'a cluster whose worker ends soon after each start, at %s, is told to be away, and comes back',
  async (asked) => {
    const stateDir = temporaryDirectory()
    const first = await startTestEngine({ stateDir })
    await first.client().createCacheCluster(memcached('shop'))
    await first.until('shop', 'available')
    const port = (await first.status()).clusters[0]?.nodes[0]?.port as number
    await first.close()

    const { engine, later } = await engineWith({ stateDir, workerFile: workerOf(dyingOn(asked)) })
    const event = /^Cache nodes do not run: its worker thread ended: not for long \(\d+ times in a row\)$/
    await later('an event tells why', async () => (await eventsOf(engine)).some((each) => event.test(each ?? '')))
    await engine.close()

    const healed = await startTestEngine({ stateDir })
    await healed.until('shop', 'available')
    expect(await ask(port, 'version\r\n', '\n')).toBe('VERSION 1.6.22\r\n')
  },
)

test('a serverless cache that is there and whose worker ends at each start is told to be away', async () => {
  const stateDir = temporaryDirectory()
  const first = await startTestEngine({ stateDir })
  await first.client().createServerlessCache({ ServerlessCacheName: 'shop', Engine: 'memcached' })
  await eventually('it is available', async () => (await cacheStatus(first)) === 'available')
  await first.close()

  const { engine, later } = await engineWith({ stateDir, workerFile: workerOf(dyingOn('attach')) })
  const event = /^Cache shop does not run: its worker thread ended: not for long \(5 times in a row\)\.$/
  await later('an event tells why', async () => (await eventsOf(engine)).some((each) => event.test(each ?? '')))
  expect(await cacheStatus(engine)).toBe('available')
})

test('the pause before the next try doubles, up to five minutes, and is none again after ten quiet minutes', () => {
  let now = 0
  const setbacks = new Setbacks({ now: () => now, at: () => () => undefined })
  const pauses = Array.from({ length: 12 }, () => {
    setbacks.note(SHOP, 'ended')
    const due = setbacks.of(SHOP)?.due ?? Number.NaN
    const pause = due - now
    now = due
    return pause / 1000
  })
  expect(pauses).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  now += 600_001
  expect(setbacks.of(SHOP)).toBeUndefined()
  setbacks.note(SHOP, 'ended')
  expect(setbacks.of(SHOP)).toMatchObject({ inARow: 1, due: now })
})

test('from five in a row on each is news, once', () => {
  const setbacks = new Setbacks({ now: () => 0, at: () => () => undefined })
  const news = Array.from({ length: 6 }, () => {
    setbacks.note(SHOP, 'ended')
    const setback = setbacks.of(SHOP)
    return setback && [setbacks.isNews(setback), setbacks.isNews(setback)]
  })
  expect(news).toEqual([...Array(4).fill([false, false]), [true, false], [true, false]])
})
