/** Which process it is: a number is given to another one when its process has ended. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

export interface ProcessIdentity {
  readonly pid: number
  /** When it started, as the system tells it: text to compare. */
  readonly started: string
}

/** A process that runs now; undefined: none of that number does. */
export function processCalled(pid: number): ProcessIdentity | undefined {
  const started = process.platform === 'linux' ? startedByProc(pid) : startedByPs(pid)
  return started === undefined ? undefined : { pid, started }
}

export const isRunning = ({ pid, started }: ProcessIdentity): boolean => processCalled(pid)?.started === started

const LOOK_MS = 5

/** Ends a process at once, and waits until it is gone. Another of that number stays. */
export async function endProcess(identity: ProcessIdentity): Promise<void> {
  while (isRunning(identity)) {
    try {
      process.kill(identity.pid, 'SIGKILL')
    } catch {
      return // it ended meanwhile
    }
    await pause(LOOK_MS)
  }
}

/** Waits until it has ended, but not for longer. Answers whether it has. */
export async function hasEndedWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms
  while (isRunning(identity)) {
    if (performance.now() > deadline) return false
    await pause(LOOK_MS)
  }
  return true
}

/** The state and the ticks since the machine's start: the 3rd and 22nd field; the 2nd is a name that may have blanks. */
function startedByProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended, and its parent has not asked how.
    return state === 'Z' || state === 'X' ? undefined : `${bootId()} ${fields[18]}`
  } catch {
    return undefined
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return ''
  }
}

function startedByPs(pid: number): string | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const [, state, started] = /^\s*(\S+)\s+(.+?)\s*$/m.exec(stdout ?? '') ?? []
  return state?.startsWith('Z') ? undefined : started
}
