/** Why the engine's own routes refuse what they are asked: what `cachectl engine ...` and its exit codes go by. No I/O here. */
import { Fault, type FaultCode } from './faults.ts'

/**
 * `absent`: what is named is not there. `present`: it is there already. `refused`: what is there does not allow it now.
 * `invalid`: it would make no sense anywhere.
 */
export type RefusalKind = 'absent' | 'present' | 'refused' | 'invalid'

/** The way to a value within a JSON document: names of members and numbers of items. */
export type JsonPath = readonly (string | number)[]

/** What a route answers in place of its answer. */
export interface RefusalAnswer {
  readonly kind: RefusalKind
  readonly code: FaultCode
  readonly message: string
  /** What of a document that was given is wrong. */
  readonly at?: JsonPath
}

/** Words of our own: none of this is in ElastiCache's API, whose faults tell their kind by their code. */
export class Refusal extends Fault {
  readonly kind: RefusalKind
  readonly at: JsonPath | undefined

  constructor(kind: RefusalKind, message: string, at?: JsonPath) {
    super('InvalidParameterValue', message)
    this.kind = kind
    this.at = at
  }
}

/** What is named is not there. */
export const absent = (message: string): Refusal => new Refusal('absent', message)
/** It is there already. */
export const present = (message: string): Refusal => new Refusal('present', message)
/** What is there does not allow it now. */
export const refused = (message: string): Refusal => new Refusal('refused', message)
/** It would make no sense anywhere. */
export const invalid = (message: string, at?: JsonPath): Refusal => new Refusal('invalid', message, at)

/** The answer that tells of a fault, whatever raised it. */
export const refusalAnswer = (fault: Fault): RefusalAnswer => ({
  kind: fault instanceof Refusal ? fault.kind : kindOf(fault.code),
  code: fault.code,
  message: fault.message,
  ...(fault instanceof Refusal && fault.at && { at: fault.at }),
})

function kindOf(code: FaultCode): RefusalKind {
  if (/NotFound(Fault)?$/.test(code)) return 'absent'
  if (/AlreadyExists(Fault)?$/.test(code)) return 'present'
  return /^Invalid(Parameter|QueryParameter|Format)|^Missing|^Validation/.test(code) ? 'invalid' : 'refused'
}
