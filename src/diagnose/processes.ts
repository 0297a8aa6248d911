import { readdir, readlink, stat } from 'node:fs/promises'
import { kernelFile } from './system-file.ts'

/** A process of this host, as /proc shows it to every user. */
export interface HostProcess {
  readonly pid: number
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

// Jiffies per second as user space sees them: fixed at 100 on every architecture Node runs on.
const TICKS_PER_SECOND = 100

/** Every process of this host; none where there is no /proc. Never rejects. */
export async function hostProcesses(): Promise<HostProcess[]> {
  const bootSeconds = Number(/^btime (\d+)$/m.exec(await kernelFile('/proc/stat'))?.[1] ?? Number.NaN)
  if (Number.isNaN(bootSeconds)) return []
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    ids.map(async (id) => processOf(id, await kernelFile(`/proc/${id}/stat`), bootSeconds)),
  )
  return found.flatMap((each) => each ?? [])
}

function processOf(id: string, statText: string, bootSeconds: number): HostProcess | undefined {
  // The name stands in parentheses and may hold parentheses itself: the last one ends it.
  const end = statText.lastIndexOf(')')
  const ticks = Number(statText.slice(end + 2).split(' ')[19])
  if (end < 0 || Number.isNaN(ticks)) return undefined
  const name = statText.slice(statText.indexOf('(') + 1, end)
  return { pid: Number(id), name, startedAt: (bootSeconds + ticks / TICKS_PER_SECOND) * 1000 }
}

/** Whether a signal (SIGSTOP, Ctrl-Z) or a debugger holds it. */
export async function isHeld(pid: number): Promise<boolean> {
  const text = await kernelFile(`/proc/${pid}/stat`)
  return /^[Tt]/.test(text.slice(text.lastIndexOf(')') + 2))
}

/** When a file was last changed, milliseconds since the epoch; undefined if it is not there. */
export const changedAt = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ mtimeMs, ctimeMs }) => Math.max(mtimeMs, ctimeMs),
    () => undefined,
  )

/** The sockets (inodes) a process holds. Empty for processes of other users. */
export async function socketsOf(pid: number): Promise<ReadonlySet<string>> {
  const folder = `/proc/${pid}/fd`
  // What is closed meanwhile is none of them, and what other users hold can't be told.
  const links = await Promise.all(
    (await readdir(folder).catch(() => [])).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')),
  )
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
}

/** The processes of these sockets (inodes), as far as this user may see them. A host may have many thousands of other sockets. */
export async function processesOf(inodes: Iterable<string>): Promise<Map<string, HostProcess>> {
  const wanted = new Set(inodes)
  wanted.delete(NO_PROCESS)
  const found = new Map<string, HostProcess>()
  if (wanted.size === 0) return found
  for (const process of await hostProcesses()) {
    for (const inode of await socketsOf(process.pid)) if (wanted.has(inode)) found.set(inode, process)
    if (found.size === wanted.size) break
  }
  return found
}

/** The inode of sockets that the kernel keeps, and no process. */
const NO_PROCESS = '0'

/** How many files a process has open and may have. `used` is absent for processes of other users. */
export interface OpenFiles {
  readonly used?: number
  readonly soft: number
  readonly hard: number
}

/** Undefined where it can't be read, or where there is no limit. */
export async function openFilesOf(pid: number | 'self'): Promise<OpenFiles | undefined> {
  const [limits, open] = await Promise.all([
    kernelFile(`/proc/${pid}/limits`),
    readdir(`/proc/${pid}/fd`).catch(() => undefined),
  ])
  const found = /^Max open files\s+(\d+)\s+(\d+)/m.exec(limits)
  if (!found) return undefined
  const [soft, hard] = [Number(found[1]), Number(found[2])]
  // The limit is one of numbers: what was handed down under a higher one takes none of its room.
  const used = open?.filter((fd) => Number(fd) < soft).length
  return { ...(used !== undefined && { used }), soft, hard }
}

/** The arguments a process was started with. Empty where it can't be read. */
export const argumentsOf = async (pid: number): Promise<readonly string[]> =>
  (await kernelFile(`/proc/${pid}/cmdline`)).split('\0').filter(Boolean)
