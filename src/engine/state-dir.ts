import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFull } from './store/disk-full.ts'
import { StateUnusable } from './store/state-file.ts'

/** What an engine needs to start: a lock file, and a few pages of the store. */
const ROOM_BYTES = 128 * 1024
const HINT = 'Use a --state-dir of your own.'

/**
 * Makes the state directory if it is not there, for its owner alone. Throws StateUnusable for one of another user, also to
 * root, whose files would lock the owner out.
 */
export function openStateDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const { uid } = statSync(path)
    const me = process.geteuid?.()
    if (me !== undefined && uid !== me) {
      throw new StateUnusable(`The state directory ${path} belongs to another user (uid ${uid}, not ${me}).`, HINT)
    }
    chmodSync(path, 0o700)
    refuseFull(path)
  } catch (error) {
    if (error instanceof StateUnusable || isFull(error)) throw error
    throw new StateUnusable(`The state directory ${path} cannot be used: ${(error as Error).message}.`, HINT)
  }
}

/** What LMDB maps of a lock file that found no room ends the process (SIGBUS), so there has to be some before. */
function refuseFull(path: string): void {
  const probe = join(path, 'room.new')
  try {
    writeFileSync(probe, Buffer.alloc(ROOM_BYTES), { mode: 0o600, flush: true })
  } finally {
    rmSync(probe, { force: true })
  }
}
