/** Service quotas (guide, "Quotas for ElastiCache") and limits of the API reference. */
export const QUOTAS = {
  nodesPerCluster: 60,
  nodesPerRegion: 300,
  tagsPerResource: 50,
  tagKeyLength: 128,
  tagValueLength: 256,
  clusterIdLength: 50,
  parameterGroupsPerRegion: 300,
  parameterGroupNameLength: 255,
  parametersPerRequest: 20,
  subnetGroupsPerRegion: 300,
  subnetsPerSubnetGroup: 20,
  securityGroupsPerRegion: 50,
  groupNameLength: 255,
  serverlessCachesPerRegion: 40,
  /** Manual snapshots of one serverless cache in any 24 hours. */
  serverlessSnapshotsPerDay: 24,
  /** Names of serverless caches and of their snapshots. */
  serverlessNameLength: 40,
  /** The guide names none; as many as there may be nodes. */
  reservedNodesPerRegion: 300,
  reservationIdLength: 60,
  /** Minutes: DescribeEvents looks back 14 days at most. */
  eventRetentionMinutes: 14 * 24 * 60,
} as const
