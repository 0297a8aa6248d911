import { memcached, newestVersion } from '../../api/catalog/engines.ts'
import type { CacheNodeOptions, TlsReport } from '../options.ts'

/** What a command line asks for; its options fill it in one by one. */
export interface Plan {
  readonly node: CacheNodeOptions
  /** As given to `-l`: names or addresses, with a port or without. */
  readonly listen: string[]
  /** For those without one; 0 is any free one. */
  port: number
  /** As given to `-p`: what it means depends on other options. */
  portSpoken?: number
  /** Whether there is TCP at all. */
  tcp: boolean
  /** Of UDP, on the same hosts; 0 is any free one. Without it there is none. */
  udpPort?: number
  /** The path of a socket to listen on instead of the network, and its permission bits. */
  socketPath?: string
  socketMode: number
  /** Whether there is TLS. */
  secure: boolean
  clientCertificates?: 'asked' | 'demanded'
  minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** The paths of its files, and what is only reported. */
  readonly reported: TlsReport
  /** Path of the file with names and passwords of the node's users. */
  authFile?: string
  pidFile?: string
  /** Whether another process is to run the node (`-d`), and whether this one is it. */
  daemon: boolean
  background: boolean
  /** Whether `shutdown` ends the process (`-A`), and whether `debugtime` moves the node's time. */
  mayShutDown: boolean
  mayMoveTime: boolean
  versionOnly: boolean
  /** What was understood, but changes nothing here: said once on stderr. */
  readonly remarks: string[]
}

/** A command line that no node can be started with. */
export class BadArgument extends Error {
  override readonly name = 'BadArgument'
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

export const MIB = 1 << 20

/** memcached's own defaults, with the verbs of an ElastiCache node of the newest version. */
export function defaultPlan(): Plan {
  return {
    node: { engineVersion: newestVersion(memcached), memoryLimit: 64 * MIB, maxConnections: 1024, verbosity: 0 },
    listen: [],
    port: memcached.port,
    tcp: true,
    socketMode: 0o700,
    secure: false,
    reported: {},
    daemon: false,
    background: false,
    mayShutDown: false,
    mayMoveTime: false,
    versionOnly: false,
    remarks: [],
  }
}

/** A whole number from `least` to `most`. */
export function wholeNumber(name: string, text: string | undefined, least: number, most = 2 ** 31 - 1): number {
  const value = Number(text)
  if (text !== undefined && /^-?\d+$/.test(text) && value >= least && value <= most) return value
  throw new BadArgument(`${name}: a whole number from ${least} to ${most} is needed, not '${text ?? ''}'`)
}

/** A number above `least`, and no larger than `most`. */
export function fraction(name: string, text: string | undefined, least: number, most = Number.MAX_VALUE): number {
  const value = Number(text)
  if (text !== undefined && text !== '' && value > least && value <= most) return value
  throw new BadArgument(`${name}: a number above ${least} is needed, not '${text ?? ''}'`)
}
