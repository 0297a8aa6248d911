/** What a request may say about parameters of a group. Each function returns what to store, or throws. */
import type { ParameterNameValue } from '@aws-sdk/client-elasticache'
import { LIMITS } from '../../api/catalog/limits.ts'
import { Fault } from '../../api/faults.ts'
import {
  isParameterName,
  NODE_TYPE_PARAMETERS,
  PARAMETERS,
  type ParameterFamily,
  type ParameterName,
  type ParameterValues,
  sinceInFamily,
} from '../catalog/parameters.ts'
import { missing } from '../http/query-protocol.ts'
import { readValue } from '../parameters/values.ts'

const invalid = (message: string) => new Fault('InvalidParameterValue', message)

/** Names and values to set, 1 to 20 of them: all or none. The words about values are ours. */
export function readValues(given: readonly ParameterNameValue[] | undefined, family: ParameterFamily): ParameterValues {
  const names = readNames(given, family)
  return Object.fromEntries(
    names.map((name, index) => {
      const text = given?.[index]?.ParameterValue
      if (text === undefined) throw missing('ParameterValue')
      const value = readValue(name, text)
      if (value === undefined) {
        throw invalid(`Invalid value ${text} for parameter ${name}. Allowed values are: ${PARAMETERS[name].allowed}`)
      }
      return [name, value]
    }),
  )
}

/** Names of parameters of the family that can be changed, 1 to 20, each once. */
export function readNames(
  given: readonly ParameterNameValue[] | undefined,
  family: ParameterFamily,
): readonly ParameterName[] {
  if (!given || given.length === 0) throw missing('ParameterNameValues')
  if (given.length > LIMITS.parametersPerRequest) {
    throw new Fault(
      'InvalidParameterCombination',
      `Cannot modify more than ${LIMITS.parametersPerRequest} parameters in a single request`,
    )
  }
  const names = given.map(({ ParameterName }) => readName(ParameterName, family))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice) throw new Fault('InvalidParameterCombination', `Parameter ${twice} is given more than once.`)
  return names
}

function readName(name: string | undefined, family: ParameterFamily): ParameterName {
  if (!name) throw missing('ParameterName')
  if (NODE_TYPE_PARAMETERS.some((each) => each.name === name)) throw notModifiable(name)
  if (!isParameterName(name) || sinceInFamily(name, family) === undefined) {
    throw invalid(`Parameter ${name} doesn't exist`)
  }
  if (PARAMETERS[name].change === 'fixed') throw notModifiable(name)
  return name
}

const notModifiable = (name: string) => invalid(`Parameter ${name} is not modifiable.`)
