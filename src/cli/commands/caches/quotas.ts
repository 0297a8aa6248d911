import { DEFAULT_QUOTAS, type QuotaName } from '../../../api/catalog/quotas.ts'
import { type ResourceKind, resources } from '../../../api/catalog/resources.ts'
import { withClient } from '../../caches/client.ts'
import { type Quotas as InForce, quotasAt } from '../../caches/quotas.ts'
import { isUnsupported, unaskedText } from '../../caches/refusals.ts'
import { describeAll } from '../../caches/resources.ts'
import { command } from '../../command.ts'
import { environment } from '../../environment.ts'
import { globalFlags } from '../../global-flags.ts'
import { columnsText } from '../../output/human-table.ts'
import type { Item } from '../../output/human-value.ts'
import type { Column } from '../../output/human-views.ts'
import { CallFailed } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { resolveTarget } from '../../target/targets.ts'
import { tell } from '../../terminal.ts'

export const quotas = command({
  summary: 'Show how much of each quota is used, as far as the API tells',
  description:
    'Counts what the target has in the region against the default quotas of the guide, or those set with `engine quota set` of the local engine. AWS raises quotas on request and does not tell by this API: see Service Quotas for the ones of your account.',
  flags: globalFlags,
  examples: ['quotas', 'quotas --output json'],
  forms: {},
  async run({ flags, print }) {
    const set = (await quotasAt(resolveTarget(flags, environment))) ?? new Map()
    const uses = await withClient(flags, async (client) => {
      const answers = await Promise.all(LIMITS.map((each) => useOf(client, each, set)))
      const known = answers.flatMap((each) => (each instanceof CallFailed ? [] : [each]))
      if (known.length === 0) throw answers[0]
      return known
    })
    await print.answer(uses, (shown, style) => columnsText(COLUMNS, shown, style))
  },
})

interface Quota {
  readonly name: string
  readonly limit: QuotaName
  readonly kind: ResourceKind
  readonly input?: object
  /** What counts: by default every item. The fullest resource is named where the limit is one resource's. */
  readonly count?: (items: readonly Item[]) => number
  readonly fullest?: (item: Item) => readonly [id: string, count: number]
}

const nodes = ({ NumCacheNodes }: Item): number => (typeof NumCacheNodes === 'number' ? NumCacheNodes : 0)

const longest = (id: string, member: string) => (item: Item) =>
  [String(item[id]), Array.isArray(item[member]) ? item[member].length : 0] as const

const isCustom = (item: Item): boolean => !String(item.CacheParameterGroupName).startsWith('default.')

/** The quotas, and what counts towards each. */
const LIMITS: readonly Quota[] = [
  {
    name: 'nodes in the region',
    limit: 'nodes-per-region',
    kind: resources.cluster,
    count: (items) => items.reduce((sum, item) => sum + nodes(item), 0),
  },
  {
    name: 'nodes of a Memcached cluster',
    limit: 'nodes-per-cluster',
    kind: resources.cluster,
    fullest: (item) => [String(item.CacheClusterId), item.Engine === 'memcached' ? nodes(item) : 0],
  },
  {
    name: 'nodes of a replication group',
    limit: 'nodes-per-replication-group',
    kind: resources.replicationGroup,
    fullest: longest(resources.replicationGroup.id, 'MemberClusters'),
  },
  { name: 'serverless caches', limit: 'serverless-caches-per-region', kind: resources.serverlessCache },
  {
    name: 'parameter groups of your own',
    limit: 'parameter-groups-per-region',
    kind: resources.parameterGroup,
    count: (items) => items.filter(isCustom).length,
  },
  { name: 'subnet groups', limit: 'subnet-groups-per-region', kind: resources.subnetGroup },
  {
    name: 'subnets of a subnet group',
    limit: 'subnets-per-subnet-group',
    kind: resources.subnetGroup,
    fullest: longest(resources.subnetGroup.id, 'Subnets'),
  },
  { name: 'cache security groups', limit: 'security-groups-per-region', kind: resources.cacheSecurityGroup },
  {
    name: 'reserved nodes',
    limit: 'reserved-nodes-per-region',
    kind: resources.reservedNode,
    count: (items) =>
      items.reduce((sum, { CacheNodeCount: count }) => sum + (typeof count === 'number' ? count : 0), 0),
  },
  {
    name: 'users of your own',
    limit: 'users-per-region',
    kind: resources.user,
    count: (items) => items.filter(({ UserId }) => UserId !== 'default').length,
  },
  { name: 'user groups', limit: 'user-groups-per-region', kind: resources.userGroup },
  {
    name: 'users of a user group',
    limit: 'users-per-user-group',
    kind: resources.userGroup,
    fullest: longest(resources.userGroup.id, 'UserIds'),
  },
]

interface Use {
  readonly quota: string
  readonly used: number
  readonly limit: number
  readonly fullest: string | null
}

const COLUMNS: readonly Column<Use>[] = [
  { head: 'Quota', of: 'quota', long: true },
  {
    head: 'Used',
    of: ({ used, limit }, { good, busy, bad }) =>
      (used >= limit ? bad : used >= limit * 0.8 ? busy : good)(String(used)),
  },
  { head: 'Limit', of: 'limit' },
  { head: 'Part', of: ({ used, limit }) => `${Math.round((used / limit) * 100)} %` },
  { head: 'Fullest', of: 'fullest' },
]

/** The failure of the question where there was no answer, which has been told. */
async function useOf(client: ApiClient, quota: Quota, set: InForce): Promise<Use | CallFailed> {
  const { name, kind, count, fullest } = quota
  const limit = set.get(quota.limit) ?? DEFAULT_QUOTAS[quota.limit]
  try {
    const items = await describeAll(client, kind.describe)
    if (!fullest) return { quota: name, used: count ? count(items) : items.length, limit, fullest: null }
    const [most] = items.map(fullest).sort(([, a], [, b]) => b - a)
    return { quota: name, used: most?.[1] ?? 0, limit, fullest: most?.[0] ?? null }
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error
    if (!isUnsupported(error)) tell(`${name}: ${unaskedText(error)}`)
    return error
  }
}
