import { readFileSync } from 'node:fs'
import type { HolderRecord } from './store/records.ts'

/**
 * When a process began, in the system's own words; empty where the system does not say (anything but Linux), and of one that
 * has ended and waits for its parent to take note: in a container that may be for ever.
 */
export function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Fields after the command name, which may itself hold spaces and parentheses; starttime is the 22nd of all.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? '' : (fields[19] ?? '')
  } catch {
    return ''
  }
}

/** Whether the recorded holder still runs: the same pid, begun at the same moment. */
export function isAlive({ pid, processStart: began }: HolderRecord): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return began === processStart(pid)
}
