import { createServer, type Server } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { say } from '../../support/redis-node.ts'
import { isEmbedded, startTestEngine } from '../../support/servers.ts'
import { create, messagesOf, portOf, SKIPPED, server } from './support.ts'

function occupy(port: number): Promise<Server> {
  const program = createServer()
  onTestFinished(() => void program.close())
  return new Promise((resolve) => program.listen(port, '127.0.0.1', () => resolve(program)))
}

describe.skipIf(!server)(`a replication group ${SKIPPED}`, () => {
  test('tells which of its ports another program has, and when it has it again', async () => {
    const stateDir = temporaryDirectory()
    const first = await startTestEngine({ stateDir })
    const port = portOf(await create(first), 'PrimaryEndpoint')
    await first.close()
    const program = await occupy(port)
    const clock = manualClock(Date.now())
    const second = await startTestEngine({ stateDir, clock })
    const groupIn = async () => (await second.status()).replicationGroups[0]
    await eventually('the port is told', async () => (await groupIn())?.lostPorts.length === 1)
    expect((await groupIn())?.lostPorts).toEqual([{ subject: 'primary', port, code: 'EADDRINUSE' }])
    expect(await messagesOf(second, 'shop')).toContain(`Cannot listen: primary on port ${port} (EADDRINUSE)`)
    await new Promise((resolve) => program.close(resolve))
    await eventually('it listens again', async () => {
      clock.advanceTo(clock.now() + 5_000)
      return (await groupIn())?.lostPorts.length === 0
    })
    expect((await messagesOf(second, 'shop')).at(-1)).toBe('Listening again on the ports that another program had')
    expect(await say(port, 'SET', 'a', '1')).toBe('OK')
  })

  test('is in the status of the engine, with its members', async () => {
    const api = await startTestEngine()
    const port = portOf(await create(api, { NumCacheClusters: 2 }), 'PrimaryEndpoint')
    await say(port, 'SET', 'a', '1')
    const { replicationGroups, clusters } = await api.status()
    expect(clusters).toEqual([])
    expect(replicationGroups).toEqual([
      expect.objectContaining({
        ...{ id: 'shop', lone: false, status: 'available', clusterMode: 'disabled', transit: 'plain' },
        endpoints: expect.objectContaining({ primary: { address: '127.0.0.1', port }, configuration: null }),
        lostPorts: [],
        members: [
          expect.objectContaining({ id: 'shop-001', shard: '0001', role: 'primary', status: 'available', items: 1 }),
          expect.objectContaining({
            id: 'shop-002',
            shard: '0001',
            role: 'replica',
            pid: isEmbedded ? null : expect.any(Number),
          }),
        ],
      }),
    ])
  })
})
