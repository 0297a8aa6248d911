/** A name that is missing from a line: what there is, offered on a terminal, and told elsewhere where that costs nothing. */
import { type ResourceKind, regionalKinds } from '../../api/catalog/resources.ts'
import { environment } from '../environment.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { prompt } from '../live/prompt.ts'
import { CallFailed, Problem, usageProblem } from '../problem.ts'
import { resolveTarget } from '../target/targets.ts'
import { canAsk } from '../terminal.ts'
import { backedUpKinds, backupKinds } from './backups.ts'
import { withClient } from './client.ts'
import { cacheKinds } from './kinds/index.ts'
import { type Found, findAll, nameOf, thereIs } from './resources.ts'

/** What a word can name. */
const OFFERS = {
  cache: { called: 'cache', among: cacheKinds.map(({ kind }) => kind) },
  source: { called: 'cache', among: backedUpKinds },
  backup: { called: 'backup', among: backupKinds },
  resource: { called: 'resource', among: regionalKinds },
} satisfies Readonly<Record<string, { called: string; among: readonly ResourceKind[] }>>

export type Offer = keyof typeof OFFERS

/** What is chosen. `missing`: how the line is refused without a terminal to ask on, with 252. */
export async function choose(offer: Offer, flags: GlobalOptions, missing: string): Promise<string> {
  const { called, among } = OFFERS[offer]
  if (!canAsk()) throw usageProblem(missing, await whatThereIs(among, flags))
  const found = await withClient(flags, (client) => findAll(client, among))
  if (found.length === 0) throw usageProblem(`No ${called} is named, and there is none to choose.`)
  const choices = found.map((each) => ({ name: `${nameOf(each)} (${each.kind.name})`, value: nameOf(each) }))
  return String(await prompt({ type: 'select', message: `Which ${called}?`, choices }))
}

/** Of the local engine, which answers at once: AWS takes a second, and credentials. */
async function whatThereIs(among: readonly ResourceKind[], flags: GlobalOptions): Promise<string | undefined> {
  try {
    if (resolveTarget(flags, environment).kind !== 'local') return undefined
    const found: readonly Found[] = await withClient(flags, (client) => findAll(client, among, () => {}))
    return found.length === 0 ? undefined : thereIs(found.map(nameOf))
  } catch (error) {
    // Nothing is lost: the line is refused all the same, and the next one is told of the engine.
    if (error instanceof CallFailed || error instanceof Problem) return undefined
    throw error
  }
}
