import { readFileSync } from 'node:fs'
import { processReport } from '../process-report.ts'

/** Open files this process may have (`ulimit -n`); Node has raised it as far as it may. Undefined where it is unknown. */
export function openFileLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    const soft = processReport().userLimits?.open_files?.soft // without /proc: macOS
    return typeof soft === 'number' ? soft : undefined
  }
}
