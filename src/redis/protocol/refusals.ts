/**
 * What a command is refused with: thrown by handlers, written by call.ts. A line without its minus and line end, beginning with its
 * code.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/** For lines made for the occasion: no trace is taken, which would cost more than the command. */
export function refusal(line: string): Refusal {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const made = new Refusal(line)
  Error.stackTraceLimit = limit
  return made
}

/** A client's text as the servers' messages repeat it: it ends with its first zero byte, as all text of C. */
export function shownText(text: string): string {
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}

export const WRONG_TYPE: Refusal = refusal('WRONGTYPE Operation against a key holding the wrong kind of value')
export const SYNTAX: Refusal = refusal('ERR syntax error')
export const NOT_AN_INTEGER: Refusal = refusal('ERR value is not an integer or out of range')
export const NOT_32_BITS: Refusal = refusal('ERR value is out of range, value must between -2147483648 and 2147483647')
export const NOT_A_FLOAT: Refusal = refusal('ERR value is not a valid float')
export const NO_SUCH_KEY: Refusal = refusal('ERR no such key')
export const OUT_OF_RANGE: Refusal = refusal('ERR index out of range')
export const INVALID_CURSOR: Refusal = refusal('ERR invalid cursor')
export const TIMEOUT_NEGATIVE: Refusal = refusal('ERR timeout is negative')
export const TIMEOUT_NOT_A_FLOAT: Refusal = refusal('ERR timeout is not a float or out of range')
export const OUT_OF_MEMORY: Refusal = refusal("OOM command not allowed when used memory > 'maxmemory'.")
