/** The kinds of resources the API has, and how to find one of them by its id. */
import type { OperationName } from '../api/model.ts'
import { operation } from '../api/model.ts'
import type { ApiClient } from './client.ts'
import { type Item, isItems } from './output/human-value.ts'
import { allPages, eachPage } from './paginate.ts'
import { CallFailed } from './problem.ts'

export interface Kind {
  /** As people call it. */
  readonly name: string
  /** The operation that lists them, and in its answer the member that holds the list. */
  readonly describe: OperationName
  readonly list: string
  /** The member that names one: of an item, and of the operation's input. */
  readonly id: string
  readonly arn: string
  /** Holds data: what `cachectl list` shows. */
  readonly cache: boolean
}

const kind = (name: string, describe: OperationName, id: string, more: Partial<Kind> = {}): Kind => ({
  name,
  describe,
  list: describe.slice('Describe'.length),
  id,
  arn: 'ARN',
  cache: false,
  ...more,
})

export const kinds = [
  kind('cluster', 'DescribeCacheClusters', 'CacheClusterId', { cache: true }),
  kind('serverless cache', 'DescribeServerlessCaches', 'ServerlessCacheName', { cache: true }),
  kind('replication group', 'DescribeReplicationGroups', 'ReplicationGroupId', { cache: true }),
  kind('snapshot', 'DescribeSnapshots', 'SnapshotName', { cache: true }),
  kind('serverless snapshot', 'DescribeServerlessCacheSnapshots', 'ServerlessCacheSnapshotName', { cache: true }),
  kind('parameter group', 'DescribeCacheParameterGroups', 'CacheParameterGroupName'),
  kind('subnet group', 'DescribeCacheSubnetGroups', 'CacheSubnetGroupName'),
  kind('security group', 'DescribeCacheSecurityGroups', 'CacheSecurityGroupName'),
  kind('user', 'DescribeUsers', 'UserId'),
  kind('user group', 'DescribeUserGroups', 'UserGroupId'),
  kind('reservation', 'DescribeReservedCacheNodes', 'ReservedCacheNodeId', { arn: 'ReservationARN' }),
] as const satisfies readonly Kind[]

/** Every item, all pages of them. Rejects with CallFailed. */
export async function describeAll(
  client: ApiClient,
  name: OperationName,
  input: object = {},
): Promise<readonly Item[]> {
  const { pagination } = operation(name)
  if (!pagination) throw new Error(`${name} has no list`)
  const once = async (page: object) => (await client.call(name, page)) as Record<string, unknown>
  const paging = { maxItems: undefined, pageSize: undefined, start: { from: {}, skip: 0 } }
  const answer = await allPages(pagination, eachPage(pagination, input, paging, once))
  const items = pagination.results.split('.').reduce<unknown>((value, member) => (value as Item)[member], answer)
  return isItems(items) ? items : []
}

export interface Found {
  readonly kind: Kind
  readonly item: Item
}

/**
 * All resources of some kinds, asked for at once. A kind that the target can't tell of (an engine without it, a user
 * who may not) counts as none, and is told to `onFailure`; that nothing at all could be asked is an error.
 */
export async function findAll(
  client: ApiClient,
  among: readonly Kind[],
  onFailure: (kind: Kind, error: CallFailed) => void = () => {},
): Promise<Found[]> {
  const answers = await Promise.allSettled(
    among.map(async (each) => {
      const input = each.describe === 'DescribeCacheClusters' ? { ShowCacheNodeInfo: true } : {}
      return (await describeAll(client, each.describe, input)).map((item) => ({ kind: each, item }))
    }),
  )
  const failed = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
  if (failed.length === among.length) throw failed[0]
  return answers.flatMap((answer, index) => {
    if (answer.status === 'fulfilled') return answer.value
    if (!(answer.reason instanceof CallFailed)) throw answer.reason
    onFailure(among[index] as Kind, answer.reason)
    return []
  })
}

/** Those called `id`, of whatever kind; names of different kinds may be the same. */
export const findById = async (client: ApiClient, id: string, among: readonly Kind[] = kinds): Promise<Found[]> =>
  (await findAll(client, among)).filter(({ kind: { id: member }, item }) => item[member] === id)

/** `an engine without it`: the local engine answers so for what it has none of. */
export const isUnsupported = ({ serviceCode }: CallFailed): boolean => serviceCode === 'UnsupportedOperation'
