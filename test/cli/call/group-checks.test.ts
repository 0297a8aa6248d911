import { describe, expect, test } from 'vitest'
import type { OperationName } from '../../../src/api/model.ts'
import { checkRequest } from '../../../src/cli/call/checks.ts'

const about = (name: OperationName, input: object) => checkRequest(name, input).map(({ option }) => option)
const group = { ReplicationGroupId: 'cart', Engine: 'valkey', CacheNodeType: 'cache.t4g.small' }
const tls = { TransitEncryptionEnabled: true }

describe('a request for a new replication group', () => {
  test.each<[string, object, string[]]>([
    ['nothing is wrong', { NumCacheClusters: 2, AutomaticFailoverEnabled: true, MultiAZEnabled: true }, []],
    ['nothing is wrong with shards', { NumNodeGroups: 2, ReplicasPerNodeGroup: 1, AutomaticFailoverEnabled: true }, []],
    ['a name that is too long', { ReplicationGroupId: 'x'.repeat(41) }, ['replication-group-id']],
    ['an engine without groups', { Engine: 'memcached' }, ['engine']],
    ['two ways to count', { NumCacheClusters: 2, ReplicasPerNodeGroup: 1 }, ['num-cache-clusters']],
    ['a seventh node', { NumCacheClusters: 7 }, ['num-cache-clusters']],
    ['a sixth replica', { ReplicasPerNodeGroup: 6 }, ['replicas-per-node-group']],
    ['shards without failover', { NumNodeGroups: 2 }, ['automatic-failover-enabled']],
    ['failover to nothing', { NumCacheClusters: 1, AutomaticFailoverEnabled: true }, ['automatic-failover-enabled']],
    ['failover of a snapshot that may have it', { SnapshotName: 's', AutomaticFailoverEnabled: true }, []],
    ['zones without failover', { NumCacheClusters: 2, MultiAZEnabled: true }, ['multi-az-enabled']],
    [
      'a zone too few',
      { NumCacheClusters: 2, PreferredCacheClusterAZs: ['us-west-2a'] },
      ['preferred-cache-cluster-azs'],
    ],
    ['IPv6 before 6.2', { Engine: 'redis', EngineVersion: '6.0', NetworkType: 'ipv6' }, ['network-type']],
    ['another family', { CacheParameterGroupName: 'default.redis7' }, ['cache-parameter-group-name']],
    [
      'shards by a group without cluster mode',
      {
        ...{ EngineVersion: '8.0', CacheParameterGroupName: 'default.valkey8' },
        ...{ NumNodeGroups: 2, AutomaticFailoverEnabled: true },
      },
      ['cache-parameter-group-name'],
    ],
    ['users in plain text', { UserGroupIds: ['staff'] }, ['user-group-ids']],
    ['a token and users', { ...tls, UserGroupIds: ['staff'], AuthToken: 'sixteen-letters-1' }, ['user-group-ids']],
    ['a token in plain text', { AuthToken: 'sixteen-letters-1' }, ['auth-token']],
    ['a token of another form', { ...tls, AuthToken: 'short@' }, ['auth-token']],
    ['a mode of nothing', { TransitEncryptionMode: 'preferred' }, ['transit-encryption-mode']],
    ['an SSD that is not there', { DataTieringEnabled: true }, ['data-tiering-enabled']],
    ['snapshots for longer than there are', { SnapshotRetentionLimit: 36 }, ['snapshot-retention-limit']],
  ])('%s', (_, more, expected) => expect(about('CreateReplicationGroup', { ...group, ...more })).toEqual(expected))
})

test.each<[string, OperationName, object, string[]]>([
  ['two counts', 'DecreaseReplicaCount', { NewReplicaCount: 1, ReplicasToRemove: ['a'] }, ['new-replica-count']],
  ['no count', 'IncreaseReplicaCount', { ApplyImmediately: true }, ['new-replica-count']],
  ['later', 'IncreaseReplicaCount', { NewReplicaCount: 1, ApplyImmediately: false }, ['apply-immediately']],
  [
    'going and staying',
    'ModifyReplicationGroupShardConfiguration',
    { NodeGroupCount: 1, NodeGroupsToRemove: ['0001'], NodeGroupsToRetain: ['0002'] },
    ['node-groups-to-retain'],
  ],
  [
    'a token that is to go, and one that is to come',
    'ModifyReplicationGroup',
    { AuthToken: 'sixteen-letters-1', AuthTokenUpdateStrategy: 'DELETE' },
    ['auth-token-update-strategy'],
  ],
  ['a token that is not said', 'ModifyReplicationGroup', { AuthTokenUpdateStrategy: 'ROTATE' }, ['auth-token']],
])('a change of a group: %s', (_, name, input, expected) =>
  expect(about(name, { ReplicationGroupId: 'cart', ...input })).toEqual(expected),
)
