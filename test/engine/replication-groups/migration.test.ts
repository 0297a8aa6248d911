import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type TestEngine, temporaryDirectory } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { nextPort, say } from '../../support/redis-node.ts'
import { start, startTestEngine } from '../../support/servers.ts'
import { available, create, groupOf, messagesOf, NODE, portOf, SKIPPED, server } from './support.ts'

interface Outside {
  readonly port: number
  readonly process: ChildProcess
}

/** A server that is none of an engine's, and open to anybody on this machine. */
async function startOutside(...options: string[]): Promise<Outside> {
  const port = nextPort()
  const directory = temporaryDirectory()
  const process = spawn(
    server?.name ?? '',
    [...['--port', String(port), '--dir', directory, '--save', '', '--protected-mode', 'no'], ...options],
    { stdio: 'ignore' },
  )
  onTestFinished(async () => {
    if (process.exitCode !== null || process.signalCode !== null) return
    process.kill('SIGKILL')
    await once(process, 'exit')
  })
  await eventually('a server outside', async () => (await say(port, 'PING')) !== 'CLOSED')
  return { port, process }
}

const FIT = {
  NumCacheClusters: 2,
  AutomaticFailoverEnabled: true,
  MultiAZEnabled: true,
  AtRestEncryptionEnabled: false,
}

const from = (port: number) => ({
  ReplicationGroupId: 'shop',
  CustomerNodeEndpointList: [{ Address: '127.0.0.1', Port: port }],
})

const untilTold = (api: TestEngine, message: string) =>
  eventually(message, async () => (await messagesOf(api, 'shop')).includes(message))

const BEGUN = 'Start Migration successful for shop: its data is that of the source'

async function migrating(api: TestEngine, port: number): Promise<void> {
  const { ReplicationGroup } = await api.client().startMigration(from(port))
  expect(ReplicationGroup?.Status).toBe('modifying')
  await untilTold(api, BEGUN)
  expect((await groupOf(api)).Status).toBe('migrating')
}

