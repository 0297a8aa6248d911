/** What a server that speaks RESP answers, of both versions of the protocol. */

/**
 * Text of one line is a string, text of any bytes a Buffer. Whole numbers are exact: they have 64 bits, and big numbers any
 * size. Both nulls of RESP2 and the one of RESP3 are null.
 */
export type Reply =
  | null
  | boolean
  | number
  | bigint
  | string
  | Buffer
  | readonly Reply[]
  | ReplyMap
  | ReplySet
  | Verbatim
  | ReplyError
  | Push

export interface ReplyMap {
  readonly kind: 'map'
  readonly entries: readonly (readonly [name: Reply, value: Reply])[]
}

export interface ReplySet {
  readonly kind: 'set'
  readonly items: readonly Reply[]
}

/** Text that says what it is: `txt`, `mkd`. */
export interface Verbatim {
  readonly kind: 'verbatim'
  readonly format: string
  readonly bytes: Buffer
}

/** `-WRONGTYPE Operation against ...`: the code clients match on, and the rest. */
export interface ReplyError {
  readonly kind: 'error'
  /** `ERR`, `MOVED`, `NOAUTH`; '' where the server gave none. */
  readonly code: string
  readonly text: string
}

/** What a server says without being asked. It answers no command. */
export interface Push {
  readonly kind: 'push'
  readonly items: readonly Reply[]
}

export const isError = (reply: Reply): reply is ReplyError => kindOf(reply) === 'error'

export const isPush = (reply: Reply): reply is Push => kindOf(reply) === 'push'

const kindOf = (reply: Reply): string | undefined =>
  typeof reply === 'object' && reply !== null && 'kind' in reply ? reply.kind : undefined

/** As RESP2 tells them. */
const NOT_FINITE: Readonly<Record<string, string>> = { Infinity: 'inf', '-Infinity': '-inf' }

/** The bytes of a reply that is text of some kind, or a number; undefined: it is neither. */
export function bytesOf(reply: Reply): Buffer | undefined {
  if (Buffer.isBuffer(reply)) return reply
  if (typeof reply === 'number' && !Number.isFinite(reply)) return Buffer.from(NOT_FINITE[String(reply)] ?? 'nan')
  if (typeof reply === 'string' || typeof reply === 'number' || typeof reply === 'bigint')
    return Buffer.from(String(reply))
  return kindOf(reply) === 'verbatim' ? (reply as Verbatim).bytes : undefined // as `kind` says
}

/** The same as a string; '' for what is no text. */
export const textOf = (reply: Reply): string => bytesOf(reply)?.toString() ?? ''

/** A whole number, which RESP2 tells some of as text; undefined: it is none. */
export function wholeOf(reply: Reply): bigint | undefined {
  if (typeof reply === 'bigint') return reply
  const text = textOf(reply)
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined
}

/** What an array, a set or a push holds; of anything else nothing. */
export function itemsOf(reply: Reply): readonly Reply[] {
  if (Array.isArray(reply)) return reply
  const kind = kindOf(reply)
  return kind === 'set' || kind === 'push' ? (reply as ReplySet | Push).items : [] // as `kind` says
}

/** Names and values of a map, which RESP2 tells as a flat array. */
export function entriesOf(reply: Reply): readonly (readonly [name: Reply, value: Reply])[] {
  if (kindOf(reply) === 'map') return (reply as ReplyMap).entries // as `kind` says
  return inPairs(itemsOf(reply))
}

/** Neighbours, two by two. */
export const inPairs = (items: readonly Reply[]): [Reply, Reply][] =>
  Array.from({ length: items.length >> 1 }, (_, at) => [items[2 * at] as Reply, items[2 * at + 1] as Reply]) // both below length

/** A map whose names are text, as a record would be. */
export const fieldsOf = (reply: Reply): ReadonlyMap<string, Reply> =>
  new Map(entriesOf(reply).map(([name, value]) => [textOf(name), value]))
