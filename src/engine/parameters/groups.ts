/** The parameter groups of a region: those of users, and the default ones, which never change and are stored only with tags. */
import { CLUSTER_ON, defaultGroupOf } from '../../api/catalog/engines.ts'
import { type NodeType, nodeTypes } from '../../api/catalog/node-types.ts'
import { isOlder } from '../../api/catalog/versions.ts'
import { familyOfEngine, findParameterFamily, PARAMETER_FAMILIES, type ParameterFamily } from '../families/families.ts'
import type { CacheClusterRecord, CacheParameterGroupRecord, ParameterValues } from '../store/records.ts'
import type { Store } from '../store/store.ts'

const DEFAULT = 'default.'

/** Whether it is one of those that are there for everybody, and never change. */
export const isDefaultGroup = (name: string): boolean => name.startsWith(DEFAULT)

/** Of versions with cluster mode there are two of each family. */
function defaultGroups(
  store: Store,
  region: string,
  { name: family, family: { engine }, versions: [newest] }: ParameterFamily,
) {
  const stored = (group: CacheParameterGroupRecord) => store.get('parameterGroup', region, group.id) ?? group
  const group = { region, id: `${DEFAULT}${family}`, family, values: {}, tags: [] }
  const plain = stored({ ...group, description: `Default parameter group for ${family}` })
  if (engine.clusterModeSince === undefined || isOlder(newest, engine.clusterModeSince)) return [plain]
  const description = `Customized default parameter group for ${family} with cluster mode on`
  return [
    plain,
    stored({ ...group, id: `${group.id}${CLUSTER_ON}`, description, values: { 'cluster-enabled': 'yes' } }),
  ]
}

/** Every group of a region, in the order of their names. */
export const parameterGroupsOf = (store: Store, region: string): CacheParameterGroupRecord[] =>
  [
    ...PARAMETER_FAMILIES.flatMap((family) => defaultGroups(store, region, family)),
    ...ownParameterGroups(store, region),
  ].sort((a, b) => (a.id < b.id ? -1 : 1))

/** Those that users made. */
export const ownParameterGroups = (store: Store, region: string): CacheParameterGroupRecord[] =>
  store.list('parameterGroup', region).filter(({ id }) => !isDefaultGroup(id))

/** @param name In lower case. */
export function findParameterGroup(store: Store, region: string, name: string): CacheParameterGroupRecord | undefined {
  const family = PARAMETER_FAMILIES.find((each) =>
    [each.name, `${each.name}${CLUSTER_ON}`].some((known) => name === `${DEFAULT}${known}`),
  )
  const standard = family && defaultGroups(store, region, family).find(({ id }) => id === name)
  return standard ?? store.get('parameterGroup', region, name)
}

/** What a group is of. */
export function familyOfGroup({ family }: CacheParameterGroupRecord): ParameterFamily {
  const found = findParameterFamily(family)
  if (!found) throw new Error(`no family of parameter groups ${family}`)
  return found
}

/** What a group sets on nodes of a type. */
export function valuesFor(group: CacheParameterGroupRecord, type: NodeType): ParameterValues {
  return isDefaultGroup(group.id)
    ? { ...familyOfGroup(group).family.defaultValues(type), ...group.values }
    : group.values
}

/** What the group of that name sets on the nodes of a cluster. A group in use is never deleted. */
export function valuesForCluster(
  store: Store,
  { region, nodeType }: CacheClusterRecord,
  name: string,
): ParameterValues {
  const group = findParameterGroup(store, region, name)
  const type = nodeTypes.get(nodeType)
  return group && type ? valuesFor(group, type) : {}
}

/** The group a cluster goes by after an upgrade: the one asked for; else the default of the version, or its own. */
export function groupAfterUpgrade(
  { engine, parameterGroup }: CacheClusterRecord,
  version: string,
  asked?: string,
): string {
  if (asked !== undefined || !isDefaultGroup(parameterGroup)) return asked ?? parameterGroup
  return defaultGroupOf(familyOfEngine(engine).engine, version)
}

/** Whether a cluster goes by a group, or will once what was accepted is done. */
const isMember = ({ parameterGroup, pending, steps }: CacheClusterRecord, id: string): boolean =>
  parameterGroup === id ||
  pending.parameterGroup === id ||
  steps.some((step) => step.do === 'upgrade' && step.parameterGroup === id)

/** Whether anything goes by a group. Of the default ones: always, as they never change. */
export const isInUse = ({ region, id }: CacheParameterGroupRecord, store: Store): boolean =>
  isDefaultGroup(id) ||
  store.list('cluster', region).some((cluster) => isMember(cluster, id)) ||
  store
    .list('replicationGroup', region)
    .some(
      ({ parameterGroup, pending, steps }) =>
        parameterGroup === id ||
        pending.parameterGroup === id ||
        steps.some((step) => step.do === 'upgrade' && step.to.parameterGroup === id) ||
        steps.some((step) => 'as' in step && step.as.parameterGroup === id),
    )
