import { Fault } from '../api/faults.ts'
import { model } from '../api/model.generated.ts'
import { isOperation } from '../api/model.ts'
import type { Context } from './calls/context.ts'
import type { Call } from './http/call.ts'
import { decodeInput, type Parameters } from './http/query-protocol.ts'
import { handlers } from './operations/handlers.ts'

/** Versions the guide's samples ask for; they are answered in the newest one. An absent version is taken as that. */
const ACCEPTED_VERSIONS = new Set([model.apiVersion, '2014-12-01', '2014-09-30', '2013-06-15'])

/** What the parameters of a request of the Query API ask for. Throws a Fault when it is nothing this engine does. */
export function readCall(parameters: Parameters): Call {
  const action = parameters.get('Action')
  if (!action) throw new Fault('MissingAction', 'The request is missing an action or a required parameter.')
  const version = parameters.get('Version')
  if (!isOperation(action) || (version && !ACCEPTED_VERSIONS.has(version))) {
    throw new Fault(
      'InvalidAction',
      `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'}`,
    )
  }
  return { operation: action, input: decodeInput(action, parameters) }
}

/** Does it, and answers the operation's output. */
export function perform({ operation, input }: Call, context: Context): object {
  const handler: (input: never, context: Context) => object = handlers[operation]
  return handler(input as never, context) // decoded as the input of this operation, which the union of 75 handlers loses
}
