/** Which run of which machine a socket was made in: to another one that shares the directory, it refuses connections always. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Those that several machines may write to: NFS, SMB, CIFS, 9P, Ceph, AFS, Lustre, FUSE (sshfs, virtiofs). */
const NETWORK_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x6969, 0xfe534d42, 0xff534d42, 0x01021997, 0x00c36400, 0x5346414f, 0x0bd00bd0, 0x65735546,
])

/** Eight digits for this boot of this machine; of one that does not say which boot it is, for its name. */
export function boot(): string {
  let id = hostname()
  try {
    id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')
  } catch {}
  return createHash('sha256').update(id).digest('hex').slice(0, 8)
}

/** Whether a socket that refuses connections may be that of a process on another machine, and not what is left of one. */
export const mayBeAlive = (theirBoot: string, ourBoot: string, fileSystem: number): boolean =>
  theirBoot !== ourBoot && NETWORK_FILE_SYSTEMS.has(fileSystem)
