import { Problem, usageProblem } from '../problem.ts'
import { Float } from './python-text.ts'

export type Pick = (answer: unknown) => unknown

/** The library compares numbers by identity; a {@link Float} is an object, and equal to none. */
const COMPARES = /[=!]=|contains\s*\(/

/**
 * `--query`: what is printed of an answer. Compiled before the call is made, so that a typo costs nothing. The language
 * is loaded only when there is an expression.
 */
export async function compileQuery(expression: string | undefined): Promise<Pick> {
  if (expression === undefined) return (answer) => answer
  if (expression === '') throw usageProblem('Bad value for --query : Invalid JMESPath expression: cannot be empty.')
  const { default: jmespath } = await import('jmespath')
  try {
    // The library has it; its type declarations do not.
    ;(jmespath as unknown as { compile(expression: string): unknown }).compile(expression)
  } catch (error) {
    throw usageProblem(`Bad value for --query ${expression}: ${(error as Error).message}`)
  }
  const prepared = COMPARES.test(expression) ? withPlainNumbers : (answer: unknown) => answer
  return (answer) => {
    try {
      return jmespath.search(prepared(answer), expression) ?? null
    } catch (error) {
      throw new Problem('general', (error as Error).message)
    }
  }
}

function withPlainNumbers(value: unknown): unknown {
  if (value instanceof Float) return value.value
  if (Array.isArray(value)) return value.map(withPlainNumbers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withPlainNumbers(item)]))
}
