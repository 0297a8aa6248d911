import { isIP } from 'node:net'
import { memcached } from '../../../api/catalog/engines.ts'
import { familiesOf } from '../../../diagnose/family-lacking.ts'
import { histogramLines } from '../../../diagnose/histogram.ts'
import { type ProbeDepth, type ProbeEvent, probe } from '../../../diagnose/probe.ts'
import { renderEvent, renderSummary, renderTable, TABLE_HEAD } from '../../../diagnose/render.ts'
import { npingEvent, npingStart, npingSummary } from '../../../diagnose/render-nping.ts'
import { type ProbeReport, probeReport } from '../../../diagnose/report.ts'
import { exitCode } from '../../../diagnose/statistics.ts'
import { expandTargets } from '../../../diagnose/target-list.ts'
import { elapsedMs, systemClock } from '../../../net/clock.ts'
import type { AskTls } from '../../../net/connection.ts'
import type { NameServices } from '../../../net/resolve.ts'
import { endpoint, type Family } from '../../../net/target.ts'
import { type Cache, endpointsOf } from '../../caches/cache.ts'
import { trustFor, withClient } from '../../caches/client.ts'
import { allCaches, findCache } from '../../caches/find.ts'
import { joinPorts, readPlace } from '../../caches/place.ts'
import { tellUnasked } from '../../caches/refusals.ts'
import { cacheWordsUnless } from '../../caches/word.ts'
import { readText } from '../../call/text-input.ts'
import { command } from '../../command.ts'
import { count, time } from '../../flag-kinds.ts'
import { type Flags, text, toggle, type ValuesOf, value } from '../../flags.ts'
import type { Printer } from '../../forms.ts'
import { globalFlags } from '../../global-flags.ts'
import { untilInterrupted } from '../../live/interrupt.ts'
import { isQuit } from '../../live/keys.ts'
import { styleHere } from '../../output/people.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { ExitWith, Problem, usageProblem } from '../../problem.ts'
import { bothLoopbacks } from '../../target/loopback-names.ts'
import { canRedraw, forPeople, printLine, stdoutIsTerminal } from '../../terminal.ts'
import { tlsFlags } from './places.ts'
import { headingText, type LiveKeys, liveView } from './probe-live.ts'

const probeFlags = {
  count: count({
    summary: 'attempts at each address (default 5; 0 is without end)',
    helpValue: '<number>',
    char: 'c',
  }),
  delay: time({ summary: 'between attempts at an address (default 1s)' }),
  rate: value({ summary: 'attempts per second over all addresses, instead of --delay', helpValue: '<number>' }, rateOf),
  parallel: count({ summary: 'attempts under way at once, at most (default 128)', helpValue: '<number>', least: 1 }),
  port: text({ summary: 'ports for places that name none: 11211,11215-11220', helpValue: '<ports>', char: 'p' }),
  source: value({ summary: 'send from this address of this host', helpValue: '<address>' }, sourceOf),
  forever: toggle({ summary: 'go on until q or Ctrl-C, with a live view on a terminal; Enter prints a summary' }),
  histogram: toggle({ summary: 'how the times are spread, per address' }),
  ...tlsFlags,
  protocol: toggle({ summary: 'go on to a `version` (Redis OSS and Valkey: `PING`) and its answer, timed by phase' }),
  timeout: time({ summary: 'for one attempt (default 1s)' }),
  ipv4: toggle({ summary: 'only IPv4 addresses', char: '4' }),
  ipv6: toggle({ summary: 'only IPv6 addresses', char: '6' }),
  all: toggle({ summary: 'every node of every cluster, and every serverless cache, of the target' }),
  ...globalFlags,
} satisfies Flags

type ProbeFlags = ValuesOf<typeof probeFlags>

