import type { DescribeCacheEngineVersionsCommandInput } from '@aws-sdk/client-elasticache'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../support/engine.ts'

describe('versions of Redis OSS and Valkey', () => {
  let engine: TestEngine
  const cleanUps: (() => Promise<void> | void)[] = []
  beforeAll(async () => {
    engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
  })
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  })

  const listed = async (input: DescribeCacheEngineVersionsCommandInput) => {
    const { CacheEngineVersions = [] } = await engine.client().describeCacheEngineVersions(input)
    return CacheEngineVersions
  }

  test('are those that can be had, each of its family', async () => {
    const redis = await listed({ Engine: 'REDIS' })
    expect(
      redis.map(({ EngineVersion, CacheParameterGroupFamily }) => [EngineVersion, CacheParameterGroupFamily]),
    ).toEqual([
      ['4.0.10', 'redis4.0'],
      ['5.0.6', 'redis5.0'],
      ['6.0', 'redis6.x'],
      ['6.2', 'redis6.x'],
      ['7.0', 'redis7'],
      ['7.1', 'redis7'],
    ])
    const valkey = await listed({ Engine: 'valkey' })
    expect(valkey.map(({ EngineVersion }) => EngineVersion)).toEqual(['7.2', '8.0', '8.1', '8.2', '9.0', '9.1'])
    expect(valkey.map(({ CacheParameterGroupFamily }) => CacheParameterGroupFamily)).toEqual([
      'valkey7',
      'valkey8',
      'valkey8',
      'valkey8',
      'valkey9',
      'valkey9',
    ])
  })

  test('are described down to the patch', async () => {
    expect(await listed({ Engine: 'redis', EngineVersion: '6.2' })).toEqual([
      {
        Engine: 'redis',
        EngineVersion: '6.2',
        CacheParameterGroupFamily: 'redis6.x',
        CacheEngineDescription: 'Redis',
        CacheEngineVersionDescription: 'redis version 6.2.6',
      },
    ])
  })

  test.each([
    ['of an engine', { Engine: 'redis' }, ['7.1']],
    ['of a family', { CacheParameterGroupFamily: 'redis6.x' }, ['6.2']],
    ['of both', { Engine: 'valkey', CacheParameterGroupFamily: 'valkey8' }, ['8.2']],
  ])('the default one %s is the newest', async (_of, input, versions) => {
    expect((await listed({ ...input, DefaultOnly: true })).map(({ EngineVersion }) => EngineVersion)).toEqual(versions)
  })

  test.each([
    ['6.2.6', 'InvalidParameterValue', "Specific version selection is not allowed for '6.2.6', please use '6.2'"],
    ['4.0.13', 'InvalidParameterCombination', 'Cannot find version 4.0.13 for redis'],
  ])('a group of %s is refused', async (EngineVersion, Code, message) => {
    const creating = engine.client().createReplicationGroup({
      ReplicationGroupId: 'shop',
      ReplicationGroupDescription: 'shop',
      Engine: 'redis',
      EngineVersion,
      CacheNodeType: 'cache.t4g.small',
    })
    await expect(creating).rejects.toMatchObject({ Code, message })
  })
})
