import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { bareEnvironment, cachectl, temporaryHome } from '../support/cli.ts'

const launcher = new URL('../../../bin/run.js', import.meta.url).pathname
const SHOP = ['--cache-cluster-id', 'shop']
const CREATE = ['create-cache-cluster', ...SHOP, '--engine', 'memcached', '--cache-node-type', 'cache.t4g.small']

describe('a cluster, from the command line', () => {
  const home = temporaryHome(afterAll)
  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    await home.answer(...CREATE, '--num-cache-nodes', '2', '--wait')
  })

  test('--wait prints the state in the end, not the one in between', async () => {
    const answer = JSON.parse(
      await home.answer('modify-cache-cluster', ...SHOP, '--num-cache-nodes', '3', '--apply-immediately', '--wait'),
    )
    expect(answer.CacheCluster).toMatchObject({ CacheClusterStatus: 'available', NumCacheNodes: 3 })
    expect(answer.CacheCluster.CacheNodes).toHaveLength(3)
    await home.answer(
      'modify-cache-cluster',
      ...SHOP,
      '--num-cache-nodes',
      '2',
      '--cache-node-ids-to-remove',
      '0003',
      '--apply-immediately',
      '--wait',
    )
  })

  test('wait says nothing when all is well', async () => {
    expect(await home.answer('wait', 'cache-cluster-available', ...SHOP)).toBe('')
  })

  test('wait fails as aws-cli does for what is not there', async () => {
    const { code, stderr } = await home.cachectl('wait', 'cache-cluster-available', '--cache-cluster-id', 'nosuch')
    expect(code).toBe(255)
    expect(stderr).toMatch(/Waiter CacheClusterAvailable failed: An error occurred \(CacheClusterNotFound\): .*nosuch/)
  })

  test('--timeout ends a wait', async () => {
    const { code, stderr } = await home.cachectl('wait', 'cache-cluster-available', '--timeout', '0.3')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const deleted = await home.cachectl('wait', 'cache-cluster-deleted', ...SHOP, '--timeout', '0.3')
    expect(deleted.code).toBe(255)
  })

  test('endpoints shows people a table and programs what they need', async () => {
    expect(await home.answer('endpoints', 'shop')).toMatch(/configuration .* 127\.0\.0\.1:\d+/)
    const told = JSON.parse(await home.answer('endpoints', 'shop', '--output', 'json'))
    expect(told.nodes.map((node: { id: string }) => node.id)).toEqual(['0001', '0002'])
    const hosts = (await home.answer('endpoints', 'shop', '--output', 'hosts')).trim().split('\n')
    expect(hosts).toHaveLength(2)
    expect(await home.answer('endpoints', 'shop', '--output', 'env')).toContain(
      `export SHOP_SERVERS='${hosts.join(',')}'\nexport SHOP_TLS='false'`,
    )
  })

  test('discover asks every node, by the id of the cluster or the address of a node', async () => {
    const text = await home.answer('discover', 'shop')
    expect(text).toContain('All 2 nodes agree on version')
    const [host = ''] = (await home.answer('endpoints', 'shop', '--output', 'hosts')).split('\n')
    const round = JSON.parse(await home.answer('discover', host, '--output', 'json'))
    expect(round).toMatchObject({ agreed: true, verdict: { converged: true, nodes: 2, family: 'ipv4' } })
  })

  test('discover does not agree to what is not so', async () => {
    const { code, stderr } = await home.cachectl(
      'discover',
      'shop',
      '--expect',
      '5',
      '--timeout',
      '0.3',
      '--interval',
      '100ms',
    )
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'Not as wished: 2 nodes, 5 expected.\n' })
  })

  test('discover --watch goes on until the wish is met', async () => {
    const text = await home.answer('discover', 'shop', '--watch', '--until', 'ipv4', '--interval', '50ms')
    expect(text).toContain('All 2 nodes agree')
  })

  test('probe connects to every node and ends as nping does', async () => {
    const text = await home.answer('probe', 'shop', '-c', '2', '--delay', '10ms')
    expect(text).toContain('TCP connection attempts: 4 | Successful connections: 4 | Failed: 0 (0.00%)')
    const report = JSON.parse(await home.answer('probe', '--all', '-c1', '--output', 'json'))
    expect(report.totals).toMatchObject({ sent: 2, connected: 2 })
  })

  test('a cluster that is not there is told so by every command', async () => {
    for (const command of ['endpoints', 'discover', 'probe']) {
      expect(await home.cachectl(command, 'nosuch')).toMatchObject({ code: 254 })
    }
  })

  test('Ctrl-C stops waiting, not the change', async () => {
    const child = spawn(process.execPath, [launcher, 'wait', 'cache-cluster-deleted', '--cache-cluster-id', 'idle'], {
      env: { ...bareEnvironment(), CACHECTL_HOME: home.stateDir },
    })
    const ended = new Promise((resolve) => child.on('exit', resolve))
    await ended
    const argv = [launcher, ...CREATE.map((word) => (word === 'shop' ? 'slow' : word)), '--num-cache-nodes', '1']
    const creating = spawn(process.execPath, [...argv, '--wait', '--interval', '30'], {
      env: { ...bareEnvironment(), CACHECTL_HOME: home.stateDir },
    })
    let stderr = ''
    creating.stderr.on('data', (piece: Buffer) => {
      stderr += piece.toString()
    })
    const over = new Promise((resolve) => creating.on('exit', resolve))
    await eventually('the change is accepted', async () => {
      const { code } = await home.cachectl('describe-cache-clusters', '--cache-cluster-id', 'slow')
      return code === 0
    })
    creating.kill('SIGINT')
    const code = await over
    if (code !== 0) {
      expect(code).toBe(130)
      expect(stderr).toContain('Stopped waiting for slow; the change itself goes on.')
    }
    await home.answer('wait', 'cache-cluster-available', '--cache-cluster-id', 'slow')
    await home.answer('delete-cache-cluster', '--cache-cluster-id', 'slow', '--wait')
  })

  test('delete --wait returns when it is gone, with nothing to print', async () => {
    expect(await home.answer('delete-cache-cluster', ...SHOP, '--wait')).toBe('')
    expect(await home.cachectl('describe-cache-clusters', ...SHOP)).toMatchObject({ code: 254 })
  })
})

