/** The kinds of caches that own commands know, in the order in which a name is looked for. */
import type { CacheKind } from '../cache.ts'
import { cluster } from './cluster.ts'
import { replicationGroup } from './replication-group.ts'
import { serverlessCache } from './serverless-cache.ts'

export const cacheKinds: readonly CacheKind[] = [cluster, serverlessCache, replicationGroup]
