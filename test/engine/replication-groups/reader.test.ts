import { expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { say } from '../../support/redis-node.ts'
import { startTestEngine } from '../../support/servers.ts'
import { create, portOf, portOfCluster, SKIPPED, server } from './support.ts'

test.skipIf(!server)(`the reader endpoint shares clients out among replicas ${SKIPPED}`, async () => {
  const engine = await startTestEngine()
  const group = await create(engine, { NumCacheClusters: 3, AutomaticFailoverEnabled: true })
  const reader = portOf(group, 'ReaderEndpoint')
  const runIdOn = async (port: number) => /^run_id:(\w+)/m.exec(await say(port, 'INFO', 'server'))?.[1]
  const replicas = [
    await runIdOn(await portOfCluster(engine, 'shop-002')),
    await runIdOn(await portOfCluster(engine, 'shop-003')),
  ]
  const met = [await runIdOn(reader), await runIdOn(reader), await runIdOn(reader)]
  expect(new Set(met)).toEqual(new Set(replicas))
  expect(met[2]).toBe(met[0])
  await engine.client().decreaseReplicaCount({ ReplicationGroupId: 'shop', NewReplicaCount: 1, ApplyImmediately: true })
  await eventually('the replica that is left answers alone', async () => {
    const [one, two] = [await runIdOn(reader), await runIdOn(reader)]
    return one !== undefined && one === two && replicas.includes(one)
  })
})
