import { FAULT_KINDS, type FaultClearance, type FaultReport, type FaultRequest } from '../../../api/engine-faults.ts'
import { CONTROL } from '../../../api/local-engine.ts'
import { command } from '../../command.ts'
import { control } from '../../engine-control.ts'
import { span } from '../../flag-kinds.ts'
import { choice, type Flags, text, type ValuesOf, value } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { tableText } from '../../output/table.ts'
import { usageProblem } from '../../problem.ts'
import { spanText } from '../../span.ts'
import { engineOf } from '../../state-dir.ts'
import { one, several } from '../../words.ts'

const catalogue = Object.entries(FAULT_KINDS)
  .map(([name, { summary }]) => `${name}: ${summary}`)
  .join('. ')

const faultFlags = {
  cluster: text({ summary: 'cluster, or serverless cache, it is aimed at', helpValue: '<id>' }),
  'serverless-cache': text({ summary: 'serverless cache, where a cluster has its name too', helpValue: '<name>' }),
  node: text({ summary: 'node of the cluster; without it all of them, where that is possible', helpValue: '<id>' }),
  zone: text({ summary: 'Availability Zone', helpValue: '<zone>' }),
  duration: span({
    summary: "how long: 30s, 5m, 1h, of the engine's clock (default: see above, or until cleared)",
    helpValue: '<time>',
  }),
  delay: span({ summary: 'how late: 250ms, 2s', helpValue: '<time>' }),
  rate: value({ summary: 'bytes, or calls of the API, per second', helpValue: '<number>' }, rateOf),
  family: choice(['ipv4', 'ipv6'], { summary: 'ipv4 or ipv6', helpValue: '<family>' }),
  how: text({ summary: 'silent or reset, expired or mismatch, and what the fault has besides', helpValue: '<way>' }),
  operation: text({ summary: 'operation of the API, such as DescribeCacheClusters', helpValue: '<name>' }),
  'node-type': text({ summary: 'node type, such as cache.t4g.small', helpValue: '<type>' }),
  region: text({ summary: "region (default: the engine's)", helpValue: '<region>' }),
} satisfies Flags

export const engineFaultInject = command({
  summary: 'Let something go wrong in the local engine, to rehearse with',
  description: `Returns when the fault is felt. It ends after --duration, by the engine's clock, or when it is cleared, and survives a restart of the engine. ${catalogue}.`,
  examples: [
    'engine fault inject node-crash --cluster shop --node 0002 --duration 30s',
    'engine fault inject drop-family --cluster shop --family ipv6',
    'engine fault inject delay --cluster shop --node 0001 --delay 250ms --duration 5m',
    'engine fault inject throttle --serverless-cache shop --rate 20000',
    'engine fault inject capacity --zone us-west-2a --node-type cache.t4g.small',
    'engine fault inject api-throttling --rate 2 --operation DescribeCacheClusters',
  ],
  words: { fault: one(`one of ${Object.keys(FAULT_KINDS).join(', ')}`) },
  flags: { ...faultFlags, ...stateDirFlag },
  forms: {},
  async run({ words, flags, print }) {
    const fault = await control<FaultReport>(engineOf(flags), 'POST', CONTROL.faults, requestOf(words.fault, flags))
    await print.answer(
      fault,
      ({ id, until }) => `${id} is in effect ${until ? `until ${until}` : 'until it is cleared'}.`,
    )
  },
})

export const engineFaultList = command({
  summary: 'List the faults that are in effect in the local engine',
  flags: stateDirFlag,
  forms: {},
  async run({ flags, print }) {
    const faults = await control<FaultReport[]>(engineOf(flags), 'GET', CONTROL.faults)
    await print.answer(faults, (shown) => (shown.length > 0 ? table(shown) : 'No faults are in effect.'))
  },
})

export const engineFaultClear = command({
  summary: 'End faults of the local engine: those named, or all',
  description: 'Returns when they are over. A crashed node is replaced at once.',
  words: { fault: several('name from the list, such as delay-1; none: all') },
  flags: stateDirFlag,
  forms: {},
  async run({ words, flags, print }) {
    const clearance: FaultClearance = { clear: words.fault }
    const cleared = await control<FaultReport[]>(engineOf(flags), 'POST', CONTROL.faults, clearance)
    await print.answer(cleared, (shown) =>
      shown.length > 0 ? `Cleared: ${shown.map(({ id }) => id).join(', ')}` : 'No faults were in effect.',
    )
  },
})

function requestOf(kind: string, flags: ValuesOf<typeof faultFlags>): FaultRequest {
  const { duration: durationMs, delay: delayMs, 'serverless-cache': serverlessCache, 'node-type': nodeType } = flags
  const { region, cluster, node, zone, rate, family, how, operation } = flags
  const aim = { region, cluster, serverlessCache, node, zone }
  const told = { kind, ...aim, durationMs, delayMs, rate, family, how, operation, nodeType }
  // JSON leaves out what is undefined, as the type wants it.
  return told as FaultRequest
}

function rateOf(given: string, argument: string): number {
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given)
  throw usageProblem(`argument ${argument}: invalid number: '${given}'`)
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
