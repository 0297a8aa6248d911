import type { Destination } from '../../diagnose/census.ts'
import { type HostConnections, readConnections } from '../../diagnose/host-connections.ts'
import { sleep, systemClock } from '../../net/clock.ts'
import { resolveTarget } from '../../net/resolve.ts'
import { BaseCommand, word } from '../base-command.ts'
import { text, toggle } from '../flags.ts'
import { globalFlags } from '../global-flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { connectionsText } from '../output/connections.ts'
import { own } from '../output/sequences.ts'
import { ExitWith, Problem } from '../problem.ts'
import { millisecondsOf } from '../seconds.ts'
import { forPeople, print, printLine, stdoutIsTerminal } from '../terminal.ts'
import { type Aim, aimAt, tlsFlags } from './diagnose-places.ts'
import { choiceOf, outputOf } from './engine-flags.ts'

const FINDINGS = 1

export class Connections extends BaseCommand {
  static override summary = "This host's connections to each node, by state and process, and how many more there can be"
  static override description =
    "Counts the sockets of this host (of this network namespace) to each node, by state and by process; the ports that are left for more of them; open files of the processes; connection tracking; and what the node itself counts (stats: curr_connections of max_connections, with this question's own). Needs no root: processes of other users are then told by user. Exit code 0: there is room; 1: something is used up, or nearly."
  static override args = {
    where: word('id of a cluster, name of a serverless cache, or host:port', { required: true, multiple: true }),
  }
  static override flags = {
    watch: toggle({ summary: 'look again and again until Ctrl-C' }),
    interval: text({ summary: 'with --watch: between two looks (default 2s)', helpValue: '<time>' }),
    timeout: text({ summary: 'for the answer of a node (default 2s)', helpValue: '<time>' }),
    ...(tlsFlags.tls && { tls: tlsFlags.tls }),
    ...globalFlags,
    ...outputOf('text (default) or json; with --watch a line per look'),
  }
  static override examples = [
    'connections shop',
    'connections shop --watch',
    'connections localhost:11211 --output json',
  ]

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    const time = (name: string, otherwise: number): number =>
      typeof flags[name] === 'string' ? millisecondsOf(name, flags[name]) : otherwise
    const aim = await aimAt(words, flags)
    const timeoutMs = time('timeout', 2000)
    const intervalMs = time('interval', 2000)
    const look = async (signal: AbortSignal): Promise<HostConnections> => {
      const destinations = await destinationsOf(aim, signal)
      return readConnections(destinations, { tlsOf: (place) => speaksTls(aim, place), timeoutMs, signal })
    }
    if (flags.watch === true) return untilInterrupted((signal) => watch(look, intervalMs, form, signal))
    const seen = await untilInterrupted(look)
    printLine(form === 'json' ? JSON.stringify(seen, null, 4) : await connectionsText(forPeople(seen)))
    if (seen.findings.some(({ severity }) => severity !== 'note')) throw new ExitWith(FINDINGS)
  }
}

/** Every address of every place, once: a configuration endpoint may be the address of a node. */
async function destinationsOf({ places, names }: Aim, signal: AbortSignal): Promise<Destination[]> {
  const lookups = await Promise.all(
    places.map(async (place) => ({
      place,
      found: await resolveTarget(place.host, { ...(names && { names }), signal }),
    })),
  )
  const found = new Map<string, Destination>()
  for (const { place, found: lookup } of lookups) {
    for (const { address, family } of lookup.ok ? lookup.addresses : []) {
      const { role, host, port, cluster } = place
      const key = `${address} ${port}`
      const known = found.get(key)
      const roles = known ? `${known.role}, ${role}` : role
      found.set(key, { role: roles, host, address, family, port, ...(cluster && { cluster }) })
    }
  }
  if (found.size > 0 || signal.aborted) return [...found.values()]
  const [failed] = lookups.flatMap(({ found: lookup }) => (lookup.ok ? [] : [lookup.detail]))
  throw new Problem('general', `There is no address to look at: ${failed ?? 'the cluster has no endpoint yet'}.`)
}

const speaksTls = ({ places }: Aim, { host, port }: Destination): boolean =>
  places.some((place) => place.host === host && place.port === port && place.tls)

/** On a terminal in place; elsewhere whatever differs from the look before. */
async function watch(
  look: (signal: AbortSignal) => Promise<HostConnections>,
  intervalMs: number,
  form: 'text' | 'json',
  signal: AbortSignal,
): Promise<void> {
  const inPlace = form === 'text' && stdoutIsTerminal()
  let before: string | undefined
  while (!signal.aborted) {
    const seen = await look(signal)
    if (signal.aborted) return
    if (form === 'json') printLine(JSON.stringify(seen))
    else {
      const shown = await connectionsText(forPeople(seen))
      if (inPlace) print(`${own('\x1b[H\x1b[2J')}${seen.at}  (Ctrl-C ends it)\n${shown}\n`)
      else if (shown !== before) printLine(`${seen.at}\n${shown}`)
      before = shown
    }
    await sleep(systemClock, intervalMs, signal)
  }
}
