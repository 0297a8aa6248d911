import { randomUUID } from 'node:crypto'
import { regionFacts } from '../api/catalog/regions.ts'
import { Fault } from '../api/faults.ts'
import { errorStack } from '../api/thrown.ts'
import type { AuditedCall, AuditLog } from './audit/audit.ts'
import type { Context } from './calls/context.ts'
import { perform, readCall } from './dispatch.ts'
import type { Call } from './http/call.ts'
import { encodeFault, encodeResult, readParameters, XML } from './http/query-protocol.ts'
import type { HttpAnswer, HttpRequest, Reception, RequestHead } from './http/server.ts'
import type { Claim, Signatures } from './http/signature.ts'
import { authorize } from './identity/authorize.ts'
import type { Principal, Principals } from './identity/principals.ts'
import { ListTagsForResource } from './operations/tags.ts'
import { unkept } from './store/unkept.ts'

export interface ApiOptions {
  readonly signatures: Signatures
  readonly principals: Principals
  readonly audit: AuditLog
  /** Refuses calls there are too many of. */
  readonly throttle: (call: Call, context: Context) => void
  /** Where calls are recorded that do not say. */
  readonly homeRegion: string
  /** The context for a region, at this moment. */
  readonly contextOf: (region: string) => Context
  /** Time of the engine. */
  readonly now: () => number
  readonly log: (line: string) => void
}

type Progress = { -readonly [K in keyof AuditedCall]: AuditedCall[K] }

/**
 * The Query API: caller, region and operation of a request; the answer or the fault as XML. Every call is recorded.
 * What the head of a request is refused for is answered at once; else its body is wanted.
 */
export function answerApi(head: RequestHead, options: ApiOptions): HttpAnswer | Reception {
  const progress: Progress = {
    identity: undefined,
    action: undefined,
    region: options.homeRegion,
    sourceIp: head.remoteAddress,
    userAgent: String(head.headers['user-agent'] ?? ''),
    input: undefined,
    output: undefined,
    fault: undefined,
    requestId: randomUUID(),
    time: options.now(),
  }
  try {
    const claim = admit(head, options)
    return (request) => {
      try {
        return xml(200, answerCall(request, claim, progress, options), progress.requestId)
      } catch (error) {
        return refusal(error, progress, options)
      } finally {
        options.audit.record(progress)
      }
    }
  } catch (error) {
    progress.action = new URLSearchParams(head.query).get('Action') ?? undefined
    const answer = refusal(error, progress, options)
    options.audit.record(progress)
    return answer
  }
}

function refusal(error: unknown, progress: Progress, { log }: ApiOptions): HttpAnswer {
  const { requestId } = progress
  const fault = error instanceof Fault ? error : internalFailure(error, requestId, log)
  progress.fault = fault
  return xml(fault.status, encodeFault(fault, requestId), requestId)
}

function admit(head: RequestHead, { signatures }: ApiOptions): Claim {
  if (head.method !== 'GET' && head.method !== 'POST') {
    throw new Fault('InvalidAction', `Method ${head.method} is not supported; use GET or POST.`)
  }
  return signatures.admit(head)
}

/** In AWS's order: the signature, what is asked for, whether there is too much of it, whether it is allowed, the work. */
function answerCall(
  request: HttpRequest,
  claim: Claim,
  progress: Progress,
  { signatures, principals, throttle, contextOf }: ApiOptions,
): string {
  const { accessKeyId, region } = signatures.verify(request, claim)
  request.recognize()
  const principal = principals.byAccessKey(accessKeyId)
  progress.identity = principal.identity
  progress.region = region
  const parameters = readParameters(request)
  progress.action = parameters.get('Action')
  const call = readCall(parameters)
  progress.input = call.input
  const context = contextOf(region)
  throttle(call, context)
  refuseUnlessAllowed(call, principal, progress, context)
  const output = perform(call, context)
  progress.output = output
  return encodeResult(call.operation, output, progress.requestId)
}

function refuseUnlessAllowed(call: Call, { identity, policies }: Principal, from: Progress, context: Context): void {
  if (policies === null) return
  const { region, now } = context
  const { userName, userId, arn, account } = identity
  authorize({
    call,
    policies,
    who: { userName, userId, userArn: arn, account, region, sourceIp: from.sourceIp, userAgent: from.userAgent, now },
    tagsOf: (resource) => tagsOf(resource, context),
  })
}

/** None of a resource that is not there, or has none. */
function tagsOf(resource: string, context: Context) {
  try {
    const { TagList = [] } = ListTagsForResource({ ResourceName: resource }, context)
    return TagList.map(({ Key = '', Value = '' }) => ({ Key, Value }))
  } catch (error) {
    if (error instanceof Fault) return []
    throw error
  }
}

/** The SDK for JavaScript takes the request id from the header, others from the document. */
const xml = (status: number, body: string, requestId: string): HttpAnswer => ({
  status,
  contentType: XML,
  headers: { 'x-amzn-requestid': requestId },
  body,
})

function internalFailure(error: unknown, requestId: string, log: (line: string) => void): Fault {
  log(`request ${requestId}: ${errorStack(error)}`)
  return (
    unkept(error) ??
    new Fault('InternalFailure', 'The request processing has failed because of an unknown error; see the engine log.')
  )
}

/** Facts of a region the signature check has let through. */
export function factsOf(region: string) {
  const facts = regionFacts(region)
  if (!facts) throw new Error(`unknown region ${region}`)
  return facts
}