export const probeCommand = command({
  summary: 'Connect to every address of nodes, both families, and time it',
  description:
    'Exit code 0: every attempt connected; 1: some did not, or a name gives programs here one family of two; 2: none did. A cluster stands for all of its nodes.',
  words: {
    where: cacheWordsUnless(
      'all',
      'id of a cluster, name of a serverless cache, or host:port, with ranges: 10.0.0.0/30:11211, host:80,443, 10.0.*.1-24',
    ),
  },
  flags: probeFlags,
  forms: { own: ['events', 'nping'], note: 'events: a line of JSON per event' },
  examples: ['probe shop -c 10 --delay 100ms', 'probe localhost:11211 [::1]:11212 -6'],
  async run({ words, flags, print }) {
    const aim = await aimOf(words.where, flags)
    const options = { ...probeOptions(flags), ...depthOf(flags, aim) }
    const events: ProbeEvent[] = []
    const style = await styleHere(flags)
    const start = systemClock.monotonicMs()
    await untilInterrupted(async (signal) => {
      const stop = new AbortController()
      signal.addEventListener('abort', () => stop.abort(), { once: true })
      const keys = { summary: () => printer.interim(probeReport(events)), quit: () => stop.abort() }
      const printer = printerOf(print.form, flags.forever ? subjectOf(aim, flags) : undefined, style, keys)
      try {
        for await (const event of probe({ ...aim, ...options, kernel: true, signal: stop.signal })) {
          events.push(event)
          printer.event(event)
        }
      } finally {
        printer.end()
      }
    })
    const report = probeReport(events)
    const readable = (_: unknown, style: Style): string =>
      [summary(forPeople(report), style), ...(flags.histogram ? histograms(report, events, style) : [])].join('\n')
    await print.answer({ ...report, attempts: attemptsIn(events) }, readable, {
      events: () => '',
      nping: () => npingSummary(report, elapsedMs(systemClock, start)).join('\n'),
    })
    const code = exitCode(report)
    if (code !== 0) throw new ExitWith(code)
  },
})

type ProbeForm = Printer<'events' | 'nping'>['form']

/** What is printed while it goes on. */
interface EventPrinter {
  event(event: ProbeEvent): void
  interim(report: ProbeReport): void
  end(): void
}

/** @param subject Of a probe without end, which is live where a terminal can be drawn on. */
function printerOf(form: ProbeForm, subject: string | undefined, style: Style, keys: LiveKeys): EventPrinter {
  const lines = (texts: readonly string[]): void => {
    for (const text of texts) printLine(text)
  }
  const interim = (report: ProbeReport): void => lines(renderSummary(forPeople(report)))
  if (form === 'readable' && subject !== undefined && canRedraw()) {
    const view = liveView(subject, style, keys)
    return {
      event: (event) => view.show(forPeople(event)),
      interim: (report) => view.above(renderSummary(forPeople(report))),
      end: () => view.end(),
    }
  }
  if (form === 'readable' && subject !== undefined && stdoutIsTerminal()) printLine(headingText(subject, style))
  if (form === 'nping') lines(npingStart(systemClock.now(), NPING_VERSION))
  const print: Partial<Record<typeof form, (event: ProbeEvent) => void>> = {
    readable: (event) => lines(renderEvent(forPeople(event))),
    nping: (event) => lines(npingEvent(forPeople(event))),
    events: (event) => printLine(JSON.stringify(event)),
  }
  return {
    event: print[form] ?? (() => {}),
    interim: form === 'readable' ? interim : () => {},
    end: onLine(keys),
  }
}

/** The version whose words these are. */
const NPING_VERSION = '0.7.93'

/** The same for whole lines that are typed on a terminal, among the lines that are printed. Returns what ends that. */
function onLine({ summary, quit }: LiveKeys): () => void {
  if (process.stdin.isTTY !== true) return () => {}
  const read = (line: Buffer): void => (isQuit(line.toString('latin1').trim()) ? quit() : summary())
  process.stdin.on('data', read)
  return () => {
    process.stdin.off('data', read)
    process.stdin.pause()
  }
}

/** `4 endpoints every 1 s`. */
function subjectOf({ targets }: Aim, { delay = 1000, rate }: ProbeFlags): string {
  const often = rate === undefined ? `every ${delay / 1000} s` : `${rate} times a second`
  return `${targets.length === 1 ? targets[0] : `${targets.length} endpoints`} ${often}`
}

const attemptsIn = (events: readonly ProbeEvent[]) =>
  events.flatMap((event) => (event.type === 'attempt' ? [event.attempt] : []))

function histograms({ rows }: ProbeReport, events: readonly ProbeEvent[], { characters }: Style): string[] {
  return rows.flatMap(({ address, port }) => {
    const own = attemptsIn(events).filter((each) => each.address === address && each.port === port && !each.warmUp)
    const times = own.flatMap(({ outcome, ms }) => (outcome === 'connected' ? [ms] : []))
    return times.length > 0 ? [`Times of ${endpoint(address, port)}:`, ...histogramLines(times, characters)] : []
  })
}

interface Aim {
  readonly targets: readonly string[]
  readonly names?: NameServices
  readonly promised?: ReadonlyMap<string, readonly Family[]>
  /** What the API tells of targets: what verifies their certificates, where they use TLS, and whether they speak RESP. */
  readonly known: ReadonlyMap<string, { readonly tls?: AskTls; readonly isResp: boolean }>
}

