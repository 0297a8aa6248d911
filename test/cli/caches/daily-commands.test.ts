import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keysMoved } from '../../../src/cli/caches/keys-moved.ts'
import { cluster as clusterKind } from '../../../src/cli/caches/kinds/cluster.ts'
import { describePlan, planOf } from '../../../src/cli/commands/caches/scale.ts'
import { temporaryHome } from '../support/cli.ts'
import { hasTerminal, longestLine, onTerminal } from '../support/terminal.ts'

describe('which keys move', () => {
  test('with ketama those of the nodes that come or go, with modulo nearly all (guide, load balancing)', () => {
    expect(keysMoved(1, 2)).toEqual({ ketama: 0.5, modulo: 0.5 })
    expect(keysMoved(9, 10).ketama).toBeCloseTo(0.1)
    expect(keysMoved(9, 10).modulo).toBeCloseTo(0.9)
    expect(keysMoved(4, 2)).toEqual({ ketama: 0.5, modulo: 0.5 })
    expect(keysMoved(3, 3)).toEqual({ ketama: 0, modulo: 0 })
  })

  test('the modulo figure is what counting hashes gives', () => {
    for (const [from, to] of [
      [3, 5],
      [6, 4],
      [7, 3],
      [10, 12],
    ] as const) {
      const hashes = Array.from({ length: from * to }, (_, hash) => hash)
      const moved = hashes.filter((hash) => hash % from !== hash % to).length / hashes.length
      expect(keysMoved(from, to).modulo).toBeCloseTo(moved)
    }
  })
})

describe('a plan to scale', () => {
  const node = (CacheNodeId: string, CustomerAvailabilityZone = 'us-west-2a') => ({
    CacheNodeId,
    CustomerAvailabilityZone,
  })
  const cluster = clusterKind.cacheOf({
    CacheClusterId: 'shop',
    CacheNodeType: 'cache.t4g.small',
    CacheNodes: [node('0001'), node('0003'), node('0007')],
  })

  test('takes the nodes with the highest ids, whatever ids there are', () => {
    expect(planOf(cluster, 1)).toMatchObject({ NumCacheNodes: 1, CacheNodeIdsToRemove: ['0003', '0007'] })
    expect(describePlan(cluster, 1, planOf(cluster, 1))).toContain('go, with all they hold: 0003, 0007')
  })

  test('spreads new nodes over the zones in turn', () => {
    expect(planOf(cluster, 6, ['us-west-2a', 'us-west-2b'])).toMatchObject({
      NewAvailabilityZones: ['us-west-2a', 'us-west-2b', 'us-west-2a'],
      AZMode: 'cross-az',
    })
    expect(planOf(cluster, 4, ['us-west-2a'])).not.toHaveProperty('AZMode')
    expect(planOf(cluster, 4)).not.toHaveProperty('NewAvailabilityZones')
  })

  test('is none when nothing is to be done', () => expect(planOf(cluster, 3)).toBeUndefined())
})

