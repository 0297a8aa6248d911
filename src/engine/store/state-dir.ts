import { chmodSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { engineFiles } from '../../api/local-engine.ts'
import { errorMessage } from '../../api/thrown.ts'
import { DirectoryUnusable, openDirectory } from '../../holder/directory.ts'
import { isFull } from './disk-full.ts'

/** What an engine needs to start: a lock file, and a few pages of the store. */
const ROOM_BYTES = 128 * 1024

/** {@link openDirectory}, with room for what the engine needs to start, and its files for their owner alone. */
export function openStateDirectory(path: string): void {
  openDirectory(path)
  try {
    refuseFull(path)
    closeToOthers(path)
  } catch (error) {
    if (isFull(error)) throw error
    throw new DirectoryUnusable(
      `The state directory ${path} cannot be used: ${errorMessage(error)}.`,
      'Use a --state-dir of your own.',
    )
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

/** Files copied here, or made under another umask, may be open to others. */
function closeToOthers(path: string): void {
  for (const name of Object.values(engineFiles(path))) {
    const entry = statSync(name, { throwIfNoEntry: false })
    if (entry) chmodSync(name, entry.isDirectory() ? 0o700 : 0o600)
  }
}
