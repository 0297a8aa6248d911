/** Service quotas (guide, "Quotas for ElastiCache") and limits of the API reference. */
export const QUOTAS = {
  nodesPerCluster: 60,
  nodesPerRegion: 300,
  tagsPerResource: 50,
  tagKeyLength: 128,
  tagValueLength: 256,
  clusterIdLength: 50,
  subnetGroupsPerRegion: 300,
  subnetsPerSubnetGroup: 20,
  securityGroupsPerRegion: 50,
  groupNameLength: 255,
  /** Minutes: DescribeEvents looks back 14 days at most. */
  eventRetentionMinutes: 14 * 24 * 60,
} as const
