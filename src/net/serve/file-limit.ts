import { readFileSync } from 'node:fs'

/** Open files this process may have (`ulimit -n`); Node has raised it as far as it may. Undefined where nobody says. */
export function openFileLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return fromReport()
  }
}

/** Where there is no /proc: macOS. */
function fromReport(): number | undefined {
  // Without it the report asks DNS for the name of every open socket's peer, one after the other.
  const report = process.report as typeof process.report & { excludeNetwork: boolean }
  const before = report.excludeNetwork
  report.excludeNetwork = true
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } }
  report.excludeNetwork = before
  const soft = userLimits?.open_files?.soft
  return typeof soft === 'number' ? soft : undefined
}
