import { expect, test } from 'vitest'
import { isPrimary, runningMembers } from '../../../../src/engine/workloads/replication-groups/members.ts'
import { awaitsServers } from '../../../../src/engine/workloads/replication-groups/steps.ts'
import { groupRecord, memberRecord } from '../../../support/records.ts'

const idsOf = (members: readonly { readonly id: string }[]) => members.map(({ id }) => id)

test('members run once they are placed, and until they are lost or deleted', () => {
  const members = [
    memberRecord('shop-001'),
    memberRecord('shop-002', { place: null }),
    memberRecord('shop-003', { lost: true }),
    memberRecord('shop-004', { status: 'deleting' }),
  ]
  const group = groupRecord({
    shards: [{ id: '0001', status: 'available', slots: [], primary: 'shop-001', members }],
  })
  expect(idsOf(runningMembers(group))).toEqual(['shop-001'])
  expect(runningMembers({ ...group, status: 'deleting' })).toEqual([])
  expect(isPrimary(group, 'shop-001')).toBe(true)
  expect(isPrimary(group, 'shop-002')).toBe(false)
})

test('what says that servers are ready waits for them', () => {
  expect(awaitsServers([{ do: 'join-members' }])).toBe(true)
  expect(awaitsServers([{ do: 'place-members' }])).toBe(false)
  expect(awaitsServers([])).toBe(false)
})
