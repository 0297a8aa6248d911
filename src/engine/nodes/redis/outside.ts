/** Servers that are none of the engine's, as a source of data for one that is. */
import { errorMessage } from '../../../api/thrown.ts'
import { isError, itemsOf, type Reply, textOf } from '../../../protocols/resp/reply.ts'
import { parseInfo } from './info.ts'
import { Operator } from './operator.ts'

/** A connection, and each answer. */
const PATIENCE_MS = 2_000

/** What a server has to fit. */
export interface Fit {
  /** As the parameter says it: 16. */
  readonly databases: string | undefined
  readonly bytes: number
}

export type Outside =
  /** How far it is with what it says to replicas. */
  | { readonly offset: number }
  /** What is in the way of replicating from it. */
  | { readonly obstacle: string }

/** Asks a server whether a replica without a password could take its data. Never rejects. */
export async function lookOutside(place: { readonly host: string; readonly port: number }, fit: Fit): Promise<Outside> {
  const operator = new Operator(place, null, PATIENCE_MS)
  try {
    const [said = null, databases = null] = await operator.send([['INFO'], ['CONFIG', 'GET', 'databases']])
    return judge(said, databases, fit)
  } catch (error) {
    return { obstacle: `${place.host}:${place.port} cannot be reached: ${errorMessage(error)}` }
  } finally {
    operator.close()
  }
}

function judge(said: Reply, databases: Reply, fit: Fit): Outside {
  if (isError(said)) {
    const [sentence = ''] = said.text.split('. ')
    return { obstacle: `the source does not answer: ${said.code} ${sentence}` }
  }
  const info = parseInfo(textOf(said))
  const bytes = Number(info.get('used_memory') ?? 0)
  if (info.get('cluster_enabled') === '1') return { obstacle: 'the source has cluster mode enabled' }
  if (bytes > fit.bytes) return { obstacle: `the source holds ${bytes} bytes, the node type ${Math.floor(fit.bytes)}` }
  const [, count] = isError(databases) ? [] : itemsOf(databases).map(textOf)
  if (count !== undefined && fit.databases !== undefined && count !== fit.databases) {
    return { obstacle: `the source has ${count} databases, the replication group ${fit.databases}` }
  }
  return { offset: Number(info.get('master_repl_offset') ?? 0) }
}
