import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CONTROL } from '../../../src/api/local-engine.ts'
import { RespClient } from '../../../src/kv/resp/client.ts'
import { textOf } from '../../../src/protocols/resp/reply.ts'
import { control } from '../../support/control.ts'
import { firstPort, temporaryDirectory } from '../../support/engine.ts'
import type { EngineProcess } from '../../support/engine-process.ts'
import { eventually } from '../../support/eventually.ts'
import { start } from '../../support/real-servers.ts'
import { say, TestClient } from '../../support/redis-node.ts'
import { newGroup, newUser, PASSWORD, untilGroupActive, untilUserActive } from '../users/support.ts'
import { installed, NODE, portOf, SKIPPED } from './support.ts'

/** Processes of all servers that were started with this state. */
function serversOf(stateDir: string): number[] {
  const nodes = join(stateDir, 'nodes')
  if (!existsSync(nodes)) return []
  const files = readdirSync(nodes, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('server.json'))
  // The engine wrote it.
  return files.map((file) => (JSON.parse(readFileSync(join(nodes, file), 'utf8')) as { pid: number }).pid)
}

function stateDirectory(): string {
  const stateDir = temporaryDirectory()
  onTestFinished(() => {
    for (const pid of serversOf(stateDir)) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL')
  })
  return stateDir
}

async function groupOf({ client }: EngineProcess) {
  const { ReplicationGroups: [group = {}] = [] } = await client.describeReplicationGroups({})
  return group
}

async function available(engine: EngineProcess) {
  await eventually('available', async () => (await groupOf(engine)).Status === 'available')
  return groupOf(engine)
}

const create = ({ client }: EngineProcess) =>
  client.createReplicationGroup({
    ...NODE,
    ReplicationGroupId: 'shop',
    ReplicationGroupDescription: 'd',
    NumCacheClusters: 2,
    AutomaticFailoverEnabled: true,
    // Of its own: another engine could take the ports while this one is away.
    Port: firstPort,
  })

const pidAt = async (port: number) => Number(/process_id:(\d+)/.exec(await say(port, 'INFO', 'server'))?.[1])

test('a replication group whose nodes are parts of an engine that is killed comes back empty', async () => {
  const stateDir = stateDirectory()
  const first = await start(stateDir, { pace: 'instant', nodeRuntime: 'embedded' })
  await create(first)
  const port = portOf(await available(first), 'PrimaryEndpoint')
  await say(port, 'SET', 'a', '1')
  await first.kill()
  const second = await start(stateDir, { pace: 'instant', nodeRuntime: 'embedded' })
  await eventually('all have recovered', async () => {
    const { Events = [] } = await second.client.describeEvents({ SourceType: 'cache-cluster' })
    return Events.filter(({ Message }) => Message === 'Finished recovery for cache nodes 0001').length === 2
  })
  expect(portOf(await available(second), 'PrimaryEndpoint')).toBe(port)
  expect(await say(port, 'GET', 'a')).toBe('')
  expect(await say(port, 'SET', 'a', '2')).toBe('OK')
})

