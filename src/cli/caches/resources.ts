/** How to find what there is of the kinds of resources. */
import type { ResourceKind } from '../../api/catalog/resources.ts'
import type { OperationName } from '../../api/model.ts'
import { operation } from '../../api/model.ts'
import { nearest } from '../../api/nearest.ts'
import { memberAt } from '../../api/objects.ts'
import { allPages, eachPage } from '../call/paginate.ts'
import { type Item, isItems } from '../output/human-value.ts'
import { CallFailed, Problem } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'
import { isUnsupported, tellUnasked } from './refusals.ts'

/** Every item, all pages of them. Rejects with CallFailed. */
export async function describeAll(
  client: ApiClient,
  name: OperationName,
  input: object = {},
): Promise<readonly Item[]> {
  const { pagination } = operation(name)
  if (!pagination) throw new Error(`${name} has no list`)
  const once = async (page: object): Promise<Item> => ({ ...(await client.call(name, page)) })
  const paging = { maxItems: undefined, pageSize: undefined, start: { from: {}, skip: 0 } }
  const answer = await allPages(pagination, eachPage(pagination, input, paging, once))
  const items = memberAt(answer, pagination.results)
  return isItems(items) ? items : []
}

/** What is asked for beside the name: of clusters their nodes. */
export const detailsOf = ({ describe }: ResourceKind): object =>
  describe === 'DescribeCacheClusters' ? { ShowCacheNodeInfo: true } : {}

export interface Found {
  readonly kind: ResourceKind
  readonly item: Item
}

/**
 * All resources of some kinds, asked for at once. A kind that the target can't tell of (an engine without it, a user
 * without the permission) counts as none, and is told to `onFailure`; that nothing at all could be asked is an error.
 */
export async function findAll(
  client: ApiClient,
  among: readonly ResourceKind[],
  note: (error: CallFailed, kind: ResourceKind) => void = tellUnasked,
): Promise<Found[]> {
  const answers = await Promise.allSettled(
    among.map(async (kind) =>
      (await describeAll(client, kind.describe, detailsOf(kind))).map((item) => ({ kind, item })),
    ),
  )
  const failed = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
  if (failed.length === among.length) throw failed[0]
  return answers.flatMap((answer, index) => {
    if (answer.status === 'fulfilled') return answer.value
    if (!(answer.reason instanceof CallFailed)) throw answer.reason
    note(answer.reason, among[index] as ResourceKind) // asked in this order
    return []
  })
}

/** The name or id of a resource, from the member that its kind keeps it in. */
export const nameOf = ({ kind, item }: Found): string => String(item[kind.id])

/** What is called nearly so, and what it is. */
export function guessAmong(id: string, found: readonly Found[]): string | undefined {
  const name = nearest(id, found.map(nameOf))
  const akin = found.find((each) => nameOf(each) === name)
  return akin && `Did you mean ${name}? It is a ${akin.kind.name}.`
}

/**
 * Those called `id`, of whatever kind; names of different kinds may be the same. Rejects with CallFailed when none is
 * found, and not all kinds could be asked for; else with the problem that there is none. `see`: the command that lists them.
 */
export async function findById(
  client: ApiClient,
  id: string,
  among: readonly ResourceKind[],
  { none, see }: { readonly none: string; readonly see: string },
): Promise<readonly [Found, ...Found[]]> {
  const unasked: CallFailed[] = []
  const all = await findAll(client, among, (error) => unasked.push(error))
  const [first, ...more] = all.filter((each) => nameOf(each) === id)
  if (first) return [first, ...more]
  const [refusal] = unasked.filter((error) => !isUnsupported(error))
  if (refusal) throw refusal.withHint(`Of what could be asked for, nothing is called ${id}.`)
  throw new Problem('absent', none, guessAmong(id, all) ?? `See what there is: cachectl ${see}`)
}
