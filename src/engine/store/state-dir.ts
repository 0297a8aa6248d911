import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { engineFiles } from '../../api/local-engine.ts'
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
      `The state directory ${path} cannot be used: ${(error as Error).message}.`,
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

/** Files copied here, or made under another umask, may be open to others; directories are the engine's own. */
function closeToOthers(path: string): void {
  const { nodeLogs, snapshots, buckets, ...files } = engineFiles(path)
  for (const [names, mode] of [
    [Object.values(files), 0o600],
    [[nodeLogs, snapshots, buckets], 0o700],
  ] as const) {
    for (const name of names) changeMode(name, mode)
  }
}

function changeMode(path: string, mode: number): void {
  try {
    chmodSync(path, mode)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
