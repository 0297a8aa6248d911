import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ServerlessStep, SnapshotRecord } from '../../../src/engine/store/records.ts'
import { Store } from '../../../src/engine/store/store.ts'
import { newSnapshot, savedMembers } from '../../../src/engine/workloads/snapshots/begin.ts'
import { isBeingRestored } from '../../../src/engine/workloads/snapshots/find.ts'
import { temporaryDirectory } from '../../support/engine.ts'
import { groupRecord, serverlessRecord } from '../../support/records.ts'

async function openStore(): Promise<Store> {
  const store = await Store.open(join(temporaryDirectory(), 'state.mdb'))
  onTestFinished(() => store.close())
  return store
}

function snapshotRecord(): SnapshotRecord {
  const group = groupRecord()
  const begun = { id: 'friday', type: 'manual', isOfGroup: true, vpcId: 'vpc-1', now: 0, stepDue: 0 } as const
  return { ...newSnapshot(group, savedMembers(group), { ...begun, random: () => 0.5 }), status: 'available' }
}

test('a snapshot is being restored as long as a group, or a serverless cache, has still to read it', async () => {
  const store = await openStore()
  const snapshot = snapshotRecord()
  const file = snapshot.shards[0]?.file ?? ''
  expect(isBeingRestored(snapshot, store)).toBe(false)
  const group = groupRecord({ restoring: { snapshot: 'friday', sources: [{ file, slots: null }] } })
  store.change((change) => change.put('replicationGroup', group))
  expect(isBeingRestored(snapshot, store)).toBe(true)
  store.change((change) => change.remove('replicationGroup', group))
  const waiting: ServerlessStep[] = [{ do: 'prepare-data', sources: [{ file, slots: null }], file: 'own.items' }]
  const cache = serverlessRecord({ steps: waiting })
  store.change((change) => change.put('serverlessCache', cache))
  expect(isBeingRestored(snapshot, store)).toBe(true)
  store.change((change) => change.put('serverlessCache', { ...cache, steps: [] }))
  expect(isBeingRestored(snapshot, store)).toBe(false)
})

test('a replica is saved where there is one, and the one that is named above all', () => {
  const idsOf = (more: object) => savedMembers(groupRecord(more)).map(({ id }) => id)
  expect(idsOf({})).toEqual(['shop-002'])
  expect(idsOf({ snapshottingClusterId: 'shop-001' })).toEqual(['shop-001'])
})
