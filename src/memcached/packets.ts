import { expectNothing } from './body.ts'
import type { Client } from './client.ts'

// Binary replies. Statuses and their texts are memcached's.

const RESPONSE_MAGIC = 0x81
const HEADER_BYTES = 24
/** Extras that hold an item's flags, or an expiry. */
export const FLAGS_BYTES = 4

interface Failure {
  readonly status: number
  readonly text: Buffer
}

const failure = (status: number, text: string): Failure => ({ status, text: Buffer.from(text) })

export const NO_SUCH_KEY = failure(0x01, 'Not found')
export const KEY_EXISTS = failure(0x02, 'Data exists for key.')
export const TOO_BIG = failure(0x03, 'Too large.')
export const INVALID = failure(0x04, 'Invalid arguments')
export const NOT_STORED = failure(0x05, 'Not stored.')
export const BAD_DELTA = failure(0x06, 'Non-numeric server-side value for incr or decr')
export const AUTH_FAILURE = failure(0x20, 'Auth failure.')
export const UNKNOWN_COMMAND = failure(0x81, 'Unknown command')
export const NO_MEMORY = failure(0x82, 'Out of memory')
export const NO_CHUNKS = failure(0x82, 'Out of memory during read')
export const NO_ITEM = failure(0x82, 'Out of memory allocating item')
export const NO_NEW_ITEM = failure(0x82, 'Out of memory allocating new item')
export const NO_LARGER_ITEM = failure(0x82, 'Out of memory incrementing value')

/** Writes a reply's header; room for it and the body is reserved. */
export function header(
  client: Client,
  status: number,
  extrasBytes: number,
  keyBytes: number,
  valueBytes: number,
  casHigh = 0,
  casLow = 0,
): void {
  const { replies } = client.core
  const body = extrasBytes + keyBytes + valueBytes
  replies.reserve(HEADER_BYTES + body)
  replies.byte(RESPONSE_MAGIC)
  replies.byte(client.opcode)
  replies.uint16(keyBytes)
  replies.byte(extrasBytes)
  replies.byte(0)
  replies.uint16(status)
  replies.uint32(body)
  replies.uint32(client.opaque)
  replies.uint32(casHigh)
  replies.uint32(casLow)
}

/** Success without a body; quiet requests get none. */
export function done(client: Client, casHigh = 0, casLow = 0): void {
  if (!client.noreply) header(client, 0, 0, 0, 0, casHigh, casLow)
}

/** A failure, told even to quiet requests, once `rest` bytes of the request have been thrown away. */
export function fail(client: Client, { status, text }: Failure, rest: number): void {
  const { replies } = client.core
  header(client, status, 0, 0, text.length)
  replies.copy(text, 0, text.length)
  if (rest === 0) {
    replies.settle()
    return
  }
  const end = replies.length
  replies.length -= HEADER_BYTES + text.length
  expectNothing(client, rest, Buffer.from(replies.bytes.subarray(replies.length, end)))
}