describe.skipIf(!installed || process.platform !== 'linux')(
  `a replication group whose engine is killed ${SKIPPED}`,
  () => {
    test('goes on with its servers, and what they hold', async () => {
      const stateDir = stateDirectory()
      const first = await start(stateDir, { pace: 'instant' })
      await create(first)
      const port = portOf(await available(first), 'PrimaryEndpoint')
      await say(port, 'SET', 'a', '1')
      const pid = await pidAt(port)
      await first.kill()
      const second = await start(stateDir, { pace: 'instant' })
      expect(portOf(await available(second), 'PrimaryEndpoint')).toBe(port)
      expect(await pidAt(port)).toBe(pid)
      expect(await say(port, 'GET', 'a')).toBe('1')
    })

    test.each([0, 150])('%i ms into another cluster mode gets there, with what it held', async (ms) => {
      const stateDir = stateDirectory()
      const first = await start(stateDir, { pace: 'instant' })
      await create(first)
      const port = portOf(await available(first), 'PrimaryEndpoint')
      await say(port, 'SET', 'a', '1')
      const change = { ReplicationGroupId: 'shop', ClusterMode: 'compatible', ApplyImmediately: true } as const
      await first.client.modifyReplicationGroup(change)
      await pause(ms)
      await first.kill()
      const second = await start(stateDir, { pace: 'instant' })
      expect((await available(second)).ClusterMode).toBe('compatible')
      expect(await say(port, 'GET', 'a')).toBe('1')
      expect(await say(port, 'SET', 'b', '1')).toBe('OK')
    })

    test('keeps what its servers hold while another program has their ports', async () => {
      const stateDir = stateDirectory()
      const first = await start(stateDir, { pace: 'instant' })
      await create(first)
      const port = portOf(await available(first), 'PrimaryEndpoint')
      await say(port, 'SET', 'a', '1')
      const [member] = (await groupOf(first)).NodeGroups?.[0]?.NodeGroupMembers ?? []
      await first.kill()
      const thief = net.createServer().listen(member?.ReadEndpoint?.Port, '127.0.0.1')
      await once(thief, 'listening')
      await start(stateDir, { pace: 'instant' })
      thief.close()
      await eventually('there again', async () => (await say(port, 'GET', 'a')) === '1')
    })

    test('together with the primary has what the replica holds', async () => {
      const stateDir = stateDirectory()
      const first = await start(stateDir, { pace: 'instant' })
      await create(first)
      const group = await available(first)
      const port = portOf(group, 'PrimaryEndpoint')
      await say(port, 'SET', 'a', '1')
      await eventually('replicated', async () => (await say(portOf(group, 'ReaderEndpoint'), 'GET', 'a')) === '1')
      const pid = await pidAt(port)
      await first.kill()
      process.kill(pid, 'SIGKILL')
      const second = await start(stateDir, { pace: 'instant' })
      await eventually('there again', async () => (await say(port, 'GET', 'a')) === '1')
      await eventually('two members', async () => {
        const info = await say(port, 'INFO', 'replication')
        return info.includes('role:master') && info.includes('connected_slaves:1')
      })
      expect((await groupOf(second)).Status).toBe('available')
    })

    test('has another primary although another program has the port of its reader endpoint', async () => {
      const stateDir = stateDirectory()
      const first = await start(stateDir, { pace: 'instant' })
      await create(first)
      const group = await available(first)
      const port = portOf(group, 'PrimaryEndpoint')
      const reader = portOf(group, 'ReaderEndpoint')
      await say(port, 'SET', 'a', '1')
      await eventually('replicated', async () => (await say(reader, 'GET', 'a')) === '1')
      const pid = await pidAt(port)
      await first.kill()
      const thief = net.createServer().listen(reader, '127.0.0.1')
      await once(thief, 'listening')
      onTestFinished(() => void thief.close())
      process.kill(pid, 'SIGKILL')
      await start(stateDir, { pace: 'instant' })
      await eventually('there again', async () => (await say(port, 'SET', 'b', '2')) === 'OK')
      expect(await say(port, 'GET', 'a')).toBe('1')
    })

    test('suffers on from what it suffered from, until that is cleared', async () => {
      const stateDir = stateDirectory()
      const first = await start(stateDir, { pace: 'instant' })
      await create(first)
      const group = await available(first)
      const [port, reader] = [portOf(group, 'PrimaryEndpoint'), portOf(group, 'ReaderEndpoint')]
      await control(first, 'POST', CONTROL.faults, { kind: 'replication-break', cluster: 'shop' })
      await first.kill()
      const second = await start(stateDir, { pace: 'instant' })
      const faults = await control(second, 'GET', CONTROL.faults)
      expect(faults).toMatchObject([{ id: 'replication-break-1', replicationGroup: 'shop' }])
      await eventually('there again', async () => (await say(port, 'SET', 'a', '1')) === 'OK')
      await eventually('no link', async () => (await say(reader, 'INFO', 'replication')).includes('link_status:down'))
      await control(second, 'POST', CONTROL.faults, { clear: [] })
      await eventually('replicated', async () => (await say(reader, 'GET', 'a')) === '1')
    })

    test('while its access is changed is as it was to be, for clients and for users', async () => {
      const stateDir = stateDirectory()
      const first = await start(stateDir, { pace: 'quick' })
      await create(first)
      const port = portOf(await available(first), 'PrimaryEndpoint')
      const encrypt = { ReplicationGroupId: 'shop', TransitEncryptionEnabled: true, ApplyImmediately: true }
      await first.client.modifyReplicationGroup({ ...encrypt, TransitEncryptionMode: 'preferred' })
      await first.kill()

      const second = await start(stateDir, { pace: 'quick' })
      expect(await available(second)).toMatchObject({ TransitEncryptionMode: 'preferred' })
      expect(await say(port, 'SET', 'a', '1')).toBe('OK')
      await second.client.createUser(newUser('app', { AccessString: 'on ~app:* +@read' }))
      await second.client.createUserGroup(newGroup('shop', ['app']))
      await untilGroupActive(second.client, 'shop')
      await second.client.modifyReplicationGroup({
        ReplicationGroupId: 'shop',
        UserGroupIdsToAdd: ['shop'],
        ApplyImmediately: true,
      })
      await second.kill()

      const third = await start(stateDir, { pace: 'quick' })
      expect(await available(third)).toMatchObject({ UserGroupIds: ['shop'] })
      const app = new TestClient(port)
      expect(await app.say('AUTH', 'app', PASSWORD)).toBe('OK')
      expect(await app.say('SET', 'app:1', '1')).toMatch(/^NOPERM/)
      await third.client.modifyUser({ UserId: 'app', AppendAccessString: '+set' })
      await third.kill()

      const last = await start(stateDir, { pace: 'quick' })
      await untilUserActive(last.client, 'app')
      const again = new TestClient(port)
      await again.say('AUTH', 'app', PASSWORD)
      expect(await again.say('SET', 'app:1', '1')).toBe('OK')
    })

    test('while it is made comes to be all the same, and a deleted one leaves no server', async () => {
      const stateDir = stateDirectory()
      const first = await start(stateDir, { pace: 'instant' })
      await create(first)
      await eventually('a server', () => serversOf(stateDir).length > 0)
      await first.kill()
      const second = await start(stateDir, { pace: 'instant' })
      const group = await available(second)
      expect(await say(portOf(group, 'PrimaryEndpoint'), 'SET', 'a', '1')).toBe('OK')
      const pids = serversOf(stateDir)
      expect(pids).toHaveLength(2)
      await second.client.deleteReplicationGroup({ ReplicationGroupId: 'shop' })
      await second.kill()
      await start(stateDir, { pace: 'instant' })
      await eventually('no server', () => pids.every((pid) => !existsSync(`/proc/${pid}`)))
    })

    test('goes on moving slots where it was, and all keys are there', async () => {
      const stateDir = stateDirectory()
      const first = await start(stateDir, { pace: 'quick' })
      await first.client.createReplicationGroup({
        ...NODE,
        ReplicationGroupId: 'shop',
        ReplicationGroupDescription: 'd',
        NumNodeGroups: 2,
        ReplicasPerNodeGroup: 0,
        AutomaticFailoverEnabled: true,
        Port: firstPort,
      })
      const { ConfigurationEndpoint: endpoint } = await available(first)
      const seed = { host: '127.0.0.1', port: endpoint?.Port ?? 0 }
      const keys = Array.from({ length: 2000 }, (_, n) => `k${n}`)
      const before = await RespClient.open([seed], { timeoutMs: 20_000 })
      await before.askAll(keys.map((key) => ({ key, command: ['SET', key, key] })))
      before.close()
      await first.client.modifyReplicationGroupShardConfiguration({
        ReplicationGroupId: 'shop',
        NodeGroupCount: 1,
        NodeGroupsToRemove: ['0001'],
        ApplyImmediately: true,
      })
      const progress = async () =>
        (await groupOf(first)).PendingModifiedValues?.Resharding?.SlotMigration?.ProgressPercentage ?? 0
      await eventually('some slots have moved', async () => (await progress()) > 0)
      await first.kill()

      const second = await start(stateDir, { pace: 'quick' })
      const { NodeGroups: shards = [] } = await available(second)
      expect(shards.map(({ NodeGroupId, Slots }) => `${NodeGroupId} ${Slots}`)).toEqual(['0002 0-16383'])
      const after = await RespClient.open([seed], { timeoutMs: 20_000 })
      const answers = await after.askAll(keys.map((key) => ({ key, command: ['GET', key] })))
      after.close()
      expect(answers.map(({ reply }) => textOf(reply))).toEqual(keys)
    })
  },
)
