/** Quotas per region that AWS raises on request, by their names in `cachectl engine quota`. */

/** The defaults (guide, "Quotas for ElastiCache"); what the guide gives no figure for says so. */
export const DEFAULT_QUOTAS = {
  'nodes-per-cluster': 60,
  /** Of Redis OSS and Valkey, all shards together; six of a shard at most, which AWS does not raise. */
  'nodes-per-replication-group': 90,
  /** Of node groups, in any 24 hours. */
  'failover-tests-per-day': 15,
  'nodes-per-region': 300,
  'parameter-groups-per-region': 300,
  'subnet-groups-per-region': 300,
  'subnets-per-subnet-group': 20,
  'security-groups-per-region': 50,
  'serverless-caches-per-region': 40,
  /** Manual snapshots of one serverless cache in any 24 hours. */
  'serverless-snapshots-per-day': 24,
  /** Manual ones of one node of Redis OSS or Valkey in any 24 hours. */
  'snapshots-per-node-per-day': 20,
  /** The guide names none; as many as there may be nodes. */
  'reserved-nodes-per-region': 300,
  /** Twice as many of these two since 2025, says AWS's page of quotas; the guide says so. */
  'users-per-region': 1000,
  'user-groups-per-region': 100,
  'users-per-user-group': 100,
  /** CloudWatch's, not ElastiCache's. */
  'alarms-per-region': 5000,
} as const

export type QuotaName = keyof typeof DEFAULT_QUOTAS

export const isQuotaName = (name: string): name is QuotaName => Object.hasOwn(DEFAULT_QUOTAS, name)