describe('commands for every day', () => {
  const home = temporaryHome(afterAll)
  const node = ['--engine', 'memcached', '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '2']
  const group = ['--cache-parameter-group-name', 'hot']

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    const family = ['--cache-parameter-group-family', 'memcached1.6', '--description', 'x']
    await home.answer('create-cache-parameter-group', ...group, ...family)
    await home.answer('create-cache-cluster', '--cache-cluster-id', 'shop', ...node, ...group, '--wait')
    await home.answer('create-serverless-cache', '--serverless-cache-name', 'cart', '--engine', 'memcached')
  })

  test('list shows caches of every kind, to people, programs and loops', async () => {
    expect(await home.answer('list')).toMatch(/│ shop +│ cluster +│ available +│ 127\.0\.0\.1:\d+/)
    const entries = JSON.parse(await home.answer('list', '--output', 'json'))
    expect(entries).toMatchObject([
      { kind: 'cluster', id: 'shop', nodes: 2, nodeType: 'cache.t4g.small', engine: 'memcached' },
      { kind: 'serverless cache', id: 'cart' },
    ])
    expect(await home.answer('list', '--output', 'ids')).toBe('shop\ncart\n')
  })

  test('scale says what it does, does it, waits, and answers as modify does', async () => {
    const { code, stdout, stderr } = await home.cachectl('scale', 'shop', '--nodes', '3', '--wait')
    expect(code).toBe(0)
    expect(stderr).toContain('keys that move to another node: 33 % with ketama, 67 % with modulo')
    expect(JSON.parse(stdout).CacheCluster).toMatchObject({ NumCacheNodes: 3, CacheClusterStatus: 'available' })
    const plan = await home.cachectl('scale', 'shop', '--nodes', '1', '--dry-run')
    expect(plan).toMatchObject({ code: 0, stdout: '' })
    expect(plan.stderr).toContain('0002, 0003')
    const refused = await home.cachectl('scale', 'shop', '--nodes', '2')
    expect(refused).toMatchObject({ code: 252, stdout: '', stderr: expect.stringContaining('--yes') })
    const less = await home.cachectl('scale', 'shop', '--nodes', '2', '--yes', '--wait')
    expect(JSON.parse(less.stdout).CacheCluster.CacheNodes).toHaveLength(2)
    expect(await home.cachectl('scale', 'shop', '--nodes', '2')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'shop has 2 nodes already.\n',
    })
    expect(await home.cachectl('scale', 'shop', '--nodes', 'many')).toMatchObject({ code: 252 })
    expect(await home.cachectl('scale', 'shop')).toMatchObject({ code: 252 })
  })

  test('quotas counts what there is', async () => {
    const quotas = JSON.parse(await home.answer('quotas', '--output', 'json'))
    expect(quotas).toContainEqual({ quota: 'nodes in the region', used: 2, limit: 300, fullest: null })
    expect(quotas).toContainEqual({ quota: 'nodes of a Memcached cluster', used: 2, limit: 60, fullest: 'shop' })
    expect(quotas).toContainEqual({ quota: 'parameter groups of your own', used: 1, limit: 300, fullest: null })
  })

  test('tag finds a resource by its id', async () => {
    const tags = async (...words: string[]) =>
      JSON.parse(await home.answer('tag', ...words, '--output', 'json')).TagList
    expect(await tags('cart', 'add', 'Team=web', 'Stage=')).toEqual([
      { Key: 'Team', Value: 'web' },
      { Key: 'Stage', Value: '' },
    ])
    expect(await tags('cart', 'remove', 'Stage')).toEqual([{ Key: 'Team', Value: 'web' }])
    expect(await home.answer('tag', 'cart')).toContain('Team')
    expect(await home.cachectl('tag', 'nosuch')).toMatchObject({ code: 254, stderr: expect.stringContaining('nosuch') })
    expect(await home.cachectl('tag', 'cart', 'add', 'Team')).toMatchObject({ code: 252 })
    expect(await home.cachectl('tag', 'cart', 'drop')).toMatchObject({ code: 252 })
  })

  test('--wait-unused deletes a group when the last cluster that uses it is gone', async () => {
    const remove = ['delete-cache-parameter-group', ...group, '--wait-unused']
    const late = await home.cachectl(...remove, '--timeout', '0.3')
    expect(late).toMatchObject({ code: 254, stderr: expect.stringContaining('InvalidCacheParameterGroupState') })
    await home.answer('delete-cache-cluster', '--cache-cluster-id', 'shop')
    await home.answer(...remove, '--timeout', '20')
    expect((await home.cachectl('describe-cache-parameter-groups', ...group)).code).toBe(254)
  })

  test.skipIf(!hasTerminal)('on a terminal scale asks, and no is no (needs python3 with pty)', async () => {
    const env = { CACHECTL_HOME: home.stateDir }
    await home.answer('create-cache-cluster', '--cache-cluster-id', 'web', ...node, '--wait')
    const no = await onTerminal(['scale', 'web', '--nodes', '1'], { env, answers: [['(y/N)', 'n\r']] })
    expect(no.text).toMatch(/Scale web on the local engine at http.*us-west-2\?/)
    expect(no.code).toBe(255)
    const yes = await onTerminal(['scale', 'web', '--nodes', '1', '--wait'], { env, answers: [['(y/N)', 'y\r']] })
    expect(yes.code).toBe(0)
    expect(yes.text).toMatch(/web {2}available {2}Endpoint /)
    expect(longestLine(await onTerminal(['list'], { env }))).toBeLessThanOrEqual(80)
  })
})
