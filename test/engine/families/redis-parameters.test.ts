import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PARAMETER_FAMILIES } from '../../../src/engine/families/families.ts'
import { existsIn, parameterIn } from '../../../src/engine/families/parameter.ts'
import { PARAMETERS, type ParameterName } from '../../../src/engine/families/redis/parameters.ts'
import { parseRenames } from '../../../src/engine/families/redis/renames.ts'
import { readValue } from '../../../src/engine/parameters/values.ts'
import { startTestEngine, type TestEngine } from '../../support/engine.ts'
import { setting } from '../../support/parameters.ts'

const NAMES = Object.keys(PARAMETERS) as ParameterName[]

describe('as the engine lists them', () => {
  let engine: TestEngine
  const cleanUps: (() => Promise<void> | void)[] = []
  beforeAll(async () => {
    engine = await startTestEngine({ atEnd: (work) => cleanUps.push(work) })
  })
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  })

  const listed = async (CacheParameterGroupFamily: string) => {
    const { EngineDefaults = {} } = await engine.client().describeEngineDefaultParameters({ CacheParameterGroupFamily })
    const { Parameters = [], CacheNodeTypeSpecificParameters: byNodeType = [] } = EngineDefaults
    return { parameters: new Map(Parameters.map((each) => [each.ParameterName, each])), byNodeType }
  }

  // Figures of the lists that the API has printed, and of those that follow from them.
  test.each([
    ['redis2.6', 28],
    ['redis2.8', 36],
    ['redis3.2', 39],
    ['redis4.0', 53],
    ['redis5.0', 57],
    ['redis6.x', 62],
    ['redis7', 63],
    ['valkey7', 63],
    ['valkey8', 66],
    ['valkey9', 67],
  ])('%s has %i parameters, and three that depend on the node type', async (family, count) => {
    const { parameters, byNodeType } = await listed(family)
    expect(parameters.size).toBe(count)
    const word = ['redis2.6', 'redis2.8', 'redis3.2', 'redis4.0'].includes(family) ? 'slave' : 'replica'
    expect(byNodeType.map((each) => each.ParameterName)).toEqual([
      `client-output-buffer-limit-${word}-hard-limit`,
      `client-output-buffer-limit-${word}-soft-limit`,
      'maxmemory',
    ])
  })

  test('a parameter of redis5.0 is what the API prints of it', async () => {
    const { parameters, byNodeType } = await listed('redis5.0')
    expect(parameters.get('timeout')).toEqual({
      ParameterName: 'timeout',
      ParameterValue: '0',
      Description: 'Close connection if client is idle for a given number of seconds, or never if 0.',
      Source: 'system',
      DataType: 'integer',
      AllowedValues: '0,20-',
      IsModifiable: true,
      MinimumEngineVersion: '5.0.0',
      ChangeType: 'immediate',
    })
    expect(parameters.get('notify-keyspace-events')).not.toHaveProperty('AllowedValues')
    expect(parameters.get('notify-keyspace-events')).not.toHaveProperty('ParameterValue')
    expect(parameters.get('appendonly')).toMatchObject({ IsModifiable: false, ChangeType: 'immediate' })
    expect(parameters.get('cluster-enabled')).toMatchObject({ IsModifiable: false, ChangeType: 'requires-reboot' })
    const maxmemory = byNodeType.find((each) => each.ParameterName === 'maxmemory')
    expect(maxmemory?.CacheNodeTypeSpecificValues).toContainEqual({
      CacheNodeType: 'cache.r3.large',
      Value: '14470348800',
    })
  })

  test('a value, its range and whether it can be changed follow the family', async () => {
    const two = (await listed('redis2.8')).parameters
    const seven = (await listed('redis7')).parameters
    const eight = (await listed('valkey8')).parameters
    expect(two.get('tcp-keepalive')?.ParameterValue).toBe('0')
    expect(seven.get('tcp-keepalive')?.ParameterValue).toBe('300')
    expect(two.get('databases')).toMatchObject({ AllowedValues: '1-1200000', IsModifiable: true })
    expect(seven.get('databases')).toMatchObject({ AllowedValues: '1-10000', IsModifiable: false })
    expect(seven.get('repl-backlog-size')?.ParameterValue).toBe('1048576')
    expect(eight.get('repl-backlog-size')?.ParameterValue).toBe('10485760')
    expect(seven.has('lazyfree-lazy-expire') && !eight.has('lazyfree-lazy-expire')).toBe(true)
    expect(eight.get('commandlog-reply-larger-than')?.MinimumEngineVersion).toBe('8.1.0')
    expect(seven.get('acllog-max-len')?.MinimumEngineVersion).toBe('7.0.0')
  })

  test('families before cluster mode have one default group, the others two', async () => {
    const { CacheParameterGroups = [] } = await engine.client().describeCacheParameterGroups({})
    const names = CacheParameterGroups.map((each) => each.CacheParameterGroupName)
    expect(names).toContain('default.redis2.8')
    expect(names).not.toContain('default.redis2.8.cluster.on')
    expect(names).toContain('default.redis3.2.cluster.on')
  })

  test('a group of cluster mode says so, and cluster-enabled can be set while nothing uses a group of one own', async () => {
    const client = engine.client()
    const of = async (CacheParameterGroupName: string) => {
      const { Parameters } = await client.describeCacheParameters({ CacheParameterGroupName })
      return Parameters?.find((each) => each.ParameterName === 'cluster-enabled')
    }
    expect(await of('default.valkey8.cluster.on')).toMatchObject({ ParameterValue: 'yes', IsModifiable: false })
    const CacheParameterGroupName = 'ours'
    await client.createCacheParameterGroup({
      CacheParameterGroupName,
      CacheParameterGroupFamily: 'valkey8',
      Description: 'ours',
    })
    expect(await of('ours')).toMatchObject({ ParameterValue: 'no', IsModifiable: true })
    const ParameterNameValues = setting({ 'cluster-enabled': 'yes', 'notify-keyspace-events': 'AKE', timeout: '20' })
    await client.modifyCacheParameterGroup({ CacheParameterGroupName, ParameterNameValues })
    expect(await of('ours')).toMatchObject({ ParameterValue: 'yes', Source: 'user' })
  })

  test.each([
    ['appendonly', 'yes', 'The parameter appendonly cannot be modified.'],
    ['maxmemory', '1', 'The parameter maxmemory cannot be modified.'],
    ['hash-max-ziplist-entries', '1', "Parameter hash-max-ziplist-entries doesn't exist"],
    ['timeout', '19', 'Invalid value 19 for parameter timeout. Allowed values are: 0,20-'],
    [
      'maxmemory-policy',
      'fifo',
      /^Invalid value fifo for parameter maxmemory-policy\. Allowed values are: volatile-lru,/,
    ],
    ['notify-keyspace-events', 'Q', /^Invalid value Q for parameter notify-keyspace-events\./],
  ])('%s cannot be set to %s', async (name, value, message) => {
    const client = engine.client()
    const CacheParameterGroupName = `refusals-${name}`
    await client.createCacheParameterGroup({
      CacheParameterGroupName,
      CacheParameterGroupFamily: 'redis7',
      Description: 'refusals',
    })
    await expect(
      client.modifyCacheParameterGroup({ CacheParameterGroupName, ParameterNameValues: setting({ [name]: value }) }),
    ).rejects.toMatchObject({ Code: 'InvalidParameterValue', message: expect.stringMatching(message) })
  })
})

