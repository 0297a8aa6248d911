/** The data of a server as a file. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { errorCode, errorMessage } from '../../../api/thrown.ts'
import { copyDurably } from '../../store/snapshot-files.ts'
import { RDB_FILE } from './config-file.ts'
import type { Operator } from './operator.ts'
import type { Keys } from './restricted.ts'
import type { Server } from './server.ts'

const LOOK_MS = 50
/** Until a copy for a replica, which the server makes in the same way, is out of the way. */
const BUSY_MS = 60_000

export interface Snapshotted {
  readonly server: Pick<Server, 'operator' | 'save'>
  readonly keys: Keys
  readonly directory: string
}

/**
 * Writes all it has to a file, as of one moment; there is a whole file afterwards or none. Answers how much memory it has in use,
 * as it will where it is loaded.
 */
export async function saveTo(file: string, { server, keys, directory }: Snapshotted): Promise<number> {
  if (server.save) await server.save(file)
  else await saveByWords(file, { operator: server.operator, keys, directory })
  return Number((await server.operator.info('memory')).get('used_memory'))
}

interface Told extends Pick<Snapshotted, 'keys' | 'directory'> {
  readonly operator: Operator
}

async function saveByWords(file: string, server: Told): Promise<void> {
  const deadline = performance.now() + BUSY_MS
  const written = join(server.directory, RDB_FILE)
  for (;;) {
    await save(server, deadline)
    try {
      await copyDurably(written, file)
      break
    } catch (error) {
      // A copy for a replica has the same name, and the server removes it.
      if (errorCode(error) !== 'ENOENT' || performance.now() > deadline) throw error
    }
  }
  await rm(written, { force: true })
}

async function save({ operator, keys }: Told, deadline: number): Promise<void> {
  while (!(await beginsToSave(operator, keys))) {
    if (performance.now() > deadline) throw new Error('the server is busy with another copy of its data')
    await pause(LOOK_MS)
  }
  let state = await operator.info('persistence')
  while (state.get('rdb_bgsave_in_progress') !== '0') {
    await pause(LOOK_MS)
    state = await operator.info('persistence')
  }
  if (state.get('rdb_last_bgsave_status') !== 'ok') throw new Error('the server could not write its data')
}

async function beginsToSave(operator: Operator, keys: Keys): Promise<boolean> {
  try {
    await operator.ask(keys.nameOf('bgsave'))
    return true
  } catch (error) {
    if (/in progress|child process|BGSAVE/i.test(errorMessage(error))) return false
    throw error
  }
}
