import { randomBytes } from 'node:crypto'
import { type Clock, sleep, systemClock } from '../../../net/clock.ts'
import { endpoint } from '../../../net/target.ts'
import { serveControl } from '../../../relay/control.ts'
import { Relay, type RelayEvent, type RelayOptions } from '../../../relay/relay.ts'
import { command } from '../../command.ts'
import { time } from '../../flag-kinds.ts'
import { toggle } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { untilInterrupted } from '../../live/interrupt.ts'
import { relaySummary } from '../../output/relay.ts'
import { Problem, usageProblem } from '../../problem.ts'
import { recordRelay } from '../../target/relays.ts'
import { stateDirOf } from '../../target/state-dir.ts'
import { type RelayFlags, relayFlags, relayOptionsOf } from './aim.ts'
import { relayPrinter } from './print.ts'

export const proxyCommand = command({
  summary: 'Make a node reachable over the other address family, and shift clients between back ends',
  description:
    'A TCP relay for a migration: it listens on one family and connects over whichever the back end has, byte for byte, so TLS passes through. New connections are shared out by weight, and the weights can be changed while it runs (cachectl proxy weight); a back end that fails two checks in a row gets none until one succeeds. One relay stands for one node: keys are not spread over its back ends, and the answer to `config get cluster` passes as it is, with the addresses the nodes have, so clients with Auto Discovery leave the relay again. So do clients of Redis OSS and Valkey in cluster mode, which nodes send to each other; what stands behind it well are a primary or reader endpoint of a group with cluster mode disabled, and nodes that are asked one by one. It does not know which back end is the primary: weights between a primary and its replicas send writes to nodes that refuse them. Listens on loopback only, unless --listen-beyond-loopback. Ends at Ctrl-C with a summary and exit code 0; 255: it can not listen.',
  flags: {
    ...relayFlags,
    interval: time({
      summary: 'between two prints of the counters (default 1s on a terminal, else 10s)',
    }),
    each: toggle({ summary: 'tell of every connection, when it is made and when it ends' }),
    ...stateDirFlag,
  },
  examples: [
    'proxy --listen [::1]:11311 --to 127.0.0.1:11211',
    'proxy --listen 127.0.0.1:11311 --to old.example.com:11211=90 --to new.example.com:11211=10 --check version',
    'proxy --listen [::1]:6379 --to primary.example.com:6379 --check ping',
    'proxy --listen [::]:11211 --listen-beyond-loopback --to 10.0.0.5:11211',
    'proxy weight 11311 old.example.com:11211=0 new.example.com:11211=100',
  ],
  forms: { note: 'a document per event' },
  async run({ flags, print }) {
    refuseWithout(flags)
    const printer = relayPrinter(print, { each: flags.each })
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
      await untilInterrupted((signal) => {
        // What it says of Ctrl-C is true from then on.
        printer.listening(relay.report())
        return keepPrinting(relay, flags.interval ?? printer.usualMs, printer.counters, signal)
      })
    } finally {
      forget()
      control.close()
      printer.end()
    }
    const last = relay.report()
    await relay.close()
    await print.item({ type: 'summary', at: systemClock.now().toISOString(), ...last }, relaySummary)
  },
})

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
    if (!(error instanceof Error)) throw error
    const { code = '', address = '', port = 0, message }: ListenError = error
    const why = WHY[code]
    if (!why) throw error
    throw new Problem('general', `Cannot listen on ${endpoint(address, port)}: ${why[0] || message}.`, why[1])
  }
}

interface ListenError extends NodeJS.ErrnoException {
  readonly address?: string
  readonly port?: number
}

const WHY: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  EADDRINUSE: ['something else listens there', 'Take another port, or 0 for any free one.'],
  EADDRNOTAVAIL: ['this machine has no such address', 'See: ip addr'],
  EACCES: ['the system does not allow it', 'Ports below 1024 are for root.'],
}

function refuseWithout({ listen, to }: RelayFlags): void {
  const missing = Object.entries({ listen, to }).flatMap(([name, given]) => (given.length === 0 ? [`--${name}`] : []))
  if (missing.length === 0) return
  throw usageProblem(
    `the following arguments are required: ${missing.join(', ')}`,
    'For example: cachectl proxy --listen [::1]:11311 --to 127.0.0.1:11211',
  )
}
