import { model } from './model.generated.ts'

type ModelledCode = (typeof model.faults)[keyof typeof model.faults]['code']

/**
 * Errors common to AWS's Query services, which the ElastiCache model does not list ("Common Errors" of the API
 * reference), those of CloudWatch (InvalidFormat, InvalidNextToken, LimitExceeded, MissingParameter, ResourceNotFound,
 * ValidationError), and one of our own: UnsupportedOperation, for what the bundled engine does not do (yet).
 */
const COMMON_FAULTS = {
  AccessDenied: 403,
  AuthorizationQueryParametersError: 400,
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  InvalidFormat: 400,
  InvalidNextToken: 400,
  InvalidQueryParameter: 400,
  LimitExceeded: 400,
  MalformedQueryString: 404,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  MissingParameter: 400,
  RequestExpired: 400,
  ResourceNotFound: 404,
  ResourceNotFoundException: 404,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  UnsupportedOperation: 400,
  ValidationError: 400,
} as const

export type FaultCode = ModelledCode | keyof typeof COMMON_FAULTS

const STATUS: ReadonlyMap<string, number> = new Map([
  ...Object.entries(COMMON_FAULTS),
  ...Object.values(model.faults).map(({ code, status }): [string, number] => [code, status]),
])

/** An error the API answers with. Its code is the wire code, which for many faults is not the shape's name. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: FaultCode

  constructor(code: FaultCode, message: string) {
    super(message)
    this.code = code
  }

  get status(): number {
    return STATUS.get(this.code) ?? 400
  }
}
