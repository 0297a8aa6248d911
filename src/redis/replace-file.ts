import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const PRIVATE_MODE = 0o600

/**
 * Puts bytes in the place of a file, at once for readers, and on the disk. Who may read it stays as it was.
 * @param temporary Where they are until they are whole, in the same directory.
 * @param pieces What is written, one after the other.
 * @param preset Mode of a file that is new.
 * @throws ErrnoException, and the file is as it was.
 */
export function replaceFile(path: string, temporary: string, pieces: Iterable<Buffer>, preset = PRIVATE_MODE): void {
  const present = statSync(path, { throwIfNoEntry: false })
  try {
    const file = openSync(temporary, 'w', preset)
    try {
      for (const piece of pieces) for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at)
      if (present) fchmodSync(file, present.mode & 0o777)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
