/** A refusal is no absence: only the codes that say so mean that something is not there. */
import { failureOf } from '../failure.ts'
import { CallFailed } from '../problem.ts'
import { tell } from '../terminal.ts'

/** Whether a call failed with one of these codes, with or without `Fault` at their end. */
export function saysOneOf(error: unknown, codes: readonly string[]): error is CallFailed {
  // Some are sent with `Fault` at the end, some without.
  const plain = (code: string) => code.replace(/Fault$/, '')
  return error instanceof CallFailed && codes.map(plain).includes(plain(error.serviceCode ?? ''))
}

/** `an engine without it`: the local engine answers so for what it has none of. */
export const isUnsupported = ({ serviceCode }: CallFailed): boolean => serviceCode === 'UnsupportedOperation'

/** Takes note of a question that got no answer, while the others go on. */
export type OnUnasked = (error: CallFailed) => void

/** Why a question got no answer. The service's own words name the user, and what is not allowed; the SDK's are for programmers. */
export const reasonOf = (error: CallFailed): string =>
  error.serviceCode === undefined ? (failureOf(error)?.message ?? error.message) : error.message

/** `DescribeEvents was not answered: ...`, and why. */
export const unaskedText = (error: CallFailed): string => `${error.operation} was not answered: ${reasonOf(error)}`

/** Tells on stderr which question could not be asked, and why. Silent where the target does not have the operation at all. */
export const tellUnasked: OnUnasked = (error) => {
  if (!isUnsupported(error)) tell(unaskedText(error))
}

/** For `catch` of one question of several: `otherwise`, and `note` hears why. What is no failed call is thrown again. */
export const noting =
  <T>(note: OnUnasked, otherwise: T) =>
  (error: unknown): T => {
    if (!(error instanceof CallFailed)) throw error
    note(error)
    return otherwise
  }
