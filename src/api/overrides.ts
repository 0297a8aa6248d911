/**
 * What the SDK's package does not tell of the API. Applied when the model is generated (tools/model.ts), so that nobody
 * else knows of it, but for the client, whose codec is the SDK's: it needs `otherNames`. Source of every row: the API model 2015-02-02 as botocore 1.43.11 ships it.
 */

/** Floating-point members; to TypeScript every number is one. They are printed as `450.0`, where an integer is `450`. */
export const doubles: Readonly<Record<string, readonly string[]>> = {
  SlotMigration: ['ProgressPercentage'],
  ReservedCacheNode: ['FixedPrice', 'UsagePrice'],
  RecurringCharge: ['RecurringChargeAmount'],
  ReservedCacheNodesOffering: ['FixedPrice', 'UsagePrice'],
}

/**
 * Lists of answers that botocore reads under another name than the SDK: in its model the list itself is named, in the SDK's
 * the member. Which of them AWS writes is not known, so that the engine writes both, and the client reads either.
 */
export const otherNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  PendingModifiedValues: { LogDeliveryConfigurations: 'PendingLogDeliveryConfiguration' },
  ReplicationGroupPendingModifiedValues: { LogDeliveryConfigurations: 'PendingLogDeliveryConfiguration' },
}

/**
 * The beginning of structures whose members the SDK moved: it puts required ones first. aws-cli prints answers and
 * skeletons, and names what is missing, in the API model's order.
 */
export const memberOrder: Readonly<Record<string, readonly string[]>> = {
  BatchApplyUpdateActionMessage: ['ReplicationGroupIds', 'CacheClusterIds'],
  BatchStopUpdateActionMessage: ['ReplicationGroupIds', 'CacheClusterIds'],
  CreateGlobalReplicationGroupMessage: ['GlobalReplicationGroupIdSuffix', 'GlobalReplicationGroupDescription'],
  CreateServerlessCacheRequest: ['ServerlessCacheName', 'Description'],
  CreateSnapshotMessage: ['ReplicationGroupId', 'CacheClusterId', 'SnapshotName'],
  CreateUserMessage: ['UserId', 'UserName', 'Engine', 'Passwords'],
  DataStorage: ['Maximum', 'Minimum'],
  DecreaseNodeGroupsInGlobalReplicationGroupMessage: [
    'GlobalReplicationGroupId',
    'NodeGroupCount',
    'GlobalNodeGroupsToRemove',
    'GlobalNodeGroupsToRetain',
  ],
  DecreaseReplicaCountMessage: ['ReplicationGroupId', 'NewReplicaCount', 'ReplicaConfiguration', 'ReplicasToRemove'],
  IncreaseNodeGroupsInGlobalReplicationGroupMessage: [
    'GlobalReplicationGroupId',
    'NodeGroupCount',
    'RegionalConfigurations',
  ],
  IncreaseReplicaCountMessage: ['ReplicationGroupId', 'NewReplicaCount', 'ReplicaConfiguration'],
}
