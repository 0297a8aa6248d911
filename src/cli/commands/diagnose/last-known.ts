/** Clusters as the API last told of them, in a file of the state directory: where it tells nothing, a look goes on from there. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterFacts } from '../../../diagnose/evidence.ts'

/** What stays for long: states, and changes on their way, do not. */
const LASTING = [
  'id',
  'engine',
  'networkType',
  'ipDiscovery',
  'tls',
  'numCacheNodes',
  'nodes',
  'local',
  'configuration',
  'serverless',
  'group',
] as const satisfies readonly (keyof ClusterFacts)[]

type KnownCluster = Pick<ClusterFacts, (typeof LASTING)[number]>

interface Known {
  /** ISO 8601. */
  readonly at: string
  readonly cluster: KnownCluster
}

/** By where calls go, then by the id of the cluster. */
type KnownFile = Readonly<Record<string, Readonly<Record<string, Known>>>>

const fileIn = (stateDir: string): string => join(stateDir, 'last-known.json')

/** Keeps what was told, at this time, and forgets those that are not there. Where nothing can be written, nothing is kept. */
export function keepKnown(
  stateDir: string,
  api: string,
  { clusters, missing, at }: { clusters: readonly ClusterFacts[]; missing: readonly { id: string }[]; at: string },
): void {
  const known = readKnown(stateDir)
  const told = Object.fromEntries([
    ...Object.entries(known[api] ?? {}).filter(([id]) => !missing.some((each) => each.id === id)),
    ...clusters.map((cluster): [string, Known] => [cluster.id, { at, cluster: lasting(cluster) }]),
  ])
  const file = fileIn(stateDir)
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    writeFileSync(`${file}.new`, JSON.stringify({ ...known, [api]: told }), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch {
    // It serves a later look only: this one does without.
  }
}

/** Those of these ids that are known, or all where none is named; and when the oldest of them was told. */
export function lastKnown(
  stateDir: string,
  api: string,
  ids: readonly string[],
): { readonly at: string; readonly clusters: readonly ClusterFacts[] } | undefined {
  const known = Object.values(readKnown(stateDir)[api] ?? {})
  const meant = known.filter(({ cluster: { id } }) => ids.length === 0 || ids.includes(id))
  const [oldest] = meant.map(({ at }) => at).sort()
  return oldest === undefined ? undefined : { at: oldest, clusters: meant.map(({ cluster }) => asAvailable(cluster)) }
}

function readKnown(stateDir: string): KnownFile {
  try {
    return JSON.parse(readFileSync(fileIn(stateDir), 'utf8'))
  } catch {
    // No file, or half of one: nothing is known.
    return {}
  }
}

const lasting = (cluster: ClusterFacts): KnownCluster =>
  Object.fromEntries(LASTING.map((member) => [member, cluster[member]])) as KnownCluster // JSON leaves out what is absent

/** How it stands now is not known: it is looked at as one that is well. */
const asAvailable = ({ nodes, ...cluster }: KnownCluster): ClusterFacts => ({
  ...cluster,
  status: 'available',
  nodes: nodes.map((node) => ({ ...node, status: 'available' })),
})