async function aimOf(spoken: readonly string[], flags: ProbeFlags): Promise<Aim> {
  const words = joinPorts(spoken)
  const names = words.filter((each) => 'cluster' in placeOrRange(each))
  const ranges = expandTargets(
    words.filter((each) => !names.includes(each)),
    flags.port,
  )
  if (!ranges.ok) throw usageProblem(ranges.detail)
  const places = [...names, ...ranges.targets].map(readPlace)
  const direct = places.flatMap((place) => ('host' in place ? [endpoint(place.host, place.port)] : []))
  const ids = places.flatMap((place) => ('cluster' in place ? [place.cluster] : []))
  if (!flags.all && ids.length === 0) return { targets: direct, known: new Map() }
  return withClient(flags, async (client) => {
    const caches = flags.all ? await allCaches(client, tellUnasked) : []
    for (const id of ids) caches.push(await findCache(client, id))
    const nodes = caches.flatMap(endpointsOf).map(({ host, port }) => endpoint(host, port))
    if (nodes.length === 0) throw new Problem('general', 'There is no node with an endpoint yet.')
    const dualStack = caches.some(({ networkType }) => networkType === 'dual_stack')
    return {
      targets: [...new Set([...nodes, ...direct])],
      known: new Map(
        caches.flatMap((cache) => {
          const facts = { isResp: cache.engine !== memcached.name, ...(cache.tls && { tls: trustFor(client, flags) }) }
          return endpointsOf(cache).map(({ host, port }) => [endpoint(host, port), facts] as const)
        }),
      ),
      ...(client.target.kind === 'local' && dualStack && { names: bothLoopbacks }),
      promised: promisedBy(caches),
    }
  })
}

/** Of one name with several caches: what any of them promises. */
function promisedBy(caches: readonly Cache[]): ReadonlyMap<string, readonly Family[]> {
  const promised = new Map<string, readonly Family[]>()
  for (const cache of caches) {
    const families = familiesOf(cache.networkType ?? 'ipv4')
    for (const { host } of endpointsOf(cache))
      promised.set(host, [...new Set([...(promised.get(host) ?? []), ...families])])
  }
  return promised
}

/** A range is no place; that it names no cluster is all that is asked here. */
const placeOrRange = (word: string) => (/[/*,.:]/.test(word) ? { range: word } : readPlace(word))

/** Of each target as the API tells; of what it does not know, an answer of any cache will do. */
function depthOf({ ca, protocol, ...flags }: ProbeFlags, { known }: Aim) {
  if (!flags.tls && !protocol) return {}
  const given = ca === undefined ? undefined : { ca: readText(ca) }
  const depth = (target: string): ProbeDepth => {
    const facts = known.get(target)
    const trust = given ?? facts?.tls
    const secured = flags.tls || (protocol && facts?.tls !== undefined)
    const spoken = facts === undefined ? 'any' : facts.isResp ? 'resp' : true
    return { protocol: protocol && spoken, ...(secured && { tls: { ...(trust?.ca && { ca: trust.ca }) } }) }
  }
  return { depth }
}

function probeOptions({ ipv4, ipv6, ...flags }: ProbeFlags) {
  if (ipv4 && ipv6) throw usageProblem('-4 and -6 together leave nothing to probe')
  const family = ipv4 ? 4 : ipv6 ? 6 : undefined
  const { rate, parallel, source: localAddress, delay: delayMs, timeout: timeoutMs } = flags
  const count = flags.forever ? Number.POSITIVE_INFINITY : flags.count
  return {
    ...(count !== undefined && { count: count || Number.POSITIVE_INFINITY }),
    ...(rate !== undefined && { rate }),
    ...(parallel !== undefined && { parallel }),
    ...(localAddress !== undefined && { localAddress }),
    ...(delayMs !== undefined && { delayMs }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(family !== undefined && ({ family } as const)),
  }
}

function rateOf(text: string, argument: string): number {
  const rate = Number(text)
  if (rate > 0) return rate
  throw usageProblem(`argument ${argument}: invalid number: '${text}'`, 'Attempts per second: 10, or 0.5.')
}

function sourceOf(text: string, argument: string): string {
  if (isIP(text) !== 0) return text
  throw usageProblem(`argument ${argument}: ${text} is not an IP address`)
}

/** As soon as there is something to compare, a table with the families side by side instead of lines per address. */
function summary(report: ProbeReport, style: Style): string {
  if (report.rows.length < 2) return ['', ...renderSummary(report)].join('\n')
  const table = tableText(TABLE_HEAD, renderTable(report), style)
  return ['', table, ...renderSummary({ ...report, rows: [] })].join('\n')
}
