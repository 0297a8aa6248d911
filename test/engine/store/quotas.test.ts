import { beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_QUOTAS } from '../../../src/api/catalog/quotas.ts'
import type { QuotaReport } from '../../../src/api/engine-quotas.ts'
import { CONTROL } from '../../../src/api/local-engine.ts'
import { control } from '../../support/control.ts'
import { memcached, startTestEngine, type TestEngine, temporaryDirectory } from '../../support/engine.ts'
import { run } from '../../support/programs.ts'
import { createdCache, serverless } from '../../support/serverless.ts'
import { newGroup, newUser } from '../users/support.ts'

const launcher = new URL('../../../bin/run.js', import.meta.url).pathname
const REGION = 'us-west-2'

const set = (engine: TestEngine, name: string, limit: number | null, region = REGION) =>
  control<QuotaReport>(engine, 'POST', `${CONTROL.quotas}/set`, { region, name, limit })

describe('a quota that is set', () => {
  let engine: TestEngine
  beforeAll(async () => {
    const cleanUps: (() => Promise<void> | void)[] = []
    engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
    await createdCache(engine, 'cache')
    return async () => {
      for (const work of cleanUps.reverse()) await work()
    }
  })

  const cases: [string, number, (engine: TestEngine) => Promise<unknown>, string, RegExp][] = [
    ['users-per-region', 0, (e) => e.client().createUser(newUser('ann')), 'UserQuotaExceeded', /most 0 users /],
    [
      'user-groups-per-region',
      0,
      (e) => e.client().createUserGroup(newGroup('shop')),
      'UserGroupQuotaExceeded',
      /most 0 /,
    ],
    [
      'users-per-user-group',
      0,
      (e) => e.client().createUserGroup(newGroup('shop')),
      'InvalidParameterValue',
      /most 0 /,
    ],
    ['nodes-per-cluster', 2, (e) => e.client().createCacheCluster(memcached('x', 3)), 'NodeQuotaForCluster', /most 2 /],
    ['nodes-per-region', 1, (e) => e.client().createCacheCluster(memcached('x', 2)), 'NodeQuotaForCustomer', /most 1 /],
    [
      'parameter-groups-per-region',
      0,
      (e) =>
        e.client().createCacheParameterGroup({
          CacheParameterGroupName: 'x',
          CacheParameterGroupFamily: 'memcached1.6',
          Description: 'd',
        }),
      'CacheParameterGroupQuotaExceeded',
      /most 0 /,
    ],
    [
      'serverless-caches-per-region',
      1,
      (e) => e.client().createServerlessCache(serverless('second')),
      'ServerlessCacheQuotaForCustomerExceeded',
      /most 1 /,
    ],
    [
      'serverless-snapshots-per-day',
      0,
      (e) =>
        e.client().createServerlessCacheSnapshot({ ServerlessCacheName: 'cache', ServerlessCacheSnapshotName: 's' }),
      'ServerlessCacheSnapshotQuotaExceeded',
      /most 0 /,
    ],
    [
      'security-groups-per-region',
      1,
      (e) => e.client().createCacheSecurityGroup({ CacheSecurityGroupName: 'x', Description: 'd' }),
      'QuotaExceeded',
      /most 1 /,
    ],
  ]
  test.each(cases)('%s: beyond %i is refused', async (name, limit, attempt, code, message) => {
    expect(await set(engine, name, limit)).toMatchObject({ name, limit })
    await expect(attempt(engine)).rejects.toMatchObject({
      name: expect.stringContaining(code.replace('.', '')),
      message: expect.stringMatching(message),
    })
    await set(engine, name, null)
  })

  test.each([
    ['nosuch', 1, /There is no quota nosuch\. There are: nodes-per-cluster, /],
    ['nodes-per-region', -1, /is not a quota/],
  ])('%s %i is refused', async (name, limit, message) => {
    await expect(set(engine, name, limit)).rejects.toThrow(message)
  })
})

test('quotas are of one region, survive a restart, and are shown by both commands', async () => {
  const stateDir = temporaryDirectory()
  const first = await startTestEngine({ stateDir })
  await set(first, 'nodes-per-cluster', 70)
  await first.close()
  const engine = await startTestEngine({ stateDir })
  await engine.client().createCacheCluster(memcached('big', 61))
  await engine.until('big', 'available')
  await expect(engine.client('eu-west-1').createCacheCluster(memcached('big', 61))).rejects.toThrow(/at most 60 nodes/)
  const cachectl = (...args: string[]) =>
    run(process.execPath, [launcher, ...args], { env: { ...process.env, CACHECTL_HOME: stateDir, NO_COLOR: '1' } })
  const { stdout: json } = await cachectl('engine', 'quota', 'list', '--state-dir', stateDir, '--output', 'json')
  const { quotas } = JSON.parse(json) as { quotas: QuotaReport[] }
  expect(quotas.map(({ name }) => name)).toEqual(Object.keys(DEFAULT_QUOTAS))
  expect(quotas[0]).toEqual({ region: REGION, name: 'nodes-per-cluster', limit: 70, default: 60 })
  const told = (await cachectl('engine', 'quota', 'set', 'nodes-per-region', '500', '--state-dir', stateDir)).stdout
  expect(told).toBe('nodes-per-region: 500 (default 300)\n')
  const wrong = await cachectl('engine', 'quota', 'set', 'nodes-per-region', 'many', '--state-dir', stateDir)
  expect([wrong.code, wrong.stderr]).toEqual([252, expect.stringMatching(/invalid number: 'many'/)])
})
