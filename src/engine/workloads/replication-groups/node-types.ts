/** Node types of replication groups: with data tiering or without, and what a group can be scaled to. */
import { isOfferedFor, type NodeType, nodeTypes } from '../../../api/catalog/node-types.ts'
import { Fault } from '../../../api/faults.ts'
import { familyOfEngine, releaseOf } from '../../families/families.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'

const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

/**
 * A type that has data tiering has it always, and the request is to say so (guide, "Data tiering"). What is used less would be on
 * disks; here all is in memory. Texts are ours.
 */
export function refuseDataTiering(asked: boolean | undefined, type: NodeType): void {
  if (type.dataTiering && !asked) throw conflict(`${type.name} needs DataTieringEnabled.`)
  if (asked && !type.dataTiering) throw conflict(`Data tiering is not supported on ${type.name}.`)
}

/** Groups have no other types than those there are. */
export function typeOf({ id, nodeType }: Pick<ReplicationGroupRecord, 'id' | 'nodeType'>): NodeType {
  const type = nodeTypes.get(nodeType)
  if (!type) throw new Error(`unknown node type ${nodeType} in replication group ${id}`)
  return type
}

/** Bytes that keys may take on one of its nodes. */
export const memoryForItems = (group: ReplicationGroupRecord): number =>
  familyOfEngine(group.engine).memoryForItems(group.parameters.values, group.engineVersion, typeOf(group))

export const dataTieringOf = ({ nodeType }: Pick<ReplicationGroupRecord, 'nodeType'>): 'enabled' | 'disabled' =>
  nodeTypes.get(nodeType)?.dataTiering ? 'enabled' : 'disabled'

/** Types a group can be scaled to as it is, in the order of their names. With data tiering it stays with those that have it. */
export function scalableTypes(group: ReplicationGroupRecord): readonly NodeType[] {
  const { family, version } = releaseOf(group)
  const present = nodeTypes.get(group.nodeType)
  return [...nodeTypes.values()]
    .filter(
      (type) =>
        type !== present &&
        type.generation === 'current' &&
        type.dataTiering === present?.dataTiering &&
        isOfferedFor(type, family.engine, version) &&
        (group.networkType === 'ipv4' || type.nitro) &&
        (group.transit === 'plain' || type.tls.includes(family.engine.name)),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
