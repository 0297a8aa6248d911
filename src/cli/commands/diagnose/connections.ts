import type { Destination } from '../../../diagnose/census.ts'
import { type HostConnections, readConnections } from '../../../diagnose/host-connections.ts'
import { sleep, systemClock } from '../../../net/clock.ts'
import { resolveTarget } from '../../../net/resolve.ts'
import { cacheWords } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { time } from '../../flag-kinds.ts'
import { toggle } from '../../flags.ts'
import type { Printer } from '../../forms.ts'
import { globalFlags } from '../../global-flags.ts'
import { endLine, unlessInterrupted, untilInterrupted } from '../../live/interrupt.ts'
import { connectionsText } from '../../output/connections.ts'
import { own } from '../../output/sequences.ts'
import { ExitWith, Problem } from '../../problem.ts'
import { canRedraw, tell } from '../../terminal.ts'
import { loginFlags, loginOf } from '../kv/resp/login.ts'
import { isLoginRefusal, LOGIN_HINT } from '../kv/resp/next-step.ts'
import { type Aim, aimAt, tlsFlags } from './places.ts'

const FINDINGS = 1

export const connections = command({
  summary: "This host's connections to each node, by state and process, and how many more there can be",
  description:
    "Counts the sockets of this host (of this network namespace) to each node, by state and by process; the ports that are left for more of them; open files of the processes; connection tracking; and what the node itself counts (stats: curr_connections of max_connections; of Redis OSS and Valkey INFO: connected_clients of maxclients; with this question's own). Needs no root: processes of other users are then told by user. Exit code 0: there is room; 1: something is used up, or nearly.",
  words: {
    where: cacheWords('id of a cluster, name of a serverless cache, or host:port'),
  },
  flags: {
    watch: toggle({ summary: 'look again and again until Ctrl-C' }),
    interval: time({ summary: 'with --watch: between two looks (default 2s)', otherwise: 2000 }),
    timeout: time({ summary: 'for the answer of a node (default 2s)', otherwise: 2000 }),
    tls: tlsFlags.tls,
    user: loginFlags.user,
    'password-file': loginFlags['password-file'],
    ...globalFlags,
  },
  forms: { note: 'with --watch a document per look' },
  examples: ['connections shop', 'connections shop --watch', 'connections localhost:11211 --output json'],
  async run({ words, flags, print }) {
    const aim = await aimAt(words.where, flags)
    const { timeout: timeoutMs, interval: intervalMs } = flags
    const login = await loginOf(flags)
    const look = async (signal: AbortSignal): Promise<HostConnections> => {
      const destinations = await destinationsOf(aim, signal)
      return readConnections(destinations, {
        tlsOf: (place) => placesAt(aim, place).some(({ tls }) => tls),
        speaksOf: (place) => placesAt(aim, place).find(({ speaks }) => speaks)?.speaks,
        login,
        timeoutMs,
        signal,
      })
    }
    if (flags.watch) return untilInterrupted((signal) => watch(look, intervalMs, print, signal), endLine)
    const seen = await unlessInterrupted(look)
    await print.answer(seen, connectionsText)
    const isRefused = seen.destinations.some(({ loadRefusal }) => isLoginRefusal(loadRefusal))
    if (isRefused) tell(`Of a node that refuses to tell: ${LOGIN_HINT}`)
    if (seen.findings.some(({ severity }) => severity !== 'note')) throw new ExitWith(FINDINGS)
  },
})

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

const placesAt = ({ places }: Aim, { host, port }: Destination): Aim['places'] =>
  places.filter((place) => place.host === host && place.port === port)

/** On a terminal in place; elsewhere whatever differs from the look before. */
async function watch(
  look: (signal: AbortSignal) => Promise<HostConnections>,
  intervalMs: number,
  print: Printer,
  signal: AbortSignal,
): Promise<void> {
  const inPlace = print.form === 'readable' && canRedraw()
  let before: string | undefined
  while (!signal.aborted) {
    const seen = await look(signal)
    if (signal.aborted) return
    await print.item(seen, ({ at, ...rest }, style) => {
      const shown = connectionsText({ at, ...rest }, style)
      const isNew = shown !== before
      before = shown
      if (inPlace) return `${own('\x1b[H\x1b[2J')}${at}  (Ctrl-C ends it)\n${shown}`
      return isNew ? `${at}\n${shown}` : ''
    })
    await sleep(systemClock, intervalMs, signal)
  }
}
