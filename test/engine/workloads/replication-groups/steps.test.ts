import { describe, expect, test } from 'vitest'
import { eventText } from '../../../../src/api/catalog/events.ts'
import type { GroupStep, ReplicationGroupRecord } from '../../../../src/engine/store/records.ts'
import { membersOf } from '../../../../src/engine/workloads/replication-groups/members.ts'
import { portsNeeded, takeStep, withLostServer } from '../../../../src/engine/workloads/replication-groups/steps.ts'
import { groupRecord, memberRecord } from '../../../support/records.ts'

const NOW = Date.UTC(2026, 5, 1)

function take(group: ReplicationGroupRecord, step: GroupStep, more: { promoted?: string } = {}) {
  const {
    group: after,
    events,
    retained,
  } = takeStep(
    { ...group, steps: [step, { do: 'finish' }] },
    {
      now: NOW,
      places: [6379, 6380, 6381, 6382].map((port) => ({ port })),
      innerPorts: [16_379, 16_380],
      subnets: ['subnet-a', 'subnet-b'],
      ...more,
    },
  )
  return { after, retained, said: events.map(({ member = 'shop', event }) => `${member}: ${eventText(event)}`) }
}

const rolesOf = (group: ReplicationGroupRecord | null) =>
  group?.shards.map(({ primary, members }) => [primary, members.map(({ id }) => id).join()])

describe('a group that is created', () => {
  const members = ['shop-001', 'shop-002'].map((id) => memberRecord(id, { place: null, status: 'creating' }))
  const unborn = groupRecord({
    created: false,
    status: 'creating',
    automaticFailover: 'enabling',
    endpointPorts: { primary: null, reader: null, configuration: null },
    shards: [{ id: '0001', status: 'creating', slots: [], primary: 'shop-001', members }],
  })

  test('leaves the first ports to its endpoints', () => {
    expect(portsNeeded({ ...unborn, steps: [{ do: 'place-members' }] })).toEqual({ outer: 4, inner: 2 })
    const { after } = take(unborn, { do: 'place-members' })
    expect(after?.endpointPorts).toEqual({ primary: 6379, reader: 6380, configuration: null })
    expect(after && membersOf(after).map(({ place }) => place)).toEqual([
      { subnetId: 'subnet-a', port: 6381, innerPort: 16_379, busPort: null },
      { subnetId: 'subnet-b', port: 6382, innerPort: 16_380, busPort: null },
    ])
  })

  test('tells of its members, then of itself, then of automatic failover', () => {
    const { after, said } = take(unborn, { do: 'join-members' })
    expect(said[0]).toBe('shop-001: Cache cluster created')
    expect(said.at(-1)).toBe('shop: Replication group shop created')
    const finished = after && take(after, { do: 'finish' })
    expect(finished?.said).toEqual(['shop: Automatic failover has been turned on for replication group shop'])
    expect(finished?.after).toMatchObject({ status: 'available', automaticFailover: 'enabled' })
  })
})

describe('a server that ends by itself', () => {
  const group = groupRecord({ automaticFailover: 'enabled' })

  test('of a primary gives its place to the replica that knows most, and comes back as a replica under its id', () => {
    const lost = withLostServer(group, 'shop-001', NOW)
    expect(lost.steps).toEqual([{ do: 'fail-over', lost: 'shop-001' }])
    const { after, said } = take(lost, { do: 'fail-over', lost: 'shop-001' }, { promoted: 'shop-002' })
    expect(rolesOf(after)).toEqual([['shop-002', 'shop-001,shop-002']])
    expect(after?.steps.slice(0, 2)).toEqual([
      { do: 'recover', id: 'shop-001' },
      { do: 'recovered', id: 'shop-001' },
    ])
    expect(said).toEqual([
      'shop-001: Failover from primary node shop-001 to replica node shop-002 completed',
      'shop: Failover from primary node shop-001 to replica node shop-002 completed',
    ])
    const recovering = after && take(after, { do: 'recover', id: 'shop-001' })
    expect(recovering?.after && membersOf(recovering.after)[0]).toEqual(
      memberRecord('shop-001', { incarnation: 2, parameters: { started: {}, version: 1 } }),
    )
  })

  test('of a primary without automatic failover starts again where it was', () => {
    const { steps } = withLostServer(groupRecord(), 'shop-001', NOW)
    expect(steps.map((step) => step.do)).toEqual(['recover', 'recovered'])
  })

  test('while it is recovered is recovered once', () => {
    const twice = withLostServer(withLostServer(group, 'shop-002', NOW), 'shop-002', NOW)
    expect(twice.steps.map((step) => step.do)).toEqual(['recover', 'recovered'])
  })

  test('of a primary and of a replica leaves the shard a primary before anything is waited for', () => {
    const both = withLostServer(withLostServer(group, 'shop-001', NOW), 'shop-002', NOW)
    expect(both.steps.map((step) => step.do)).toEqual(['fail-over', 'recover', 'recovered'])
    const { after } = take(both, { do: 'fail-over', lost: 'shop-001' })
    expect(after?.steps.map((step) => step.do)).toEqual(['recover', 'recovered', 'finish'])
  })

  test('comes before what else was to be done', () => {
    const { steps } = withLostServer({ ...group, steps: [{ do: 'join-members' }] }, 'shop-002', NOW)
    expect(steps.map((step) => step.do)).toEqual(['recover', 'recovered', 'join-members'])
  })
})

test('a primary that is retained goes on as a cache cluster of its own', () => {
  const { after, retained, said } = take(groupRecord(), { do: 'delete', retain: 'shop-001' })
  expect(after).toBeNull()
  expect(retained).toMatchObject({ id: 'shop-001', lone: true, status: 'available', steps: [] })
  expect(retained && membersOf(retained)).toEqual([memberRecord('shop-001')])
  expect(said).toEqual(['shop-002: Cache cluster deleted', 'shop: Replication group shop deleted'])
})
