/** Summary, heading and examples of every operation, in our own words; facts from the ElastiCache guide and API model. */
import type { OperationName } from '../model.ts'

/** Headings of the root help page, in the order they are printed: what Memcached users need comes first. */
export const groups = [
  'Cache clusters',
  'Serverless caches',
  'Parameter groups',
  'Subnet groups',
  'Snapshots',
  'Events and engine versions',
  'Tags',
  'Service updates',
  'Reserved nodes',
  'Replication groups',
  'Global replication groups',
  'Users and user groups',
  'Migration',
  'Cache security groups',
] as const

export type Group = (typeof groups)[number]

export interface OperationHelp {
  readonly summary: string
  readonly group: Group
  /** Command lines without the leading `cachectl`. */
  readonly example: string | readonly string[]
}

/** Key order is the order of commands under their heading. */
export const operationHelp = {
  CreateCacheCluster: {
    summary: 'Create a cluster of Memcached nodes, or a single Redis OSS node',
    group: 'Cache clusters',
    example: [
      'create-cache-cluster --cache-cluster-id shop --engine memcached --cache-node-type cache.t4g.small --num-cache-nodes 3',
      'create-cache-cluster --cache-cluster-id shop6 --engine memcached --cache-node-type cache.t4g.small --num-cache-nodes 2 --network-type dual_stack --ip-discovery ipv6',
      'create-cache-cluster --cache-cluster-id vault --engine memcached --engine-version 1.6.22 --cache-node-type cache.m6g.large --num-cache-nodes 2 --transit-encryption-enabled',
    ],
  },
  DescribeCacheClusters: {
    summary: 'Show cache clusters: state, endpoints, nodes, pending changes',
    group: 'Cache clusters',
    example: [
      'describe-cache-clusters --cache-cluster-id shop --show-cache-node-info',
      "describe-cache-clusters --query 'CacheClusters[].CacheClusterId' --output text",
    ],
  },
  ModifyCacheCluster: {
    summary: 'Change a cache cluster: node count, engine version, IP discovery',
    group: 'Cache clusters',
    example: [
      'modify-cache-cluster --cache-cluster-id shop --num-cache-nodes 5 --apply-immediately',
      'modify-cache-cluster --cache-cluster-id shop --num-cache-nodes 2 --cache-node-ids-to-remove 0003 --apply-immediately',
      'modify-cache-cluster --cache-cluster-id shop --ip-discovery ipv6',
      'modify-cache-cluster --cache-cluster-id shop --preferred-maintenance-window sun:23:00-mon:01:30',
    ],
  },
  RebootCacheCluster: {
    summary: 'Restart nodes of a cache cluster; they come back empty',
    group: 'Cache clusters',
    example: 'reboot-cache-cluster --cache-cluster-id shop --cache-node-ids-to-reboot 0001 0002',
  },
  ListAllowedNodeTypeModifications: {
    summary: 'List the node types a cluster or replication group can scale to',
    group: 'Cache clusters',
    example: 'list-allowed-node-type-modifications --cache-cluster-id shop',
  },
  DeleteCacheCluster: {
    summary: 'Delete a cache cluster, all its nodes and what they hold',
    group: 'Cache clusters',
    example: 'delete-cache-cluster --cache-cluster-id shop',
  },

  CreateServerlessCache: {
    summary: 'Create a serverless cache, reachable over TLS only',
    group: 'Serverless caches',
    example: [
      'create-serverless-cache --serverless-cache-name sessions --engine memcached',
      'create-serverless-cache --serverless-cache-name carts --engine valkey --major-engine-version 8 --user-group-id team',
      "create-serverless-cache --serverless-cache-name sessions --engine memcached --cache-usage-limits 'DataStorage={Maximum=10,Unit=GB},ECPUPerSecond={Maximum=5000}'",
      'create-serverless-cache --serverless-cache-name sessions-2 --engine memcached --snapshot-arns-to-restore arn:aws:elasticache:us-west-2:000000000000:serverlesscachesnapshot:sessions-friday',
    ],
  },
  DescribeServerlessCaches: {
    summary: 'Show serverless caches: state, endpoint, usage limits',
    group: 'Serverless caches',
    example: 'describe-serverless-caches --serverless-cache-name sessions',
  },
  ModifyServerlessCache: {
    summary: 'Change usage limits or other settings of a serverless cache',
    group: 'Serverless caches',
    example: [
      "modify-serverless-cache --serverless-cache-name sessions --cache-usage-limits 'DataStorage={Minimum=10,Maximum=100,Unit=GB},ECPUPerSecond={Minimum=1000,Maximum=100000}'",
      'modify-serverless-cache --serverless-cache-name sessions --daily-snapshot-time 03:00 --snapshot-retention-limit 7',
      'modify-serverless-cache --serverless-cache-name carts --engine valkey --major-engine-version 8',
    ],
  },
  DeleteServerlessCache: {
    summary: 'Delete a serverless cache, after a final snapshot if asked',
    group: 'Serverless caches',
    example: 'delete-serverless-cache --serverless-cache-name sessions --final-snapshot-name sessions-final',
  },

  CreateCacheParameterGroup: {
    summary: 'Create a parameter group with the default values of a family',
    group: 'Parameter groups',
    example:
      "create-cache-parameter-group --cache-parameter-group-name big-items --cache-parameter-group-family memcached1.6 --description 'Items up to 2 MB'",
  },
  DescribeCacheParameterGroups: {
    summary: 'List parameter groups, their families and descriptions',
    group: 'Parameter groups',
    example: 'describe-cache-parameter-groups --cache-parameter-group-name big-items',
  },
  DescribeCacheParameters: {
    summary: 'Show the parameters of a group: value, range, when changes apply',
    group: 'Parameter groups',
    example: [
      'describe-cache-parameters --cache-parameter-group-name default.memcached1.6',
      'describe-cache-parameters --cache-parameter-group-name big-items --source user',
    ],
  },
  DescribeEngineDefaultParameters: {
    summary: 'Show the default parameters of a parameter group family',
    group: 'Parameter groups',
    example: 'describe-engine-default-parameters --cache-parameter-group-family memcached1.6',
  },
  ModifyCacheParameterGroup: {
    summary: 'Set parameters of a parameter group, up to 20 at a time',
    group: 'Parameter groups',
    example:
      'modify-cache-parameter-group --cache-parameter-group-name big-items --parameter-name-values ParameterName=max_item_size,ParameterValue=2097152 ParameterName=idle_timeout,ParameterValue=300',
  },
  ResetCacheParameterGroup: {
    summary: 'Put some or all parameters of a group back to their defaults',
    group: 'Parameter groups',
    example: [
      'reset-cache-parameter-group --cache-parameter-group-name big-items --parameter-name-values ParameterName=max_item_size',
      'reset-cache-parameter-group --cache-parameter-group-name big-items --reset-all-parameters',
    ],
  },
  DeleteCacheParameterGroup: {
    summary: 'Delete a parameter group that no cluster uses',
    group: 'Parameter groups',
    example: 'delete-cache-parameter-group --cache-parameter-group-name big-items',
  },

  CreateCacheSubnetGroup: {
    summary: 'Create a subnet group, where clusters of a VPC are placed',
    group: 'Subnet groups',
    example:
      "create-cache-subnet-group --cache-subnet-group-name private --cache-subnet-group-description 'Private subnets' --subnet-ids subnet-0a1b2c3d subnet-1b2c3d4e",
  },
  DescribeCacheSubnetGroups: {
    summary: 'Show subnet groups, their subnets and network types',
    group: 'Subnet groups',
    example: 'describe-cache-subnet-groups --cache-subnet-group-name private',
  },
  ModifyCacheSubnetGroup: {
    summary: 'Replace the subnets or the description of a subnet group',
    group: 'Subnet groups',
    example: 'modify-cache-subnet-group --cache-subnet-group-name private --subnet-ids subnet-0a1b2c3d subnet-2c3d4e5f',
  },
  DeleteCacheSubnetGroup: {
    summary: 'Delete a subnet group that no cluster uses',
    group: 'Subnet groups',
    example: 'delete-cache-subnet-group --cache-subnet-group-name private',
  },

  CreateServerlessCacheSnapshot: {
    summary: 'Take a snapshot of a serverless cache',
    group: 'Snapshots',
    example:
      'create-serverless-cache-snapshot --serverless-cache-name sessions --serverless-cache-snapshot-name sessions-friday',
  },
  DescribeServerlessCacheSnapshots: {
    summary: 'Show snapshots of serverless caches',
    group: 'Snapshots',
    example: 'describe-serverless-cache-snapshots --serverless-cache-name sessions',
  },
  CopyServerlessCacheSnapshot: {
    summary: 'Copy a serverless snapshot, to keep an automatic one for good',
    group: 'Snapshots',
    example:
      'copy-serverless-cache-snapshot --source-serverless-cache-snapshot-name automatic.sessions-2026-11-20-03-00 --target-serverless-cache-snapshot-name sessions-keep',
  },
  ExportServerlessCacheSnapshot: {
    summary: 'Write a serverless snapshot to S3 (Valkey and Redis OSS)',
    group: 'Snapshots',
    example:
      'export-serverless-cache-snapshot --serverless-cache-snapshot-name carts-friday --s3-bucket-name example-cache-exports',
  },
  DeleteServerlessCacheSnapshot: {
    summary: 'Delete a snapshot of a serverless cache',
    group: 'Snapshots',
    example: 'delete-serverless-cache-snapshot --serverless-cache-snapshot-name sessions-friday',
  },
  CreateSnapshot: {
    summary: 'Take a snapshot of a Valkey or Redis OSS cluster or group',
    group: 'Snapshots',
    example: 'create-snapshot --replication-group-id orders --snapshot-name orders-friday',
  },
  DescribeSnapshots: {
    summary: 'Show snapshots of Valkey and Redis OSS clusters and groups',
    group: 'Snapshots',
    example: 'describe-snapshots --replication-group-id orders --snapshot-source user',
  },
  CopySnapshot: {
    summary: 'Copy a Valkey or Redis OSS snapshot, or export it to S3',
    group: 'Snapshots',
    example: [
      'copy-snapshot --source-snapshot-name orders-friday --target-snapshot-name orders-keep',
      'copy-snapshot --source-snapshot-name orders-friday --target-snapshot-name orders-export --target-bucket example-cache-exports',
    ],
  },
  DeleteSnapshot: {
    summary: 'Delete a snapshot of a Valkey or Redis OSS cluster or group',
    group: 'Snapshots',
    example: 'delete-snapshot --snapshot-name orders-friday',
  },

  DescribeEvents: {
    summary: 'List what happened: the last hour, or up to the last 14 days',
    group: 'Events and engine versions',
    example: [
      'describe-events --source-type cache-cluster --source-identifier shop --duration 1440',
      'describe-events --source-type serverless-cache --start-time 2026-11-20T00:00:00Z --end-time 2026-11-20T12:00:00Z',
    ],
  },
  DescribeCacheEngineVersions: {
    summary: 'List engines, their versions and parameter group families',
    group: 'Events and engine versions',
    example: [
      'describe-cache-engine-versions --engine memcached',
      'describe-cache-engine-versions --engine memcached --default-only',
    ],
  },

  AddTagsToResource: {
    summary: 'Add tags to a resource; a tag with the same key is replaced',
    group: 'Tags',
    example:
      'add-tags-to-resource --resource-name arn:aws:elasticache:us-west-2:000000000000:cluster:shop --tags Key=team,Value=web Key=stage,Value=test',
  },
  ListTagsForResource: {
    summary: 'List the tags of a resource',
    group: 'Tags',
    example: 'list-tags-for-resource --resource-name arn:aws:elasticache:us-west-2:000000000000:cluster:shop',
  },
  RemoveTagsFromResource: {
    summary: 'Remove tags from a resource by key',
    group: 'Tags',
    example:
      'remove-tags-from-resource --resource-name arn:aws:elasticache:us-west-2:000000000000:cluster:shop --tag-keys team stage',
  },

  DescribeServiceUpdates: {
    summary: 'List service updates: severity, release date, apply-by date',
    group: 'Service updates',
    example: 'describe-service-updates --service-update-status available',
  },
  DescribeUpdateActions: {
    summary: 'Show how far service updates are on clusters and groups',
    group: 'Service updates',
    example: 'describe-update-actions --cache-cluster-ids shop --show-node-level-update-status',
  },
  BatchApplyUpdateAction: {
    summary: 'Apply a service update to clusters or replication groups',
    group: 'Service updates',
    example: 'batch-apply-update-action --service-update-name sample-service-update --cache-cluster-ids shop vault',
  },
  BatchStopUpdateAction: {
    summary: 'Stop a service update; nodes being updated still finish',
    group: 'Service updates',
    example: 'batch-stop-update-action --service-update-name sample-service-update --cache-cluster-ids shop vault',
  },

  DescribeReservedCacheNodesOfferings: {
    summary: 'List reserved node offerings: node type, term, prices',
    group: 'Reserved nodes',
    example: [
      'describe-reserved-cache-nodes-offerings --cache-node-type cache.m6g.large --product-description memcached --duration 1',
      "describe-reserved-cache-nodes-offerings --offering-type 'No Upfront'",
    ],
  },
  PurchaseReservedCacheNodesOffering: {
    summary: 'Buy reserved nodes; a purchase cannot be undone',
    group: 'Reserved nodes',
    example:
      'purchase-reserved-cache-nodes-offering --reserved-cache-nodes-offering-id 649fd0c8-cf6d-47a0-bfa6-060f8e75e95f --reserved-cache-node-id shop-2026 --cache-node-count 3',
  },
  DescribeReservedCacheNodes: {
    summary: 'Show the reserved nodes bought, their terms and states',
    group: 'Reserved nodes',
    example: 'describe-reserved-cache-nodes --product-description memcached',
  },

  CreateReplicationGroup: {
    summary: 'Create a Valkey or Redis OSS group of primaries and replicas',
    group: 'Replication groups',
    example: [
      "create-replication-group --replication-group-id orders --replication-group-description 'Order queue' --engine valkey --cache-node-type cache.t4g.small --num-cache-clusters 2 --automatic-failover-enabled",
      "create-replication-group --replication-group-id carts --replication-group-description 'Carts, sharded' --engine valkey --cache-node-type cache.r6g.large --num-node-groups 3 --replicas-per-node-group 1 --automatic-failover-enabled",
    ],
  },
  DescribeReplicationGroups: {
    summary: 'Show replication groups: state, shards, roles, endpoints',
    group: 'Replication groups',
    example: 'describe-replication-groups --replication-group-id orders',
  },
  ModifyReplicationGroup: {
    summary: 'Change a replication group: version, node type, TLS, failover',
    group: 'Replication groups',
    example: [
      'modify-replication-group --replication-group-id orders --cache-node-type cache.t4g.medium --apply-immediately',
      'modify-replication-group --replication-group-id orders --transit-encryption-enabled --transit-encryption-mode preferred --apply-immediately',
    ],
  },
  IncreaseReplicaCount: {
    summary: 'Add replicas to a replication group or to some of its shards',
    group: 'Replication groups',
    example: 'increase-replica-count --replication-group-id orders --new-replica-count 2 --apply-immediately',
  },
  DecreaseReplicaCount: {
    summary: 'Remove replicas from a replication group or some of its shards',
    group: 'Replication groups',
    example: [
      'decrease-replica-count --replication-group-id orders --new-replica-count 1 --apply-immediately',
      'decrease-replica-count --replication-group-id orders --replicas-to-remove orders-003 --apply-immediately',
    ],
  },
  ModifyReplicationGroupShardConfiguration: {
    summary: 'Add, remove or rebalance the shards of a replication group',
    group: 'Replication groups',
    example: [
      'modify-replication-group-shard-configuration --replication-group-id carts --node-group-count 4 --apply-immediately',
      'modify-replication-group-shard-configuration --replication-group-id carts --node-group-count 2 --node-groups-to-remove 0003 --apply-immediately',
    ],
  },
  TestFailover: {
    summary: 'Fail over one shard, to see how applications take it',
    group: 'Replication groups',
    example: 'test-failover --replication-group-id orders --node-group-id 0001',
  },
  DeleteReplicationGroup: {
    summary: 'Delete a replication group, or all of it but the primary',
    group: 'Replication groups',
    example: [
      'delete-replication-group --replication-group-id orders --final-snapshot-identifier orders-final',
      'delete-replication-group --replication-group-id orders --retain-primary-cluster',
    ],
  },

  CreateGlobalReplicationGroup: {
    summary: 'Turn a replication group into the primary of a global one',
    group: 'Global replication groups',
    example:
      'create-global-replication-group --global-replication-group-id-suffix orders --primary-replication-group-id orders',
  },
  DescribeGlobalReplicationGroups: {
    summary: 'Show global replication groups and their members',
    group: 'Global replication groups',
    example: 'describe-global-replication-groups --global-replication-group-id sgaui-orders --show-member-info',
  },
  ModifyGlobalReplicationGroup: {
    summary: 'Change node type, version or failover of a global group',
    group: 'Global replication groups',
    example:
      'modify-global-replication-group --global-replication-group-id sgaui-orders --cache-node-type cache.r6g.xlarge --apply-immediately',
  },
  FailoverGlobalReplicationGroup: {
    summary: 'Make the group of another Region the primary of a global group',
    group: 'Global replication groups',
    example:
      'failover-global-replication-group --global-replication-group-id sgaui-orders --primary-region eu-west-1 --primary-replication-group-id orders-eu',
  },
  IncreaseNodeGroupsInGlobalReplicationGroup: {
    summary: 'Add shards to a global replication group in every Region',
    group: 'Global replication groups',
    example:
      'increase-node-groups-in-global-replication-group --global-replication-group-id sgaui-orders --node-group-count 4 --apply-immediately',
  },
  DecreaseNodeGroupsInGlobalReplicationGroup: {
    summary: 'Remove shards from a global replication group in every Region',
    group: 'Global replication groups',
    example:
      'decrease-node-groups-in-global-replication-group --global-replication-group-id sgaui-orders --node-group-count 2 --global-node-groups-to-remove sgaui-orders-0003 --apply-immediately',
  },
  RebalanceSlotsInGlobalReplicationGroup: {
    summary: 'Spread the slots of a global group evenly over its shards',
    group: 'Global replication groups',
    example:
      'rebalance-slots-in-global-replication-group --global-replication-group-id sgaui-orders --apply-immediately',
  },
  DisassociateGlobalReplicationGroup: {
    summary: 'Detach a secondary from a global group; it lives on by itself',
    group: 'Global replication groups',
    example:
      'disassociate-global-replication-group --global-replication-group-id sgaui-orders --replication-group-id orders-eu --replication-group-region eu-west-1',
  },
  DeleteGlobalReplicationGroup: {
    summary: 'Delete a global group once its secondaries are detached',
    group: 'Global replication groups',
    example:
      'delete-global-replication-group --global-replication-group-id sgaui-orders --retain-primary-replication-group',
  },

  CreateUser: {
    summary: 'Create a user with its password and access string',
    group: 'Users and user groups',
    example: [
      "create-user --user-id app --user-name app --engine valkey --passwords a-long-password-1 --access-string 'on ~app:* +@read +@write'",
      "create-user --user-id worker --user-name worker --engine valkey --authentication-mode Type=iam --access-string 'on ~* +@all'",
    ],
  },
  DescribeUsers: {
    summary: 'Show users, their access strings and groups',
    group: 'Users and user groups',
    example: 'describe-users --user-id app',
  },
  ModifyUser: {
    summary: 'Change the passwords or the access string of a user',
    group: 'Users and user groups',
    example: "modify-user --user-id app --append-access-string '+@hash'",
  },
  DeleteUser: {
    summary: 'Delete a user and remove it from every user group',
    group: 'Users and user groups',
    example: 'delete-user --user-id app',
  },
  CreateUserGroup: {
    summary: 'Create a user group that caches can let in',
    group: 'Users and user groups',
    example: 'create-user-group --user-group-id backend --engine valkey --user-ids app worker',
  },
  DescribeUserGroups: {
    summary: 'Show user groups, their users and the caches they open',
    group: 'Users and user groups',
    example: 'describe-user-groups --user-group-id backend',
  },
  ModifyUserGroup: {
    summary: 'Add users to a user group or remove them from it',
    group: 'Users and user groups',
    example: 'modify-user-group --user-group-id backend --user-ids-to-add reporting --user-ids-to-remove worker',
  },
  DeleteUserGroup: {
    summary: 'Delete a user group that no cache uses',
    group: 'Users and user groups',
    example: 'delete-user-group --user-group-id backend',
  },

  TestMigration: {
    summary: 'Test whether data can be migrated from a server of your own',
    group: 'Migration',
    example: 'test-migration --replication-group-id orders --customer-node-endpoint-list Address=10.0.4.17,Port=6379',
  },
  StartMigration: {
    summary: 'Start to migrate data from a server of your own',
    group: 'Migration',
    example: 'start-migration --replication-group-id orders --customer-node-endpoint-list Address=10.0.4.17,Port=6379',
  },
  CompleteMigration: {
    summary: 'End a migration; the group stops following its source',
    group: 'Migration',
    example: [
      'complete-migration --replication-group-id orders',
      'complete-migration --replication-group-id orders --force',
    ],
  },

  CreateCacheSecurityGroup: {
    summary: 'Create a cache security group, for clusters outside a VPC',
    group: 'Cache security groups',
    example: "create-cache-security-group --cache-security-group-name classic --description 'Clusters outside a VPC'",
  },
  DescribeCacheSecurityGroups: {
    summary: 'Show cache security groups and whom they let in',
    group: 'Cache security groups',
    example: 'describe-cache-security-groups --cache-security-group-name classic',
  },
  AuthorizeCacheSecurityGroupIngress: {
    summary: 'Let an EC2 security group into a cache security group',
    group: 'Cache security groups',
    example:
      'authorize-cache-security-group-ingress --cache-security-group-name classic --ec2-security-group-name web --ec2-security-group-owner-id 000000000000',
  },
  RevokeCacheSecurityGroupIngress: {
    summary: 'Shut an EC2 security group out of a cache security group',
    group: 'Cache security groups',
    example:
      'revoke-cache-security-group-ingress --cache-security-group-name classic --ec2-security-group-name web --ec2-security-group-owner-id 000000000000',
  },
  DeleteCacheSecurityGroup: {
    summary: 'Delete a cache security group that no cluster uses',
    group: 'Cache security groups',
    example: 'delete-cache-security-group --cache-security-group-name classic',
  },
} as const satisfies Record<OperationName, OperationHelp>
