import type { ProbeAttempt, ProbeEvent } from './probe.ts'
import type { ProbeReport, ProbeRow } from './report.ts'
import type { RoundTrips } from './statistics.ts'

/**
 * The lines of `nping --tcp-connect` 0.7.93, word for word, for scripts that parse them: IPv6 without brackets, `RST
 * received` for every kind of refusal, nothing but SENT for a timeout, no per-attempt times.
 */
export function npingStart(now: Date, version: string): string[] {
  const at = now.toISOString().slice(0, 16).replace('T', ' ')
  return ['', `Starting Nping ${version} ( https://nmap.org/nping ) at ${at} UTC`]
}

/** What nping prints of an event: several lines, one, or none. */
export function npingEvent(event: ProbeEvent): string[] {
  if (event.type === 'unresolved') return [`Failed to resolve given hostname/IP: ${event.failure.target}.`]
  return event.type === 'attempt' ? attemptLines(event.attempt) : []
}

function attemptLines(attempt: ProbeAttempt): string[] {
  const { host, address, port, atMs, ms, outcome, code } = attempt
  const peer = host === address ? `${address}:${port}` : `${host}:${port} (${address}:${port})`
  const sent = `SENT (${seconds(atMs)}) Starting TCP Handshake > ${peer}`
  if (outcome === 'connected') return [sent, `RCVD (${seconds(atMs + ms)}) Handshake with ${peer} completed`]
  if (outcome === 'timeout' || outcome === 'aborted') return [sent]
  const reason = STRERROR[code ?? ''] ?? code ?? outcome
  const received = `RCVD (${seconds(atMs + ms)}) Possible TCP RST received from ${peer} --> ${reason}`
  // What this host itself refuses fails before nping has said that it sends.
  return attempt.local ? [received, sent] : [sent, received]
}

const STRERROR: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EACCES: 'Permission denied',
  EINVAL: 'Invalid argument',
  EADDRNOTAVAIL: 'Cannot assign requested address',
}

/** What nping prints in the end. */
export function npingSummary({ rows, totals }: ProbeReport, elapsedMs: number): string[] {
  const hosts = new Set(rows.map(({ address }) => address))
  const { sent, connected, lost } = totals
  return [
    ' ',
    ...(hosts.size > 1 ? rows.flatMap(hostLines) : [roundTrips(totals.rtt)]),
    `TCP connection attempts: ${sent} | Successful connections: ${connected} | Failed: ${lost} (${percent(lost, sent)})`,
    `Nping done: ${hosts.size} IP address${hosts.size === 1 ? '' : 'es'} pinged in ${(elapsedMs / 1000).toFixed(2)} seconds`,
  ]
}

const hostLines = ({ address, sent, connected, lost, rtt }: ProbeRow): string[] => [
  `Statistics for host ${address}:`,
  ` |  Probes Sent: ${sent} | Rcvd: ${connected} | Lost: ${lost}  (${percent(lost, sent)})`,
  ` |_ ${roundTrips(rtt)}`,
]

const roundTrips = (rtt: RoundTrips | undefined): string =>
  rtt
    ? `Max rtt: ${rtt.max.toFixed(3)}ms | Min rtt: ${rtt.min.toFixed(3)}ms | Avg rtt: ${rtt.avg.toFixed(3)}ms`
    : 'Max rtt: N/A | Min rtt: N/A | Avg rtt: N/A'
const percent = (part: number, whole: number): string => `${(whole === 0 ? 0 : (part / whole) * 100).toFixed(2)}%`
const seconds = (ms: number): string => `${(ms / 1000).toFixed(4)}s`
