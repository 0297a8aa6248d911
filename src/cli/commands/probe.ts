import { type ProbeEvent, probe } from '../../diagnose/probe.ts'
import { renderEvent, renderSummary, renderTable, TABLE_HEAD } from '../../diagnose/render.ts'
import { type ProbeReport, probeReport } from '../../diagnose/report.ts'
import type { NameServices } from '../../diagnose/resolve.ts'
import { exitCode } from '../../diagnose/statistics.ts'
import { endpoint } from '../../diagnose/target.ts'
import { BaseCommand, word } from '../base-command.ts'
import { describeAllClusters, describeCluster, nodeEndpoints, readPlace, withClient } from '../clusters.ts'
import { text, toggle } from '../flags.ts'
import { globalFlags } from '../global-flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { bothLoopbacks } from '../loopback-names.ts'
import { tableText } from '../output/table.ts'
import type { FlagValues } from '../parse.ts'
import { ExitWith, Problem, usageProblem } from '../problem.ts'
import { countOf, millisecondsOf } from '../seconds.ts'
import { printLine } from '../terminal.ts'
import { choiceOf, outputOf } from './engine-flags.ts'

export class Probe extends BaseCommand {
  static override summary = 'Connect to every address of cache nodes, both families, and time it'
  static override description =
    'Exit code 0: every attempt connected; 1: some did not; 2: none did. A cluster stands for all of its nodes.'
  static override args = { where: word('cluster id, or host, host:port, [v6]:port', { multiple: true }) }
  static override flags = {
    count: text({ summary: 'attempts at each address (default 5)', helpValue: '<number>', char: 'c' }),
    delay: text({ summary: 'between attempts at an address (default 1s)', helpValue: '<time>' }),
    timeout: text({ summary: 'for one attempt (default 1s)', helpValue: '<time>' }),
    ipv4: toggle({ summary: 'only IPv4 addresses', char: '4' }),
    ipv6: toggle({ summary: 'only IPv6 addresses', char: '6' }),
    all: toggle({ summary: 'every node of every cluster of the target' }),
    ...globalFlags,
    ...outputOf('text (default) or json'),
  }
  static override examples = ['probe shop -c 10 --delay 100ms', 'probe localhost:11211 [::1]:11212 -6']

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    const aim = await aimOf(words, flags)
    const options = probeOptions(flags)
    const events: ProbeEvent[] = []
    await untilInterrupted(async (signal) => {
      for await (const event of probe({ ...aim, ...options, signal })) {
        events.push(event)
        if (form === 'text') for (const line of renderEvent(event)) printLine(line)
      }
    })
    const report = probeReport(events)
    printLine(form === 'json' ? JSON.stringify(report, null, 4) : await summary(report))
    const code = exitCode(report)
    if (code !== 0) throw new ExitWith(code)
  }
}

interface Aim {
  readonly targets: readonly string[]
  readonly names?: NameServices
}

async function aimOf(words: readonly string[], flags: FlagValues): Promise<Aim> {
  if (words.length === 0 && flags.all !== true) throw usageProblem('the following arguments are required: <where>...')
  const places = words.map(readPlace)
  const direct = places.flatMap((place) => ('host' in place ? [endpoint(place.host, place.port)] : []))
  const ids = places.flatMap((place) => ('cluster' in place ? [place.cluster] : []))
  if (flags.all !== true && ids.length === 0) return { targets: direct }
  return withClient(flags, async (client) => {
    const clusters = flags.all === true ? await describeAllClusters(client) : []
    for (const id of ids) clusters.push(await describeCluster(client, id))
    const nodes = clusters.flatMap(nodeEndpoints).map(({ host, port }) => endpoint(host, port))
    if (nodes.length === 0) throw new Problem('general', 'There is no node with an endpoint yet.')
    const dualStack = clusters.some(({ NetworkType }) => NetworkType === 'dual_stack')
    return {
      targets: [...new Set([...nodes, ...direct])],
      ...(client.target.kind === 'local' && dualStack && { names: bothLoopbacks }),
    }
  })
}

function probeOptions(flags: FlagValues) {
  const time = (name: string) => {
    const given = flags[name]
    return typeof given === 'string' ? millisecondsOf(name, given) : undefined
  }
  if (flags.ipv4 === true && flags.ipv6 === true) throw usageProblem('-4 and -6 together leave nothing to probe')
  const family = flags.ipv4 === true ? 4 : flags.ipv6 === true ? 6 : undefined
  const delayMs = time('delay')
  const timeoutMs = time('timeout')
  return {
    ...(typeof flags.count === 'string' && { count: countOf('count', flags.count, 1) }),
    ...(delayMs !== undefined && { delayMs }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(family !== undefined && ({ family } as const)),
  }
}

/** As soon as there is something to compare, a table with the families side by side instead of lines per address. */
async function summary(report: ProbeReport): Promise<string> {
  if (report.rows.length < 2) return ['', ...renderSummary(report)].join('\n')
  const table = await tableText(TABLE_HEAD, renderTable(report))
  return ['', table, ...renderSummary({ ...report, rows: [] })].join('\n')
}
