/** Which replication group a cache cluster is of: asked by rooms that only know the name of a cluster. */
import type { ReplicationGroupRecord } from './records.ts'
import type { Store } from './store.ts'

/** @param cluster In lower case. */
export const groupOfMember = (store: Store, region: string, cluster: string): ReplicationGroupRecord | undefined =>
  store
    .list('replicationGroup', region)
    .find(({ shards }) => shards.some(({ members }) => members.some(({ id }) => id === cluster)))

/** Whether there is a cache cluster of that id, whatever its engine. */
export const isClusterId = (id: string, store: Store, region: string): boolean =>
  store.get('cluster', region, id) !== undefined || groupOfMember(store, region, id) !== undefined

/** Groups of a global datastore, in whatever regions, the primary one first. */
export const globalMembers = (store: Store, id: string): ReplicationGroupRecord[] =>
  store
    .all('replicationGroup')
    .filter(({ global }) => global?.id === id)
    .sort((a, b) => Number(b.global?.role === 'PRIMARY') - Number(a.global?.role === 'PRIMARY'))
