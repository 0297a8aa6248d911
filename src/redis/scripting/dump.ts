import { crc64 } from '../rdb/crc64.ts'

/** What a library is marked with in files and dumps of redis, and what it was marked with before 7.0 came out. */
const LIBRARY = 245
const LIBRARY_OF_CANDIDATES = 246
const FOOTER = 10
/** The newest version of files that is read: Valkey's, which counts from 80. */
const NEWEST = 80

const LENGTH_14 = 0x40
const LENGTH_32 = 0x80
const COMPRESSED = 0xc3

/** FUNCTION DUMP: the sources of libraries, with the version of the file format and a checksum. */
export function dumpLibraries(sources: readonly Buffer[], version: number): Buffer {
  const parts = sources.flatMap((source) => [Buffer.of(LIBRARY), lengthBytes(source.length), source])
  const body = Buffer.concat([...parts, Buffer.of(version & 0xff, version >> 8)])
  return Buffer.concat([body, crc64(body)])
}

/** The sources of a dump; a string is what is wrong with it. */
export function readLibraries(dump: Buffer): Buffer[] | string {
  const end = dump.length - FOOTER
  if (end < 0) return WRONG
  const version = dump.readUInt16LE(end)
  const sum = dump.subarray(end + 2)
  if (version > NEWEST || !(sum.equals(Buffer.alloc(8)) || sum.equals(crc64(dump.subarray(0, end + 2))))) return WRONG
  const sources: Buffer[] = []
  let at = 0
  while (at < end) {
    const mark = dump[at++]
    if (mark === LIBRARY_OF_CANDIDATES) return 'ERR Pre-release function format not supported.'
    if (mark !== LIBRARY) return 'ERR given type is not a function'
    const read = readString(dump.subarray(0, end), at)
    if (read === undefined) return 'ERR Failed loading library code'
    sources.push(read.text)
    at = read.end
  }
  return sources
}

const WRONG = 'ERR DUMP payload version or checksum are wrong'

function lengthBytes(length: number): Buffer {
  if (length < 64) return Buffer.of(length)
  if (length < 2 ** 14) return Buffer.of(LENGTH_14 | (length >> 8), length & 0xff)
  const bytes = Buffer.alloc(5, LENGTH_32)
  bytes.writeUInt32BE(length, 1)
  return bytes
}

interface Read<T> {
  readonly text: T
  readonly end: number
}

function readLength(bytes: Buffer, at: number): Read<number> | undefined {
  const first = bytes[at]
  if (first === undefined) return undefined
  if (first < LENGTH_14) return { text: first, end: at + 1 }
  if (first < LENGTH_32)
    return at + 2 > bytes.length ? undefined : { text: ((first & 0x3f) << 8) | (bytes[at + 1] ?? 0), end: at + 2 }
  return first === LENGTH_32 && at + 5 <= bytes.length ? { text: bytes.readUInt32BE(at + 1), end: at + 5 } : undefined
}

function readString(bytes: Buffer, at: number): Read<Buffer> | undefined {
  if (bytes[at] !== COMPRESSED) {
    const length = readLength(bytes, at)
    if (length === undefined || length.end + length.text > bytes.length) return undefined
    return { text: bytes.subarray(length.end, length.end + length.text), end: length.end + length.text }
  }
  const packed = readLength(bytes, at + 1)
  const whole = packed && readLength(bytes, packed.end)
  if (packed === undefined || whole === undefined || whole.end + packed.text > bytes.length) return undefined
  const end = whole.end + packed.text
  const text = expand(bytes.subarray(whole.end, end), whole.text)
  return text && { text, end }
}

const MOST_EXPANDED = 2 ** 29

/** LZF: runs of bytes as they are, and copies of what came before. */
function expand(packed: Buffer, length: number): Buffer | undefined {
  if (length > MOST_EXPANDED) return undefined
  const text = Buffer.alloc(length)
  let [from, to] = [0, 0]
  while (from < packed.length) {
    const control = packed[from++] ?? 0
    if (control < 32) {
      const run = control + 1
      if (from + run > packed.length || to + run > length) return undefined
      packed.copy(text, to, from, from + run)
      from += run
      to += run
      continue
    }
    let run = control >> 5
    if (run === 7) run += packed[from++] ?? 0
    let back = to - ((control & 31) << 8) - (packed[from++] ?? 0) - 1
    run += 2
    if (back < 0 || to + run > length) return undefined
    // Byte by byte: what is copied may be what the copy makes.
    for (; run > 0; run--) text[to++] = text[back++] ?? 0
  }
  return to === length ? text : undefined
}
