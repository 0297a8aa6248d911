import type { ClockReport } from '../../api/engine-clock.ts'
import { CONTROL } from '../../api/local-engine.ts'
import { systemClock } from '../../net/clock.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { control } from './engine-control.ts'
import { runningEngine, stateDirOf } from './state-dir.ts'
import type { Target } from './targets.ts'

/** What the time is where a target is: the clock of the local engine may have been moved. */
export async function nowAt(target: Target, flags: GlobalOptions): Promise<Date> {
  const engine = target.kind === 'local' ? runningEngine(stateDirOf(flags)) : undefined
  if (!engine) return systemClock.now()
  return new Date((await control<ClockReport>(engine, 'GET', CONTROL.clock)).now)
}
