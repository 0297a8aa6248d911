import type { CacheNodeTypeSpecificParameter, Parameter } from '@aws-sdk/client-elasticache'
import { isOfferedFor, nodeTypes } from '../../api/catalog/node-types.ts'
import { Fault } from '../../api/faults.ts'
import type { Handler } from '../calls/context.ts'
import { requireParameterGroup } from '../calls/groups.ts'
import { type PageRequest, page } from '../calls/paging.ts'
import { findParameterFamily, PARAMETER_FAMILIES, type ParameterFamily } from '../families/families.ts'
import type { Parameter as FamilyParameter } from '../families/parameter.ts'
import { missing } from '../http/query-protocol.ts'
import { familyOfGroup } from '../parameters/groups.ts'
import { sinceIn } from '../parameters/values.ts'
import type { ParameterValues } from '../store/records.ts'

/**
 * Where a value comes from. `user`: the group sets it; `system`: everything else, as in every listing AWS is known to give. No
 * Memcached parameter has the third source, `engine-default`, so that this filter finds none.
 */
const SOURCES: readonly string[] = ['user', 'system', 'engine-default']

export const DescribeCacheParameters: Handler<'DescribeCacheParameters'> = (input, context) => {
  const name = input.CacheParameterGroupName
  if (!name) throw missing('CacheParameterGroupName')
  const group = requireParameterGroup(name, context)
  const source = readSource(input.Source)
  return listPage(familyOfGroup(group), group.values, ({ Source }) => source === undefined || Source === source, input)
}

export const DescribeEngineDefaultParameters: Handler<'DescribeEngineDefaultParameters'> = (input) => {
  const family = readFamily(input.CacheParameterGroupFamily)
  return { EngineDefaults: { CacheParameterGroupFamily: family.name, ...listPage(family, {}, () => true, input) } }
}

function readSource(source: string | undefined): string | undefined {
  if (source !== undefined && !SOURCES.includes(source)) {
    throw new Fault(
      'InvalidParameterValue',
      `Invalid value ${source} for Source. Must be one of: ${SOURCES.join(', ')}`,
    )
  }
  return source
}

function readFamily(family: string | undefined): ParameterFamily {
  if (!family) throw missing('CacheParameterGroupFamily')
  const found = findParameterFamily(family)
  if (found) return found
  throw new Fault(
    'InvalidParameterValue',
    `CacheParameterGroupFamily ${family} is not a valid parameter group family. The local engine has: ${PARAMETER_FAMILIES.map(({ name }) => name).join(', ')}.`,
  )
}

/** Both lists are one when it comes to paging: parameters in the order of their names, then those by node type. */
function listPage(
  family: ParameterFamily,
  values: ParameterValues,
  wanted: (parameter: Parameter) => boolean,
  request: PageRequest,
) {
  const entries = [
    ...parameters(family, values).map((plain) => ({ key: `1 ${plain.ParameterName}`, plain })),
    ...byNodeType(family).map((specific) => ({ key: `2 ${specific.ParameterName}`, specific })),
  ].filter((entry) => wanted('plain' in entry ? entry.plain : entry.specific))
  const { items, Marker } = page('Parameters', entries, ({ key }) => key, request)
  return {
    ...(Marker && { Marker }),
    Parameters: items.flatMap((entry) => ('plain' in entry ? [entry.plain] : [])),
    CacheNodeTypeSpecificParameters: items.flatMap((entry) => ('specific' in entry ? [entry.specific] : [])),
  }
}

const parameters = ({ family, versions }: ParameterFamily, values: ParameterValues): Parameter[] =>
  Object.entries(family.parameters).flatMap(([name, parameter]) => {
    const since = sinceIn(versions, parameter)
    return since ? [answerParameter(name, parameter, values[name], since)] : []
  })

const answerParameter = (
  name: string,
  { default: standard, description, type, allowed, change }: FamilyParameter,
  value: string | undefined,
  since: string,
): Parameter => ({
  ParameterName: name,
  ParameterValue: value ?? standard,
  Description: description,
  Source: value === undefined ? 'system' : 'user',
  DataType: type,
  AllowedValues: allowed,
  IsModifiable: change !== 'fixed',
  MinimumEngineVersion: since,
  ChangeType: change === 'immediate' ? 'immediate' : 'requires-reboot',
})

const byNodeType = ({ family, versions: [newest, ...older] }: ParameterFamily): CacheNodeTypeSpecificParameter[] =>
  family.nodeTypeParameters.map(({ name, description, value }) => ({
    ParameterName: name,
    Description: description,
    Source: 'system',
    DataType: 'integer',
    AllowedValues: '1-',
    IsModifiable: false,
    MinimumEngineVersion: older.at(-1) ?? newest,
    CacheNodeTypeSpecificValues: [...nodeTypes.values()]
      .filter((type) => isOfferedFor(type, family.engine, newest))
      .map((type) => ({ CacheNodeType: type.name, Value: value(type) })),
    ChangeType: 'requires-reboot',
  }))
