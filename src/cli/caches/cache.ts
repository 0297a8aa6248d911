/** A cache as own commands know it, whichever kind of resource it is: all that differs between kinds is in kinds/. */
import type { ResourceKind } from '../../api/catalog/resources.ts'
import type { ClusterFacts } from '../../diagnose/evidence.ts'
import type { Item } from '../output/human-value.ts'
import { Problem } from '../problem.ts'

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

type Described = Omit<ClusterFacts, 'local' | 'networkType' | 'ipDiscovery'>

/** `nodes`: whatever has an endpoint, of a kind without nodes too. */
export interface Cache extends Described {
  readonly kind: ResourceKind
  /** Absent where the API does not tell. */
  readonly networkType?: ClusterFacts['networkType']
  readonly ipDiscovery?: ClusterFacts['ipDiscovery']
  /** What keys are spread over; others of its endpoints are further doors to the same. */
  readonly servers: readonly (HostAndPort & { readonly label: string })[]
  /** Of a cluster: the replication group that it is a node of. */
  readonly memberOf?: string
  /** Of a replication group. */
  readonly shards?: readonly Shard[]
  /** What is not for caches of its kind. */
  readonly not: Readonly<Partial<Record<'listed' | 'scaled', Refusal>>>
}

/** What of a replication group has the same keys. */
export interface Shard {
  readonly id: string
  readonly status: string
  /** `0-5461`; absent without cluster mode, where there is one that has all. */
  readonly slots?: string
  /** Absent in cluster mode, where clients find the nodes themselves. */
  readonly primary?: HostAndPort
  readonly reader?: HostAndPort
}

export interface Refusal {
  readonly why: string
  readonly instead: string
}

/** From what the API describes of one kind to what own commands know: a row a kind. */
export interface CacheKind {
  readonly kind: ResourceKind
  /** Whether each is made of cache clusters, which are described beside it. */
  readonly hasMembers?: true
  /** `item`: of the list that `kind.describe` answers; `members`: of that of clusters. */
  cacheOf(item: Item, members?: readonly Item[]): Cache
}

/** Nodes that have an endpoint; one that is being created has none yet. */
export const endpointsOf = ({ nodes }: Cache): (Cache['nodes'][number] & HostAndPort)[] =>
  nodes.flatMap((node) => (node.host && node.port ? [{ ...node, host: node.host, port: node.port }] : []))

/** How people are told of a node of that id: of a replication group it says itself what it is. */
export const nodeLabel = (id: string): string => (/^\d+$/.test(id) ? `node ${id}` : id)

/** Of nodes that all hold keys, each a server once it has an endpoint. */
export const serversOf = (nodes: Cache['nodes']): Cache['servers'] =>
  nodes.flatMap(({ id, host, port }) => (host && port ? [{ label: id, host, port }] : []))

/** @throws Problem where the kind of cache is not for it. */
export function refuseUnless(what: keyof Cache['not'], { id, kind, not }: Cache): void {
  const refusal = not[what]
  if (refusal) throw new Problem('general', `${id} is a ${kind.name}: ${refusal.why}`, refusal.instead)
}

export const networkTypeOf = (type: string | undefined): ClusterFacts['networkType'] | undefined =>
  type === 'ipv4' || type === 'ipv6' || type === 'dual_stack' ? type : undefined

/** What is to change, in the words of PendingModifiedValues. */
export const pendingIn = (values: object = {}): string[] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === null || (Array.isArray(value) && value.length === 0) ? [] : [name],
  )

export const endOf = (endpoint: { Address?: string | undefined; Port?: number | undefined } | undefined) =>
  endpoint?.Address && endpoint.Port ? { host: endpoint.Address, port: endpoint.Port } : undefined