test('every default is a value that its family allows, in the form it is stored in', () => {
  for (const { family, versions } of PARAMETER_FAMILIES.filter((each) => each.family.replication)) {
    for (const name of NAMES.filter((each) => existsIn(PARAMETERS[each], versions[0]))) {
      // The guide prints 0, and 1 as the least.
      if (name === 'cluster-databases') continue
      const parameter = parameterIn(PARAMETERS[name], versions[0])
      expect(readValue(parameter, parameter.default), `${family.engine.name} ${versions[0]} ${name}`).toBe(
        parameter.default,
      )
    }
  }
})

test('a value that is taken is taken again in the form it is stored in, whatever text is given', () => {
  const anyText = fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom('-', '0-', '-1', '20', '01', ''))
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), anyText, (name, text) => {
      const value = readValue(PARAMETERS[name], text)
      if (value !== undefined) expect(readValue(PARAMETERS[name], value)).toBe(value)
    }),
  )
})

test('commands get other names in pairs, each once, and only those that may have one', () => {
  expect(parseRenames('flushall gone  KEYS scanall2')).toEqual([
    ['FLUSHALL', 'gone'],
    ['KEYS', 'scanall2'],
  ])
  expect(parseRenames('')).toEqual([])
  expect(parseRenames('flushall')).toBeUndefined()
  expect(parseRenames('config c')).toBeUndefined()
  expect(parseRenames('get a get b')).toBeUndefined()
  expect(parseRenames('get names-of-more-than-20')).toBeUndefined()
})
