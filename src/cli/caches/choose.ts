import type { GlobalOptions } from '../global-flags.ts'
import { prompt } from '../live/prompt.ts'
import { usageProblem } from '../problem.ts'
import { cacheKinds } from './backups.ts'
import { withClient } from './clusters.ts'
import { findAll } from './resources.ts'

/** Asks which of the target's caches is meant. */
export async function chooseCache(flags: GlobalOptions): Promise<string> {
  const found = await withClient(flags, (client) => findAll(client, cacheKinds))
  const choices = found.map(({ kind, item }) => ({
    name: `${item[kind.id]} (${kind.name})`,
    value: String(item[kind.id]),
  }))
  if (choices.length === 0) throw usageProblem('No cache is named, and there is none to choose.')
  return String(await prompt({ type: 'select', message: 'Which cache?', choices }))
}
