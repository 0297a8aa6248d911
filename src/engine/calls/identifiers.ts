import { Fault } from '../../api/faults.ts'
import { missing } from '../http/query-protocol.ts'

const IDENTIFIER = /^[a-z](-?[a-z0-9])*$/i

/**
 * The naming rule of clusters and groups, as stored: in lower case. `parameter` is AWS's name for it in the message, which for
 * cache clusters is CacheClusterIdentifier, not the member's own name.
 */
export function readIdentifier(value: string | undefined, parameter: string, maximumLength: number): string {
  if (!value) throw missing(parameter, value)
  if (!IDENTIFIER.test(value)) {
    throw new Fault(
      'InvalidParameterValue',
      `The parameter ${parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.`,
    )
  }
  if (value.length > maximumLength) {
    throw new Fault(
      'InvalidParameterValue',
      `The parameter ${parameter} must not be longer than ${maximumLength} characters; it has ${value.length}.`,
    )
  }
  return value.toLowerCase()
}
