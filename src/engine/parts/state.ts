import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { engineFiles, type Holder, type Recovery } from '../../api/local-engine.ts'
import { pidNamespace } from '../../holder/words.ts'
import { type Seat, takeStateDirectory } from '../store/holder.ts'
import { recover } from '../store/recover.ts'
import { openStateDirectory } from '../store/state-dir.ts'
import { Store } from '../store/store.ts'
import { damaged } from '../store/unusable.ts'
import { systemClock } from '../time/clock.ts'
import { EngineClock } from '../time/engine-clock.ts'
import type { Start } from './start.ts'

export interface State {
  readonly files: ReturnType<typeof engineFiles>
  readonly me: Holder
  readonly seat: Seat
  readonly recovery: Recovery | undefined
  readonly store: Store
  readonly clock: EngineClock
}

/** The state directory, held by this process; rejects with StateDirectoryHeld. */
export async function openState({ stateDir, clock, opened, ...options }: Start): Promise<State> {
  openStateDirectory(stateDir)
  const me: Holder = {
    pid: process.pid,
    pidNamespace: pidNamespace(),
    host: hostname(),
    startedAt: new Date(systemClock.now()).toISOString(),
    url: '',
  }
  const seat = await takeStateDirectory(stateDir, me, () => options.onStop?.())
  opened.add(() => seat.release())
  const files = engineFiles(stateDir)
  const recovery = options.recover ? await recover(stateDir, systemClock.now()) : undefined
  if (!existsSync(files.store) && existsSync(files.credentials)) {
    throw damaged(files.store, 'it is not there, though an engine has run here')
  }
  const store = await Store.open(files.store)
  opened.add(() => store.close())
  store.onGone(() => options.onGone?.())
  return { files, me, seat, recovery, store, clock: new EngineClock(clock, store) }
}