test('probe tells all, some and none apart by its exit code', async () => {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const open = `127.0.0.1:${port}`
  const probe = async (...where: string[]) => (await cachectl(['probe', ...where, '-c', '1', '--delay', '10ms'])).code
  expect(await probe(open)).toBe(0)
  expect(await probe(open, '127.0.0.1:1')).toBe(1)
  expect(await probe('127.0.0.1:1')).toBe(2)
  server.close()
})

test('the tour runs to its end beside another engine and leaves nothing behind', { timeout: 90_000 }, async () => {
  const home = temporaryHome()
  await home.answer('engine', 'start', '--port', '0')
  const traces = () => readdirSync(tmpdir()).filter((name) => name.startsWith('cachectl-quickstart-'))
  const before = traces()
  const { code, stdout: tour } = await home.cachectl('quickstart')
  expect(code).toBe(0)
  expect(tour).toContain('$ cachectl create-cache-cluster')
  expect(tour).toContain('Engine stopped')
  expect(tour).toContain('Where to go from here')
  expect(traces().filter((name) => !before.includes(name))).toEqual([])
  expect(JSON.parse(await home.answer('engine', 'status', '--output', 'json'))).toMatchObject({ clusters: [] })
})

test('without a server program the tour fails a replication group over, and its key is still there', {
  timeout: 90_000,
}, async () => {
  const nowhere = { CACHECTL_VALKEY_SERVER: '/nowhere/valkey-server', CACHECTL_REDIS_SERVER: '/nowhere/redis-server' }
  const { code, stdout } = await cachectl(['quickstart'], nowhere)
  expect(stdout).toContain('Create a replication group of Valkey')
  expect(stdout).toContain('cart-001 is back as a replica')
  expect(stdout).toMatch(/greeting: string.*\nhello\n/)
  expect(stdout).toContain('Engine stopped')
  expect(code).toBe(0)
})
