/** What the nodes of a replication group say of themselves and of each other, held against the API. */
import { shell } from '../../../api/shell.ts'
import type { Shard as SeenShard } from '../../../kv/resp/topology.ts'
import { endpoint } from '../../../net/target.ts'
import type { Cache } from '../../caches/cache.ts'
import type { AskedNode } from '../../caches/group-nodes.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'

/** JSON-able. */
export interface GroupView {
  readonly group: string
  readonly engine: string
  readonly clusterMode: boolean
  readonly nodes: readonly {
    readonly id: string
    readonly host: string
    readonly port: number
    readonly shard: string
    /** As the node says; null: it did not answer. */
    readonly role: string | null
    readonly slots: string | null
    /** Bytes of the replication stream: written by a primary, received by a replica. */
    readonly offset: number | null
    /** Of a replica: whether it receives what its primary writes. */
    readonly linked: boolean | null
    /** Bytes of its primary's stream that a replica has not received. */
    readonly behind: number | null
    /** How many nodes it knows of, in cluster mode. */
    readonly knows: number | null
    readonly problem: string | null
    /** The code of its refusal, where it answered with one: `NOAUTH`. */
    readonly refusal: string | null
  }[]
  readonly differences: readonly string[]
  /** What to do about refusals, each once. */
  readonly hints: readonly string[]
}

/** Pure. */
export function viewOf(cache: Cache, asked: readonly AskedNode[]): GroupView {
  const primaryOf = (shard: string | undefined) =>
    asked.find(({ node, standing }) => node.shard === shard && standing?.role === 'primary')
  const nodes = asked.map(({ node, standing, shards, problem, refusal }) => {
    const offset = primaryOf(node.shard)?.standing?.offset
    return {
      id: node.id,
      host: node.host,
      port: node.port,
      shard: node.shard ?? '',
      role: standing?.role ?? null,
      offset: standing?.offset ?? null,
      linked: standing?.linked ?? null,
      slots: cache.shards?.find(({ id }) => id === node.shard)?.slots ?? null,
      behind: standing?.role === 'replica' && offset !== undefined ? Math.max(0, offset - standing.offset) : null,
      knows: shards ? addressesOf(shards).length : null,
      problem: problem ?? null,
      refusal: refusal ?? null,
    }
  })
  const { id: group, engine, configuration } = cache
  return {
    group,
    engine,
    clusterMode: configuration !== undefined,
    nodes,
    differences: differencesOf(cache, asked),
    hints: [...new Set(asked.flatMap(({ hint, refusal }) => (refusal === undefined ? [] : (hint ?? []))))],
  }
}

function differencesOf(cache: Cache, asked: readonly AskedNode[]): string[] {
  const ofNodes = asked.flatMap(({ node: { id, role }, standing, problem, refusal }) => [
    ...(problem === undefined ? [] : [`${id} ${refusal === undefined ? 'does not answer' : 'refuses'}: ${problem}`]),
    ...(standing && role && standing.role !== role
      ? [`${id} says that it is a ${standing.role}, and the API that it is a ${role}`]
      : []),
    ...(standing?.linked === false ? [`${id} does not receive what its primary writes`] : []),
  ])
  const ofShards = (cache.shards ?? []).flatMap(({ id }) => {
    const own = asked.filter(({ node }) => node.shard === id)
    const primaries = own.filter(({ standing }) => standing?.role === 'primary').map(({ node }) => node.id)
    if (primaries.length === 1 || own.every(({ standing }) => !standing)) return []
    return primaries.length === 0
      ? [`no node of shard ${id} says that it is the primary`]
      : [`${primaries.join(' and ')} of shard ${id} all say that they are the primary`]
  })
  const ofLists = asked.flatMap(({ node, shards }) => (shards ? listDifferences(cache, asked, node.id, shards) : []))
  return [...ofNodes, ...ofShards, ...ofLists]
}

/** What one node lists of the cluster, against the members and slots of the API. */
function listDifferences(cache: Cache, asked: readonly AskedNode[], who: string, seen: readonly SeenShard[]): string[] {
  const listed = addressesOf(seen)
  const members = asked.map(({ node }) => ({ id: node.id, at: endpoint(node.host, node.port) }))
  const missing = members.filter(({ at }) => !listed.includes(at)).map(({ id }) => id)
  const strangers = listed.filter((at) => !members.some((member) => member.at === at))
  const slots = (cache.shards ?? []).flatMap(({ id, slots: told }) => {
    const own = asked.filter(({ node }) => node.shard === id).map(({ node }) => endpoint(node.host, node.port))
    const found = seen.find((shard) => addressesOf([shard]).some((at) => own.includes(at)))
    const says = found && slotsText(found)
    return says === undefined || told === undefined || says === told
      ? []
      : [`${who} lists shard ${id} with slots ${says}, and the API with ${told}`]
  })
  return [
    ...(missing.length > 0 ? [`${who} does not list ${missing.join(', ')}`] : []),
    ...(strangers.length > 0 ? [`${who} lists ${strangers.join(', ')}, which the API does not`] : []),
    ...slots,
  ]
}

const addressesOf = (shards: readonly SeenShard[]): string[] =>
  shards.flatMap(({ primary, replicas }) => [primary, ...replicas]).map(({ host, port }) => endpoint(host, port))

const slotsText = ({ slots }: SeenShard): string =>
  [...slots]
    .sort(([a], [b]) => a - b)
    .map(([first, last]) => (first === last ? String(first) : `${first}-${last}`))
    .join(',')

/** @param again The group has been introduced already. */
export function groupText(view: GroupView, style: Style, again?: 'again'): string {
  const { group, engine, clusterMode, nodes, differences, hints } = view
  const how = clusterMode
    ? 'its nodes tell clients of each other (CLUSTER SHARDS)'
    : 'clients go to its primary and reader endpoint'
  const rows = nodes.map((node) => [
    node.id,
    endpoint(node.host, node.port),
    node.role ?? node.refusal ?? 'silent',
    node.shard,
    node.slots ?? '-',
    node.behind === null ? '-' : `${node.behind} bytes`,
    node.knows === null ? '-' : `${node.knows} nodes`,
  ])
  return [
    ...(again ? [] : [`${group} has no Auto Discovery: its engine is ${engine}, and ${how}.`]),
    tableText(['Node', 'Address', 'Says it is', 'Shard', 'Slots', 'Behind', 'Lists'], rows, style),
    ...(differences.length > 0
      ? differences.map((each) => style.bad(`Differs: ${each.replace(/\.$/, '')}.`))
      : [style.good('All nodes agree, with the API too.')]),
    ...(hints.length > 0 ? hints : differences.length > 0 ? [shell`Look closer: cachectl doctor ${group}`] : []),
  ].join('\n')
}
