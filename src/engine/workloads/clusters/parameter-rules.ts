/** Which parameter group a cluster may go by, and whether its nodes could start with it. */

import { defaultGroupOf, familyOf } from '../../../api/catalog/engines.ts'
import { type NodeType, nodeTypes } from '../../../api/catalog/node-types.ts'
import { Fault } from '../../../api/faults.ts'
import type { Context } from '../../calls/context.ts'
import { requireParameterGroup } from '../../calls/groups.ts'
import { releaseOf } from '../../families/families.ts'
import type { Release } from '../../families/family.ts'
import { groupAfterUpgrade, valuesFor } from '../../parameters/groups.ts'
import { withParameters } from '../../parameters/status.ts'
import type { CacheClusterRecord, CacheParameterGroupRecord, PendingChanges } from '../../store/records.ts'

const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

/** The group for nodes of a version and type; the default one without a name. */
export function readParameterGroup(
  name: string | undefined,
  release: Release,
  type: NodeType,
  context: Context,
): CacheParameterGroupRecord {
  const group = requireParameterGroup(name ?? defaultGroupOf(release.family.engine, release.version), context)
  refuseOtherFamily(group, release)
  refuseIncompatible(group, release, type)
  return group
}

/**
 * The cluster and its pending changes with the group a modification asks for. A group of the present family applies at once. One
 * of another family comes with the upgrade to that family, which a cluster with a group of its own cannot do without.
 */
export function readGroupChange(
  name: string | undefined,
  cluster: CacheClusterRecord,
  pending: PendingChanges,
  context: Context,
): { cluster: CacheClusterRecord; pending: PendingChanges } {
  const type = nodeTypes.get(pending.nodeType ?? cluster.nodeType)
  if (!type) throw new Error(`unknown node type ${cluster.nodeType} in cluster ${cluster.id}`)
  const group = name === undefined ? undefined : requireParameterGroup(name, context)
  const version = pending.engineVersion
  const isForUpgrade = group && version && isOf(group, releaseOf(cluster, version)) && !isOf(group, releaseOf(cluster))
  const regrouped = group && !isForUpgrade ? regroup(cluster, group, type) : cluster
  if (!version) {
    if (pending.nodeType) readParameterGroup(regrouped.parameterGroup, releaseOf(cluster), type, context)
    return { cluster: regrouped, pending }
  }
  const later = isForUpgrade ? group.id : pending.parameterGroup
  readParameterGroup(groupAfterUpgrade(regrouped, version, later), releaseOf(cluster, version), type, context)
  return { cluster: regrouped, pending: { ...pending, ...(later && { parameterGroup: later }) } }
}

function regroup(cluster: CacheClusterRecord, group: CacheParameterGroupRecord, type: NodeType): CacheClusterRecord {
  refuseOtherFamily(group, releaseOf(cluster))
  refuseIncompatible(group, releaseOf(cluster), type)
  return group.id === cluster.parameterGroup ? cluster : withParameters(cluster, group.id, valuesFor(group, type))
}

const nameOf = ({ family, version }: Release): string => familyOf(family.engine, version)

const isOf = ({ family }: CacheParameterGroupRecord, release: Release): boolean => family === nameOf(release)

function refuseOtherFamily(group: CacheParameterGroupRecord, release: Release): void {
  if (isOf(group, release)) return
  throw conflict(`Expected a parameter group of family ${nameOf(release)} but found one of family ${group.family}`)
}

/** The guide names the rules, not the words. */
function refuseIncompatible(group: CacheParameterGroupRecord, { family, version }: Release, type: NodeType): void {
  const why = family.incompatibility(valuesFor(group, type), version, type)
  if (why) throw conflict(`Cache parameter group ${group.id} does not go with ${family.engine.name} ${version}: ${why}`)
}
