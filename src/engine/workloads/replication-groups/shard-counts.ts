/** Which shards a group is to have: those that come, with their zones, and those that go. Pure: each function answers, or throws the refusal. */
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import { shardId } from './names.ts'
import type { ShardPlan } from './shape.ts'

type ReshardInput = Pick<
  Input<'ModifyReplicationGroupShardConfiguration'>,
  'NodeGroupCount' | 'ReshardingConfiguration' | 'NodeGroupsToRemove' | 'NodeGroupsToRetain'
>

const invalid = (message: string) => new Fault('InvalidParameterValue', message)
const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

export interface ShardChange {
  readonly coming: readonly ShardPlan[]
  /** Ids of shards. */
  readonly going: readonly string[]
}

/** Texts without a source are ours, but for that of unknown ids. */
export function readShardChange(input: ReshardInput, group: ReplicationGroupRecord): ShardChange {
  const { NodeGroupCount: count, ReshardingConfiguration: zones = [] } = input
  if (count === undefined || count < 1) {
    throw invalid(`Invalid value ${count ?? ''} for NodeGroupCount. Must be at least 1`)
  }
  const present = group.shards.length
  const going = readGoing(input, group)
  if (going === undefined && count < present) {
    throw conflict('To have fewer node groups, NodeGroupsToRemove or NodeGroupsToRetain has to be specified.')
  }
  if (going !== undefined && count >= present) {
    throw conflict('NodeGroupsToRemove and NodeGroupsToRetain are only for fewer node groups than there are.')
  }
  if (going !== undefined && present - going.length !== count) {
    throw conflict(`NodeGroupCount is ${count}, but ${present - going.length} of ${present} node groups would be left.`)
  }
  if (zones.length > 0 && count <= present) {
    throw conflict('ReshardingConfiguration is only for more node groups than there are.')
  }
  return { coming: readComing(count - present, zones, group), going: going ?? [] }
}

/** Undefined: none are named. */
function readGoing(
  { NodeGroupsToRemove: remove = [], NodeGroupsToRetain: retain = [] }: ReshardInput,
  { shards }: ReplicationGroupRecord,
): string[] | undefined {
  if (remove.length > 0 && retain.length > 0) {
    throw conflict('NodeGroupsToRemove and NodeGroupsToRetain cannot be specified together.')
  }
  const named = [...remove, ...retain]
  if (named.length === 0) return undefined
  const known = shards.map(({ id }) => id)
  const unknown = named.filter((id) => !known.includes(wholeId(id)))
  if (unknown.length > 0) throw invalidIds(unknown)
  const ids = named.map(wholeId)
  return known.filter((id) => ids.includes(id) === remove.length > 0)
}

const invalidIds = (ids: readonly string[]) => invalid(`The following node group ids are invalid: [${ids.join(', ')}]`)

const wholeId = (id: string): string => (/^\d{1,4}$/.test(id) ? shardId(Number(id)) : id)

/** A new shard has as many members as the smallest there is. Zones may be said of those there are as well, which stay where they are. */
function readComing(
  count: number,
  configuration: NonNullable<ReshardInput['ReshardingConfiguration']>,
  { shards }: ReplicationGroupRecord,
): ShardPlan[] {
  if (count <= 0) return []
  const known = shards.map(({ id }) => id)
  const asked = configuration.filter(({ NodeGroupId: id }) => id === undefined || !known.includes(wholeId(id)))
  if (asked.length > count) throw conflict(`ReshardingConfiguration has more node groups than the ${count} to add.`)
  const named = asked.flatMap(({ NodeGroupId: id }) => (id === undefined ? [] : [id]))
  const wrong = named.filter((id, at) => !/^\d{1,4}$/.test(id) || Number(id) === 0 || named.indexOf(id) < at)
  if (wrong.length > 0) throw invalidIds(wrong)
  const free = freeIds([...known, ...named.map(wholeId)])
  const size = Math.min(...shards.map(({ members }) => members.length))
  return Array.from({ length: count }, (_, index) => {
    const { NodeGroupId: id, PreferredAvailabilityZones: zones = [] } = asked[index] ?? {}
    if (zones.length > 0 && zones.length !== size) {
      throw conflict(`PreferredAvailabilityZones must have a zone for each of the ${size} nodes of a node group.`)
    }
    return {
      id: id === undefined ? free.next().value : wholeId(id),
      slots: [],
      zones: zones.length > 0 ? zones : new Array<null>(size).fill(null),
    }
  })
}

/** The smallest numbers first, as an event of AWS's tells: a group whose one shard was 0002 gained 0001. */
function* freeIds(taken: readonly string[]): Generator<string, never> {
  for (let number = 1; ; number++) {
    const id = shardId(number)
    if (!taken.includes(id)) yield id
  }
}
