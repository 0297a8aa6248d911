import { randomUUID } from 'node:crypto'
import { Fault } from '../../api/faults.ts'
import { ACCOUNT_ID } from '../../api/local-engine.ts'
import { errorStack } from '../../api/thrown.ts'
import type { AuditedCall, AuditLog } from '../audit/audit.ts'
import type { HttpAnswer, HttpRequest, Reception, RequestHead } from '../http/server.ts'
import type { Claim, Signatures } from '../http/signature.ts'
import { type ActionOnResource, authorizeAction } from '../identity/authorize.ts'
import type { Principal, Principals } from '../identity/principals.ts'
import type { Recorder } from '../metrics/recorder.ts'
import type { Store } from '../store/store.ts'
import { unkept } from '../store/unkept.ts'
import { isAlarmOperation } from './alarm-model.ts'
import type { CloudWatchContext } from './lookup.ts'
import { type CloudWatchOperation, cloudwatch } from './model.ts'
import { operations } from './operations.ts'
import { permissionsFor } from './permissions.ts'
import type { Protocol } from './protocols.ts'

/** The name signatures for CloudWatch are scoped to. */
const SERVICE = 'monitoring'

export interface CloudWatchOptions {
  readonly signatures: Signatures
  readonly principals: Principals
  readonly recorder: Recorder
  /** Where alarms are. */
  readonly store: Store
  readonly audit: AuditLog
  /** Time of the engine. */
  readonly now: () => number
  readonly log: (line: string) => void
}

/** What it takes to know the caller, and whether the call is allowed. */
type Door = Pick<CloudWatchOptions, 'signatures' | 'principals' | 'now'>

/**
 * The part of CloudWatch's API that reads metrics and keeps alarms. Calls about alarms are in the audit log, once the caller
 * is known. Those that read metrics are not: CloudTrail has them as data events, which trails do not record unless told to.
 */
export function answerCloudWatch(
  head: RequestHead,
  protocol: Protocol,
  options: CloudWatchOptions,
): HttpAnswer | Reception {
  const requestId = randomUUID()
  try {
    const claim = options.signatures.admit(head, SERVICE)
    return (request) => answerClaimed(request, claim, protocol, options, requestId)
  } catch (error) {
    return protocol.refusal(faultOf(error, requestId, options), requestId)
  }
}

function answerClaimed(
  request: HttpRequest,
  claim: Claim,
  protocol: Protocol,
  options: CloudWatchOptions,
  requestId: string,
): HttpAnswer {
  let audited: Writable<AuditedCall> | undefined
  try {
    const caller = callerOf(request, claim, options)
    const { region } = caller
    const call = protocol.read(request)
    const { operation } = call
    if (operation && isAlarmOperation(operation)) {
      audited = auditedCall(operation, caller, request, requestId, options.now())
    }
    if (!isOperation(operation)) throw unknown(operation)
    const input = call.input()
    if (audited) audited.input = input
    const context: CloudWatchContext = {
      account: ACCOUNT_ID,
      region,
      store: options.store,
      now: options.now(),
      metrics: once(() => [...options.recorder.all(region)]),
    }
    const tagsOf = (alarm: string) => options.store.get('alarm', region, alarm)?.tags ?? []
    refuseUnlessAllowed(caller, permissionsFor(operation, input, { ...context, tagsOf }), request, options)
    // The protocol read it as the operation's own input, which TypeScript can't tell of all operations at once.
    const output = operations[operation](input as never, context)
    if (audited) audited.output = output
    return protocol.answer(operation, output, requestId)
  } catch (error) {
    const fault = faultOf(error, requestId, options)
    if (audited) audited.fault = fault
    return protocol.refusal(fault, requestId)
  } finally {
    if (audited) options.audit.record(audited)
  }
}

const faultOf = (error: unknown, requestId: string, { log }: CloudWatchOptions): Fault =>
  error instanceof Fault ? error : internalFailure(error, requestId, log)

/** Lets in a request without a body that reads metrics, by a caller that may. Throws a Fault. */
export function admitReader(head: RequestHead, options: Door): void {
  const action = { action: 'cloudwatch:GetMetricData', resource: '*', keys: [] }
  const claim = options.signatures.admit(head, SERVICE)
  refuseUnlessAllowed(callerOf({ ...head, body: Buffer.alloc(0) }, claim, options), [action], head, options)
}

interface Caller extends Principal {
  readonly region: string
}

/** Whose signature it is, and where they ask. */
function callerOf(request: HttpRequest, claim: Claim, { signatures, principals }: Door): Caller {
  const { accessKeyId, region } = signatures.verify(request, claim)
  request.recognize()
  return { ...principals.byAccessKey(accessKeyId), region }
}

function refuseUnlessAllowed(
  { identity, policies, region }: Caller,
  actions: readonly ActionOnResource[],
  request: RequestHead,
  { now }: Door,
): void {
  if (policies === null) return
  const { userName, userId, arn: userArn, account } = identity
  const userAgent = userAgentOf(request)
  const who = { userName, userId, userArn, account, region, sourceIp: request.remoteAddress, userAgent, now: now() }
  for (const action of actions) authorizeAction(action, policies, who)
}

const userAgentOf = ({ headers }: RequestHead): string => String(headers['user-agent'] ?? '')

/** As far as it is known before the input is read. */
const auditedCall = (
  action: string,
  { identity, region }: Caller,
  request: HttpRequest,
  requestId: string,
  time: number,
): Writable<AuditedCall> => ({
  source: 'monitoring',
  identity,
  action,
  region,
  sourceIp: request.remoteAddress,
  userAgent: userAgentOf(request),
  input: undefined,
  output: undefined,
  fault: undefined,
  requestId,
  time,
})

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function internalFailure(error: unknown, requestId: string, log: (line: string) => void): Fault {
  log(`request ${requestId}: ${errorStack(error)}`)
  return unkept(error) ?? new Fault('InternalFailure', 'The request failed; see the engine log.')
}

/** One call may ask for hundreds of them. */
const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined
  return () => (made ??= make())
}

const isOperation = (name: string | undefined): name is CloudWatchOperation =>
  name !== undefined && Object.hasOwn(operations, name)

function unknown(operation: string | undefined): Fault {
  if (!operation) return new Fault('MissingAction', 'The request is missing an action or a required parameter.')
  return new Fault(
    'UnsupportedOperation',
    `The local engine does not do ${operation} of CloudWatch. It does: ${Object.keys(cloudwatch.operations).join(', ')}.`,
  )
}
