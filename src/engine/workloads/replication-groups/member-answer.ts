import type { CacheCluster, CacheNode } from '@aws-sdk/client-elasticache'
import { NODE_ID } from '../../../api/catalog/cache-node.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { arn } from '../../../api/names.ts'
import { awaitsReboot, nodeApplyStatus } from '../../parameters/status.ts'
import type { GroupMemberRecord, ReplicationGroupRecord } from '../../store/records.ts'
import { answerPendingAccess, endpointOf } from './answer.ts'
import { answerLogs, answerPendingLogs, logsOf } from './logs.ts'
import { reportedVersion } from './versions.ts'

const LANDING_PAGE = 'https://console.aws.amazon.com/elasticache/home#client-download:'

/**
 * A member as the cache cluster that it is, too: what its group does not show is here (engine version, parameter group, security
 * groups). Snapshots are those of the member that is saved; the others have none.
 */
export function answerMemberCluster(
  group: ReplicationGroupRecord,
  member: GroupMemberRecord,
  account: string,
  { showNodes = false } = {},
): CacheCluster {
  const isCreated = member.status !== 'creating'
  const saves = group.lone || group.clusterMode === 'enabled' || group.snapshottingClusterId === member.id
  return {
    CacheClusterId: member.id,
    ClientDownloadLandingPage: LANDING_PAGE,
    CacheNodeType: group.nodeType,
    Engine: group.engine,
    EngineVersion: reportedVersion(group.engine, group.engineVersion),
    CacheClusterStatus: statusOf(group, member),
    NumCacheNodes: 1,
    PreferredAvailabilityZone: member.zone,
    ...(isCreated && { CacheClusterCreateTime: new Date(member.createdAt) }),
    PreferredMaintenanceWindow: group.maintenanceWindow,
    PendingModifiedValues: {
      ...answerPendingAccess(group),
      ...answerPendingUpgrade(group),
      ...answerPendingLogs(group),
    },
    ...(group.notificationTopic && {
      NotificationConfiguration: {
        TopicArn: group.notificationTopic.arn,
        TopicStatus: group.notificationTopic.status,
      },
    }),
    CacheSecurityGroups: [],
    CacheParameterGroup: {
      CacheParameterGroupName: group.parameterGroup,
      ParameterApplyStatus: nodeApplyStatus(group, member),
      CacheNodeIdsToReboot: awaitsReboot(group, member) ? [NODE_ID] : [],
    },
    CacheSubnetGroupName: group.subnetGroup,
    ...(showNodes && { CacheNodes: [answerNode(group, member)] }),
    AutoMinorVersionUpgrade: group.autoMinorVersionUpgrade,
    SecurityGroups: group.securityGroupIds.map((SecurityGroupId) => ({ SecurityGroupId, Status: 'active' })),
    ...(!group.lone && { ReplicationGroupId: group.id }),
    SnapshotRetentionLimit: saves ? group.snapshotRetentionLimit : 0,
    SnapshotWindow: group.snapshotWindow,
    AuthTokenEnabled: group.authTokens.length > 0,
    TransitEncryptionEnabled: group.transit !== 'plain',
    AtRestEncryptionEnabled: group.atRest,
    ARN: arn({ region: group.region, account, type: resources.cluster.arnType, name: member.id }),
    ReplicationGroupLogDeliveryEnabled: !group.lone && logsOf(group).length > 0,
    // Of a member it is its group's (recorded answers of AWS).
    LogDeliveryConfigurations: group.lone ? answerLogs(group) : [],
    NetworkType: group.networkType,
    IpDiscovery: group.ipDiscovery,
    ...(group.transit !== 'plain' && { TransitEncryptionMode: group.transit }),
  }
}

/** The group does not show it. */
const answerPendingUpgrade = ({ engine, pending }: ReplicationGroupRecord) => ({
  ...(pending.nodeType !== undefined && { CacheNodeType: pending.nodeType }),
  ...(pending.engineVersion !== undefined && {
    EngineVersion: reportedVersion(pending.engine ?? engine, pending.engineVersion),
  }),
})

function statusOf({ status, lone }: ReplicationGroupRecord, member: GroupMemberRecord): string {
  // Of a lone one nothing can be done before its record is through with its steps.
  if (lone && member.status === 'available') return status
  if (status === 'create-failed' && member.status === 'restore-failed') return member.status
  return status === 'deleting' || status === 'create-failed' ? status : member.status
}

function answerNode(group: ReplicationGroupRecord, member: GroupMemberRecord): CacheNode {
  const Endpoint = endpointOf(group, member)
  return {
    CacheNodeId: NODE_ID,
    CacheNodeStatus: statusOf(group, member),
    CacheNodeCreateTime: new Date(member.createdAt),
    ...(member.status !== 'creating' && Endpoint && { Endpoint }),
    ParameterGroupStatus: nodeApplyStatus(group, member),
    CustomerAvailabilityZone: member.zone,
  }
}
