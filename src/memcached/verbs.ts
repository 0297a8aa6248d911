import { isAtLeast } from '../api/catalog/versions.ts'
import { byteAt } from '../net/bytes.ts'
import type { Connection } from './connection.ts'
import type { Settings } from './options.ts'
import { has } from './since.ts'
import type { Line } from './tokens.ts'
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

/** One row of the command table. */
export interface Verb {
  readonly name: string
  /** `keys`: the handler walks the words itself, however many. `words`: the framing has cut and counted them. */
  readonly shape: 'keys' | 'words'
  /** Fewest and most words, the verb among them; outside of it the answer is ERROR. */
  readonly words: readonly [least: number, most: number]
  /** The same before memcached looked at words one by one ({@link SINCE}), where it was stricter. */
  readonly strictly?: readonly [least: number, most: number]
  /** First engine version that has it. */
  readonly since?: string
  /** First engine version that no longer has it. */
  readonly until?: string
  /** Answers where it stopped, when congestion interrupted it. */
  run(connection: Connection, line: Line): number | undefined
}

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

const SLOTS = 256

/** The verbs of one node, by name, found without making a string. */
export class VerbLookup {
  readonly #slots: (readonly { verb: Verb; name: Buffer }[])[]

  constructor(verbs: readonly Verb[]) {
    const slots: { verb: Verb; name: Buffer }[][] = Array.from({ length: SLOTS }, () => [])
    for (const verb of verbs) {
      const name = Buffer.from(verb.name)
      slots[slotOf(name, 0, name.length)]?.push({ verb, name })
    }
    this.#slots = slots
  }

  find(bytes: Uint8Array, start: number, end: number): Verb | undefined {
    const length = end - start
    if (length === 0) return undefined
    const slot = this.#slots[slotOf(bytes, start, end)] as readonly { verb: Verb; name: Buffer }[] // slotOf < SLOTS
    for (let row = 0; row < slot.length; row++) {
      const candidate = slot[row] as { verb: Verb; name: Buffer } // row < length
      const { name } = candidate
      if (name.length !== length) continue
      let i = 0
      while (i < length && name[i] === bytes[start + i]) i++
      if (i === length) return candidate.verb
    }
    return undefined
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  return (byteAt(bytes, start) * 7 + byteAt(bytes, end - 1) * 31 + length * 11) & (SLOTS - 1)
}

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
