/** One record on disk: its checksum, its key and what it says. LMDB has no checksums; a byte that is wrong is to be seen. */
import { crc32 } from 'node:zlib'

export type Key = (string | number)[]

export interface Entry {
  readonly key: Key
  readonly value: unknown
}

const CHECKSUM_BYTES = 4

export function encodeEntry({ key, value }: Entry): Buffer {
  const text = Buffer.from(JSON.stringify([key, value]))
  const bytes = Buffer.allocUnsafe(CHECKSUM_BYTES + text.length)
  bytes.writeUInt32LE(crc32(text))
  text.copy(bytes, CHECKSUM_BYTES)
  return bytes
}

/** Undefined for bytes that are not what was written. */
export function decodeEntry(bytes: Uint8Array): Entry | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < CHECKSUM_BYTES) return undefined
  const text = buffer.subarray(CHECKSUM_BYTES)
  if (crc32(text) !== buffer.readUInt32LE()) return undefined
  const [key, value]: [Key, unknown] = JSON.parse(text.toString())
  return { key, value }
}

export const checksumOf = (bytes: Buffer): number => bytes.readUInt32LE()

/** How many entries there are, and all of their checksums in one: what is missing, or older than the rest, is to be seen as well. */
export interface Sum {
  readonly entries: number
  readonly checksums: number
}

export const NO_ENTRIES: Sum = { entries: 0, checksums: 0 }

/** With the checksum of an entry in the place of another one's; undefined: there is, or was, none. */
export const sumOf = (sum: Sum, before: number | undefined, after: number | undefined): Sum => ({
  entries: sum.entries - (before === undefined ? 0 : 1) + (after === undefined ? 0 : 1),
  checksums: (sum.checksums ^ (before ?? 0) ^ (after ?? 0)) >>> 0,
})
