/** The one place that turns an error of any origin into a message, a hint and an exit code (aws-cli v2's codes). */

import { errorCode, errorHint, errorMessage } from '../api/thrown.ts'
import { visibleLine } from '../api/visible.ts'
import { CallFailed, ExitWith, FailsWith, NotSo, Problem, type ProblemKind } from './problem.ts'

export interface Failure {
  readonly message: string
  readonly hint?: string
  /** The service's error code, or what kind of problem it is. */
  readonly code: string
  readonly operation?: string
  readonly exitCode: number
}

const SERVICE_ERROR = 254
const NOT_SO = 1
const EXIT_CODES: Record<ProblemKind, number> = {
  interrupted: 130,
  usage: 252,
  configuration: 253,
  absent: SERVICE_ERROR,
  present: SERVICE_ERROR,
  refused: SERVICE_ERROR,
  general: 255,
}

const CODES: Record<ProblemKind, string> = {
  interrupted: 'Interrupted',
  usage: 'ParamValidation',
  configuration: 'Configuration',
  absent: 'NotFound',
  present: 'AlreadyExists',
  refused: 'Refused',
  general: 'General',
}

const NO_CONNECTION = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'])
const BROKEN_OFF = new Set(['ECONNRESET', 'EPIPE'])

/** undefined: nothing to say, only a code to leave with. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof ExitWith) return undefined
  if (error instanceof NotSo) return { code: 'NotSo', message: error.message, exitCode: NOT_SO }
  if (error instanceof FailsWith) {
    const failure = failureOf(error.cause)
    return failure && { ...failure, exitCode: error.exitCode }
  }
  if (error instanceof CallFailed) return callFailure(error)
  return error instanceof Problem ? problemFailure(error) : (setUpFailure(error) ?? unexpected(error))
}

const problemFailure = ({ kind, message, hint }: Problem): Failure => ({
  code: CODES[kind],
  message,
  ...(hint !== undefined && { hint }),
  exitCode: EXIT_CODES[kind],
})

export const exitCodeOf = (error: unknown): number =>
  error instanceof ExitWith ? error.exitCode : (failureOf(error)?.exitCode ?? EXIT_CODES.general)

function callFailure(error: CallFailed): Failure {
  const { operation, cause, url } = error
  const code = error.serviceCode
  if (code) {
    const call = `the ${operation} operation${retriesOf(code, cause)}`
    const message = `An error occurred (${code}) when calling ${call}: ${error.message}`
    return { code, operation, message, ...(error.hint !== undefined && { hint: error.hint }), exitCode: SERVICE_ERROR }
  }
  if (cause instanceof Problem) return { ...problemFailure(cause), operation }
  const name = cause instanceof Error ? cause.name : ''
  if (name === 'AbortError') return { code: 'Interrupted', operation, message: 'Interrupted.', exitCode: 130 }
  const failure = setUpFailure(cause) ?? lineFailure(cause, url ?? 'unknown') ?? unexpected(cause)
  const hint = [error.hint, failure.hint].filter(Boolean).join('\n')
  return { ...failure, operation, ...(hint !== '' && { hint }) }
}

/** What the SDK lacks for any call, in aws-cli's words; undefined: nothing of the kind. */
function setUpFailure(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.name === 'CredentialsProviderError') {
    // The last of the chain says only that there are none; one that was to have some says what is wrong with it.
    if (!/any providers|IMDS|EC2 Metadata/i.test(error.message)) {
      const message = `Error when retrieving credentials: ${error.message}`
      return { code: 'NoCredentials', message, exitCode: EXIT_CODES.general }
    }
    return {
      code: 'NoCredentials',
      message: 'Unable to locate credentials. You can configure credentials by running "aws configure".',
      exitCode: EXIT_CODES.configuration,
    }
  }
  if (/region is missing/i.test(error.message)) {
    return {
      code: 'NoRegion',
      message: 'You must specify a region. You can also configure your region by running "aws configure".',
      hint: 'Add --region us-west-2, or set AWS_REGION.',
      exitCode: EXIT_CODES.configuration,
    }
  }
  return undefined
}

