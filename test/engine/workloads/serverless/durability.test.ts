import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startTestEngine, temporaryDirectory } from '../../../support/engine.ts'
import { start } from '../../../support/engine-process.ts'
import { eventually } from '../../../support/eventually.ts'
import { manualClock } from '../../../support/manual-clock.ts'
import {
  connectTo,
  createdCache,
  describedCache,
  serverless,
  snapshots,
  untilCache,
  untilSnapshot,
} from '../../../support/serverless.ts'

const backup = { ServerlessCacheName: 'shop', ServerlessCacheSnapshotName: 'backup' }

test('after kill -9 a cache is back on its ports, with its settings, and a snapshot with its items', async () => {
  const stateDir = temporaryDirectory()
  const first = await start(stateDir)
  await first.client.createServerlessCache({
    ...serverless('shop'),
    CacheUsageLimits: { ECPUPerSecond: { Maximum: 5000 } },
    SnapshotRetentionLimit: 2,
    Tags: [{ Key: 'a', Value: 'b' }],
  })
  await untilCache(first.client, 'shop', 'available')
  const before = await describedCache(first.client, 'shop')
  await (await connectTo(first, before.Endpoint?.Port)).ask('set k 0 0 1\r\nv\r\n')
  await first.client.createServerlessCacheSnapshot(backup)
  await untilSnapshot(first.client, 'backup', 'available')
  await first.kill()

  const second = await start(stateDir)
  await untilCache(second.client, 'shop', 'available')
  expect(await describedCache(second.client, 'shop')).toEqual(before)
  // Another program may have taken the port in between, and give it back.
  await eventually('it answers, and is empty', async () => {
    const client = await connectTo(second, before.Endpoint?.Port).catch(() => undefined)
    return (await client?.ask('get k\r\n').catch(() => undefined)) === 'END\r\n'
  })
  const { ServerlessCache } = await second.client.createServerlessCache({
    ...serverless('restored'),
    SnapshotArnsToRestore: [(await snapshots(second.client))[0]?.ARN ?? ''],
  })
  await untilCache(second.client, ServerlessCache?.ServerlessCacheName ?? '', 'available')
  const { Endpoint } = await describedCache(second.client, 'restored')
  expect(await (await connectTo(second, Endpoint?.Port)).ask('get k\r\n')).toBe('VALUE k 0 1\r\nv\r\nEND\r\n')
})

test('whatever was under way at kill -9 is finished, or has failed, after the next start', async () => {
  const stateDir = temporaryDirectory()
  const first = await start(stateDir)
  await first.client.createServerlessCache(serverless('shop'))
  await untilCache(first.client, 'shop', 'available')
  await first.client.createServerlessCacheSnapshot({ ...backup, ServerlessCacheSnapshotName: 'whole' })
  await untilSnapshot(first.client, 'whole', 'available')
  await untilCache(first.client, 'shop', 'available')
  await first.client.copyServerlessCacheSnapshot({
    SourceServerlessCacheSnapshotName: 'whole',
    TargetServerlessCacheSnapshotName: 'copy',
  })
  await first.client.createServerlessCache(serverless('other'))
  await first.client.createServerlessCacheSnapshot(backup)
  await first.kill()

  const second = await start(stateDir)
  await untilCache(second.client, 'shop', 'available')
  await untilCache(second.client, 'other', 'available')
  await untilSnapshot(second.client, 'copy', 'available')
  await untilSnapshot(second.client, 'backup', 'failed')
  expect(readdirSync(join(stateDir, 'snapshots')).filter((name) => name.endsWith('.partial'))).toEqual([])
})

test('a cache whose port was taken while the engine was down answers again once it is free', async () => {
  const stopped = await startTestEngine()
  const { Endpoint } = await createdCache(stopped, 'shop')
  await stopped.close()
  const squatter = createServer().listen(Endpoint?.Port, '127.0.0.1')
  await new Promise((resolve) => squatter.once('listening', resolve))

  const clock = manualClock(Date.UTC(2026, 10, 21))
  const engine = await startTestEngine({ stateDir: stopped.stateDir, clock })
  expect((await describedCache(engine.client(), 'shop')).Endpoint).toEqual(Endpoint)
  expect(engine.log.join('\n')).toMatch(new RegExp(`shop: port ${Endpoint?.Port}: EADDRINUSE`))
  await new Promise((resolve) => squatter.close(resolve))
  await eventually('it answers', async () => {
    clock.advanceTo(clock.now() + 5_000)
    const client = await connectTo(engine, Endpoint?.Port).catch(() => undefined)
    return (await client?.ask('get a\r\n')) === 'END\r\n'
  })
})
