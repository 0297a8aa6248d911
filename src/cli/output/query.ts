import { Problem, usageProblem } from '../problem.ts'

export type Pick = (answer: unknown) => unknown

/**
 * `--query`: what is printed of an answer. Compiled before the call is made, so that a typo costs nothing. The language
 * is loaded only when there is an expression.
 */
export async function compileQuery(expression: string | undefined): Promise<Pick> {
  if (expression === undefined) return (answer) => answer
  const { compile } = await import('../jmespath/parser.ts')
  const search = explained(
    () => compile(expression),
    (reason) => usageProblem(`Bad value for --query ${expression}: ${reason}`),
  )
  return (answer) =>
    explained(
      () => search(answer),
      (reason) => new Problem('general', reason),
    )
}

function explained<T>(attempt: () => T, problem: (reason: string) => Problem): T {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof Error && error.name === 'JmespathError') throw problem(error.message)
    throw error
  }
}
