import { randomUUID } from 'node:crypto'
import { Fault } from '../api/faults.ts'
import { regionFacts } from './catalog/regions.ts'
import { dispatch } from './dispatch.ts'
import type { Context } from './operations/context.ts'
import { encodeFault } from './query-protocol.ts'
import type { HttpAnswer, HttpRequest } from './server.ts'
import type { Signatures } from './signature.ts'

const XML = 'text/xml;charset=utf-8'

export interface ApiOptions {
  readonly signatures: Signatures
  /** The context for a region, at this moment. */
  readonly contextOf: (region: string) => Context
  readonly log: (line: string) => void
}

/** The Query API: who asks, where, for what; the answer or the fault as XML. */
export function answerApi(request: HttpRequest, { signatures, contextOf, log }: ApiOptions): HttpAnswer {
  const requestId = randomUUID()
  try {
    if (request.method !== 'GET' && request.method !== 'POST') {
      throw new Fault('InvalidAction', `Method ${request.method} is not supported; use GET or POST.`)
    }
    const { region } = signatures.verify(request)
    return xml(200, dispatch(parametersOf(request), contextOf(region), requestId), requestId)
  } catch (error) {
    const fault = error instanceof Fault ? error : internalFailure(error, requestId, log)
    return xml(fault.status, encodeFault(fault, requestId), requestId)
  }
}

/** Query string and body alike may hold parameters; a POST's body comes second and wins. */
function parametersOf({ method, query, body }: HttpRequest): URLSearchParams {
  const parameters = new URLSearchParams(query)
  if (method === 'POST') for (const [name, value] of new URLSearchParams(body.toString())) parameters.set(name, value)
  return parameters
}

/** The SDK for JavaScript takes the request id from the header, others from the document. */
const xml = (status: number, body: string, requestId: string): HttpAnswer => ({
  status,
  contentType: XML,
  headers: { 'x-amzn-requestid': requestId },
  body,
})

function internalFailure(error: unknown, requestId: string, log: (line: string) => void): Fault {
  log(`request ${requestId}: ${(error as Error).stack ?? error}`)
  return new Fault(
    'InternalFailure',
    'The request processing has failed because of an unknown error; see the engine log.',
  )
}

/** Facts of a region the signature check has let through. */
export function factsOf(region: string) {
  const facts = regionFacts(region)
  if (!facts) throw new Error(`unknown region ${region}`)
  return facts
}
