import type { Core } from '../core.ts'
import type { Database } from '../keyspace/database.ts'
import type { Built } from './builders.ts'
import { FORMATS, TYPES } from './codes.ts'
import { Crc64 } from './crc64.ts'
import { Damaged } from './damaged.ts'
import { RdbReader, SHORT } from './reader.ts'
import { type BuiltString, ValueReader } from './value-reader.ts'
import { formatOf, ValueWriter } from './value-writer.ts'
import { RdbWriter } from './writer.ts'

const VERSION_BYTES = 2
const FOOTER_BYTES = 10
/** The last type that format 10 knows, and the last that 11 does. */
const LAST_TYPES: Readonly<Record<number, number>> = {
  [FORMATS.redis]: TYPES.streamSecond,
  [FORMATS.valkey]: TYPES.streamThird,
}

const writers = new WeakMap<Core, ValueWriter>()

function valuesOf(core: Core): ValueWriter {
  const found = writers.get(core) ?? new ValueWriter(core)
  writers.set(core, found)
  return found
}

/** What a writer holds as a dump: with the version of the format and a checksum behind it. */
export function sealed(writer: RdbWriter, format: number): Buffer {
  writer.byte(format & 0xff)
  writer.byte(format >> 8)
  const crc = new Crc64()
  crc.update(writer.bytes, 0, writer.at)
  const end = crc.bytes()
  writer.raw(end, 0, end.length)
  return writer.take()
}

/** What is in a dump; undefined: its version is newer than this one, or its checksum wrong. */
export function opened(dump: Buffer, newest: number): Buffer | undefined {
  const end = dump.length - FOOTER_BYTES
  if (end < 0 || dump.readUInt16LE(end) > newest) return undefined
  const crc = new Crc64()
  crc.update(dump, 0, end + VERSION_BYTES)
  return crc.bytes().equals(dump.subarray(end + VERSION_BYTES)) ? dump.subarray(0, end) : undefined
}

/** The value of a key, as DUMP answers it. */
export function dumpOf(core: Core, db: Database, entry: number): Buffer {
  const writer = new RdbWriter(core.config.text('rdbcompression') === 'yes')
  const values = valuesOf(core)
  writer.byte(values.typeOf(db, entry))
  const parts = values.write(writer, db, entry)
  while (parts && !parts.next().done);
  return sealed(writer, formatOf(core))
}

/** The value that a dump begins with; undefined: it is damaged, or there is nothing in it. */
export function valueIn(core: Core, dump: Buffer): Built | BuiltString | undefined {
  const reader = new RdbReader()
  reader.set(dump)
  try {
    const type = reader.byte()
    const last = LAST_TYPES[formatOf(core)]
    if (last !== undefined && type > last) return undefined
    return new ValueReader(core, type).whole(reader) ?? undefined
  } catch (error) {
    if (error === SHORT || error instanceof Damaged) return undefined
    throw error
  }
}
