/** All names of the engine's zone at one moment, as its name server and the hosts file tell them. Pure. */
import type { HostName } from '../store/values.ts'

/** How answers for a name suffer from faults to rehearse with. */
export interface Ailments {
  readonly delayMs?: number
  /** It has no answer for either family. */
  readonly fails?: true
  /** It says of IPv6 that there is none. */
  readonly hidesIpv6?: true
}

export interface BookEntry extends HostName {
  readonly ailments?: Ailments
}

/** By their names in small letters. */
export type NameBook = ReadonlyMap<string, BookEntry>

/** The entries, to be found by name. */
export const bookOf = (entries: readonly BookEntry[]): NameBook =>
  new Map(entries.map((entry) => [entry.name.toLowerCase(), entry]))

/** Whether other names are below it: it exists then, without records of its own. */
export const hasBelow = (book: NameBook, name: string): boolean => {
  const end = `.${name}`
  for (const known of book.keys()) if (known.endsWith(end)) return true
  return false
}
