import type { ConnectFailure } from '../net/connect-outcome.ts'
import { endpoint, type Family } from '../net/target.ts'
import type { ProbeAttempt, ProbeEvent } from './probe.ts'
import type { ProbeReport, ProbeRow } from './report.ts'
import type { RoundTrips, Statistics } from './statistics.ts'

/** Plain lines for one event, in nping's words. Nothing for events that readers do not wait for. */
export function renderEvent(event: ProbeEvent): string[] {
  switch (event.type) {
    case 'attempt':
      return renderAttempt(event.attempt)
    case 'unresolved':
      return [`DNS  ${event.failure.target}: ${event.failure.detail}`]
    case 'resolved':
    case 'floor':
      return []
  }
}

/** `SENT (0.0020s) ...` and its outcome, with the round trip that nping leaves out. */
function renderAttempt(attempt: ProbeAttempt): string[] {
  const { host, address, port, atMs, ms, outcome, code } = attempt
  const at = endpoint(address, port)
  const peer = host === address ? at : `${endpoint(host, port)} (${at})`
  const sent = `SENT (${seconds(atMs)}) Starting TCP Handshake > ${peer}`
  const when = seconds(atMs + ms)
  if (outcome === 'connected') {
    const { kernelMs } = attempt
    const kernel = kernelMs === undefined ? '' : ` (kernel ${millis(kernelMs)})`
    const remark = attempt.warmUp ? ' (warm-up)' : ''
    const rtt = `rtt ${millis(ms)}${kernel}${phaseText(attempt)}${remark}`
    return [sent, `RCVD (${when}) Handshake with ${peer} completed, ${rtt}`]
  }
  return [sent, `LOST (${when}) ${peer} --> ${IN_WORDS[outcome]}${code ? ` (${code})` : ''}`]
}

function phaseText({ phases }: ProbeAttempt): string {
  if (!phases) return ''
  const { connect, tls, firstByte } = phases
  const parts = [
    ...(connect === undefined ? [] : [`connect ${millis(connect)}`]),
    ...(tls === undefined ? [] : [`TLS ${millis(tls)}`]),
    ...(firstByte === undefined ? [] : [`first byte ${millis(firstByte)}`]),
  ]
  return ` (${parts.join(', ')})`
}

const IN_WORDS: Readonly<Record<ConnectFailure, string>> = {
  refused: 'Connection refused',
  reset: 'Connection reset',
  timeout: 'No answer in time',
  unreachable: 'Unreachable',
  prohibited: 'Prohibited',
  'no-source-address': 'No address to send from',
  'ports-exhausted': 'No free local port',
  'local-error': 'Not tried',
  'tls-failed': 'TLS failed',
  'bad-reply': 'No answer of a cache',
  aborted: 'Given up',
}

/** The lines nping ends with, percentiles, per address when there are several, then the findings. */
export function renderSummary(report: ProbeReport): string[] {
  const { rows, totals, families, findings } = report
  const several = rows.length > 1
  return [
    ...(several ? rows.flatMap(renderRow) : []),
    ...(families[4] && families[6] ? [familyLine(4, families[4]), familyLine(6, families[6])] : []),
    ...roundTripLines(totals.rtt),
    ...(report.kernelRtt ? [kernelLine(report.kernelRtt)] : []),
    `TCP connection attempts: ${totals.sent} | Successful connections: ${totals.connected} | ` +
      `Failed: ${totals.lost} (${totals.lossPercent.toFixed(2)}%)`,
    ...findings.flatMap(({ sentence, hint }) => [sentence, `  ${hint}`]),
  ]
}

function renderRow(row: ProbeRow): string[] {
  const at = endpoint(row.address, row.port)
  const [rttLine = '', percentileLine] = roundTripLines(row.rtt)
  return [
    `Statistics for ${row.host === row.address ? at : `${endpoint(row.host, row.port)} (${at})`}:`,
    ` |  Probes Sent: ${row.sent} | Rcvd: ${row.connected} | Lost: ${row.lost}  (${row.lossPercent.toFixed(2)}%)`,
    ...(percentileLine ? [` |  ${percentileLine}`] : []),
    ` |_ ${rttLine}`,
  ]
}

const familyLine = (family: Family, { sent, connected, rtt }: Statistics): string =>
  `IPv${family}: ${connected} of ${sent} connected${rtt ? `, p50 ${millis(rtt.p50)}` : ''}`

function roundTripLines(rtt: RoundTrips | undefined): string[] {
  if (!rtt) return ['Max rtt: N/A | Min rtt: N/A | Avg rtt: N/A']
  return [
    `Max rtt: ${millis(rtt.max)} | Min rtt: ${millis(rtt.min)} | Avg rtt: ${millis(rtt.avg)}`,
    `p50 rtt: ${millis(rtt.p50)} | p90 rtt: ${millis(rtt.p90)} | p99 rtt: ${millis(rtt.p99)} | ` +
      `Stddev: ${millis(rtt.stddev)} | Jitter: ${millis(rtt.jitter)}`,
  ]
}

const kernelLine = ({ min, p50, max }: NonNullable<ProbeReport['kernelRtt']>): string =>
  `Kernel rtt (ss -ti), without this process: min ${millis(min)} | p50 ${millis(p50)} | max ${millis(max)}`

export const TABLE_HEAD = ['host', 'IPv4', 'rtt p50', 'lost', 'IPv6', 'rtt p50', 'lost'] as const

/** One row per target and pair of addresses, the families side by side. `-` where a target has none. */
export function renderTable(report: ProbeReport): string[][] {
  const targets = [...new Set(report.rows.map((row) => row.target))]
  return targets.flatMap((target) => {
    const own = report.rows.filter((row) => row.target === target)
    const v4 = own.filter((row) => row.family === 4)
    const v6 = own.filter((row) => row.family === 6)
    const height = Math.max(v4.length, v6.length)
    return Array.from({ length: height }, (_, index) => [
      index === 0 ? target : '',
      ...addressCells(v4[index]),
      ...addressCells(v6[index]),
    ])
  })
}

function addressCells(row: ProbeRow | undefined): [address: string, rtt: string, lost: string] {
  if (!row) return ['-', '-', '-']
  const worst = row.failures[0]
  const rtt = row.rtt ? millis(row.rtt.p50) : worst ? IN_WORDS[worst.outcome].toLowerCase() : '-'
  return [row.address, rtt, `${row.lossPercent.toFixed(0)}%`]
}

const millis = (ms: number): string => `${ms.toFixed(3)}ms`
const seconds = (ms: number): string => `${(ms / 1000).toFixed(4)}s`
