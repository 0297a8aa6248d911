import { openFileLimit } from '../../net/serve/file-limit.ts'
import type { Plan } from './plan.ts'

/** Files of a node that are not connections: its code, its threads, its log, its listeners. */
const OWN_FILES = 32
const DEFAULT_CONNECTIONS = 1024

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
