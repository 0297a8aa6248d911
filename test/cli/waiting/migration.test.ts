import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { nextPort, SERVERS, say } from '../../support/redis-node.ts'
import { temporaryHome } from '../support/cli.ts'

const [server] = SERVERS.filter(({ isMissing }) => !isMissing).reverse()
const engine = server?.name === 'valkey-server' ? 'valkey' : 'redis'

describe.skipIf(!server)('an online migration waited for (skipped without redis-server and valkey-server)', () => {
  const home = temporaryHome(afterAll)
  const OF = ['--replication-group-id', 'shop']
  const from = (port: number) => [...OF, '--customer-node-endpoint-list', `Address=127.0.0.1,Port=${port}`, '--wait']
  const port = nextPort()
  const outside = () =>
    spawn(
      server?.name ?? '',
      ['--port', String(port), '--dir', temporaryDirectory(), '--save', '', '--protected-mode', 'no'],
      { stdio: 'ignore' },
    )
  let source: ReturnType<typeof outside> | undefined

  async function startSource() {
    source = outside()
    await eventually('a server outside', async () => (await say(port, 'PING')) === 'PONG')
  }

  async function endSource() {
    source?.kill('SIGKILL')
    if (source) await once(source, 'exit')
    source = undefined
  }

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    await home.answer(
      ...['create-replication-group', ...OF, '--replication-group-description', 'd', '--engine', engine],
      ...['--cache-node-type', 'cache.t4g.small', '--num-cache-clusters', '2', '--no-at-rest-encryption-enabled'],
      ...['--automatic-failover-enabled', '--multi-az-enabled', '--wait'],
    )
  }, 60_000)
  afterAll(endSource)

  const failing = async (...args: string[]) => {
    const { code, stderr } = await home.cachectl(...args)
    expect(code).toBe(255)
    return stderr
  }

  test('ends with what is in the way when there is no source', async () => {
    expect(await failing('test-migration', ...from(port))).toContain(
      `Waiter ReplicationGroupAvailable failed: Test Migration failed for shop: 127.0.0.1:${port} cannot be reached`,
    )
    expect(await failing('start-migration', ...from(port))).toContain(
      `Waiter ReplicationGroupMigrating failed: Start Migration failed for shop: 127.0.0.1:${port} cannot be reached`,
    )
    await home.answer('wait', 'replication-group-available', ...OF)
  }, 60_000)

  test('is over with each of its steps, and fails when the source has gone meanwhile', async () => {
    await startSource()
    await home.answer('test-migration', ...from(port))
    const { ReplicationGroup } = JSON.parse(await home.answer('start-migration', ...from(port)))
    expect(ReplicationGroup.Status).toBe('migrating')
    await endSource()
    const complete = ['complete-migration', ...OF, '--wait']
    expect(await failing(...complete)).toContain(
      'Waiter ReplicationGroupAvailable failed: Complete Migration failed for shop: it is not in sync with the source',
    )
    const forced = JSON.parse(await home.answer(...complete, '--force'))
    expect(forced.ReplicationGroup.Status).toBe('available')
  }, 60_000)
})
