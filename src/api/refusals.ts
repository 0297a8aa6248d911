/** Why the engine's own routes refuse what they are asked: what `cachectl engine ...` and its exit codes go by. No I/O here. */
import { Fault, type FaultCode } from './faults.ts'

/**
 * `absent`: what is named is not there. `present`: it is there already. `refused`: what is there does not allow it now.
 * `invalid`: it would make no sense anywhere.
 */
export type RefusalKind = 'absent' | 'present' | 'refused' | 'invalid'

/** What a route answers in place of its answer. */
export interface RefusalAnswer {
  readonly kind: RefusalKind
  readonly code: FaultCode
  readonly message: string
}

/** Words of our own: none of this is in ElastiCache's API, whose faults tell their kind by their code. */
export class Refusal extends Fault {
  readonly kind: RefusalKind

  constructor(kind: RefusalKind, message: string) {
    super('InvalidParameterValue', message)
    this.kind = kind
  }
}

/** What is named is not there. */
export const absent = (message: string): Refusal => new Refusal('absent', message)
/** It is there already. */
export const present = (message: string): Refusal => new Refusal('present', message)
/** What is there does not allow it now. */
export const refused = (message: string): Refusal => new Refusal('refused', message)
/** It would make no sense anywhere. */
export const invalid = (message: string): Refusal => new Refusal('invalid', message)

/** The answer that tells of a fault, whatever raised it. */
export const refusalAnswer = (fault: Fault): RefusalAnswer => ({
  kind: fault instanceof Refusal ? fault.kind : kindOf(fault.code),
  code: fault.code,
  message: fault.message,
})

function kindOf(code: FaultCode): RefusalKind {
  if (/NotFound(Fault)?$/.test(code)) return 'absent'
  if (/AlreadyExists(Fault)?$/.test(code)) return 'present'
  return /^Invalid(Parameter|QueryParameter|Format)|^Missing|^Validation/.test(code) ? 'invalid' : 'refused'
}
