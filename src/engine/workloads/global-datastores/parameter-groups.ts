/** Parameter groups of the service's making, which secondary groups have where the primary one has none of the default ones. */
import type { Context } from '../../calls/context.ts'
import type { CacheParameterGroupRecord } from '../../store/records.ts'
import { newToken } from '../../store/tokens.ts'

/** Called as AWS calls them: `global-datastore-shopesyd`. */
export function groupLike(
  like: CacheParameterGroupRecord,
  datastore: string,
  { region, random }: Context,
): CacheParameterGroupRecord {
  const suffix = datastore.slice(datastore.indexOf('-') + 1)
  const id = `global-datastore-${suffix}${newToken(random, 4)}`
  return { ...like, region, id, description: `Of global datastore ${datastore}`, tags: [] }
}
