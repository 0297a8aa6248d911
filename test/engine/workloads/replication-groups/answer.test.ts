import { describe, expect, test } from 'vitest'
import type { ReplicationGroupRecord } from '../../../../src/engine/store/records.ts'
import { answerCreation, answerReplicationGroup } from '../../../../src/engine/workloads/replication-groups/answer.ts'
import { answerMemberCluster } from '../../../../src/engine/workloads/replication-groups/member-answer.ts'
import { groupRecord, memberRecord } from '../../../support/records.ts'

const ACCOUNT = '000000000000'
const answer = (group: ReplicationGroupRecord) => answerReplicationGroup(group, ACCOUNT)
const CREATING: Partial<ReplicationGroupRecord> = {
  created: false,
  status: 'creating',
  automaticFailover: 'enabling',
  endpointPorts: { primary: null, reader: null, configuration: null },
}

describe('a replication group with cluster mode disabled', () => {
  test('shows roles and endpoints, and no slots', () => {
    const { NodeGroups: [group] = [], ...rest } = answer(groupRecord())
    expect(rest).toMatchObject({
      MemberClusters: ['shop-001', 'shop-002'],
      ClusterEnabled: false,
      ClusterMode: 'disabled',
      PendingModifiedValues: {},
      GlobalReplicationGroupInfo: {},
      LogDeliveryConfigurations: [],
    })
    expect(rest).not.toHaveProperty('ConfigurationEndpoint')
    expect(rest).not.toHaveProperty('EngineVersion')
    expect(group).not.toHaveProperty('Slots')
    expect(group).toMatchObject({
      PrimaryEndpoint: { Address: '127.0.0.1', Port: 6379 },
      ReaderEndpoint: { Port: 6380 },
      NodeGroupMembers: [
        { CacheClusterId: 'shop-001', CurrentRole: 'primary', ReadEndpoint: { Port: 6401 } },
        { CacheClusterId: 'shop-002', CurrentRole: 'replica', ReadEndpoint: { Port: 6402 } },
      ],
    })
  })

  test('is created without node groups in the answer, with failover as it was asked for', () => {
    const created = answerCreation(groupRecord(CREATING), ACCOUNT)
    expect(created).not.toHaveProperty('NodeGroups')
    expect(created).toMatchObject({ AutomaticFailover: 'enabled', MemberClusters: ['shop-001', 'shop-002'] })
    expect(answer(groupRecord(CREATING))).toMatchObject({ AutomaticFailover: 'enabling' })
  })

  test('shows neither members nor endpoints once it is being deleted', () => {
    const gone = answer(groupRecord({ status: 'deleting' }))
    for (const member of ['MemberClusters', 'NodeGroups', 'CacheNodeType', 'ClusterEnabled']) {
      expect(gone).not.toHaveProperty(member)
    }
    expect(gone.Status).toBe('deleting')
  })
})

describe('a replication group with cluster mode enabled', () => {
  test('shows a configuration endpoint and slots, and no roles', () => {
    const shards = [1, 2].map((number) => ({
      id: `000${number}`,
      status: 'available' as const,
      slots: [number === 1 ? ([0, 8191] as const) : ([8192, 16_383] as const)],
      primary: `shop-000${number}-001`,
      members: [memberRecord(`shop-000${number}-001`)],
    }))
    const endpointPorts = { primary: null, reader: null, configuration: 6379 }
    const shown = answer(groupRecord({ clusterMode: 'enabled', shards, endpointPorts }))
    expect(shown).toMatchObject({
      ClusterEnabled: true,
      ConfigurationEndpoint: { Address: '127.0.0.1', Port: 6379 },
      NodeGroups: [
        { NodeGroupId: '0001', Slots: '0-8191' },
        { NodeGroupId: '0002', Slots: '8192-16383' },
      ],
    })
    const [member] = shown.NodeGroups?.[0]?.NodeGroupMembers ?? []
    expect(Object.keys(member ?? {})).toEqual(['CacheClusterId', 'CacheNodeId', 'PreferredAvailabilityZone'])
  })
})

describe('a member', () => {
  const group = groupRecord({ snapshotRetentionLimit: 3, snapshottingClusterId: 'shop-002' })
  const clusterOf = (id: string, showNodes = false) =>
    answerMemberCluster(group, memberRecord(id), ACCOUNT, { showNodes })

  test('is a cache cluster of one node, with the version down to the patch', () => {
    expect(clusterOf('shop-001', true)).toMatchObject({
      CacheClusterId: 'shop-001',
      ReplicationGroupId: 'shop',
      EngineVersion: '8.0.1',
      NumCacheNodes: 1,
      CacheNodes: [{ CacheNodeId: '0001', Endpoint: { Address: '127.0.0.1', Port: 6401 } }],
      ARN: 'arn:aws:elasticache:us-west-2:000000000000:cluster:shop-001',
    })
    expect(clusterOf('shop-001')).not.toHaveProperty('ConfigurationEndpoint')
  })

  test('keeps snapshots only when it is the one that is saved', () => {
    expect(clusterOf('shop-001').SnapshotRetentionLimit).toBe(0)
    expect(clusterOf('shop-002').SnapshotRetentionLimit).toBe(3)
  })

  test('that is in no group names none', () => {
    const lone = groupRecord({ id: 'one', lone: true })
    expect(answerMemberCluster(lone, memberRecord('one'), ACCOUNT)).not.toHaveProperty('ReplicationGroupId')
  })
})
