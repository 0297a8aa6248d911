import type { AuditedCall } from './audit.ts'

/** What a line of the log tells of a call. */
export interface CallFacts {
  readonly action: string
  readonly region: string
  /** `-`: a stranger. */
  readonly user: string
  readonly status: number
  /** The error's code, and what it says. */
  readonly error?: string
  readonly message?: string
  readonly requestId: string
}

/** The facts of a call that has been answered. */
export const callFacts = ({ action = '-', region, identity, fault, requestId }: AuditedCall): CallFacts => ({
  action,
  region,
  user: identity?.userName ?? '-',
  status: fault?.status ?? 200,
  ...(fault && { error: fault.code, message: fault.message }),
  requestId,
})
