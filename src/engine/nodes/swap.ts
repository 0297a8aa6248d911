import { readFileSync } from 'node:fs'

/** Bytes of a process that are swapped out; undefined where the system does not tell (only Linux does). */
export function swappedBytes(pid: number | 'self'): number | undefined {
  try {
    const kilobytes = /^VmSwap:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}
