/** Limits of the API reference that nobody can raise; those that AWS raises on request are in api/engine-quotas.ts. */
export const QUOTAS = {
  tagsPerResource: 50,
  tagKeyLength: 128,
  tagValueLength: 256,
  clusterIdLength: 50,
  parameterGroupNameLength: 255,
  parametersPerRequest: 20,
  groupNameLength: 255,
  /** Names of serverless caches and of their snapshots. */
  serverlessNameLength: 40,
  reservationIdLength: 60,
  /** Minutes: DescribeEvents looks back 14 days at most. */
  eventRetentionMinutes: 14 * 24 * 60,
} as const