/** What became of the connection, in botocore's words; undefined: nothing of the kind. */
function lineFailure(cause: unknown, url: string): Failure | undefined {
  const errno = systemCode(cause)
  const told = (message: string, hint?: string): Failure => ({
    code: errno ?? 'General',
    message,
    ...(hint !== undefined && { hint }),
    exitCode: EXIT_CODES.general,
  })
  const timeout = timedOut(cause)
  if (timeout) return told(`${timeout === 'connect' ? 'Connect' : 'Read'} timeout on endpoint URL: "${url}"`)
  if (errno === undefined) return undefined
  if (NO_CONNECTION.has(errno)) {
    const next = '`cachectl engine status` tells of the local engine; `--target aws` means AWS.'
    return told(`Could not connect to the endpoint URL: "${url}"`, `${errno}: is it running? ${next}`)
  }
  if (BROKEN_OFF.has(errno)) {
    return told(`Connection was closed before we received a valid response from endpoint URL: "${url}".`)
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|_ISSUER|^ERR_TLS|^ERR_SSL/.test(errno)) {
    const next = '--ca-bundle FILE names the authorities to trust; --no-verify-ssl trusts any server.'
    return told(`SSL validation failed for ${url} ${errorMessage(cause)}`, next)
  }
  if (errno === 'EPROTO') {
    const [, reason = 'handshake failure'] = /SSL routines:[^:]*:([^:]*):/.exec(errorMessage(cause)) ?? []
    const code = reason.toUpperCase().replaceAll(' ', '_')
    return told(
      `SSL validation failed for ${url} [SSL: ${code}] ${reason}`,
      'Is it plain HTTP? Then the URL is http://.',
    )
  }
  return undefined
}

/** No connection in time, or no answer in time: told apart from what the system gave up on. */
function timedOut(error: unknown): 'connect' | 'read' | undefined {
  if (!(error instanceof Error) || 'syscall' in error) return undefined
  // The SDK calls a connection that was reset a timeout, too, but leaves its code.
  const errno = systemCode(error)
  if (errno === undefined ? error.name !== 'TimeoutError' : errno !== 'ETIMEDOUT') return undefined
  return /establish|connect/i.test(error.message) ? 'connect' : 'read'
}

/** botocore says how often a call has been made again for nothing: of errors that may pass. */
function retriesOf(code: string, cause: unknown): string {
  const { attempts, httpStatusCode = 0 } = (cause as { $metadata?: Metadata }).$metadata ?? {} // as errors of the SDK have it
  const mayPass = [500, 502, 503, 504].includes(httpStatusCode) || THROTTLED.test(code)
  return attempts !== undefined && mayPass ? ` (reached max retries: ${attempts - 1})` : ''
}

interface Metadata {
  /** Absent where nothing is tried again: at the local engine. */
  readonly attempts?: number
  readonly httpStatusCode?: number
}

const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|PriorRequestNotComplete/

function unexpected(error: unknown): Failure {
  const message = error instanceof Error ? error.message || error.name : String(error)
  const hint = errorHint(error)
  return {
    code: systemCode(error) ?? 'General',
    message,
    ...(hint !== undefined && { hint }),
    exitCode: EXIT_CODES.general,
  }
}

// Of several refused addresses Node makes one AggregateError without a code of its own.
function systemCode(error: unknown): string | undefined {
  return errorCode(error) ?? (error instanceof AggregateError ? systemCode(error.errors[0]) : undefined)
}

export type ErrorFormat = 'legacy' | 'json'

/** What goes to stderr. Off a terminal aws-cli's legacy format begins with an empty line, and scripts cut it off. */
export function renderFailure(failure: Failure, format: ErrorFormat, terminal: boolean): string {
  if (format === 'json') return `${JSON.stringify(failure)}\n`
  // What a service says is one line of ours, and can't be made to look like more of them.
  const message = terminal && failure.exitCode === SERVICE_ERROR ? visibleLine(failure.message) : failure.message
  const text = failure.hint === undefined ? message : `${message}\n${failure.hint}`
  // What is not so is a finding, which aws-cli has none of.
  return terminal || failure.code === 'NotSo' ? `${text}\n` : `\n${text}\n`
}
