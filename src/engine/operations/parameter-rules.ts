/** What a request may say about parameters of a group. Each function returns what to store, or throws. */
import type { ParameterNameValue } from '@aws-sdk/client-elasticache'
import { LIMITS } from '../../api/catalog/limits.ts'
import { Fault } from '../../api/faults.ts'
import type { ParameterFamily } from '../families/families.ts'
import { isFixed, type Parameter, parameterIn } from '../families/parameter.ts'
import { missing } from '../http/query-protocol.ts'
import { readValue, sinceIn } from '../parameters/values.ts'
import type { ParameterValues } from '../store/records.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)

/** Names and values to set, 1 to 20 of them: all or none. The words about values are ours. */
export function readValues(
  given: readonly ParameterNameValue[] | undefined,
  of: ParameterFamily,
  isInUse: boolean,
): ParameterValues {
  return Object.fromEntries(
    readParameters(given, of, isInUse).map(([name, parameter], index) => {
      const text = given?.[index]?.ParameterValue
      if (text === undefined) throw missing('ParameterValue')
      const value = readValue(parameter, text)
      if (value === undefined) {
        throw invalid(`Invalid value ${text} for parameter ${name}. Allowed values are: ${parameter.allowed}`)
      }
      return [name, value]
    }),
  )
}

/** Names of parameters of the family that can be changed, 1 to 20, each once. */
export const readNames = (
  given: readonly ParameterNameValue[] | undefined,
  of: ParameterFamily,
  isInUse: boolean,
): readonly string[] => readParameters(given, of, isInUse).map(([name]) => name)

function readParameters(
  given: readonly ParameterNameValue[] | undefined,
  of: ParameterFamily,
  isInUse: boolean,
): readonly (readonly [name: string, Parameter])[] {
  if (!given || given.length === 0) throw missing('ParameterNameValues')
  if (given.length > LIMITS.parametersPerRequest) {
    throw new Fault(
      'InvalidParameterCombination',
      `Cannot modify more than ${LIMITS.parametersPerRequest} parameters in a single request`,
    )
  }
  const found = given.map(({ ParameterName }) => readParameter(ParameterName, of, isInUse))
  const names = found.map(([name]) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice) throw new Fault('InvalidParameterCombination', `Parameter ${twice} is given more than once.`)
  return found
}

function readParameter(
  name: string | undefined,
  { family, versions }: ParameterFamily,
  isInUse: boolean,
): [name: string, Parameter] {
  if (!name) throw missing('ParameterName', name)
  if (family.nodeTypeParameters.some((each) => each.name === name)) throw notModifiable(name)
  const found = Object.hasOwn(family.parameters, name) ? family.parameters[name] : undefined
  if (!found || sinceIn(versions, found) === undefined) {
    throw invalid(`Parameter ${name} doesn't exist`)
  }
  const parameter = parameterIn(found, versions[0])
  if (isFixed(parameter) || (parameter.change === 'before-use' && isInUse)) throw notModifiable(name)
  return [name, parameter]
}

/** AWS's words for cluster-enabled of a group in use; presumed to be those for every parameter. */
const notModifiable = (name: string) => invalid(`The parameter ${name} cannot be modified.`)
