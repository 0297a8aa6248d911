import type { GlobalReplicationGroup } from '@aws-sdk/client-elasticache'
import { resources } from '../../../api/catalog/resources.ts'
import { arn } from '../../../api/names.ts'
import type { GlobalReplicationGroupRecord } from '../../store/records.ts'
import { globalMembers } from '../../store/replication-groups.ts'
import type { Store } from '../../store/store.ts'
import { formatSlots } from '../replication-groups/slots.ts'
import { reportedVersion } from '../replication-groups/versions.ts'

export type GlobalStatus = 'creating' | 'primary-only' | 'available' | 'modifying' | 'deleting'

/** It follows from how its groups stand. */
export function statusOf({ id, deleting }: GlobalReplicationGroupRecord, store: Store): GlobalStatus {
  if (deleting) return 'deleting'
  const [primary, ...secondaries] = globalMembers(store, id).map(({ global }) => global)
  if (primary?.status === 'associating') return 'creating'
  const isCalm = [primary, ...secondaries].every((each) => each?.status === 'associated' && !each.changing)
  if (!isCalm) return 'modifying'
  return secondaries.length > 0 ? 'available' : 'primary-only'
}

/** `sgaui-shop-0003` */
export const globalShardId = ({ id }: GlobalReplicationGroupRecord, shard: string): string => `${id}-${shard}`

/** A global datastore as the API shows it. */
export function answerGlobal(
  datastore: GlobalReplicationGroupRecord,
  { store, account }: { readonly store: Store; readonly account: string },
  showsMembers = true,
): GlobalReplicationGroup {
  const members = globalMembers(store, datastore.id)
  const [primary] = members
  return {
    GlobalReplicationGroupId: datastore.id,
    // Seen at AWS: a blank when there is none.
    GlobalReplicationGroupDescription: datastore.description || ' ',
    Status: statusOf(datastore, store),
    ...(primary && {
      CacheNodeType: primary.nodeType,
      Engine: primary.engine,
      EngineVersion: reportedVersion(primary.engine, primary.engineVersion),
      ClusterEnabled: primary.clusterMode === 'enabled',
      AuthTokenEnabled: primary.authTokens.length > 0,
      TransitEncryptionEnabled: primary.transit !== 'plain',
      AtRestEncryptionEnabled: primary.atRest,
    }),
    ...(showsMembers && {
      Members: members.map(({ id, region, automaticFailover, global }) => ({
        ReplicationGroupId: id,
        ReplicationGroupRegion: region,
        Role: global?.role,
        AutomaticFailover: automaticFailover,
        Status: global?.status,
      })),
      ...(primary?.clusterMode === 'enabled' && {
        GlobalNodeGroups: primary.shards.map(({ id, slots }) => ({
          GlobalNodeGroupId: globalShardId(datastore, id),
          Slots: formatSlots(slots),
        })),
      }),
    }),
    ARN: arn({ region: '', account, type: resources.globalReplicationGroup.arnType, name: datastore.id }),
  }
}
