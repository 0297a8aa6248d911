import type { CacheClusterRecord, PendingChanges } from '../../store/records.ts'

/** `count` zones: the named ones if any, else all in the first (`single-az`) or round the region's zones (`cross-az`). */
export function spread(zones: readonly string[], count: number, azMode: 'single-az' | 'cross-az'): string[] {
  // Callers name at least one zone.
  return Array.from({ length: count }, (_, index) => zones[azMode === 'cross-az' ? index % zones.length : 0] as string)
}

/** Zones for the nodes a change adds: those asked for; else, of `candidates`, where a cluster that spans several has fewest. */
export function scaleOutZones(
  cluster: CacheClusterRecord,
  changes: PendingChanges,
  candidates: readonly string[],
): string[] {
  const count = Math.max(0, (changes.numCacheNodes ?? 0) - cluster.nodes.length)
  if (changes.newZones && changes.newZones.length === count) return [...changes.newZones]
  const used = cluster.nodes.map(({ zone }) => zone)
  const [only, ...others] = new Set(used)
  if (only && others.length === 0 && changes.azMode !== 'cross-az') return new Array(count).fill(only)
  const added: string[] = []
  for (let index = 0; index < count; index++) {
    const load = (zone: string) => [...used, ...added].filter((each) => each === zone).length
    added.push([...candidates].sort((a, b) => load(a) - load(b))[0] as string) // there is a candidate
  }
  return added
}

/** `PreferredAvailabilityZone` of an answer: the zone all nodes are in, or `Multiple`. */
export function preferredZone(zones: readonly string[]): string {
  const [first, ...rest] = new Set(zones)
  return rest.length === 0 ? (first ?? '') : 'Multiple'
}
