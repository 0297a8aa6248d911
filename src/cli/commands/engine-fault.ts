import { FAULT_KINDS, type FaultClearance, type FaultReport, type FaultRequest } from '../../api/engine-faults.ts'
import { CONTROL } from '../../api/local-engine.ts'
import { BaseCommand, word } from '../base-command.ts'
import { control } from '../engine-control.ts'
import { type Flags, text } from '../flags.ts'
import { tableText } from '../output/table.ts'
import type { FlagValues } from '../parse.ts'
import { usageProblem } from '../problem.ts'
import { spanOf, spanText } from '../span.ts'
import { requireEngine } from '../state-dir.ts'
import { forPeople, printLine } from '../terminal.ts'
import { choiceOf, outputFlag, stateDirFlag, stateDirOf } from './engine-flags.ts'

const flags: Flags = { ...outputFlag, ...stateDirFlag }
const wantsJson = (given: FlagValues): boolean => choiceOf(given, 'output', ['text', 'json'], 'text') === 'json'

const catalogue = Object.entries(FAULT_KINDS)
  .map(([name, { summary }]) => `${name}: ${summary}`)
  .join('. ')

export class EngineFaultInject extends BaseCommand {
  static override summary = 'Let something go wrong in the local engine, to rehearse with'
  static override description =
    `Returns when the fault is felt. It ends after --duration, by the engine's clock, or when it is cleared, and survives a restart of the engine. ${catalogue}.`
  static override examples = [
    'engine fault inject node-crash --cluster shop --node 0002 --duration 30s',
    'engine fault inject drop-family --cluster shop --family ipv6',
    'engine fault inject delay --cluster shop --node 0001 --delay 250ms --duration 5m',
    'engine fault inject throttle --serverless-cache shop --rate 20000',
    'engine fault inject capacity --zone us-west-2a --node-type cache.t4g.small',
    'engine fault inject api-throttling --rate 2 --operation DescribeCacheClusters',
  ]
  static override args = { fault: word(`one of ${Object.keys(FAULT_KINDS).join(', ')}`, { required: true }) }
  static override flags = {
    cluster: text({ summary: 'cluster, or serverless cache, it is aimed at', helpValue: '<id>' }),
    'serverless-cache': text({ summary: 'serverless cache, where a cluster has its name too', helpValue: '<name>' }),
    node: text({ summary: 'node of the cluster; without it all of them, where that is possible', helpValue: '<id>' }),
    zone: text({ summary: 'Availability Zone', helpValue: '<zone>' }),
    duration: text({
      summary: "how long: 30s, 5m, 1h, of the engine's clock (default: see above, or until cleared)",
      helpValue: '<time>',
    }),
    delay: text({ summary: 'how late: 250ms, 2s', helpValue: '<time>' }),
    rate: text({ summary: 'bytes, or calls of the API, per second', helpValue: '<number>' }),
    family: text({ summary: 'ipv4 or ipv6', helpValue: '<family>' }),
    how: text({ summary: 'silent or reset, expired or mismatch, and what the fault has besides', helpValue: '<way>' }),
    operation: text({ summary: 'operation of the API, such as DescribeCacheClusters', helpValue: '<name>' }),
    'node-type': text({ summary: 'node type, such as cache.t4g.small', helpValue: '<type>' }),
    region: text({ summary: "region (default: the engine's)", helpValue: '<region>' }),
    ...flags,
  } as Flags

  async run(): Promise<void> {
    const { words, flags: given } = this.read()
    const fault = await control<FaultReport>(
      requireEngine(stateDirOf(given)),
      'POST',
      CONTROL.faults,
      requestOf(words[0] ?? '', given),
    )
    if (wantsJson(given)) printLine(JSON.stringify(fault, null, 4))
    else printLine(`${fault.id} is in effect ${fault.until ? `until ${fault.until}` : 'until it is cleared'}.`)
  }
}

export class EngineFaultList extends BaseCommand {
  static override summary = 'List the faults that are in effect in the local engine'
  static override flags = flags

  async run(): Promise<void> {
    const { flags: given } = this.read()
    const faults = await control<FaultReport[]>(requireEngine(stateDirOf(given)), 'GET', CONTROL.faults)
    if (wantsJson(given)) printLine(JSON.stringify(faults, null, 4))
    else printLine(faults.length > 0 ? await table(forPeople(faults)) : 'No faults are in effect.')
  }
}

export class EngineFaultClear extends BaseCommand {
  static override summary = 'End faults of the local engine: those named, or all'
  static override description = 'Returns when they are over. A crashed node is replaced at once.'
  static override args = { fault: word('name from the list, such as delay-1; none: all', { multiple: true }) }
  static override flags = flags

  async run(): Promise<void> {
    const { words, flags: given } = this.read()
    const clearance: FaultClearance = { clear: words }
    const cleared = await control<FaultReport[]>(requireEngine(stateDirOf(given)), 'POST', CONTROL.faults, clearance)
    if (wantsJson(given)) printLine(JSON.stringify(cleared, null, 4))
    else
      printLine(cleared.length > 0 ? `Cleared: ${cleared.map(({ id }) => id).join(', ')}` : 'No faults were in effect.')
  }
}

function requestOf(kind: string, given: FlagValues): FaultRequest {
  const textOf = (name: string) => given[name] as string | undefined
  const [duration, delay, rate] = [textOf('duration'), textOf('delay'), textOf('rate')]
  const request = {
    kind,
    region: textOf('region'),
    cluster: textOf('cluster'),
    serverlessCache: textOf('serverless-cache'),
    node: textOf('node'),
    zone: textOf('zone'),
    durationMs: duration === undefined ? undefined : spanOf('--duration', duration),
    delayMs: delay === undefined ? undefined : spanOf('--delay', delay),
    rate: rate === undefined ? undefined : rateOf(rate),
    family: textOf('family'),
    how: textOf('how'),
    operation: textOf('operation'),
    nodeType: textOf('node-type'),
  }
  // Sound: members that are undefined are gone.
  return Object.fromEntries(
    Object.entries(request).filter(([, value]) => value !== undefined),
  ) as unknown as FaultRequest
}

function rateOf(given: string): number {
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given)
  throw usageProblem(`argument --rate: invalid number: '${given}'`)
}

const table = (faults: readonly FaultReport[]): Promise<string> =>
  tableText(
    ['Fault', 'Target', 'Settings', 'Since', 'Until'],
    faults.map((fault) => [fault.id, targetOf(fault), settingsOf(fault), fault.since, fault.until ?? 'cleared']),
  )

const targetOf = ({ region, cluster, serverlessCache, node, zone }: FaultReport): string =>
  [region, cluster ?? serverlessCache ?? zone, node].filter((part) => part !== null).join(' ')

const settingsOf = ({ delayMs, rate, family, how, operation, nodeType }: FaultReport): string =>
  [
    delayMs === null ? null : delayMs < 1000 ? `${delayMs}ms` : spanText(delayMs),
    rate === null ? null : `${rate}/s`,
    family,
    how,
    operation,
    nodeType,
  ]
    .filter((part) => part !== null)
    .join(' ') || '-'
