import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { neededMembers } from '../../../src/cli/wizard/questions.ts'
import { temporaryHome } from '../support/cli.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

const ENTER = '\r'
const CTRL_C = '\x03'

describe.skipIf(!hasTerminal)('missing options on a terminal (needs python3 with pty)', () => {
  const home = temporaryHome(afterAll)
  const here = (args: string[], answers: [string, string][] = []) =>
    onTerminal(args, { columns: 200, answers, env: { CACHECTL_HOME: home.stateDir } })
  beforeAll(async () => void (await home.answer('engine', 'start', '--port', '0')))

  test('are asked for, with the values of the target; the line is shown, and run', async () => {
    const { text, code } = await here(
      ['create-cache-cluster', '--cache-cluster-id', 'shop', '--wait'],
      [
        ['--engine', ENTER],
        ['--cache-node-type', 't4g.small'],
        ['❯ cache.t4g.small', ENTER],
        ['--num-cache-nodes', ENTER],
        ['Choose more', ENTER],
        ['Run it?', ENTER],
        ['available', ''],
      ],
    )
    expect(text).toContain(
      'cachectl create-cache-cluster --cache-cluster-id shop --wait --engine memcached --cache-node-type cache.t4g.small --num-cache-nodes 1',
    )
    expect(text).toMatch(/shop {2}available/)
    expect(code).toBe(0)
  })

  test('a name that breaks the rules is said so while it is typed', async () => {
    const line = ['create-cache-cluster', '--engine', 'memcached', '--cache-node-type', 'cache.t4g.small']
    const { text, code } = await here(
      [...line, '--num-cache-nodes', '1'],
      [
        ['--cache-cluster-id', `my_shop${ENTER}`],
        ['is not allowed', CTRL_C],
      ],
    )
    expect(text).toContain('"_" is not allowed')
    expect(code).toBe(130)
  })

  test('what is to be deleted is chosen from what there is, and asked about once', async () => {
    const { text, code } = await here(
      ['delete-cache-cluster', '--wait'],
      [
        ['--cache-cluster-id', ENTER],
        ['(y/N)', `y${ENTER}`],
      ],
    )
    expect(text).toContain('delete-cache-cluster shop on the local engine')
    expect(text).not.toContain('Run it?')
    expect(code).toBe(0)
  })

  test('no means that nothing was sent', async () => {
    const line = ['create-cache-parameter-group', '--cache-parameter-group-name', 'hot', '--description', 'x']
    const { text, code } = await here(line, [
      ['--cache-parameter-group-family', ENTER],
      ['Run it?', `n${ENTER}`],
    ])
    expect(text).toContain('Nothing was changed.')
    expect(code).toBe(255)
    expect(
      (await home.cachectl(...['describe-cache-parameter-groups', '--cache-parameter-group-name', 'hot'])).code,
    ).toBe(254)
  })

  test('the shape of a replication group is asked for, and what follows from it is added', async () => {
    const line = ['create-replication-group', '--replication-group-id', 'cart', '--cache-node-type', 'cache.t4g.small']
    const { text } = await here(
      [...line, '--replication-group-description', 'd'],
      [
        ['--engine', ENTER],
        ['--num-node-groups', `\x7f3${ENTER}`],
        ['--replicas-per-node-group', ENTER],
        ['Choose more', ENTER],
        ['Run it?', `n${ENTER}`],
      ],
    )
    expect(text).toContain(
      '--engine valkey --num-node-groups 3 --replicas-per-node-group 1 --automatic-failover-enabled\n',
    )
  })

  test('--no-input never asks, nor does a line that has another mistake', async () => {
    const silent = await here(['delete-cache-cluster', '--no-input'])
    expect(silent.text).toContain('the following arguments are required: --cache-cluster-id')
    expect(silent.code).toBe(252)
    expect((await here(['delete-cache-cluster', '--nosuch'])).text).toContain('Unknown options: --nosuch')
  })

  test('without a terminal nothing is ever asked', async () => {
    expect(await home.cachectl('delete-cache-cluster')).toMatchObject({ code: 252 })
  })
})

test('more than the model requires is asked for, unless the operation is used another way', () => {
  const given =
    (...members: string[]) =>
    (member: string) =>
      members.includes(member)
  expect(neededMembers('CreateCacheCluster', given('CacheClusterId'))).toEqual([
    'Engine',
    'CacheNodeType',
    'NumCacheNodes',
  ])
  expect(neededMembers('CreateCacheCluster', given('CacheClusterId', 'ReplicationGroupId'))).toEqual([])
  expect(neededMembers('DescribeCacheClusters', given())).toEqual([])
  expect(neededMembers('IncreaseReplicaCount', given('ReplicationGroupId'))).toEqual(['NewReplicaCount'])
  expect(neededMembers('IncreaseReplicaCount', given('ReplicationGroupId', 'ReplicaConfiguration'))).toEqual([])
  const members = ['ReplicationGroupId', 'ReplicationGroupDescription', 'Engine', 'CacheNodeType']
  expect(neededMembers('CreateReplicationGroup', given(...members, 'NumCacheClusters'))).toEqual([])
})
