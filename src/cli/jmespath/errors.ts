/** An expression that can't be read, or can't be applied to the value at hand. The words are those of Python's library. */
export class JmespathError extends Error {
  override readonly name = 'JmespathError'
}

/** Shows the expression in quotes and points at a place in it. */
const pointed = (expression: string, at: number): string => `"${expression}"\n${' '.repeat(at + 1)}^`

export const incomplete = (expression: string): JmespathError =>
  new JmespathError(`Invalid jmespath expression: Incomplete expression:\n${pointed(expression, expression.length)}`)

export const badToken = (expression: string, at: number, reason: string): JmespathError =>
  new JmespathError(`Bad jmespath expression: ${reason}:\n${expression}\n${' '.repeat(at)}^`)

export function unexpected(
  expression: string,
  token: { readonly start: number; readonly text: string; readonly type: string },
  reason: string,
): JmespathError {
  const place = `Parse error at column ${token.start}, token "${token.text}" (${token.type.toUpperCase()})`
  return new JmespathError(`${reason}: ${place}, for expression:\n${pointed(expression, token.start)}`)
}
