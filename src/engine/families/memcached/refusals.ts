/**
 * Members of CreateCacheCluster, ModifyCacheCluster and DeleteCacheCluster that have no meaning for Memcached, or that this engine cannot honour.
 * They are refused, never ignored: a request that succeeds has done all that it asked for.
 */
import type { Refusal } from '../family.ts'

const notForMemcached = (what: string, allow: (value: unknown) => boolean = () => false): Refusal => [
  'InvalidParameterCombination',
  `${what} is not supported for engine memcached.`,
  allow,
]
const notHere = (what: string): Refusal => [
  'InvalidParameterValue',
  `The local engine does not support ${what} yet. Leave it out, or use --target aws.`,
]

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0

export const refusals: Readonly<Record<string, Refusal>> = {
  ReplicationGroupId: ['ReplicationGroupNotFoundFault', (id) => `ReplicationGroup not found: ${id}`],
  SnapshotArns: notForMemcached('Restoring from a snapshot'),
  SnapshotName: notForMemcached('Restoring from a snapshot'),
  SnapshotRetentionLimit: notForMemcached('Snapshotting', (value) => value === 0),
  SnapshotWindow: notForMemcached('Snapshotting'),
  FinalSnapshotIdentifier: [
    'SnapshotFeatureNotSupportedFault',
    'Snapshotting is not supported for engine memcached.',
    (value) => value === '',
  ],
  AuthToken: notForMemcached('AuthToken'),
  AuthTokenUpdateStrategy: notForMemcached('AuthTokenUpdateStrategy'),
  LogDeliveryConfigurations: [
    'InvalidParameterCombination',
    (value) => {
      const [first] = value as readonly { LogType?: string }[] // so decoded
      return `${first?.LogType ?? 'engine-log'} log delivery is not supported for the memcached engine`
    },
    isEmpty,
  ],
  CacheSecurityGroupNames: [
    'InvalidParameterValue',
    'Use of cache security groups is not permitted in this API version for your account.',
    isEmpty,
  ],
  OutpostMode: notHere('Outposts (OutpostMode)'),
  PreferredOutpostArn: notHere('Outposts (PreferredOutpostArn)'),
  PreferredOutpostArns: notHere('Outposts (PreferredOutpostArns)'),
}
