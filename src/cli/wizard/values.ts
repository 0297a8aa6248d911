/** The real values to choose from: what the target itself knows of, by calls of its API. */

import { ENGINE_NAMES } from '../../api/catalog/engines.ts'
import { regionalKinds, resources } from '../../api/catalog/resources.ts'
import { majorVersionsOf } from '../../api/catalog/serverless.ts'
import { compareVersions } from '../../api/catalog/versions.ts'
import { enumValues, type OperationName } from '../../api/model.ts'
import type { Member } from '../../api/shapes.ts'
import { describeAll, findAll } from '../caches/resources.ts'
import type { Choice } from '../live/prompt.ts'
import { isItem, isItems } from '../output/human-value.ts'
import type { ApiClient } from '../target/client.ts'
import type { Answers } from './questions.ts'

const plain = (values: Iterable<unknown>): Choice[] =>
  [...new Set([...values].flatMap((value) => (typeof value === 'string' && value !== '' ? [value] : [])))].map(
    (value) => ({ name: value, value }),
  )

/** There is nothing to choose, and nothing to type either. */
export const NO_QUESTION = 'no question'

type Values = (client: ApiClient, answers: Answers, name: OperationName) => Promise<Choice[] | typeof NO_QUESTION>

const engineOf = (answers: Answers): { Engine?: string } => {
  const engine = answers.get('Engine')?.[0]
  return engine === undefined ? {} : { Engine: engine }
}

/** Engines whose caches have replicas and users. */
const REPLICATING = ENGINE_NAMES.filter((each) => each !== 'memcached')

/** The group that the line names. */
async function groupOf(client: ApiClient, answers: Answers) {
  const [id = ''] = answers.get('ReplicationGroupId') ?? []
  const [group] = await describeAll(client, resources.replicationGroup.describe, { ReplicationGroupId: id })
  return group ?? {}
}

/** With the slots of each, to tell them apart. */
async function shardsOf(client: ApiClient, answers: Answers): Promise<Choice[]> {
  const { NodeGroups } = await groupOf(client, answers)
  return (isItems(NodeGroups) ? NodeGroups : []).map(({ NodeGroupId, Slots }) => {
    const id = String(NodeGroupId)
    return { name: typeof Slots === 'string' ? `${id} (slots ${Slots})` : id, value: id }
  })
}

const bySource: Readonly<Record<string, Values>> = {
  Engine: async (client, _, name) => {
    if (name === 'CreateServerlessCache') return plain(ENGINE_NAMES)
    if (name.includes('User')) return plain(REPLICATING)
    if (name === 'CreateReplicationGroup') return plain(REPLICATING)
    return plain((await describeAll(client, 'DescribeCacheEngineVersions')).map(({ Engine }) => Engine))
  },
  EngineVersion: async (client, answers) =>
    plain(
      (await describeAll(client, 'DescribeCacheEngineVersions', engineOf(answers)))
        .map((item) => String(item.EngineVersion))
        // The API has them in the order of their text.
        .sort((one, other) => compareVersions(other, one)),
    ),
  // The API has no list of them.
  MajorEngineVersion: async (_, answers) => plain(majorVersionsOf(answers.get('Engine')?.[0])),
  CacheParameterGroupFamily: async (client) =>
    plain((await describeAll(client, 'DescribeCacheEngineVersions')).map((item) => item.CacheParameterGroupFamily)),
  NodeGroupId: shardsOf,
  // Only where shards are to go.
  NodeGroupsToRemove: async (client, answers) => {
    const shards = await shardsOf(client, answers)
    return Number(answers.get('NodeGroupCount')?.[0]) < shards.length ? shards : NO_QUESTION
  },
  UserGroupIds: async (client, answers) => {
    const [engine] = answers.get('Engine') ?? []
    const groups = (await describeAll(client, resources.userGroup.describe)).filter(
      (group) => engine === undefined || group.Engine === engine || group.Engine === 'redis',
    )
    return groups.length > 0 ? plain(groups.map(({ UserGroupId }) => UserGroupId)) : NO_QUESTION
  },
  // The one list of node types that the API has; of a group that is there, those that it can become one of.
  CacheNodeType: async (client, answers, name) => {
    if (name === 'ModifyReplicationGroup') {
      const [ReplicationGroupId = ''] = answers.get('ReplicationGroupId') ?? []
      const allowed = await client.call('ListAllowedNodeTypeModifications', { ReplicationGroupId })
      return plain([...(allowed.ScaleUpModifications ?? []), ...(allowed.ScaleDownModifications ?? [])])
    }
    const engine = answers.get('Engine')?.[0]
    const input = engine === undefined ? {} : { ProductDescription: engine }
    return plain(
      (await describeAll(client, 'DescribeReservedCacheNodesOfferings', input)).map((item) => item.CacheNodeType),
    )
  },
  PreferredAvailabilityZones: async (client, answers) => {
    const group = answers.get('CacheSubnetGroupName')?.[0] ?? 'default'
    return plain(
      (await subnets(client, group)).map(({ SubnetAvailabilityZone: zone }) => isItem(zone) && zone.Name),
    ).sort((a, b) => a.name.localeCompare(b.name))
  },
  SubnetIds: async (client) =>
    (await subnets(client)).flatMap(({ SubnetIdentifier: id, SubnetAvailabilityZone: zone }) =>
      typeof id === 'string' ? [{ name: `${id} (${isItem(zone) ? String(zone.Name) : '-'})`, value: id }] : [],
    ),
  UserIds: async (client) =>
    (await describeAll(client, resources.user.describe)).flatMap(({ UserId: id, UserName: name, Engine: engine }) =>
      typeof id === 'string' ? [{ name: `${id} (${String(name)}, ${String(engine)})`, value: id }] : [],
    ),
  ResourceName: async (client) =>
    (await findAll(client, regionalKinds)).flatMap(({ kind, item }) => {
      const arn = item[kind.arn]
      return typeof arn === 'string' ? [{ name: `${String(item[kind.id])} (${kind.name})`, value: arn }] : []
    }),
}

async function subnets(client: ApiClient, group?: string) {
  const groups = await describeAll(
    client,
    resources.subnetGroup.describe,
    group === undefined ? {} : { CacheSubnetGroupName: group },
  )
  return groups.flatMap(({ Subnets }) => (isItems(Subnets) ? Subnets : []))
}

/** undefined: any text will do. Rejects with CallFailed when the target does not tell. */
export async function valuesFor(
  client: ApiClient,
  name: OperationName,
  memberName: string,
  member: Member,
  answers: Answers,
): Promise<Choice[] | typeof NO_QUESTION | undefined> {
  const known = bySource[memberName]
  if (known) return known(client, answers, name)
  if (member.kind === 'string' && member.enum) return plain(enumValues(member.enum))
  const kind = regionalKinds.find(({ id }) => id === memberName.replace(/^Source(?=[A-Z])/, ''))
  if (!kind || creates(name, kind.id)) return undefined
  const all = await describeAll(client, kind.describe)
  // Of Memcached nothing is saved.
  const fitting = name === 'CreateSnapshot' ? all.filter(({ Engine }) => Engine !== 'memcached') : all
  return plain(fitting.map((item) => item[kind.id]))
}

/** `CreateCacheCluster` makes the CacheClusterId; `CreateSnapshot` names one that is there. */
export const creates = (name: OperationName, id: string): boolean =>
  regionalKinds.some((kind) => kind.id === id && name === `Create${kind.shape}`)
