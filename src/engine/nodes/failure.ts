import { NODE_ENDED } from './runtime.ts'

const INCOMPATIBLE = 'incompatible-parameters'

/** A node that could not start because of how it was to: `why` in words. */
export class CannotRun extends Error {
  readonly code = INCOMPATIBLE
}

/** What could not be made to run: a node by its id, or an endpoint by its name. */
export interface Failure {
  readonly subject: string
  readonly port: number
  /** System error code, `EADDRINUSE`. */
  readonly code: string
  readonly message: string
}

export const failureOf = (subject: string, port: number, error: unknown): Failure => {
  const { code, message } = error as NodeJS.ErrnoException // whatever a runtime rejects with
  return { subject, port, code: code ?? message, message }
}

/** A node that cannot start with its parameters, and why. */
export const incompatible = (subject: string, port: number, why: string): Failure => ({
  subject,
  port,
  code: INCOMPATIBLE,
  message: why,
})

/** Of a node that has ended before it was noted that it does what it was asked for. */
export const endedMeanwhile = (subject: string, port: number): Failure => ({
  subject,
  port,
  code: NODE_ENDED,
  message: 'it has ended',
})

/** Whether a node cannot start with its parameters, by the engine's rules or by what a real server says: the message tells why. */
export const isIncompatible = ({ code }: Failure): boolean => code === INCOMPATIBLE

/** Whether what was to run a node has ended: the message tells how. */
export const hasEnded = ({ code }: Failure): boolean => code === NODE_ENDED
