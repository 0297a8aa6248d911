/**
 * The API takes 20 parameters in one request (API reference, ModifyCacheParameterGroup). More of them are sent in several,
 * one after the other.
 */
import { LIMITS } from '../../api/catalog/limits.ts'
import type { OperationName } from '../../api/model.ts'
import { startProgress } from '../live/progress.ts'
import { CallFailed } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'

const MOST = LIMITS.parametersPerRequest

interface Parameters {
  readonly CacheParameterGroupName?: string
  readonly ParameterNameValues?: readonly { readonly ParameterName?: string }[]
}

/** One input for each request that is needed; the input itself where one will do. Pure. */
export function inRequests(name: OperationName, input: object): Parameters[] {
  if (name !== 'ModifyCacheParameterGroup' && name !== 'ResetCacheParameterGroup') return [input]
  const { ParameterNameValues: all = [] } = input as Parameters // both operations have it
  const count = Math.max(1, Math.ceil(all.length / MOST))
  if (count === 1) return [input]
  return Array.from({ length: count }, (_, index) => ({
    ...input,
    ParameterNameValues: all.slice(index * MOST, (index + 1) * MOST),
  }))
}

/** The last answer. A failure after the first request tells what holds already and what does not. */
export async function callEach(client: ApiClient, name: OperationName, parts: readonly Parameters[]): Promise<object> {
  const total = namesOf(parts).length
  const progress = startProgress(`${parts[0]?.CacheParameterGroupName}: ${total} parameters`)
  let answer: object = {}
  try {
    for (const [index, part] of parts.entries()) {
      const done = namesOf(parts.slice(0, index))
      progress.update(`${part.CacheParameterGroupName}: ${done.length} of ${total} parameters`)
      try {
        answer = await client.call(name, part as never) // an input of the same operation with fewer parameters
      } catch (error) {
        if (!(error instanceof CallFailed) || index === 0) throw error
        throw error.withHint(whatHolds(done, namesOf(parts.slice(index))))
      }
    }
  } finally {
    progress.end()
  }
  return answer
}

const namesOf = (parts: readonly Parameters[]): string[] =>
  parts.flatMap(({ ParameterNameValues = [] }) => ParameterNameValues.map(({ ParameterName }) => String(ParameterName)))

const whatHolds = (done: readonly string[], left: readonly string[]): string =>
  `The API takes ${MOST} parameters at once, so they were sent in parts.\nApplied (${done.length}): ${done.join(', ')}\nNot applied (${left.length}): ${left.join(', ')}`
