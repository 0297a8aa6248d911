/** Durability: what servers write down before, or after, they answer. Texts of refusals are ours. */
import { isSince } from '../../../api/catalog/engines.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import { familyOfEngine } from '../../families/families.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'
import { runtimeOf } from '../node-runtime.ts'

type Durability = NonNullable<ReplicationGroupRecord['durability']>
type Group = Pick<ReplicationGroupRecord, 'engine' | 'engineVersion' | 'durability'>

const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

/** `default` is `disabled` in all versions that there are (guide, "Configuring durability"). */
export const effectiveDurability = ({ durability }: Pick<Group, 'durability'>): 'sync' | 'async' | 'disabled' =>
  durability === 'sync' || durability === 'async' ? durability : 'disabled'

export const isDurable = (group: Pick<Group, 'durability'>): boolean => effectiveDurability(group) !== 'disabled'

const canBeDurable = ({ engine, engineVersion }: Group): boolean =>
  isSince(engineVersion, familyOfEngine(engine).engine.durableSince)

/** What older versions do not show. */
export const answerDurability = (group: Group) =>
  canBeDurable(group)
    ? { Durability: group.durability ?? 'default', EffectiveDurability: effectiveDurability(group) }
    : {}

/**
 * Where ElastiCache has a transaction log that is written to in several zones, a server has a file of its own: written before it
 * answers, or each second. Servers of a version that cannot be durable are told nothing.
 */
export function durabilityDirectives(group: Group): Readonly<Record<string, string>> {
  if (!canBeDurable(group)) return {}
  const durability = effectiveDurability(group)
  if (durability === 'disabled') return { appendonly: 'no' }
  return { appendfsync: durability === 'sync' ? 'always' : 'everysec', appendonly: 'yes' }
}

type Bearer = Group & Pick<ReplicationGroupRecord, 'clusterMode' | 'transit' | 'multiAz' | 'atRest' | 'nodeRuntime'>

/** What of a request only nodes do that are servers: nothing that is written down outlives those that are parts of the engine. */
export const serversOnly = ({ Durability }: Pick<Input<'CreateReplicationGroup'>, 'Durability'>): string | undefined =>
  isDurable(withDurability(Durability)) ? `Durability ${Durability}` : undefined

/** As the guide's example has it; which of that AWS insists on is not known. */
export function refuseUnlessDurable(group: Bearer): void {
  if (!isDurable(group)) return
  const { engine } = familyOfEngine(group.engine)
  const durability = `Durability ${group.durability}`
  if (!canBeDurable(group)) {
    throw conflict(
      `${durability} is not supported for ${group.engine} ${group.engineVersion}${engine.durableSince ? `: from ${engine.durableSince} on` : ''}.`,
    )
  }
  if (runtimeOf(group) === 'embedded') {
    throw conflict(`${durability} needs nodes that are real servers; those of this group are parts of the engine.`)
  }
  if (group.clusterMode !== 'enabled') throw conflict(`${durability} needs cluster mode enabled.`)
  if (group.transit !== 'required') throw conflict(`${durability} needs encryption in transit.`)
  if (!group.multiAz) throw conflict(`${durability} needs Multi-AZ.`)
  if (!group.atRest) throw conflict(`${durability} needs encryption at rest.`)
}

/** Its primary, or its data, comes from elsewhere. */
export function refuseDurabilityOfOthers(input: Input<'CreateReplicationGroup'>): void {
  const { Durability: durability, PrimaryClusterId, GlobalReplicationGroupId } = input
  if (!durability || !isDurable({ durability })) return
  if (PrimaryClusterId ?? GlobalReplicationGroupId) {
    const member = PrimaryClusterId === undefined ? 'GlobalReplicationGroupId' : 'PrimaryClusterId'
    throw conflict(`Durability ${durability} cannot be specified with ${member}.`)
  }
}

/** It is what servers do as soon as they are told. */
export const withDurability = (durability: Durability | undefined): Pick<ReplicationGroupRecord, 'durability'> =>
  durability === undefined ? {} : { durability }
