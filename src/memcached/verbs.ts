import { isAtLeast } from '../api/catalog/versions.ts'
import type { Settings } from './options.ts'
import { has } from './since.ts'
import { type Verb, VerbLookup } from './verb.ts'
import { adminVerbs } from './verbs/admin.ts'
import { arithmeticVerbs } from './verbs/arithmetic.ts'
import { configVerbs } from './verbs/config.ts'
import { getVerbs } from './verbs/get.ts'
import { adminOnlyVerbs, maintenanceVerbs } from './verbs/maintenance.ts'
import { metaChangeVerbs } from './verbs/meta/change.ts'
import { metaGetVerbs } from './verbs/meta/get.ts'
import { metaStoreVerbs } from './verbs/meta/store.ts'
import { statsVerbs } from './verbs/stats.ts'
import { storeVerbs } from './verbs/store.ts'

const VERBS: readonly Verb[] = [
  ...getVerbs,
  ...storeVerbs,
  ...arithmeticVerbs,
  ...metaGetVerbs,
  ...metaStoreVerbs,
  ...metaChangeVerbs,
  ...configVerbs,
  ...statsVerbs,
  ...adminVerbs,
  ...maintenanceVerbs,
]

/** The verbs that a node of this engine version, with these settings, understands. */
export function lookupOf(settings: Settings): VerbLookup {
  const { engineVersion, refusedCommands, configCommand, adminCommands, operator } = settings
  const isStrict = !has(engineVersion, 'words too many or too few')
  return new VerbLookup(
    [...VERBS, ...(adminCommands ? adminOnlyVerbs : [])]
      .filter(
        ({ name, since, until }) =>
          (since === undefined || isAtLeast(engineVersion, since)) &&
          (until === undefined || !isAtLeast(engineVersion, until)) &&
          (configCommand || name !== 'config') &&
          (operator.debugTime !== undefined || name !== 'debugtime') &&
          !refusedCommands.includes(name),
      )
      .map((verb) => (isStrict && verb.strictly ? { ...verb, words: verb.strictly } : verb)),
  )
}
