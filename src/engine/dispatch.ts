import { Fault } from '../api/faults.ts'
import { model } from '../api/model.generated.ts'
import { isOperation, operationNames } from '../api/model.ts'
import type { Context } from './operations/context.ts'
import { handlers } from './operations/handlers.ts'
import { decodeInput, encodeResult } from './query-protocol.ts'

/** Versions the guide's samples ask for; they are answered in the newest one. An absent version is taken as that. */
const ACCEPTED_VERSIONS = new Set([model.apiVersion, '2014-12-01', '2014-09-30', '2013-06-15'])

/** One request of the Query API to its answer's XML. Throws a Fault for whatever cannot be done. */
export function dispatch(parameters: URLSearchParams, context: Context, requestId: string): string {
  const action = parameters.get('Action')
  if (!action) throw new Fault('MissingAction', 'The request is missing an action or a required parameter.')
  const version = parameters.get('Version')
  if (!isOperation(action) || (version && !ACCEPTED_VERSIONS.has(version))) {
    throw new Fault(
      'InvalidAction',
      `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'}`,
    )
  }
  const handler = handlers[action]
  if (!handler) {
    throw new Fault(
      'UnsupportedOperation',
      `The local engine does not do ${action} yet. It does: ${operationNames.filter((name) => handlers[name]).join(', ')}.`,
    )
  }
  // Sound: input and handler belong to the same operation, a relation the union of 75 handlers loses.
  const output = (handler as (input: never, context: Context) => object)(
    decodeInput(action, parameters) as never,
    context,
  )
  return encodeResult(action, output, requestId)
}
