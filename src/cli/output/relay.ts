/** A relay's counters and events for people. */
import type { RelayReport, Traffic } from '../../relay/counters.ts'
import type { RelayEvent } from '../../relay/relay.ts'
import type { Style } from './style.ts'
import { tableText } from './table.ts'

/** One line for all, one for each back end. */
export function relayLines({ total, clients, backends, errors }: RelayReport): string[] {
  const families = `IPv4 ${clients.ipv4.open}/${clients.ipv4.total}, IPv6 ${clients.ipv6.open}/${clients.ipv6.total}`
  const widest = Math.max(...backends.map(({ name }) => name.length))
  return [
    `clients: ${traffic(total)} (open/all: ${families})${errors.noBackend > 0 ? `, ${errors.noBackend} TURNED AWAY` : ''}`,
    ...backends.map((backend) => {
      const { name, weight, up, reason, failed } = backend
      const state = up ? 'up' : `OUT (${reason})`
      return `  ${name.padEnd(widest)}  weight ${String(weight).padStart(3)}  ${state}  ${traffic(backend)}${failed > 0 ? `, ${failed} failed` : ''}`
    }),
  ]
}

const traffic = ({ open, total, bytesIn, bytesOut }: Traffic): string =>
  `${open} open, ${total} in all, ${bytesText(bytesIn)} in, ${bytesText(bytesOut)} out`

const HEAD = ['', 'Weight', 'State', 'Open', 'In all', 'Failed', 'To back end', 'To clients']

/** A relay's report for people: a row a backend, a row a client, and its errors. */
export function relaySummary(report: RelayReport, style: Style): string {
  const { listen, upMs, total, backends, clients, errors } = report
  const counted = ({ open, total: all }: Traffic) => [String(open), String(all)]
  const carried = ({ bytesIn, bytesOut }: Traffic) => [bytesText(bytesIn), bytesText(bytesOut)]
  const rows = [
    ...backends.map((each) => [
      each.name,
      String(each.weight),
      each.up ? 'up' : `out: ${each.reason}`,
      ...counted(each),
      String(each.failed),
      ...carried(each),
    ]),
    ...(['ipv4', 'ipv6'] as const).map((family) => [
      `${family === 'ipv4' ? 'IPv4' : 'IPv6'} clients`,
      '',
      '',
      ...counted(clients[family]),
      '',
      ...carried(clients[family]),
    ]),
    ['all', '', '', ...counted(total), String(errors.noBackend), ...carried(total)],
  ]
  return [
    tableText(HEAD, rows, style),
    `${listen.join(' and ')} for ${Math.round(upMs / 1000)} s; ${errors.noBackend} clients turned away, ${errors.reset} connections reset.`,
  ].join('\n')
}

/** What happened to a connection of a relay, on one line. */
export function relayEventText(event: RelayEvent): string {
  switch (event.type) {
    case 'opened':
      return `${event.client} -> ${event.backend}`
    case 'closed':
      return `${event.client} -> ${event.backend} ${event.outcome} after ${(event.ms / 1000).toFixed(1)} s, ${bytesText(event.bytesIn)} in, ${bytesText(event.bytesOut)} out`
    case 'failed':
      return `${event.backend} did not take ${event.client}: ${event.reason}`
    case 'turned-away':
      return `${event.client} was turned away: no back end takes connections`
    case 'backend-out':
      return `${event.backend} is OUT: ${event.reason}`
    case 'backend-in':
      return `${event.backend} is in again`
    case 'weight':
      return `${event.backend} weight ${event.from} -> ${event.to}${event.cut > 0 ? `, ${event.cut} connections ended` : ''}`
  }
}

function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let [value, unit] = [bytes, 0]
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}
