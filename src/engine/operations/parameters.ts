import type { CacheNodeTypeSpecificParameter, Parameter } from '@aws-sdk/client-elasticache'
import { isOfferedFor, nodeTypes } from '../../api/catalog/node-types.ts'
import { Fault } from '../../api/faults.ts'
import type { Handler } from '../calls/context.ts'
import { requireParameterGroup } from '../calls/groups.ts'
import { type PageRequest, page } from '../calls/paging.ts'
import { findParameterFamily, PARAMETER_FAMILIES, type ParameterFamily } from '../families/families.ts'
import {
  type Parameter as FamilyParameter,
  isByRestart,
  isFixed,
  isImmediate,
  parameterIn,
} from '../families/parameter.ts'
import { missing } from '../http/query-protocol.ts'
import { familyOfGroup, isInUse } from '../parameters/groups.ts'
import { sinceIn } from '../parameters/values.ts'
import type { ParameterValues } from '../store/records.ts'

/**
 * Where a value comes from. `user`: the group sets it; `system`: everything else, as in every listing AWS is known to give. No
 * Memcached parameter has the third source, `engine-default`, so that this filter finds none.
 */
const SOURCES: readonly string[] = ['user', 'system', 'engine-default']

export const DescribeCacheParameters: Handler<'DescribeCacheParameters'> = (input, context) => {
  const name = input.CacheParameterGroupName
  if (!name) throw missing('CacheParameterGroupName', name)
  const group = requireParameterGroup(name, context)
  const source = readSource(input.Source)
  const listed = { values: group.values, isInUse: isInUse(group, context.store) }
  return listPage(familyOfGroup(group), listed, ({ Source }) => source === undefined || Source === source, input)
}

export const DescribeEngineDefaultParameters: Handler<'DescribeEngineDefaultParameters'> = (input) => {
  const family = readFamily(input.CacheParameterGroupFamily)
  return {
    EngineDefaults: { CacheParameterGroupFamily: family.name, ...listPage(family, DEFAULTS, () => true, input) },
  }
}

/** What a list of parameters is of. */
interface Listed {
  readonly values: ParameterValues
  /** Whether it is too late to set what only new clusters take. */
  readonly isInUse: boolean
}

const DEFAULTS: Listed = { values: {}, isInUse: true }

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
  if (!family) throw missing('CacheParameterGroupFamily', family)
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
  listed: Listed,
  wanted: (parameter: Parameter) => boolean,
  request: PageRequest,
) {
  const entries = [
    ...parameters(family, listed).map((plain) => ({ key: `1 ${plain.ParameterName}`, plain })),
    ...byNodeType(family).map((specific) => ({ key: `2 ${specific.ParameterName}`, specific })),
  ].filter((entry) => wanted('plain' in entry ? entry.plain : entry.specific))
  const { items, Marker } = page('Parameters', entries, ({ key }) => key, request)
  return {
    ...(Marker && { Marker }),
    Parameters: items.flatMap((entry) => ('plain' in entry ? [entry.plain] : [])),
    CacheNodeTypeSpecificParameters: items.flatMap((entry) => ('specific' in entry ? [entry.specific] : [])),
  }
}

const parameters = ({ family, versions }: ParameterFamily, { values, isInUse }: Listed): Parameter[] =>
  Object.entries(family.parameters).flatMap(([name, parameter]) => {
    const since = sinceIn(versions, parameter)
    return since ? [answerParameter(name, parameterIn(parameter, versions[0]), values[name], since, isInUse)] : []
  })

function answerParameter(
  name: string,
  parameter: FamilyParameter,
  given: string | undefined,
  since: string,
  isInUse: boolean,
): Parameter {
  const { description, type, allowed, change } = parameter
  const value = given ?? parameter.default
  return {
    ParameterName: name,
    ...(value !== '' && { ParameterValue: value }),
    Description: description,
    Source: given === undefined ? 'system' : 'user',
    DataType: type,
    ...(allowed !== '' && { AllowedValues: allowed }),
    IsModifiable: change === 'before-use' ? !isInUse : !isFixed(parameter),
    MinimumEngineVersion: wholeVersion(since),
    ChangeType: isImmediate(parameter) || isByRestart(parameter) ? 'immediate' : 'requires-reboot',
  }
}

const byNodeType = ({ family, versions }: ParameterFamily): CacheNodeTypeSpecificParameter[] =>
  family.nodeTypeParameters.flatMap((parameter) => {
    const since = sinceIn(versions, parameter)
    if (since === undefined) return []
    const { name, description, allowed, change, value } = parameter
    return {
      ParameterName: name,
      Description: description,
      Source: 'system',
      DataType: 'integer',
      AllowedValues: allowed,
      IsModifiable: false,
      MinimumEngineVersion: wholeVersion(since),
      CacheNodeTypeSpecificValues: [...nodeTypes.values()]
        .filter((type) => isOfferedFor(type, family.engine, versions[0]))
        .map((type) => ({ CacheNodeType: type.name, Value: value(type) })),
      ChangeType: change,
    }
  })

/** As AWS prints it in lists of parameters: `7.0.0` of 7.0. */
const wholeVersion = (version: string): string => (/^\d+\.\d+$/.test(version) ? `${version}.0` : version)
