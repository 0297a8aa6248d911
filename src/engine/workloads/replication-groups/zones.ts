/** Which zones the members of a replication group go to. */
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import type { ShardPlan } from './shape.ts'

/**
 * A zone for each member, of those that `free` tells the free addresses of: members of a shard go round the zones, and primaries
 * of shards do, so that neither a shard nor all primaries go with one zone.
 */
export function zonesOfMembers(
  shards: readonly ShardPlan[],
  free: ReadonlyMap<string, number>,
  { facts, region, random }: Pick<Context, 'facts' | 'region' | 'random'>,
): string[][] {
  const named = shards.flatMap(({ zones }) => zones.filter((zone) => zone !== null))
  refuseUnknown(named, facts.zones, region, free)
  const roomy = [...free.keys()].filter((zone) => (free.get(zone) ?? 0) > 0)
  const known = (roomy.length > 0 ? roomy : [...free.keys()]).sort()
  const first = Math.floor(random() * known.length)
  return shards.map(({ zones }, shard) => zones.map((zone, member) => zone ?? round(known, first + shard + member)))
}

const round = (zones: readonly string[], at: number): string => zones[at % zones.length] ?? ''

/** Both texts are ours. */
function refuseUnknown(
  zones: readonly string[],
  known: readonly string[],
  region: string,
  free: ReadonlyMap<string, number>,
): void {
  const unknown = zones.find((zone) => !known.includes(zone))
  if (unknown !== undefined) {
    throw new Fault(
      'InvalidParameterValue',
      `${unknown} is not a valid availability zone of ${region}. Valid zones are: ${known.join(', ')}.`,
    )
  }
  const without = zones.filter((zone) => !free.has(zone))
  if (without.length > 0) {
    throw new Fault(
      'InvalidParameterCombination',
      `The cache subnet group has no subnet for this network type in ${without.join(', ')}. It has in: ${[...free.keys()].join(', ')}.`,
    )
  }
}
