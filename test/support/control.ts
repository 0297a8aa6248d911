import type { TestEngine } from './engine.ts'

/** A call of a control route; rejects with the engine's own message. */
export async function control<T>(
  { info, credentials }: Pick<TestEngine, 'info' | 'credentials'>,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  const response = await fetch(`${info.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${credentials.controlToken}` },
    ...(body && { body: JSON.stringify(body) }),
  })
  const answer = (await response.json()) as T & { message?: string }
  if (!response.ok) throw new Error(answer.message)
  return answer
}
