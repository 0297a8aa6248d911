import { mkdirSync, statSync } from 'node:fs'
import { shellWord } from '../api/shell.ts'
import { errorCode, errorMessage } from '../api/thrown.ts'

/** Why a directory cannot be the state directory, and what to do about it. */
export class DirectoryUnusable extends Error {
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

const OTHERS_MAY_WRITE = 0o022
const HINT = 'Use a --state-dir of your own.'

/**
 * Makes the state directory if it is not there, for its owner alone; one that is there stays as it is. Throws DirectoryUnusable for
 * one of another user, also to root, whose files would lock the owner out, and for one that others may write to.
 */
export function openDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const { uid, mode } = statSync(path)
    const me = process.geteuid?.()
    // Windows has neither.
    if (me === undefined) return
    if (uid !== me) {
      throw new DirectoryUnusable(`The state directory ${path} belongs to another user (uid ${uid}, not ${me}).`, HINT)
    }
    if (mode & OTHERS_MAY_WRITE) {
      throw new DirectoryUnusable(
        `Others may write to the state directory ${path} (mode ${(mode & 0o7777).toString(8).padStart(4, '0')}).`,
        `If it is for cachectl alone: chmod go-w ${shellWord(path)}`,
      )
    }
  } catch (error) {
    if (error instanceof DirectoryUnusable || errorCode(error) === 'ENOSPC') throw error
    throw new DirectoryUnusable(`The state directory ${path} cannot be used: ${errorMessage(error)}.`, HINT)
  }
}
