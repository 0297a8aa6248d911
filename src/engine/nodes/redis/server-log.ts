import { appendFileSync } from 'node:fs'
import type { Log } from '../../../redis/core.ts'
import { logLine } from '../../../redis/log-line.ts'
import { systemClock } from '../../time/clock.ts'

/** What is told by default. */
const TOLD: readonly string[] = ['notice', 'warning']

/** Writes lines to a file as servers do. */
export function serverLog(file: string, isReplica: () => boolean): Log {
  return (level, line) => {
    if (!TOLD.includes(level)) return
    // A disk that is full is no reason to end.
    try {
      appendFileSync(file, `${logLine(isReplica(), systemClock.now(), level, line)}\n`, { mode: 0o600 })
    } catch {}
  }
}
