import type { Client } from './client.ts'
import { addressOf } from './client-line.ts'
import { ADMIN, type Command } from './commands/command.ts'
import type { Core } from './core.ts'
import type { Args } from './protocol/args.ts'
import { quoted } from './protocol/quoted.ts'
import { isSecret, REDACTED } from './secrets.ts'

const monitors = new WeakMap<Core, Set<Client>>()
const MICROSECONDS_DIGITS = 6

/** Has a client told of all commands from now on. */
export function beginMonitoring(client: Client): void {
  const { core } = client
  const listening = monitors.get(core) ?? new Set()
  monitors.set(core, listening)
  listening.add(client)
  client.monitoring = true
  if (!core.tracers.includes(trace)) core.tracers.push(trace)
}

function endMonitoring(client: Client): void {
  const { core } = client
  const listening = monitors.get(core)
  if (!client.monitoring || listening === undefined) return
  client.monitoring = false
  listening.delete(client)
  if (listening.size === 0) core.tracers = core.tracers.filter((each) => each !== trace)
}

/** Has those forgotten that are gone or say RESET. */
export function startMonitor(core: Core): void {
  core.farewells.push(endMonitoring)
  core.resets.push(endMonitoring)
}

function trace(client: Client, command: Command, args: Args): void {
  const { core } = client
  if ((command.flags & ADMIN) !== 0 || core.keeper.isAtWork(client)) return
  const { now } = core.keyspace
  const time = `${Math.floor(now / 1000)}.${String((now % 1000) * 1000).padStart(MICROSECONDS_DIGITS, '0')}`
  const from = client.connection === undefined ? 'lua' : addressOf(client)
  const words = Array.from({ length: args.count }, (_, index) =>
    quoted(isSecret(core.dialect, command, args, index) ? REDACTED : args.text(index)),
  )
  const line = Buffer.from(`+${time} [${client.db.id} ${from}] ${words.join(' ')}\r\n`, 'latin1')
  for (const listener of monitors.get(core) ?? []) listener.post(line)
}
