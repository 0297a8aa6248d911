import type { CacheCluster, CacheNode, PendingModifiedValues } from '@aws-sdk/client-elasticache'
import { resources } from '../../../api/catalog/resources.ts'
import { arn } from '../../../api/names.ts'
import { awaitsReboot, clusterApplyStatus, nodeApplyStatus } from '../../parameters/status.ts'
import type { CacheClusterRecord, CacheNodeRecord } from '../../store/records.ts'
import { configurationAddress, nodeAddress } from './names.ts'
import { preferredZone } from './placement.ts'

const LANDING_PAGE = 'https://console.aws.amazon.com/elasticache/home#client-download:'

/**
 * Answers by record. A record never changes, so neither does its answer; together with the XML kept by answer this is what
 * makes a list of a hundred clusters cost little more than one.
 */
const ANSWERS = {
  bare: new WeakMap<CacheClusterRecord, CacheCluster>(),
  full: new WeakMap<CacheClusterRecord, CacheCluster>(),
}

/** A cluster as the API shows it; with its nodes on request only. */
export function answerCacheCluster(
  cluster: CacheClusterRecord,
  account: string,
  { showNodes = false } = {},
): CacheCluster {
  const answers = showNodes ? ANSWERS.full : ANSWERS.bare
  const known = answers.get(cluster)
  if (known) return known
  const answer = composeAnswer(cluster, account, showNodes)
  answers.set(cluster, answer)
  return answer
}

/**
 * While a cluster is being created there is no create time and no configuration endpoint yet (CloudTrail sample
 * of the guide).
 */
function composeAnswer(cluster: CacheClusterRecord, account: string, showNodes: boolean): CacheCluster {
  return {
    CacheClusterId: cluster.id,
    ...(cluster.created &&
      cluster.discovery && {
        ConfigurationEndpoint: {
          Address: configurationAddress(cluster, cluster.discovery),
          Port: cluster.discovery.port,
        },
      }),
    ClientDownloadLandingPage: LANDING_PAGE,
    CacheNodeType: cluster.nodeType,
    Engine: cluster.engine,
    EngineVersion: cluster.engineVersion,
    CacheClusterStatus: cluster.status,
    NumCacheNodes: cluster.numCacheNodes,
    PreferredAvailabilityZone: preferredZone(zonesOf(cluster)),
    ...(cluster.created && { CacheClusterCreateTime: new Date(cluster.createdAt) }),
    PreferredMaintenanceWindow: cluster.maintenanceWindow,
    PendingModifiedValues: answerPending(cluster),
    ...(cluster.notificationTopic && {
      NotificationConfiguration: {
        TopicArn: cluster.notificationTopic.arn,
        TopicStatus: cluster.notificationTopic.status,
      },
    }),
    CacheSecurityGroups: [],
    CacheParameterGroup: {
      CacheParameterGroupName: cluster.parameterGroup,
      ParameterApplyStatus: clusterApplyStatus(cluster),
      CacheNodeIdsToReboot: cluster.nodes.filter((node) => awaitsReboot(cluster, node)).map(({ id }) => id),
    },
    CacheSubnetGroupName: cluster.subnetGroup,
    ...(showNodes && { CacheNodes: cluster.nodes.map((node) => answerCacheNode(cluster, node)) }),
    AutoMinorVersionUpgrade: cluster.autoMinorVersionUpgrade,
    SecurityGroups: cluster.securityGroupIds.map((SecurityGroupId) => ({ SecurityGroupId, Status: 'active' })),
    AuthTokenEnabled: false,
    TransitEncryptionEnabled: cluster.tls,
    AtRestEncryptionEnabled: false,
    ARN: clusterArn(cluster, account),
    ReplicationGroupLogDeliveryEnabled: false,
    LogDeliveryConfigurations: [],
    NetworkType: cluster.networkType,
    IpDiscovery: cluster.ipDiscovery,
  }
}

const clusterArn = ({ region, id }: CacheClusterRecord, account: string): string =>
  arn({ region, account, type: resources.cluster.arnType, name: id })

function answerCacheNode(cluster: CacheClusterRecord, node: CacheNodeRecord): CacheNode {
  return {
    CacheNodeId: node.id,
    CacheNodeStatus: node.status,
    CacheNodeCreateTime: new Date(node.createdAt),
    ...(node.status !== 'creating' && {
      Endpoint: { Address: nodeAddress(cluster, node), Port: node.port },
    }),
    ParameterGroupStatus: nodeApplyStatus(cluster, node),
    CustomerAvailabilityZone: node.zone,
  }
}

const answerPending = ({ pending }: CacheClusterRecord): PendingModifiedValues => ({
  ...(pending.numCacheNodes !== undefined && { NumCacheNodes: pending.numCacheNodes }),
  ...(pending.cacheNodeIdsToRemove && { CacheNodeIdsToRemove: [...pending.cacheNodeIdsToRemove] }),
  ...(pending.nodeType && { CacheNodeType: pending.nodeType }),
  ...(pending.scaleConfig && {
    ScaleConfig: {
      ScalePercentage: pending.scaleConfig.percentage,
      ScaleIntervalMinutes: pending.scaleConfig.intervalMinutes,
    },
  }),
  ...(pending.engineVersion && { EngineVersion: pending.engineVersion }),
})

/** Zones of the nodes; of a cluster whose nodes have not begun to start, those they will be in. */
function zonesOf({ nodes, steps }: CacheClusterRecord): readonly string[] {
  const [step] = steps
  return nodes.length === 0 && step?.do === 'start-nodes' ? step.zones : nodes.map(({ zone }) => zone)
}
