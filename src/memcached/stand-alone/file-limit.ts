import { readFileSync } from 'node:fs'
import type { Plan } from './plan.ts'

/** Files of a node that are not connections: its code, its threads, its log, its listeners. */
const OWN_FILES = 32
const DEFAULT_CONNECTIONS = 1024

/**
 * Open files this process may have (`ulimit -n`); Node has raised it as far as it may. Undefined where nobody says.
 */
function openFileLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return fromReport()
  }
}

/** Where there is no /proc: macOS. */
function fromReport(): number | undefined {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
  const soft = userLimits?.open_files?.soft
  return typeof soft === 'number' ? soft : undefined
}

/**
 * Lowers the limit of connections to what the system allows, and says so. Otherwise the system would hang up on those beyond
 * it without a word, where memcached answers that there are too many.
 */
export function heedFileLimit(plan: Plan, limit: number | undefined = openFileLimit()): void {
  const wanted = plan.node.maxConnections ?? DEFAULT_CONNECTIONS
  if (limit === undefined || wanted <= limit - OWN_FILES) return
  const possible = Math.max(1, limit - OWN_FILES)
  plan.node.maxConnections = possible
  plan.remarks.push(
    `-c: ${possible} connections at most instead of ${wanted}: this process may open ${limit} files (ulimit -n)`,
  )
}
