import { randomBytes } from 'node:crypto'
import { type Clock, sleep, systemClock } from '../../net/clock.ts'
import { endpoint } from '../../net/target.ts'
import { serveControl } from '../../relay/control.ts'
import { Relay, type RelayEvent, type RelayOptions } from '../../relay/relay.ts'
import { BaseCommand } from '../base-command.ts'
import { type Flags, text, texts, toggle } from '../flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { relaySummary } from '../output/relay.ts'
import type { FlagValues } from '../parse.ts'
import { Problem, usageProblem } from '../problem.ts'
import { recordRelay } from '../relays.ts'
import { gatherRepeated } from '../repeated.ts'
import { forPeople, printLine } from '../terminal.ts'
import { choiceOf, outputOf, stateDirFlag, stateDirOf } from './engine-flags.ts'
import { relayOptionsOf, timeOf } from './proxy-aim.ts'
import { relayPrinter } from './proxy-print.ts'

export class ProxyCommand extends BaseCommand {
  static override summary = 'Make a node reachable over the other address family, and shift clients between back ends'
  static override description =
    'A TCP relay for a migration: it listens on one family and connects over whichever the back end has, byte for byte, so TLS passes through. New connections are shared out by weight, and the weights can be changed while it runs (cachectl proxy weight); a back end that fails two checks in a row gets none until one succeeds. One relay stands for one node: keys are not spread over its back ends, and the answer to `config get cluster` passes as it is, with the addresses the nodes have, so clients with Auto Discovery leave the relay again. Listens on loopback only, unless --listen-beyond-loopback. Ends at Ctrl-C with a summary and exit code 0; 255: it can not listen.'
  static override flags = {
    listen: texts({ summary: 'where clients connect: [::1]:11311 or 127.0.0.1:11311', helpValue: '<address:port>...' }),
    to: texts({ summary: 'back ends: host:port, or host:port=weight', helpValue: '<host:port>...' }),
    weight: texts({
      summary: 'their shares of new connections, in the order of --to, or as host:port=80 (default 1 each; 0: none)',
      helpValue: '<weight>...',
    }),
    'listen-beyond-loopback': toggle({ summary: 'allow --listen on addresses that other machines reach' }),
    check: text({ summary: 'connect (default), version (Memcached in plain text), or none', helpValue: '<kind>' }),
    'check-interval': text({ summary: 'between two checks of a back end (default 2s)', helpValue: '<time>' }),
    'check-timeout': text({ summary: 'for one check (default 1s)', helpValue: '<time>' }),
    'connect-timeout': text({
      summary: 'for a connection to a back end, before the next is tried (default 3s)',
      helpValue: '<time>',
    }),
    interval: text({
      summary: 'between two prints of the counters (default 1s on a terminal, else 10s)',
      helpValue: '<time>',
    }),
    each: toggle({ summary: 'tell of every connection, when it is made and when it ends' }),
    ...stateDirFlag,
    ...outputOf('text (default) or json (a line per event)'),
  } as Flags
  static override examples = [
    'proxy --listen [::1]:11311 --to 127.0.0.1:11211',
    'proxy --listen 127.0.0.1:11311 --to old.example.com:11211=90 --to new.example.com:11211=10 --check version',
    'proxy --listen [::]:11211 --listen-beyond-loopback --to 10.0.0.5:11211',
    'proxy weight 11311 old.example.com:11211=0 new.example.com:11211=100',
  ]

  constructor(argv: readonly string[]) {
    super(gatherRepeated(argv, ['listen', 'to', 'weight']))
  }

  async run(): Promise<void> {
    const { flags } = this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    refuseWithout(flags, 'listen', 'to')
    const printer = relayPrinter(form, { each: flags.each === true })
    const relay = await start({ ...relayOptionsOf(flags), onEvent: (event: RelayEvent) => printer.event(event) })
    const token = randomBytes(24).toString('hex')
    const control = await serveControl(relay, token)
    const listen = relay.addresses.map(({ host, port }) => endpoint(host, port))
    const forget = recordRelay(stateDirOf(flags), {
      pid: process.pid,
      listen,
      control: control.url,
      token,
      startedAt: systemClock.now().toISOString(),
    })
    try {
      printer.listening(relay.report())
      await untilInterrupted((signal) =>
        keepPrinting(relay, timeOf(flags, 'interval', printer.usualMs), printer.counters, signal),
      )
    } finally {
      forget()
      control.close()
      printer.end()
    }
    const last = relay.report()
    await relay.close()
    if (form === 'json') printLine(JSON.stringify({ type: 'summary', at: systemClock.now().toISOString(), ...last }))
    else printLine(await relaySummary(forPeople(last)))
  }
}

/** Until the signal. */
async function keepPrinting(
  relay: Relay,
  intervalMs: number,
  print: (report: ReturnType<Relay['report']>) => void,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(clock, Math.max(50, intervalMs), signal)
    if (!signal.aborted) print(relay.report())
  }
}

async function start(options: RelayOptions): Promise<Relay> {
  try {
    return await Relay.start(options)
  } catch (error) {
    const {
      code = '',
      address = '',
      port = 0,
      message,
    } = error as NodeJS.ErrnoException & { address?: string; port?: number }
    const why = WHY[code]
    if (!why) throw error
    throw new Problem('general', `Cannot listen on ${endpoint(address, port)}: ${why[0] || message}.`, why[1])
  }
}

const WHY: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  EADDRINUSE: ['something else listens there', 'Take another port, or 0 for any free one.'],
  EADDRNOTAVAIL: ['this machine has no such address', 'See: ip addr'],
  EACCES: ['the system does not allow it', 'Ports below 1024 are for root.'],
}

function refuseWithout(flags: FlagValues, ...names: string[]): void {
  const missing = names.filter((name) => !Array.isArray(flags[name]) || flags[name].length === 0)
  if (missing.length === 0) return
  throw usageProblem(
    `the following arguments are required: ${missing.map((name) => `--${name}`).join(', ')}`,
    'For example: cachectl proxy --listen [::1]:11311 --to 127.0.0.1:11211',
  )
}
