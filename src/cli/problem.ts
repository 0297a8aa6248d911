import type { OperationName } from '../api/model.ts'
import type { JsonPath } from '../api/refusals.ts'
import { errorMessage } from '../api/thrown.ts'

/**
 * What went wrong, in aws-cli v2's classes; failure.ts knows the exit code of each. Absent: there is no such thing where it was
 * looked for; present: there is one already; refused: what is there does not allow it now.
 */
export type ProblemKind = 'usage' | 'configuration' | 'absent' | 'present' | 'refused' | 'general' | 'interrupted'

/** An error of the command line's own: a sentence for a person and, where there is one, the next step. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly kind: ProblemKind
  readonly hint: string | undefined

  constructor(kind: ProblemKind, message: string, hint?: string) {
    super(message)
    this.kind = kind
    this.hint = hint
  }
}

/** What is wrong with a document that was given, at a place of it. */
export class MisplacedProblem extends Problem {
  readonly at: JsonPath

  constructor(message: string, at: JsonPath) {
    super('usage', message)
    this.at = at
  }
}

/** What is wrong with the command line: exit code 252. */
export const usageProblem = (message: string, hint?: string): Problem => new Problem('usage', message, hint)

/** What is named is not there: the exit code of a service that says so. */
export const absence = (message: string, hint?: string): Problem => new Problem('absent', message, hint)

/** A call that failed, with the operation and the URL it went to, which the SDK's own errors do not tell. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed'
  readonly operation: OperationName
  readonly url: string | undefined
  readonly input: object
  /** The next step, where one is known. */
  readonly hint: string | undefined

  constructor(operation: OperationName, url: string | undefined, cause: unknown, input: object = {}, hint?: string) {
    super(errorMessage(cause), { cause })
    this.operation = operation
    this.url = url
    this.input = input
    this.hint = hint
  }

  withHint(hint: string): CallFailed {
    return new CallFailed(this.operation, this.url, this.cause, this.input, hint)
  }

  /** The wire code of a service error; undefined when no answer came. */
  get serviceCode(): string | undefined {
    const { cause } = this
    if (!(cause instanceof Error) || !('$fault' in cause)) return undefined
    // The SDK names errors by shape; the code as sent stands in `Code` (and in `Error.Code` of modelled ones).
    const { Code, Error: wire } = cause as { Code?: string; Error?: { Code?: string } }
    return wire?.Code ?? Code ?? cause.name
  }
}

/** Ends the process with this code and without a word: the answer has been printed, and the code is part of it. */
export class ExitWith extends Error {
  override readonly name = 'ExitWith'
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`exit ${exitCode}`)
    this.exitCode = exitCode
  }
}

/** What was asked for is not so: exit code 1, and the sentence that says it. The answer may have been printed. */
export class NotSo extends Error {
  override readonly name = 'NotSo'
}

/** Ends the process with this code, after telling what went wrong: the codes of a command can be its own. */
export class FailsWith extends Error {
  override readonly name = 'FailsWith'
  readonly exitCode: number

  constructor(exitCode: number, cause: unknown) {
    super(`exit ${exitCode}`, { cause })
    this.exitCode = exitCode
  }
}
