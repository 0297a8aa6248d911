/** ModifyReplicationGroup: another cluster mode, and the addresses that clients in cluster mode are told. Texts without a source are ours. */
import { CLUSTER_ON, defaultGroupOf, isSince } from '../../../api/catalog/engines.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context } from '../../calls/context.ts'
import { familyOfEngine, releaseOf } from '../../families/families.ts'
import { isDefaultGroup, valuesFor } from '../../parameters/groups.ts'
import { withParameters } from '../../parameters/status.ts'
import type { CacheParameterGroupRecord, GroupStep, ReplicationGroupRecord } from '../../store/records.ts'
import { readParameterGroup } from '../clusters/parameter-rules.ts'
import { refuseForeignDiscovery } from '../clusters/rules.ts'
import { refuseMember } from '../global-datastores/rules.ts'
import { isCluster } from './members.ts'
import { typeOf } from './node-types.ts'
import { restartSteps } from './remaking.ts'

type ModifyInput = Input<'ModifyReplicationGroup'>
type Mode = ReplicationGroupRecord['clusterMode']

const invalid = (message: string) => new Fault('InvalidParameterValue', message)
const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

/** What each mode can become (guide, "Modifying cluster mode"). */
const NEXT: Readonly<Record<Mode, readonly Mode[]>> = {
  disabled: ['compatible'],
  compatible: ['enabled', 'disabled'],
  enabled: [],
}

/** What may come with another mode. */
const WITH_MODE: ReadonlySet<string> = new Set([
  'ReplicationGroupId',
  'ApplyImmediately',
  'ClusterMode',
  'CacheParameterGroupName',
])

/** The steps to another cluster mode, if the request asks for one. */
export function readModeChange(input: ModifyInput, group: ReplicationGroupRecord, context: Context): GroupStep[] {
  const { ClusterMode: clusterMode } = input
  if (clusterMode === undefined || clusterMode === group.clusterMode) return []
  refuseModeChange(clusterMode, input, group)
  const parameterGroup = readGroupOfMode(clusterMode, input, group, context)
  const { parameters } = withParameters(group, parameterGroup.id, valuesFor(parameterGroup, typeOf(group)))
  const as = { clusterMode, parameterGroup: parameterGroup.id, parameters }
  if (clusterMode === 'enabled') return [{ do: 'remake', as }]
  return [{ do: 'place-members', clusterMode }, ...restartSteps(as)]
}

/** The second text is AWS's (CloudFormation's events show it), its code is a guess. */
function refuseModeChange(mode: Mode, input: ModifyInput, group: ReplicationGroupRecord): void {
  const { id, clusterMode, engine, engineVersion } = group
  refuseMember(group)
  if (!NEXT[clusterMode].includes(mode)) {
    throw conflict(`Cluster mode ${clusterMode} cannot be changed to ${mode}.`)
  }
  const others = Object.entries(input).filter(([name, value]) => value !== undefined && !WITH_MODE.has(name))
  if (others.length > 0) {
    throw conflict('Cluster mode updates are not supported while attempting to update additional properties.')
  }
  if (!input.ApplyImmediately) throw conflict('A change of ClusterMode needs ApplyImmediately.')
  const first = familyOfEngine(engine).engine.clusterModeChangesSince
  if (!isSince(engineVersion, first)) {
    throw conflict(`The cluster mode can be changed from ${engine} ${first} on; ${id} is ${engineVersion}.`)
  }
  if (group.automaticFailover !== 'enabled' || group.shards.some(({ members }) => members.length < 2)) {
    throw conflict('A change of the cluster mode needs automatic failover to be enabled, and a replica.')
  }
}

/** With a default group there is one for the mode; a group of a user's own has to be one of the mode. The text is AWS's. */
function readGroupOfMode(
  mode: Mode,
  { CacheParameterGroupName: named }: ModifyInput,
  group: ReplicationGroupRecord,
  context: Context,
): CacheParameterGroupRecord {
  const { engine } = familyOfEngine(group.engine)
  const standard = `${defaultGroupOf(engine, group.engineVersion)}${mode === 'disabled' ? '' : CLUSTER_ON}`
  const name = named ?? (isDefaultGroup(group.parameterGroup) ? standard : group.parameterGroup)
  const found = readParameterGroup(name, releaseOf(group), typeOf(group), context)
  const isOn = found.values['cluster-enabled'] === 'yes'
  if (isOn === (mode !== 'disabled')) return found
  const [is, shouldBe] = isOn ? ['enabled', 'disabled'] : ['disabled', 'enabled']
  throw conflict(`Cluster mode should be ${shouldBe} in parameter group, but found it is ${is}.`)
}

/** The steps to other addresses in what clients are told: servers that tell none need not know. */
export function readDiscoveryChange(
  { IpDiscovery: ipDiscovery }: Pick<ModifyInput, 'IpDiscovery'>,
  group: ReplicationGroupRecord,
): GroupStep[] {
  if (ipDiscovery === undefined || ipDiscovery === group.ipDiscovery) return []
  refuseForeignDiscovery(group.networkType, ipDiscovery)
  return isCluster(group) ? restartSteps({ ipDiscovery }) : [{ do: 'remake', as: { ipDiscovery } }]
}

/** While clients of both kinds are served (guide: no scaling, no other engine). */
export function refuseWhileCompatible({ clusterMode }: ReplicationGroupRecord, what: string): void {
  if (clusterMode === 'compatible') throw invalid(`${what} cannot be changed while the cluster mode is compatible.`)
}
