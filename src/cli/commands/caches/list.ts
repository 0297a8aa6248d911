import { regionalKinds, resources } from '../../../api/catalog/resources.ts'
import { systemClock } from '../../../net/clock.ts'
import { withClient } from '../../caches/client.ts'
import { isUnsupported, unaskedText } from '../../caches/refusals.ts'
import { type Found, findAll } from '../../caches/resources.ts'
import { command } from '../../command.ts'
import { globalFlags } from '../../global-flags.ts'
import { columnsText } from '../../output/human-table.ts'
import { type Item, isItem, isItems, valueText } from '../../output/human-value.ts'
import { type Column, clusterEndpoint } from '../../output/human-views.ts'
import { snapshotTime } from '../../output/node-snapshots.ts'
import { type Style, statusText, styleOf } from '../../output/style.ts'
import { tell } from '../../terminal.ts'

export const list = command({
  summary: 'Show every cache of the target: clusters, serverless, groups, snapshots',
  description:
    'One table, or with --output json a list for programs; --output ids: one id a line. What the target cannot tell of is said on stderr.',
  flags: globalFlags,
  examples: ['list', 'list --output ids', 'list --target aws --region us-west-2'],
  forms: { own: ['ids'] },
  async run({ flags, print }) {
    const caches = regionalKinds.filter(({ cache }) => cache)
    const found = await withClient(flags, (client) =>
      findAll(client, caches, (error, kind) => {
        if (!isUnsupported(error)) tell(`No ${kind.name}s can be shown: ${unaskedText(error)}`)
      }),
    )
    const style = await styleOf(false, Number.POSITIVE_INFINITY, systemClock.now())
    const entries = underTheirGroups(found.map((each) => entryOf(each, style)))
    await print.answer(entries, listText, { ids: (shown) => shown.map(({ id }) => id).join('\n') })
  },
})

/** For people; exported for tests of what narrow terminals show. */
export const listText = (entries: readonly Entry[], style: Style): string =>
  entries.length === 0 ? 'No caches.' : columnsText(COLUMNS, entries, style)

/** Members come after their group, in the order of their names. */
function underTheirGroups(entries: readonly Entry[]): Entry[] {
  const groups = new Set(entries.filter(({ kind }) => kind === resources.replicationGroup.name).map(({ id }) => id))
  const isMember = ({ kind, of }: Entry): boolean => kind === resources.cluster.name && of !== null && groups.has(of)
  return entries
    .filter((each) => !isMember(each))
    .flatMap((each) =>
      each.kind === resources.replicationGroup.name
        ? [each, ...entries.filter((other) => isMember(other) && other.of === each.id)]
        : [each],
    )
}

/** For people: what stands under its group is seen to belong to it. */
const nameText = ({ kind, id, of }: Entry): string => (kind === resources.cluster.name && of !== null ? `  ${id}` : id)

interface Entry {
  readonly kind: string
  readonly id: string
  readonly status: string
  readonly endpoint: string | null
  readonly engine: string
  readonly engineVersion: string
  /** Whose snapshot it is, or which group a cluster belongs to. */
  readonly of: string | null
  readonly nodes: number | null
  readonly nodeType: string | null
  readonly created: string | null
  readonly arn: string
}

const COLUMNS: readonly Column<Entry>[] = [
  { head: 'Name', of: nameText },
  // Of several words: broken over lines before the endpoint goes.
  { head: 'Kind', of: 'kind', long: true },
  { head: 'Status', of: ({ status }, style) => statusText(status, style) },
  { head: 'Endpoint', of: 'endpoint' },
  { head: 'Size', of: ({ nodes, nodeType }) => (nodes === null ? '' : `${nodes} x ${nodeType}`) },
  { head: 'Engine', of: ({ engine, engineVersion }) => `${engine} ${engineVersion}`.trim() },
  { head: 'Of', of: 'of' },
  { head: 'Created', of: ({ created }, style) => (created ? valueText(new Date(created), '', style) : '') },
]

function entryOf({ kind, item }: Found, style: Style): Entry {
  const members = isItems(item.NodeGroups) ? item.NodeGroups[0] : undefined
  const endpoint = clusterEndpoint({ ...item, ConfigurationEndpoint: endpointOf(item, members) }, style)
  const configuration = isItem(item.ServerlessCacheConfiguration) ? item.ServerlessCacheConfiguration : {}
  const created = kind === resources.snapshot ? snapshotTime(item) : createdOf(item)
  const text = (...values: unknown[]): string | null => {
    const value = values.find((each) => each !== undefined && each !== '')
    return value === undefined ? null : String(value)
  }
  const nodes = item.NumCacheNodes ?? (Array.isArray(item.MemberClusters) ? item.MemberClusters.length : undefined)
  return {
    kind: kind.name,
    id: String(item[kind.id]),
    status: text(item.CacheClusterStatus, item.SnapshotStatus, item.Status) ?? '-',
    endpoint: endpoint === '-' ? null : endpoint,
    engine: text(item.Engine, configuration.Engine) ?? '',
    engineVersion: text(item.EngineVersion, item.MajorEngineVersion, configuration.MajorEngineVersion) ?? '',
    of: text(
      kind.id === 'ReplicationGroupId' ? undefined : item.ReplicationGroupId,
      kind.id === 'CacheClusterId' ? undefined : item.CacheClusterId,
      configuration.ServerlessCacheName,
    ),
    nodes: typeof nodes === 'number' ? nodes : null,
    nodeType: text(item.CacheNodeType),
    created: created instanceof Date ? created.toISOString() : null,
    arn: String(item.ARN ?? ''),
  }
}

const createdOf = ({ CacheClusterCreateTime, ReplicationGroupCreateTime, CreateTime }: Item): unknown =>
  CacheClusterCreateTime ?? ReplicationGroupCreateTime ?? CreateTime

const endpointOf = (item: Item, group: Item | undefined): unknown =>
  item.ConfigurationEndpoint ?? item.Endpoint ?? group?.PrimaryEndpoint