describe.skipIf(!server)(`an online migration ${SKIPPED}`, () => {
  test('brings the data of a server outside, which goes on as it is', async () => {
    const [api, outside] = await Promise.all([startTestEngine(), startOutside()])
    await say(outside.port, 'SET', 'before', '1')
    const group = await create(api, FIT)
    const port = portOf(group, 'PrimaryEndpoint')
    await say(port, 'SET', 'own', '1')
    await migrating(api, outside.port)
    await say(outside.port, 'SET', 'during', '2')
    await eventually('fed', async () => (await say(port, 'GET', 'during')) === '2')
    expect(await say(port, 'GET', 'before')).toBe('1')
    expect(await say(port, 'GET', 'own')).toBe('')
    expect(await say(port, 'SET', 'a', '1')).toMatch(/^READONLY /)

    await say(outside.port, 'SET', 'last', '3')
    await api.client().completeMigration({ ReplicationGroupId: 'shop' })
    await available(api)
    expect(await messagesOf(api, 'shop')).toContain('Complete Migration successful for shop')
    expect(await say(port, 'GET', 'last')).toBe('3')
    expect(await say(port, 'SET', 'after', '4')).toBe('OK')
    expect(await say(portOf(group, 'ReaderEndpoint'), 'GET', 'during')).toBe('2')
    expect(await say(outside.port, 'SET', 'after', '5')).toBe('OK')
    expect(await say(outside.port, 'INFO', 'replication')).toContain('role:master')
  })

  test('is given up when the source cannot be reached, and tells why', async () => {
    const api = await startTestEngine()
    const port = portOf(await create(api, FIT), 'PrimaryEndpoint')
    const nobody = nextPort()
    await api.client().startMigration(from(nobody))
    await available(api)
    expect((await messagesOf(api, 'shop')).at(-1)).toContain(
      `Start Migration failed for shop: 127.0.0.1:${nobody} cannot be reached`,
    )
    expect(await say(port, 'SET', 'a', '1')).toBe('OK')
  })

  test('is not completed while the source is away, but by force', async () => {
    const [api, outside] = await Promise.all([startTestEngine(), startOutside()])
    await say(outside.port, 'SET', 'a', '1')
    const port = portOf(await create(api, FIT), 'PrimaryEndpoint')
    await migrating(api, outside.port)
    outside.process.kill('SIGKILL')
    await eventually('away', async () => (await say(port, 'INFO', 'replication')).includes('master_link_status:down'))
    await api.client().completeMigration({ ReplicationGroupId: 'shop' })
    await untilTold(api, 'Complete Migration failed for shop: it is not in sync with the source')
    expect((await groupOf(api)).Status).toBe('migrating')
    await api.client().completeMigration({ ReplicationGroupId: 'shop', Force: true })
    await untilTold(
      api,
      'Complete Migration forced for shop while it is not in sync with the source: data may be missing',
    )
    await available(api)
    expect(await say(port, 'GET', 'a')).toBe('1')
    expect(await say(port, 'SET', 'a', '2')).toBe('OK')
  })

  test('leaves a group whose former primary can follow another one', async () => {
    const [api, outside] = await Promise.all([startTestEngine(), startOutside()])
    const port = portOf(await create(api, FIT), 'PrimaryEndpoint')
    await migrating(api, outside.port)
    await api.client().completeMigration({ ReplicationGroupId: 'shop', Force: true })
    await available(api)
    const shop = { ReplicationGroupId: 'shop', ApplyImmediately: true }
    await api.client().modifyReplicationGroup({ ...shop, AutomaticFailoverEnabled: false, MultiAZEnabled: false })
    await available(api)
    await api.client().modifyReplicationGroup({ ...shop, PrimaryClusterId: 'shop-002' })
    await available(api)
    const info = await say(port, 'INFO', 'replication')
    expect(info).toContain('role:master')
    expect(info).toContain('connected_slaves:1')
  })

  test('goes on when the engine is killed meanwhile', async () => {
    const outside = await startOutside()
    const stateDir = temporaryDirectory()
    const first = await start(stateDir, { pace: 'instant' })
    await first.client.createReplicationGroup({
      ...NODE,
      ...FIT,
      ReplicationGroupId: 'shop',
      ReplicationGroupDescription: 'd',
    })
    const groupAt = async ({ client }: typeof first) =>
      (await client.describeReplicationGroups({})).ReplicationGroups?.[0]
    await eventually('available', async () => (await groupAt(first))?.Status === 'available')
    await first.client.startMigration(from(outside.port))
    await first.kill()
    const second = await start(stateDir, { pace: 'instant' })
    await eventually('begun', async () => {
      const { Events = [] } = await second.client.describeEvents({ SourceIdentifier: 'shop' })
      return Events.some(({ Message }) => Message === BEGUN)
    })
    await second.client.completeMigration({ ReplicationGroupId: 'shop', Force: true })
    await eventually('available again', async () => (await groupAt(second))?.Status === 'available')
  })

  test('is tested without any change to the group', async () => {
    const api = await startTestEngine()
    const [open, closed] = await Promise.all([startOutside(), startOutside('--requirepass', 'secret')])
    await create(api, FIT)
    const { ReplicationGroup } = await api.client().testMigration(from(open.port))
    expect(ReplicationGroup?.Status).toBe('available')
    await untilTold(api, 'Test Migration successful for shop')
    await api.client().testMigration(from(closed.port))
    await untilTold(api, 'Test Migration failed for shop: the source does not answer: NOAUTH Authentication required.')
  })

  test('is refused where the group is not fit for it, or not in the state', async () => {
    const [api, outside] = await Promise.all([startTestEngine(), startOutside()])
    const client = api.client()
    await create(api, { NumCacheClusters: 1, AtRestEncryptionEnabled: false })
    await expect(client.startMigration(from(outside.port))).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'Online migration to replication group shop is not possible: it needs Multi-AZ enabled.',
    })
    await expect(client.completeMigration({ ReplicationGroupId: 'shop' })).rejects.toMatchObject({
      name: 'ReplicationGroupNotUnderMigrationFault',
    })
    await client.increaseReplicaCount({ ReplicationGroupId: 'shop', NewReplicaCount: 1, ApplyImmediately: true })
    await available(api)
    await client.modifyReplicationGroup({
      ...{ ReplicationGroupId: 'shop', ApplyImmediately: true },
      ...{ AutomaticFailoverEnabled: true, MultiAZEnabled: true },
    })
    await available(api)
    await migrating(api, outside.port)
    await expect(client.startMigration(from(outside.port))).rejects.toMatchObject({
      name: 'ReplicationGroupAlreadyUnderMigrationFault',
    })
    await expect(client.deleteReplicationGroup({ ReplicationGroupId: 'shop' })).rejects.toMatchObject({
      name: 'InvalidReplicationGroupStateFault',
    })
  })
})
