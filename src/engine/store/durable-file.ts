import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorMessage } from '../../api/thrown.ts'
import { damaged } from './unusable.ts'

/**
 * Puts a new file in the place of the old one, on disk when this returns: a reader sees one or the other, also after
 * a crash. When the disk is full the old one stays.
 */
export function writeWhole(path: string, text: string): void {
  const next = `${path}.new`
  // What a crash left of an earlier attempt may be of another mode.
  rmSync(next, { force: true })
  const file = openSync(next, 'w', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameDurably(next, path)
}

/** The file is in the other's place when this returns, and stays there when the power is cut. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to)
  // Windows has no directories that could be opened.
  if (process.platform === 'win32') return
  const directory = openSync(dirname(to), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** A JSON file that {@link writeWhole} wrote, with a T; undefined when there is none. Throws StateUnusable for one that is damaged. */
export function readWhole<T>(path: string): T | undefined {
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T // what the engine wrote is there whole, or does not parse
  } catch (error) {
    throw damaged(path, errorMessage(error))
  }
}
