import type { OperationName } from '../../api/model.ts'
import {
  DescribeGlobalReplicationGroups,
  DescribeReplicationGroups,
  DescribeSnapshots,
  DescribeUserGroups,
  DescribeUsers,
} from './absent-kinds.ts'
import {
  CreateCacheCluster,
  DeleteCacheCluster,
  DescribeCacheClusters,
  ModifyCacheCluster,
  RebootCacheCluster,
} from './cache-clusters.ts'
import {
  AuthorizeCacheSecurityGroupIngress,
  CreateCacheSecurityGroup,
  DeleteCacheSecurityGroup,
  DescribeCacheSecurityGroups,
  RevokeCacheSecurityGroupIngress,
} from './cache-security-groups.ts'
import {
  CreateCacheSubnetGroup,
  DeleteCacheSubnetGroup,
  DescribeCacheSubnetGroups,
  ModifyCacheSubnetGroup,
} from './cache-subnet-groups.ts'
import type { Handler } from './context.ts'
import { DescribeCacheEngineVersions } from './engine-versions.ts'
import { DescribeEvents } from './events.ts'
import { ListAllowedNodeTypeModifications } from './node-type-modifications.ts'
import {
  CreateCacheParameterGroup,
  DeleteCacheParameterGroup,
  DescribeCacheParameterGroups,
  ModifyCacheParameterGroup,
  ResetCacheParameterGroup,
} from './parameter-groups.ts'
import { DescribeCacheParameters, DescribeEngineDefaultParameters } from './parameters.ts'
import {
  DescribeReservedCacheNodes,
  DescribeReservedCacheNodesOfferings,
  PurchaseReservedCacheNodesOffering,
} from './reserved-nodes.ts'
import {
  CreateServerlessCache,
  DeleteServerlessCache,
  DescribeServerlessCaches,
  ModifyServerlessCache,
} from './serverless-caches.ts'
import {
  CopyServerlessCacheSnapshot,
  CreateServerlessCacheSnapshot,
  DeleteServerlessCacheSnapshot,
  DescribeServerlessCacheSnapshots,
  ExportServerlessCacheSnapshot,
} from './serverless-snapshots.ts'
import {
  BatchApplyUpdateAction,
  BatchStopUpdateAction,
  DescribeServiceUpdates,
  DescribeUpdateActions,
} from './service-updates.ts'
import { CreateSnapshot } from './snapshots.ts'
import { AddTagsToResource, ListTagsForResource, RemoveTagsFromResource } from './tags.ts'

type Handlers = { readonly [N in OperationName]: Handler<N> | null }

/** Every operation of the API: its handler, or null where the engine says that it does not do it yet. */
export const handlers: Handlers = {
  AddTagsToResource,
  AuthorizeCacheSecurityGroupIngress,
  BatchApplyUpdateAction,
  BatchStopUpdateAction,
  CompleteMigration: null,
  CopyServerlessCacheSnapshot,
  CopySnapshot: null,
  CreateCacheCluster,
  CreateCacheParameterGroup,
  CreateCacheSecurityGroup,
  CreateCacheSubnetGroup,
  CreateGlobalReplicationGroup: null,
  CreateReplicationGroup: null,
  CreateServerlessCache,
  CreateServerlessCacheSnapshot,
  CreateSnapshot,
  CreateUser: null,
  CreateUserGroup: null,
  DecreaseNodeGroupsInGlobalReplicationGroup: null,
  DecreaseReplicaCount: null,
  DeleteCacheCluster,
  DeleteCacheParameterGroup,
  DeleteCacheSecurityGroup,
  DeleteCacheSubnetGroup,
  DeleteGlobalReplicationGroup: null,
  DeleteReplicationGroup: null,
  DeleteServerlessCache,
  DeleteServerlessCacheSnapshot,
  DeleteSnapshot: null,
  DeleteUser: null,
  DeleteUserGroup: null,
  DescribeCacheClusters,
  DescribeCacheEngineVersions,
  DescribeCacheParameterGroups,
  DescribeCacheParameters,
  DescribeCacheSecurityGroups,
  DescribeCacheSubnetGroups,
  DescribeEngineDefaultParameters,
  DescribeEvents,
  DescribeGlobalReplicationGroups,
  DescribeReplicationGroups,
  DescribeReservedCacheNodes,
  DescribeReservedCacheNodesOfferings,
  DescribeServerlessCacheSnapshots,
  DescribeServerlessCaches,
  DescribeServiceUpdates,
  DescribeSnapshots,
  DescribeUpdateActions,
  DescribeUserGroups,
  DescribeUsers,
  DisassociateGlobalReplicationGroup: null,
  ExportServerlessCacheSnapshot,
  FailoverGlobalReplicationGroup: null,
  IncreaseNodeGroupsInGlobalReplicationGroup: null,
  IncreaseReplicaCount: null,
  ListAllowedNodeTypeModifications,
  ListTagsForResource,
  ModifyCacheCluster,
  ModifyCacheParameterGroup,
  ModifyCacheSubnetGroup,
  ModifyGlobalReplicationGroup: null,
  ModifyReplicationGroup: null,
  ModifyReplicationGroupShardConfiguration: null,
  ModifyServerlessCache,
  ModifyUser: null,
  ModifyUserGroup: null,
  PurchaseReservedCacheNodesOffering,
  RebalanceSlotsInGlobalReplicationGroup: null,
  RebootCacheCluster,
  RemoveTagsFromResource,
  ResetCacheParameterGroup,
  RevokeCacheSecurityGroupIngress,
  StartMigration: null,
  TestFailover: null,
  TestMigration: null,
}
