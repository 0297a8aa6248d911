import { byteAt } from '../net/bytes.ts'
import type { Client } from './client.ts'
import type { Line } from './tokens.ts'

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
  run(client: Client, line: Line): number | undefined
}

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
