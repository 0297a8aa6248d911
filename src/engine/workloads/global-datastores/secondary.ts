/** A replication group that is made as a secondary one of a global datastore: it is as the primary one is, and takes its data. */
import { GLOBAL_ID_PREFIXES, MOST_SECONDARIES } from '../../../api/catalog/global-datastores.ts'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { Context } from '../../calls/context.ts'
import { requireParameterGroup } from '../../calls/groups.ts'
import type { CacheParameterGroupRecord, ReplicationGroupRecord } from '../../store/records.ts'
import { globalMembers } from '../../store/replication-groups.ts'
import { newGroup } from '../replication-groups/creation.ts'
import { formatSlots } from '../replication-groups/slots.ts'
import { hashOfToken } from '../replication-groups/tokens.ts'
import { contextOf, findGlobal } from './find.ts'
import { groupLike } from './parameter-groups.ts'
import { invalid, refuseUnlessIn } from './rules.ts'

type CreateInput = Input<'CreateReplicationGroup'>

/** What the primary group says for all (Terraform's provider knows most of them as what AWS refuses). */
const OF_THE_PRIMARY = [
  ...(['NumNodeGroups', 'NodeGroupConfiguration', 'ClusterMode', 'CacheParameterGroupName', 'CacheNodeType'] as const),
  ...(['Engine', 'EngineVersion', 'TransitEncryptionEnabled', 'TransitEncryptionMode'] as const),
  ...(['AtRestEncryptionEnabled', 'PrimaryClusterId', 'SnapshotName', 'SnapshotArns'] as const),
  'ServerlessCacheSnapshotName',
] as const satisfies readonly (keyof CreateInput)[]

export interface NewSecondary {
  readonly group: ReplicationGroupRecord
  /** Of the service's making. */
  readonly parameterGroup: CacheParameterGroupRecord
}

/** Undefined when the request names no global datastore. */
export function newSecondary(
  id: string,
  description: string,
  input: CreateInput,
  context: Context,
): NewSecondary | undefined {
  const { GlobalReplicationGroupId: asked, AuthToken: token, ...rest } = input
  if (asked === undefined) return undefined
  const { store, now } = context
  const datastore = findGlobal(asked, context)
  if (OF_THE_PRIMARY.some((member) => input[member] !== undefined)) {
    throw new Fault(
      'InvalidParameterCombination',
      'Cannot use the given parameters when creating new replication group in an existing global replication group.',
    )
  }
  refuseUnlessIn(['primary-only', 'available'], datastore, store)
  const members = globalMembers(store, datastore.id)
  refusePlace(members, datastore.id, context)
  const [primary] = members
  if (!primary) throw new Error(`global datastore ${datastore.id} has no primary group`)
  // The text is ours.
  if (token !== undefined && !primary.authTokens.includes(hashOfToken(token))) {
    throw invalid('AuthToken must be that of the primary replication group.')
  }
  const { engine, engineVersion, nodeType, transit, atRest, authTokens, acceptsNoToken } = primary
  const asPrimary: CreateInput = {
    ...rest,
    ...shapeOf(primary, rest),
    ...{ Engine: engine, EngineVersion: engineVersion, CacheNodeType: nodeType, AtRestEncryptionEnabled: atRest },
    ...(transit !== 'plain' && { TransitEncryptionEnabled: true, TransitEncryptionMode: transit }),
  }
  const made = newGroup(id, description, asPrimary, context)
  const like = requireParameterGroup(primary.parameterGroup, contextOf(primary, context))
  const parameterGroup = groupLike(like, datastore.id, made, context)
  return {
    parameterGroup,
    group: {
      ...made,
      ...{ authTokens, acceptsNoToken },
      ...(authTokens.length > 0 && { authTokenModifiedAt: now }),
      parameterGroup: parameterGroup.id,
      parameters: { ...made.parameters, values: primary.parameters.values },
      global: { id: datastore.id, role: 'SECONDARY', status: 'associating' },
    },
  }
}

/** A shard for each of the primary group's. */
const shapeOf = ({ clusterMode, shards }: ReplicationGroupRecord, input: CreateInput): Partial<CreateInput> =>
  clusterMode === 'disabled'
    ? {}
    : {
        ClusterMode: clusterMode,
        NodeGroupConfiguration: shards.map(({ id, slots }) => ({ NodeGroupId: id, Slots: formatSlots(slots) })),
        AutomaticFailoverEnabled: input.AutomaticFailoverEnabled ?? true,
      }

/** Texts are ours. */
function refusePlace(members: readonly ReplicationGroupRecord[], datastore: string, { region }: Context): void {
  if (!GLOBAL_ID_PREFIXES[region]) throw invalid(`There are no global datastores in ${region}.`)
  if (members.some((member) => member.region === region)) {
    throw invalid(`Global Replication Group ${datastore} has a replication group in ${region} already.`)
  }
  if (members.length > MOST_SECONDARIES) {
    throw invalid(`Global Replication Group ${datastore} has ${MOST_SECONDARIES} secondary replication groups already.`)
  }
}
