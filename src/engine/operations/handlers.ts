import type { OperationName } from '../../api/model.ts'
import type { Handler } from '../calls/context.ts'
import {
  CreateCacheCluster,
  DeleteCacheCluster,
  DescribeCacheClusters,
  ModifyCacheCluster,
  RebootCacheCluster,
} from '../workloads/cache-clusters.ts'
import { ModifyGlobalReplicationGroup } from '../workloads/global-datastores/modification.ts'
import {
  CreateGlobalReplicationGroup,
  DeleteGlobalReplicationGroup,
  DescribeGlobalReplicationGroups,
  DisassociateGlobalReplicationGroup,
  FailoverGlobalReplicationGroup,
} from '../workloads/global-datastores/operations.ts'
import {
  DecreaseNodeGroupsInGlobalReplicationGroup,
  IncreaseNodeGroupsInGlobalReplicationGroup,
  RebalanceSlotsInGlobalReplicationGroup,
} from '../workloads/global-datastores/resharding.ts'
import { ListAllowedNodeTypeModifications } from '../workloads/node-type-modifications.ts'
import { CompleteMigration, StartMigration, TestMigration } from '../workloads/replication-groups/migration.ts'
import { ModifyReplicationGroup } from '../workloads/replication-groups/modification.ts'
import {
  CreateReplicationGroup,
  DeleteReplicationGroup,
  DescribeReplicationGroups,
} from '../workloads/replication-groups/operations.ts'
import { ModifyReplicationGroupShardConfiguration } from '../workloads/replication-groups/resharding.ts'
import { DecreaseReplicaCount, IncreaseReplicaCount, TestFailover } from '../workloads/replication-groups/scaling.ts'
import {
  CreateServerlessCache,
  DeleteServerlessCache,
  DescribeServerlessCaches,
  ModifyServerlessCache,
} from '../workloads/serverless/operations.ts'
import {
  CopyServerlessCacheSnapshot,
  CreateServerlessCacheSnapshot,
  DeleteServerlessCacheSnapshot,
  DescribeServerlessCacheSnapshots,
  ExportServerlessCacheSnapshot,
} from '../workloads/serverless/snapshot-operations.ts'
import { CopySnapshot, CreateSnapshot, DeleteSnapshot, DescribeSnapshots } from '../workloads/snapshots/operations.ts'
import {
  CreateUserGroup,
  DeleteUserGroup,
  DescribeUserGroups,
  ModifyUserGroup,
} from '../workloads/users/group-operations.ts'
import { CreateUser, DeleteUser, DescribeUsers, ModifyUser } from '../workloads/users/operations.ts'
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
import { DescribeCacheEngineVersions } from './engine-versions.ts'
import { DescribeEvents } from './events.ts'
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
  BatchApplyUpdateAction,
  BatchStopUpdateAction,
  DescribeServiceUpdates,
  DescribeUpdateActions,
} from './service-updates.ts'
import { AddTagsToResource, ListTagsForResource, RemoveTagsFromResource } from './tags.ts'

type Handlers = { readonly [N in OperationName]: Handler<N> }

/** Every operation of the API. */
export const handlers: Handlers = {
  AddTagsToResource,
  AuthorizeCacheSecurityGroupIngress,
  BatchApplyUpdateAction,
  BatchStopUpdateAction,
  CompleteMigration,
  CopyServerlessCacheSnapshot,
  CopySnapshot,
  CreateCacheCluster,
  CreateCacheParameterGroup,
  CreateCacheSecurityGroup,
  CreateCacheSubnetGroup,
  CreateGlobalReplicationGroup,
  CreateReplicationGroup,
  CreateServerlessCache,
  CreateServerlessCacheSnapshot,
  CreateSnapshot,
  CreateUser,
  CreateUserGroup,
  DecreaseNodeGroupsInGlobalReplicationGroup,
  DecreaseReplicaCount,
  DeleteCacheCluster,
  DeleteCacheParameterGroup,
  DeleteCacheSecurityGroup,
  DeleteCacheSubnetGroup,
  DeleteGlobalReplicationGroup,
  DeleteReplicationGroup,
  DeleteServerlessCache,
  DeleteServerlessCacheSnapshot,
  DeleteSnapshot,
  DeleteUser,
  DeleteUserGroup,
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
  DisassociateGlobalReplicationGroup,
  ExportServerlessCacheSnapshot,
  FailoverGlobalReplicationGroup,
  IncreaseNodeGroupsInGlobalReplicationGroup,
  IncreaseReplicaCount,
  ListAllowedNodeTypeModifications,
  ListTagsForResource,
  ModifyCacheCluster,
  ModifyCacheParameterGroup,
  ModifyCacheSubnetGroup,
  ModifyGlobalReplicationGroup,
  ModifyReplicationGroup,
  ModifyReplicationGroupShardConfiguration,
  ModifyServerlessCache,
  ModifyUser,
  ModifyUserGroup,
  PurchaseReservedCacheNodesOffering,
  RebalanceSlotsInGlobalReplicationGroup,
  RebootCacheCluster,
  RemoveTagsFromResource,
  ResetCacheParameterGroup,
  RevokeCacheSecurityGroupIngress,
  StartMigration,
  TestFailover,
  TestMigration,
}
