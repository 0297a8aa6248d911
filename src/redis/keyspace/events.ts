/** Classes of keyspace events, and the letters of `notify-keyspace-events` for them. */
export const GENERIC = 1 << 2
export const STRING_EVENT = 1 << 3
export const LIST_EVENT = 1 << 4
export const SET_EVENT = 1 << 5
export const HASH_EVENT = 1 << 6
export const ZSET_EVENT = 1 << 7
export const EXPIRED_EVENT = 1 << 8
export const EVICTED_EVENT = 1 << 9
export const STREAM_EVENT = 1 << 10
export const KEY_MISS = 1 << 11
export const NEW_EVENT = 1 << 14
const MODULE_EVENT = 1 << 13
const KEYSPACE = 1 << 0
const KEYEVENT = 1 << 1
const ALL =
  GENERIC |
  STRING_EVENT |
  LIST_EVENT |
  SET_EVENT |
  HASH_EVENT |
  ZSET_EVENT |
  EXPIRED_EVENT |
  EVICTED_EVENT |
  STREAM_EVENT |
  MODULE_EVENT

const LETTERS: Readonly<Record<string, number>> = {
  A: ALL,
  g: GENERIC,
  $: STRING_EVENT,
  l: LIST_EVENT,
  s: SET_EVENT,
  h: HASH_EVENT,
  z: ZSET_EVENT,
  x: EXPIRED_EVENT,
  e: EVICTED_EVENT,
  K: KEYSPACE,
  E: KEYEVENT,
  t: STREAM_EVENT,
  m: KEY_MISS,
  d: MODULE_EVENT,
  n: NEW_EVENT,
}

/** The flags of `notify-keyspace-events`; undefined: a letter is none. */
export function eventFlags(text: string): number | undefined {
  let flags = 0
  for (const letter of text) {
    const flag = LETTERS[letter]
    if (flag === undefined) return undefined
    flags |= flag
  }
  return flags
}

/** The same as CONFIG GET writes them. */
export function eventLetters(flags: number): string {
  const inAll = (flags & ALL) === ALL
  const classes = inAll ? 'A' : [...'g$lshzxetd'].filter((letter) => flags & (LETTERS[letter] ?? 0)).join('')
  const rest = [...'KEmn'].filter((letter) => flags & (LETTERS[letter] ?? 0)).join('')
  return classes + rest
}

export const tellsKeyspace = (flags: number): boolean => (flags & KEYSPACE) !== 0
export const tellsKeyevent = (flags: number): boolean => (flags & KEYEVENT) !== 0
