import { NEWEST_FORMAT, OPCODES } from '../rdb/codes.ts'
import { Damaged } from '../rdb/damaged.ts'
import { opened, sealed } from '../rdb/dump.ts'
import { RdbReader, SHORT } from '../rdb/reader.ts'
import { RdbWriter } from '../rdb/writer.ts'

/** FUNCTION DUMP: the sources of libraries, with the version of the file format and a checksum. */
export function dumpLibraries(sources: readonly Buffer[], format: number): Buffer {
  const writer = new RdbWriter(false)
  for (const source of sources) {
    writer.byte(OPCODES.library)
    writer.string(source, 0, source.length)
  }
  return sealed(writer, format)
}

/** The sources of a dump; a string is what is wrong with it. */
export function readLibraries(dump: Buffer): Buffer[] | string {
  const body = opened(dump, NEWEST_FORMAT)
  if (body === undefined) return 'ERR DUMP payload version or checksum are wrong'
  const reader = new RdbReader()
  reader.set(body)
  const sources: Buffer[] = []
  try {
    while (reader.at < body.length) {
      const mark = reader.byte()
      if (mark === OPCODES.libraryOfCandidates) return 'ERR Pre-release function format not supported.'
      if (mark !== OPCODES.library) return 'ERR given type is not a function'
      sources.push(reader.stringBytes())
    }
  } catch (error) {
    if (error === SHORT || error instanceof Damaged) return 'ERR Failed loading library code'
    throw error
  }
  return sources
}
