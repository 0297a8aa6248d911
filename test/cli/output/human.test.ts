import { expect, test } from 'vitest'
import { humanText } from '../../../src/cli/output/human.ts'
import { relativeTime } from '../../../src/cli/output/relative-time.ts'
import { unmarked } from '../../../src/cli/output/sequences.ts'
import { statusText, styleOf, wantsColour } from '../../../src/cli/output/style.ts'

const now = new Date('2026-11-21T12:00:00Z')
const style = await styleOf(false, 80, now)
const coloured = await styleOf(true, 80, now)

test('relative times name the largest unit', () => {
  const at = (text: string) => relativeTime(new Date(text), now)
  expect(at('2026-11-21T12:00:00Z')).toBe('now')
  expect(at('2026-11-21T11:59:58Z')).toBe('2 s ago')
  expect(at('2026-11-21T11:00:01Z')).toBe('59 min ago')
  expect(at('2026-11-21T10:00:00Z')).toBe('2 hours ago')
  expect(at('2026-11-22T12:00:00Z')).toBe('in 1 day')
  expect(at('2024-11-20T12:00:00Z')).toBe('2 years ago')
})

test('states have the colour of what they mean', () => {
  expect(unmarked(statusText('available', coloured))).toBe('\x1b[32mavailable\x1b[39m')
  expect(unmarked(statusText('modifying', coloured))).toBe('\x1b[33mmodifying\x1b[39m')
  expect(unmarked(statusText('incompatible-network', coloured))).toBe('\x1b[31mincompatible-network\x1b[39m')
  expect(unmarked(statusText('create-failed', coloured))).toBe('\x1b[31mcreate-failed\x1b[39m')
  expect(unmarked(statusText('low', coloured))).toBe('low')
})

test('lists of names, resources in the answer itself and answers without members have a view, too', async () => {
  expect(
    await humanText(
      'ListAllowedNodeTypeModifications',
      {},
      { ScaleUpModifications: ['a', 'b'], ScaleDownModifications: [] },
      style,
    ),
  ).toContain('a, b')
  expect(await humanText('CreateUser', {}, { UserId: 'ann', Status: 'active', UserName: 'a' }, style)).toMatch(
    /^ann {2}active {2}Name a\nAll of it: cachectl describe-users --user-id ann\n$/,
  )
  expect(await humanText('DeleteCacheParameterGroup', {}, {}, style)).toBe('')
  expect(await humanText('DescribeEvents', {}, { Events: [] }, style)).toBe('No events.\n')
})

test('a card keeps within a narrow terminal, labels apart from values', async () => {
  const cluster = {
    CacheClusterId: 'shop',
    CacheClusterStatus: 'available',
    PreferredMaintenanceWindow: 'tue:06:00-tue:07:00',
    ReplicationGroupLogDeliveryEnabled: false,
  }
  const narrow = await styleOf(false, 60, now)
  const asked = { CacheClusterId: 'shop' }
  const card = await humanText('DescribeCacheClusters', asked, { CacheClusters: [cluster] }, narrow)
  expect(card).toContain(`\n  Replication group log delivery enabled\n${' '.repeat(36)}no\n`)
  expect(card.split('\n').filter((line) => line.length > 60)).toEqual([])
})

test('what is pending is told', async () => {
  const CacheCluster = {
    CacheClusterId: 'shop',
    CacheClusterStatus: 'available',
    PendingModifiedValues: { NumCacheNodes: 5 },
  }
  expect(await humanText('ModifyCacheCluster', {}, { CacheCluster }, style)).toMatch(/Pending: num cache nodes 5/)
})

test('a change is told in a line or two, with what is pending and where all of it is told', async () => {
  const CacheCluster = {
    CacheClusterId: 'shop',
    CacheClusterStatus: 'modifying',
    NumCacheNodes: 2,
    CacheNodeType: 'cache.t4g.small',
    Engine: 'memcached',
    EngineVersion: '1.6.22',
    ARN: 'arn:aws:elasticache:us-west-2:000000000000:cluster:shop',
    PendingModifiedValues: { NumCacheNodes: 5 },
    SecurityGroups: [{ SecurityGroupId: 'sg-1', Status: 'active' }],
  }
  expect((await humanText('ModifyCacheCluster', {}, { CacheCluster }, style)).split('\n')).toEqual([
    'shop  modifying  Nodes 2  Node type cache.t4g.small  Engine memcached 1.6.22',
    'Pending: num cache nodes 5',
    'All of it: cachectl describe-cache-clusters --cache-cluster-id shop',
    '',
  ])
  const deleting = { CacheClusterId: 'shop', CacheClusterStatus: 'deleting', NumCacheNodes: 2 }
  expect(await humanText('DeleteCacheCluster', {}, { CacheCluster: deleting }, style)).toBe(
    'shop  deleting  Nodes 2  Network ipv4\n',
  )
  expect(await humanText('ModifyCacheParameterGroup', {}, { CacheParameterGroupName: 'hot' }, style)).toBe(
    'hot  done\n',
  )
  const TagList = [
    { Key: 'team', Value: 'web' },
    { Key: 'env', Value: 'test' },
  ]
  expect(await humanText('AddTagsToResource', {}, { TagList }, style)).toBe('2 tags: team=web, env=test\n')
  expect(await humanText('ListTagsForResource', {}, { TagList }, style)).toContain('│ team │ web')
})

test('a token says how to go on', async () => {
  const answer = { Events: [{ SourceIdentifier: 'shop', Message: 'm' }], NextToken: 'abc' }
  expect(await humanText('DescribeEvents', {}, answer, style)).toContain('There is more: --starting-token abc')
})

test.each([
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  [{ CLICOLOR_FORCE: '1', NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ CLICOLOR: '0' }, true, false],
  [{ LANG: 'C' }, true, false],
  [{ LANG: 'C', LC_ALL: 'de_DE.UTF-8' }, true, true],
  [{ LANG: 'C', FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ FORCE_COLOR: '' }, false, false],
  [{ CLICOLOR_FORCE: '1' }, false, true],
  [{ CLICOLOR_FORCE: '0' }, true, true],
  [{ NO_COLOR: '1' }, true, false],
  [{ TERM: 'dumb' }, true, false],
])('with %j, on a terminal: %s, there are colours: %s', (env, terminal, colours) => {
  expect(wantsColour(undefined, env, terminal)).toBe(colours)
  expect(wantsColour('off', env, terminal)).toBe(false)
})
