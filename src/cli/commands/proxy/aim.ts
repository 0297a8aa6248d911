/** From the options of `cachectl proxy` to where it listens and where it sends connections. */

import { isIP } from 'node:net'
import { isLoopback } from '../../../net/loopback.ts'
import { endpoint, parseTarget } from '../../../net/target.ts'
import type { BackendPlace } from '../../../relay/backends.ts'
import type { RelayOptions } from '../../../relay/relay.ts'
import { joinPorts } from '../../caches/place.ts'
import { time } from '../../flag-kinds.ts'
import { choice, type Flags, texts, toggle, type ValuesOf } from '../../flags.ts'
import { usageProblem } from '../../problem.ts'

type Where = RelayOptions['listen'][number]

export const relayFlags = {
  listen: texts({ summary: 'where clients connect: [::1]:11311 or 127.0.0.1:11311', helpValue: '<address:port>...' }),
  to: texts({ summary: 'back ends: host:port, or host:port=weight', helpValue: '<host:port>...' }),
  weight: texts({
    summary: 'their shares of new connections, in the order of --to, or as host:port=80 (default 1 each; 0: none)',
    helpValue: '<weight>...',
  }),
  'listen-beyond-loopback': toggle({ summary: 'allow --listen on addresses that other machines reach' }),
  check: choice(['connect', 'version', 'ping', 'none'], {
    summary: 'connect (default), version (Memcached in plain text), ping (Redis OSS and Valkey), or none',
    helpValue: '<kind>',
    otherwise: 'connect',
  }),
  'check-interval': time({
    summary: 'between two checks of a back end (default 2s)',
    otherwise: 2000,
  }),
  'check-timeout': time({ summary: 'for one check (default 1s)', otherwise: 1000 }),
  'connect-timeout': time({
    summary: 'for a connection to a back end, before the next is tried (default 3s)',
    otherwise: 3000,
  }),
} satisfies Flags

export type RelayFlags = ValuesOf<typeof relayFlags>

export function relayOptionsOf(flags: RelayFlags): Pick<RelayOptions, 'listen' | 'to' | 'check' | 'connectTimeoutMs'> {
  const listen = flags.listen.map((text) => listenOf(text, flags['listen-beyond-loopback']))
  const to = backendsOf(joinPorts(flags.to), flags.weight)
  for (const { host, port } of listen) {
    const own = to.find((each) => each.port === port && each.host === host)
    if (own && port !== 0) throw usageProblem(`${endpoint(host, port)} can not send to itself.`)
  }
  const { check: kind, 'check-interval': intervalMs, 'check-timeout': timeoutMs } = flags
  return {
    listen,
    to,
    connectTimeoutMs: flags['connect-timeout'],
    ...(kind !== 'none' && { check: { kind, intervalMs, timeoutMs } }),
  }
}

function listenOf(text: string, beyondLoopback: boolean): Where {
  const free = text.endsWith(':0')
  const parsed = parseTarget(free ? text.replace(/:0$/, ':1') : text)
  const family = parsed.ok ? isIP(parsed.host) : 0
  if (!parsed.ok || family === 0) {
    throw usageProblem(
      `argument --listen: ${text} is no address and port`,
      'Write 127.0.0.1:11311 or [::1]:11311; port 0 takes any free one. Both families: --listen twice.',
    )
  }
  const { host } = parsed
  if (!beyondLoopback && !isLoopback(host)) {
    throw usageProblem(
      `argument --listen: ${text} can be reached from other machines, and a cache behind it may ask for no password.`,
      'If that is wanted, and a firewall limits the clients, add --listen-beyond-loopback. Else listen on 127.0.0.1 or [::1].',
    )
  }
  return { host, port: free ? 0 : parsed.port }
}

/** `host:port`, `host:port=80`; weights in the order of the back ends, or by name. */
function backendsOf(places: readonly string[], weights: readonly string[]): BackendPlace[] {
  const read = places.map((text) => {
    const [place = '', weight] = split(text)
    return { ...placeOf('to', place), weight: weight === undefined ? undefined : weightOf(weight) }
  })
  const named = weights.filter((text) => text.includes('='))
  const plain = weights.filter((text) => !text.includes('='))
  if (plain.length > 0 && plain.length !== read.length) {
    throw usageProblem(
      `argument --weight: ${plain.length} given for ${read.length} of --to`,
      'As many as --to, in that order; or host:port=80.',
    )
  }
  const byName = weightsOf(named)
  const names = read.map(({ host, port }) => endpoint(host, port))
  const stranger = Object.keys(byName).find((name) => !names.includes(name))
  if (stranger) throw usageProblem(`argument --weight: ${stranger} is none of the back ends: ${names.join(', ')}`)
  const twice = names.find((name, at) => names.indexOf(name) < at)
  if (twice) throw usageProblem(`argument --to: ${twice} is given twice`)
  const backends = read.map(({ host, port, weight }, at) => ({
    host,
    port,
    weight: byName[names[at] ?? ''] ?? (plain[at] === undefined ? (weight ?? 1) : weightOf(plain[at])),
  }))
  if (backends.every(({ weight }) => weight === 0)) {
    throw usageProblem('argument --weight: one back end at least must have a weight above 0')
  }
  return backends
}

/** `host:port=80 ...` by the name the relay calls the back end. */
export function weightsOf(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [place = '', weight] = split(text)
      if (weight === undefined) throw usageProblem(`${text} has no weight`, 'Write host:port=80.')
      const { host, port } = placeOf('weight', place)
      return [endpoint(host, port), weightOf(weight)]
    }),
  )
}

function placeOf(option: string, text: string): { host: string; port: number } {
  const parsed = parseTarget(text)
  if (parsed.ok) return { host: parsed.host, port: parsed.port }
  throw usageProblem(`argument --${option}: ${parsed.detail}`)
}

function weightOf(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw usageProblem(
    `'${text}' is no weight`,
    'A whole number: of weights 80 and 20 every fifth connection goes to the second; 0 gets none.',
  )
}

const split = (text: string): string[] => text.split('=')
