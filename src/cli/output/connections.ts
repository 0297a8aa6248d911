/** A host's connections to nodes, for people. */
import { arithmetic, type DestinationCensus, type ProcessCensus } from '../../diagnose/census.ts'
import type { HostConnections } from '../../diagnose/host-connections.ts'
import { endpoint } from '../../net/target.ts'
import { findingsText } from './findings.ts'
import type { Style } from './style.ts'
import { tableText } from './table.ts'

const DESTINATIONS = [
  'Node',
  'Address',
  { long: 'From here' },
  { long: 'By' },
  { long: 'Ports used' },
  { long: "Node's own count" },
]
const PROCESSES = ['Process', 'User', 'Connections', 'Open files']

/** The report on this host's connections, for people. */
export function connectionsText(seen: HostConnections, style: Style): string {
  const { destinations, processes, limits, unknown, findings } = seen
  const { conntrack, openFiles } = limits
  const sums = arithmetic({ ...limits, sockets: [], java: [] })
  return [
    tableText(
      DESTINATIONS,
      destinations.map((each) => destinationRow(each, limits.portRange !== undefined)),
      style,
    ),
    ...(processes.length > 0 ? [tableText(PROCESSES, processes.map(processRow), style)] : []),
    ...sums,
    ...(conntrack ? [`Tracked connections (conntrack): ${conntrack.count} of ${conntrack.max}.`] : []),
    ...(openFiles
      ? [`Files a process started from here may have open: ${openFiles.soft}, at most ${openFiles.hard}.`]
      : []),
    ...unknown,
    ...(findings.length > 0 ? ['', findingsText(findings)] : []),
  ].join('\n')
}

function destinationRow(census: DestinationCensus, readable: boolean): string[] {
  const { role, address, port, states, holders, total, ports, load, loadProblem } = census
  const counted = Object.entries(states).map(([state, count]) => `${count} ${state}`)
  const by = holders.map(({ pid, name, user, kernel, connections }) => {
    const who = kernel ? 'kernel' : pid === undefined ? `user ${user}` : `${name} (${pid})`
    return `${who}: ${connections}`
  })
  const unknown = readable ? '-' : '?'
  return [
    role,
    endpoint(address, port),
    total === 0 ? unknown : counted.join('\n'),
    by.join('\n') || unknown,
    ports ? `${ports.used} of ${ports.capacity} (${percent(ports.used, ports.capacity)})` : unknown,
    load
      ? `${load.connections}${load.maxConnections === undefined ? '' : ` of ${load.maxConnections} (${percent(load.connections, load.maxConnections)})`}${load.rejected ? `, ${load.rejected} refused` : ''}`
      : (loadProblem ?? '-'),
  ]
}

function processRow({ pid, name, user, connections, openFiles }: ProcessCensus): string[] {
  const files = openFiles ? `${openFiles.used ?? '?'} of ${openFiles.soft}` : '-'
  return [`${name} (${pid})`, user, String(connections), files]
}

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`
