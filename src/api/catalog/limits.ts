/** Limits of the API reference that hold for every account; those that AWS raises on request are in quotas.ts. */
export const LIMITS = {
  tagsPerResource: 50,
  tagKeyLength: 128,
  tagValueLength: 256,
  clusterIdLength: 50,
  replicationGroupIdLength: 40,
  replicasPerShard: 5,
  /** Days for which automatic snapshots of a replication group can be kept. */
  snapshotRetentionDays: 35,
  /** Of users and of user groups. */
  userIdLength: 40,
  parameterGroupNameLength: 255,
  parametersPerRequest: 20,
  groupNameLength: 255,
  /** Names of serverless caches and of their snapshots. */
  serverlessNameLength: 40,
  /** Of replication groups and their nodes; the API tells none. */
  snapshotNameLength: 255,
  reservationIdLength: 60,
  /** EC2's, of the groups of a VPC. */
  securityGroupNameLength: 255,
  /** Of clusters, and of replication groups, in one call about service updates. */
  updateTargetsPerRequest: 20,
  /** Minutes: DescribeEvents looks back 14 days at most. */
  eventRetentionMinutes: 14 * 24 * 60,
} as const
