import { Problem, usageProblem } from '../problem.ts'

export type Pick = (answer: unknown) => unknown

/**
 * `--query`: what is printed of an answer. Compiled before the call is made, so that a typo costs nothing. The language
 * is loaded only when there is an expression.
 */
export async function compileQuery(expression: string | undefined): Promise<Pick> {
  if (expression === undefined) return (answer) => answer
  const { default: jmespath } = await import('jmespath')
  try {
    // The library has it; its type declarations do not.
    ;(jmespath as unknown as { compile(expression: string): unknown }).compile(expression)
  } catch (error) {
    throw usageProblem(`Bad value for --query ${expression}: ${(error as Error).message}`)
  }
  return (answer) => {
    try {
      return jmespath.search(answer, expression)
    } catch (error) {
      throw new Problem('general', (error as Error).message)
    }
  }
}
