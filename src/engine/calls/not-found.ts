/** What AWS says of a cache that is not there, wherever it is looked for. */
import { resources } from '../../api/catalog/resources.ts'
import { Fault } from '../../api/faults.ts'

/** There is no cluster of this id, as the caller wrote it. */
export const clusterNotFound = (id: string | undefined): Fault =>
  new Fault(resources.cluster.notFound, `CacheCluster not found: ${id}`)

/** There is no serverless cache of this name, as the caller wrote it. */
export const serverlessCacheNotFound = (name: string | undefined): Fault =>
  new Fault(resources.serverlessCache.notFound, `Serverless cache not found: ${name}`)

/** There is no replication group of this id, as the caller wrote it. */
export const replicationGroupNotFound = (id: string | undefined): Fault =>
  new Fault(resources.replicationGroup.notFound, `ReplicationGroup ${id} not found.`)
