import { errorMessage } from '../api/thrown.ts'

/** Why the system refused something, in the words of a C library: `No such file or directory`. */
export function systemReason(error: unknown): string {
  const message = errorMessage(error)
  const [, reason] = /^E[A-Z0-9]+: ([^,]+)/.exec(message) ?? []
  return reason === undefined ? message : reason.charAt(0).toUpperCase() + reason.slice(1)
}
