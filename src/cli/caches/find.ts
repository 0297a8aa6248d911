/** One cache by its name, and all there are, over every kind. A refusal is no absence: it is thrown, or noted. */
import { type ResourceKind, resources } from '../../api/catalog/resources.ts'
import type { Item } from '../output/human-value.ts'
import { CallFailed, Problem } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'
import type { Cache, CacheKind } from './cache.ts'
import { cacheKinds } from './kinds/index.ts'
import { noting, type OnUnasked, saysOneOf, tellUnasked } from './refusals.ts'
import { describeAll, detailsOf, type Found, findAll, nameOf } from './resources.ts'

/** What an endpoint answers that knows nothing of a kind at all. */
const NO_SUCH_KIND = ['UnsupportedOperation', 'InvalidAction']

/**
 * Kind by kind, until there is one of that name; what refuses to tell on the way is told. Rejects with the first kind's
 * CallFailed when every kind says that there is none, and with the refusal when one of them could not be asked for.
 */
export async function findCache(
  client: ApiClient,
  id: string,
  among: readonly CacheKind[] = cacheKinds,
): Promise<Cache> {
  const absent: { readonly kind: ResourceKind; readonly error: unknown }[] = []
  const refused: { readonly kind: ResourceKind; readonly error: CallFailed }[] = []
  for (const { kind, cacheOf, hasMembers } of among) {
    try {
      const [item] = await describeAll(client, kind.describe, { [kind.id]: id, ...detailsOf(kind) })
      if (item) {
        for (const { error } of refused) tellUnasked(error)
        return cacheOf(item, hasMembers ? await membersOf(client, id) : [])
      }
      const error = new Problem('general', `The answer to ${kind.describe} holds no ${kind.name} ${id}.`)
      absent.push({ kind, error })
    } catch (error) {
      if (saysOneOf(error, [kind.notFound, ...NO_SUCH_KIND])) absent.push({ kind, error })
      else if (!(error instanceof CallFailed)) throw error
      else {
        refused.push({ kind, error })
        // Where nothing answers, the next question would wait as long.
        if (error.serviceCode === undefined) break
      }
    }
  }
  const [refusal] = refused
  if (!refusal) throw absent[0]?.error
  if (absent.length === 0) throw refusal.error
  const not = absent.map(({ kind }) => kind.name).join(' and no ')
  const unknown = refused.map(({ kind }) => kind.name).join(' or a ')
  const hint = `There is no ${not} ${id}; whether there is a ${unknown} of that name is not known.`
  const { operation, serviceCode } = refusal.error
  throw refusal.error.withHint(serviceCode === undefined ? `${operation} was not answered. ${hint}` : hint)
}

/** The clusters that a replication group is made of: what it does not tell of itself. Refused, it is told, and done without. */
async function membersOf(client: ApiClient, id: string): Promise<readonly Item[]> {
  const clusters = await describeAll(client, resources.cluster.describe, detailsOf(resources.cluster)).catch(
    noting(tellUnasked, []),
  )
  return clusters.filter(({ ReplicationGroupId }) => ReplicationGroupId === id)
}

/** How it stands now. */
export const describeAgain = (client: ApiClient, { id, kind }: Cache): Promise<Cache> =>
  findCache(
    client,
    id,
    cacheKinds.filter((each) => each.kind === kind),
  )

export const isNoCache = (error: unknown): error is CallFailed =>
  saysOneOf(
    error,
    cacheKinds.map(({ kind }) => kind.notFound),
  )

/**
 * All there are, members of replication groups as part of these alone; `note` hears which kinds could not be asked for. Rejects
 * when none could.
 */
export async function allCaches(client: ApiClient, note: OnUnasked): Promise<Cache[]> {
  const found = await findAll(
    client,
    cacheKinds.map(({ kind }) => kind),
    note,
  )
  const groups = found.filter(({ kind }) => kind === resources.replicationGroup).map(nameOf)
  const groupOf = ({ kind, item }: Found) =>
    kind === resources.cluster && groups.find((id) => id === item.ReplicationGroupId)
  return found
    .filter((each) => !groupOf(each))
    .flatMap((each) => {
      const members = found.filter((other) => groupOf(other) === nameOf(each)).map(({ item }) => item)
      return cacheKinds.find(({ kind }) => kind === each.kind)?.cacheOf(each.item, members) ?? []
    })
}
