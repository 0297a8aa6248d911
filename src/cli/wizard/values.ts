/** The real values to choose from: what the target itself knows of, by calls of its API. */

import { ENGINE_NAMES } from '../../api/catalog/engines.ts'
import { regionalKinds } from '../../api/catalog/resources.ts'
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

type Values = (client: ApiClient, answers: Answers, name: OperationName) => Promise<Choice[]>

const engineOf = (answers: Answers): { Engine?: string } => {
  const engine = answers.get('Engine')?.[0]
  return engine === undefined ? {} : { Engine: engine }
}

const bySource: Readonly<Record<string, Values>> = {
  Engine: async (client, _, name) => {
    if (name === 'CreateServerlessCache') return plain(ENGINE_NAMES)
    if (name.includes('User')) return plain(ENGINE_NAMES.filter((each) => each !== 'memcached'))
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
  // The one list of node types that the API has.
  CacheNodeType: async (client, answers) => {
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
    (await describeAll(client, 'DescribeUsers')).flatMap(({ UserId: id, UserName: name, Engine: engine }) =>
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
    'DescribeCacheSubnetGroups',
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
): Promise<Choice[] | undefined> {
  const known = bySource[memberName]
  if (known) return known(client, answers, name)
  if (member.kind === 'string' && member.enum) return plain(enumValues(member.enum))
  const kind = regionalKinds.find(({ id }) => id === memberName.replace(/^Source(?=[A-Z])/, ''))
  if (!kind || creates(name, kind.id)) return undefined
  return plain((await describeAll(client, kind.describe)).map((item) => item[kind.id]))
}

/** `CreateCacheCluster` makes the CacheClusterId; `CreateSnapshot` names one that is there. */
export const creates = (name: OperationName, id: string): boolean =>
  regionalKinds.some((kind) => kind.id === id && name === `Create${kind.shape}`)
