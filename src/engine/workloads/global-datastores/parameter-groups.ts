/** Parameter groups of the service's making: each group of a global datastore has one, a copy of what it had or was asked to have. */
import type { Context } from '../../calls/context.ts'
import type { CacheParameterGroupRecord, ReplicationGroupRecord } from '../../store/records.ts'
import { newToken } from '../../store/tokens.ts'

/**
 * Named after the replication group, as `global-datastore-secondary-replication-groupqfia` was at AWS; the description is AWS's.
 * It stays when the group leaves or is deleted, as it does there: Terraform's provider deletes it itself.
 */
export function groupLike(
  { family, values }: CacheParameterGroupRecord,
  datastore: string,
  { region, id }: Pick<ReplicationGroupRecord, 'region' | 'id'>,
  { random }: Pick<Context, 'random'>,
): CacheParameterGroupRecord {
  return {
    region,
    id: `global-datastore-${id}${newToken(random, 4)}`,
    family,
    description: `Created by ElastiCache to be used by global cluster ${datastore}`,
    isGlobal: true,
    values,
    tags: [],
  }
}
