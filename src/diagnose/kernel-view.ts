import { execFile } from 'node:child_process'

/** What the kernel knows of one TCP connection of this host, milliseconds. JSON-able. */
export interface KernelView {
  /** Smoothed round trip, without what this process adds. */
  readonly rttMs: number
  readonly minRttMs?: number
  /** Segments that were sent again. */
  readonly retransmits: number
  /** Bytes given to the kernel and acknowledged by the peer, the SYN not counted. */
  readonly sentBytes: number
  readonly ackedBytes: number
  /** Segments that came in after a gap: what was sent before them is lost. */
  readonly outOfOrder?: number
}

const PROGRAM = 'ss'
const PATIENCE_MS = 500

/**
 * Asks `ss` (iproute2) about a connection of this process, by its local port: Node has no TCP_INFO. Needs no rights.
 * Undefined where there is no `ss`, or the connection is gone. Never rejects.
 */
export function kernelView(localPort: number, remotePort: number): Promise<KernelView | undefined> {
  const filter = `sport = :${localPort} and dport = :${remotePort}`
  return new Promise((resolve) => {
    execFile(PROGRAM, ['-Htin', filter], { timeout: PATIENCE_MS }, (error, text) =>
      resolve(error ? undefined : parseKernelView(text)),
    )
  })
}

/** Reads `ss -Htin` of one connection. */
function parseKernelView(text: string): KernelView | undefined {
  const number = (pattern: RegExp): number | undefined => {
    const found = pattern.exec(text)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const rttMs = number(/\srtt:([\d.]+)/)
  if (rttMs === undefined) return undefined
  const outOfOrder = number(/\srcv_ooopack:(\d+)/)
  const minRttMs = number(/\sminrtt:([\d.]+)/)
  return {
    rttMs,
    ...(minRttMs !== undefined && { minRttMs }),
    // `retrans:now/total`
    retransmits: number(/\sretrans:\d+\/(\d+)/) ?? 0,
    sentBytes: (number(/\sbytes_sent:(\d+)/) ?? 0) - (number(/\sbytes_retrans:(\d+)/) ?? 0),
    ackedBytes: Math.max(0, (number(/\sbytes_acked:(\d+)/) ?? 0) - 1),
    ...(outOfOrder !== undefined && { outOfOrder }),
  }
}
