import { randomUUID } from 'node:crypto'
import { Fault } from '../../api/faults.ts'
import { ACCOUNT_ID } from '../../api/local-engine.ts'
import { authorizeAction } from '../identity/authorize.ts'
import type { Recorder } from '../metrics/recorder.ts'
import type { Principals } from '../principals.ts'
import type { HttpAnswer, HttpRequest } from '../server.ts'
import type { Signatures } from '../signature.ts'
import { type CloudWatchOperation, cloudwatch } from './model.ts'
import { operations } from './operations.ts'
import type { Protocol } from './protocols.ts'

/** The name signatures for CloudWatch are scoped to. */
const SERVICE = 'monitoring'

export interface CloudWatchOptions {
  readonly signatures: Signatures
  readonly principals: Principals
  readonly recorder: Recorder
  /** Time of the engine. */
  readonly now: () => number
  readonly log: (line: string) => void
}

/**
 * The part of CloudWatch's API that reads metrics. Calls are not in the audit log: CloudTrail has them as data events, which
 * trails do not record unless told to.
 */
export function answerCloudWatch(request: HttpRequest, protocol: Protocol, options: CloudWatchOptions): HttpAnswer {
  const requestId = randomUUID()
  try {
    const operation = protocol.operationOf(request)
    const region = admit(request, operation, options)
    if (!isOperation(operation)) throw unknown(operation)
    const input = protocol.inputOf(operation, request)
    const context = {
      account: ACCOUNT_ID,
      now: options.now(),
      metrics: once(() => [...options.recorder.all(region)]),
    }
    return protocol.answer(operation, operations[operation](input as never, context), requestId)
  } catch (error) {
    if (error instanceof Fault) return protocol.refusal(error, requestId)
    options.log(`request ${requestId}: ${(error as Error).stack ?? error}`)
    return protocol.refusal(new Fault('InternalFailure', 'The request failed; see the engine log.'), requestId)
  }
}

/** Whose signature it is, and whether they may; answers the region. Metrics are no resources: policies name `*` for them. */
export function admit(
  request: HttpRequest,
  operation: string | undefined,
  { signatures, principals, now }: Pick<CloudWatchOptions, 'signatures' | 'principals' | 'now'>,
): string {
  const { accessKeyId, region } = signatures.verify(request, SERVICE)
  const { identity, policies } = principals.byAccessKey(accessKeyId)
  if (policies === null || operation === undefined) return region
  authorizeAction(`cloudwatch:${operation}`, policies, {
    userName: identity.userName,
    userId: identity.userId,
    userArn: identity.arn,
    account: identity.account,
    region,
    sourceIp: request.remoteAddress,
    userAgent: String(request.headers['user-agent'] ?? ''),
    now: now(),
  })
  return region
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
