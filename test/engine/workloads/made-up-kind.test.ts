/** A kind of workload that there is not: what carries workloads from step to step takes it as it comes. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Life, Runner } from '../../../src/engine/lifecycle/runner.ts'
import { EmbeddedRuntime } from '../../../src/engine/nodes/embedded.ts'
import { Fleet } from '../../../src/engine/nodes/fleet.ts'
import type { CacheClusterRecord } from '../../../src/engine/store/records.ts'
import { Store } from '../../../src/engine/store/store.ts'
import { systemClock } from '../../../src/engine/time/clock.ts'
import { deploymentOf, nextStep, type StepWork, type Workload } from '../../../src/engine/workloads/workload.ts'
import { embedded, embeddedOnly } from '../../support/embedded.ts'
import { firstPort, temporaryDirectory, workerFile } from '../../support/engine.ts'
import { ask } from '../../support/raw.ts'

/** The compiler knows the kinds that there are; nothing but its name is a cluster's. */
const KIND = 'shelf' as 'cluster'

const shelf = {
  region: 'us-west-2',
  id: 'books',
  networkType: 'ipv4',
  status: 'creating',
  steps: [{ do: 'finish' }],
  stepDue: 0,
} as unknown as CacheClusterRecord // all that the store and the lifecycle want of a record

const shelves: Workload<CacheClusterRecord, StepWork> = {
  kind: KIND,
  next: (record, now) => (record.steps.length > 0 ? nextStep(record, now) : undefined),
  faultsOf: () => [],
  nodesOf: () => [
    {
      node: '0001',
      incarnation: 1,
      ports: [firstPort],
      engineVersion: '1.6.22',
      memoryLimit: 2 ** 26,
      threads: 1,
      programs: embedded,
      impairment: null,
    },
  ],
  endpointsOf: () => [],
  certificateOf: () => null,
  ingressOf: () => [{ cidr: '127.0.0.0/8', ports: null }],
  namesOf: () => [],
  claimsOf: () => [firstPort],
  subjectsOf: () => [],
}

const lifeIn = (store: Store): Life<'cluster', StepWork> => ({
  kind: KIND,
  noun: 'shelf',
  next: shelves.next,
  deploymentOf: (record) => deploymentOf(shelves, record, store),
  needsToRun: () => true,
  despair() {},
  mend: () => Promise.resolve('done'),
  async carryOut(record) {
    store.change((change) => change.put(KIND, { ...record, status: 'available', steps: [] }))
    return 'again'
  },
})

test('it has its nodes run and its steps taken, and when it goes its nodes go', async () => {
  const store = await Store.open(join(temporaryDirectory(), 'state.mdb'))
  onTestFinished(() => store.close())
  const runtime = new EmbeddedRuntime(workerFile)
  onTestFinished(() => runtime.close())
  const fleet = new Fleet({
    runtime,
    ...embeddedOnly,
    openAuthority: () => Promise.reject(new Error('no TLS here')),
    memoryBudget: 2 ** 30,
    wallClock: systemClock.now,
    clock: systemClock,
    wake() {},
  })
  const runner = new Runner({ store, clock: systemClock, fleet, lives: [lifeIn(store)], errands: [], log() {} })
  onTestFinished(() => runner.close())
  const version = () => ask(firstPort, 'version\r\n', '\r\n')

  store.change((change) => change.put(KIND, shelf))
  await runner.resume()
  expect(store.get(KIND, 'us-west-2', 'books')).toMatchObject({ status: 'available', steps: [] })
  expect(await version()).toBe('VERSION 1.6.22\r\n')

  const owners = runner.owners()
  store.change((change) => change.remove(KIND, shelf))
  await runner.settle(owners)
  await expect(version()).rejects.toThrow('ECONNREFUSED')
})
