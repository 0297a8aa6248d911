import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryHome } from '../support/cli.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

describe('what is said after a refusal', () => {
  const home = temporaryHome(afterAll)
  const here = (...args: string[]) => onTerminal(args, { columns: 300, env: { CACHECTL_HOME: home.stateDir } })
  const node = ['--engine', 'memcached', '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '1']

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    await home.answer('create-serverless-cache', '--serverless-cache-name', 'cart', '--engine', 'memcached', '--wait')
    await home.answer('create-cache-cluster', '--cache-cluster-id', 'shop', ...node, '--wait')
  })

  describe.skipIf(!hasTerminal)('on a terminal (needs python3 with pty)', () => {
    test('an id of another kind is told what it is, and the command for it', async () => {
      expect((await here('describe-cache-clusters', '--cache-cluster-id', 'cart')).text).toContain(
        'cart is a serverless cache: cachectl describe-serverless-caches --serverless-cache-name cart',
      )
      expect((await here('delete-cache-cluster', '--cache-cluster-id', 'cart', '--yes')).text).toContain(
        'cachectl delete-serverless-cache --serverless-cache-name cart',
      )
    })

    test('a typo in an id is told the id', async () => {
      const { text, code } = await here('describe-cache-clusters', '--cache-cluster-id', 'shpo')
      expect(text).toContain('Did you mean shop?')
      expect(code).toBe(254)
    })

    test('a subnet that is not there is told how to make it', async () => {
      const group = ['--cache-subnet-group-name', 'net', '--cache-subnet-group-description', 'net']
      expect((await here('create-cache-subnet-group', ...group, '--subnet-ids', 'subnet-53df9c3a')).text).toContain(
        'cachectl engine subnet create --subnet-id subnet-53df9c3a --availability-zone us-west-2a',
      )
    })

    test('a name that breaks the rules is shown where', async () => {
      const { text } = await here('create-cache-cluster', '--cache-cluster-id', 'my_shop', ...node)
      expect(text).toContain('my_shop\n      ^ try: my-shop')
    })
  })

  test('a wait that fails tells what has happened to what it waited for', async () => {
    const { code, stderr } = await home.cachectl('wait', 'cache-cluster-deleted', '--cache-cluster-id', 'shop')
    expect(code).toBe(255)
    expect(stderr).toMatch(/^\nWaiter CacheClusterDeleted failed: .*\nWhat has happened to shop:\n {2}\d{4}-/)
  })

  test.skipIf(!hasTerminal)('a wait on a terminal tells what happens meanwhile', async () => {
    const more = ['--num-cache-nodes', '2', '--apply-immediately', '--wait', '--interval', '0.1']
    const { text } = await here('modify-cache-cluster', '--cache-cluster-id', 'shop', ...more)
    expect(text).toMatch(/ {2}\d{4}-.*Z {2}Added cache node 0002/)
  })

  test.each([
    [['--num-cache-nodes', '1'], 'create', '--cache-parameter-group-name', 'hot', 'hot is of the family memcached1.5'],
    [['--num-cache-nodes', '1'], 'create', '--cache-subnet-group-name', 'nosuch', 'There is no subnet group nosuch'],
    [['--num-cache-nodes', '1'], 'modify', '--cache-node-ids-to-remove', '0007', 'not 0007'],
    [
      ['--num-cache-nodes', '4'],
      'modify',
      '--new-availability-zones',
      'us-west-2a',
      'One zone for each node that comes',
    ],
  ])('--dry-run looks at what there is: %j %s %s %s', async (count, verb, option, value, said) => {
    if (value === 'hot') {
      const group = ['--cache-parameter-group-family', 'memcached1.5', '--description', 'x']
      await home.answer('create-cache-parameter-group', '--cache-parameter-group-name', 'hot', ...group)
    }
    const more = verb === 'create' ? [...node.slice(0, 4), '--engine-version', '1.6.22'] : []
    const id = ['--cache-cluster-id', verb === 'create' ? 'new' : 'shop']
    const line = [`${verb}-cache-cluster`, ...id, ...more, ...count, option, value, '--dry-run']
    const { code, stderr } = await home.cachectl(...line)
    expect(code).toBe(1)
    expect(stderr).toContain(said)
  })

  test('a script gets what aws-cli says, and nothing is looked up', async () => {
    const { stderr } = await home.cachectl('describe-cache-clusters', '--cache-cluster-id', 'shpo')
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  test('a wait that fails tells what has happened', async () => {
    const modify = ['modify-cache-cluster', '--cache-cluster-id', 'shop', '--num-cache-nodes', '2']
    const { code, stderr } = await home.cachectl(...modify, '--apply-immediately', '--wait', '--timeout', '0')
    if (code === 0) return // it was there before the first look
    expect(stderr).toMatch(/What has happened to shop:\n( {2}\d{4}-.*Z {2}.*\n)* {2}\d{4}-.*Z {2}Cache cluster created/)
  })

  test('--wait goes for serverless caches and their snapshots', async () => {
    const names = ['--serverless-cache-name', 'cart', '--serverless-cache-snapshot-name', 'friday']
    const made = JSON.parse(await home.answer('create-serverless-cache-snapshot', ...names, '--wait'))
    expect(made.ServerlessCacheSnapshot).toMatchObject({ Status: 'available' })
    await home.answer('wait', 'serverless-cache-snapshot-available', ...names.slice(2))
    expect(await home.answer('delete-serverless-cache-snapshot', ...names.slice(2), '--wait')).toBe('')
  })

  test('--dry-run shows the request, says what is wrong with it, and sends nothing', async () => {
    const create = ['create-cache-cluster', '--cache-cluster-id', 'web', '--dry-run']
    const fine = await home.cachectl(...create, ...node)
    expect(fine).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Not sent: CreateCacheCluster to the local'),
    })
    expect(JSON.parse(fine.stdout)).toMatchObject({ CacheClusterId: 'web', NumCacheNodes: 1 })
    const wrong = await home.cachectl(...create, ...node, '--ip-discovery', 'ipv6')
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('--ip-discovery: ipv6 needs') })
    expect((await home.cachectl('describe-cache-clusters', '--cache-cluster-id', 'web')).code).toBe(254)
  })
})
