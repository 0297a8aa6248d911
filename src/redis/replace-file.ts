import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const PRESET_MODE = 0o600

/**
 * Puts bytes in the place of a file, at once for readers, and on the disk. Who may read it stays as it was.
 * @param temporary Where they are until they are whole, in the same directory.
 * @throws ErrnoException, and the file is as it was.
 */
export function replaceFile(path: string, temporary: string, bytes: Buffer): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? PRESET_MODE
  try {
    const file = openSync(temporary, 'w', PRESET_MODE)
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
      fchmodSync(file, mode & 0o777)
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
