import {
  FAULT_KINDS,
  FAULT_OPTION_NAMES,
  FAULT_OPTIONS,
  type FaultClearance,
  type FaultKind,
  type FaultName,
  type FaultReport,
  type FaultRequest,
  faultSummary,
  wordsFor,
} from '../../../api/engine-faults.ts'
import { CONTROL } from '../../../api/local-engine.ts'
import { orMeant } from '../../caches/choose.ts'
import { withClient } from '../../caches/client.ts'
import { findCache } from '../../caches/find.ts'
import { command, type Kinds } from '../../command.ts'
import { time } from '../../flag-kinds.ts'
import { choice, type Flag, type Flags, text, type ValuesOf, value } from '../../flags.ts'
import { type GlobalOptions, stateDirFlag } from '../../global-flags.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { Problem, usageProblem } from '../../problem.ts'
import { spanText } from '../../span.ts'
import { control } from '../../target/engine-control.ts'
import { engineOf } from '../../target/state-dir.ts'
import { offering, oneAmong, several } from '../../words.ts'

const NAMES = Object.keys(FAULT_KINDS) as FaultName[] // all there are

/** Of each fault: what it does, and the options that are not those of every fault. */
const kinds: Kinds = {
  of: 'fault',
  each: Object.fromEntries(
    NAMES.map((name) => {
      const { aim, options, caches, groups, zones }: FaultKind = FAULT_KINDS[name]
      const aims = aim !== 'zone' && aim !== 'region'
      return [
        name,
        {
          summary: faultSummary(name),
          choices: Object.fromEntries(
            FAULT_OPTION_NAMES.flatMap((option) => {
              const words = options[option]?.words
              return words ? [[FAULT_OPTIONS[option].flag, words]] : []
            }),
          ),
          flags: [
            ...(aims ? ['cluster'] : []),
            ...(aims && groups ? ['replication-group'] : []),
            ...(caches ? ['serverless-cache'] : []),
            ...(aims && aim !== 'cluster' ? ['node'] : []),
            ...(aim === 'zone' || zones ? ['zone'] : []),
            ...FAULT_OPTION_NAMES.filter((option) => option in options).map((option) => FAULT_OPTIONS[option].flag),
          ],
        },
      ]
    }),
  ),
}

/** Those of its own that each fault takes, by the names they have on the line. */
const optionFlags: Readonly<Record<string, Flag<number | string | undefined>>> = Object.fromEntries(
  FAULT_OPTION_NAMES.map((option) => {
    const { flag, takes, summary, helpValue } = FAULT_OPTIONS[option]
    const wording = { summary, helpValue }
    if (takes === 'time') return [flag, time(wording)]
    if (takes === 'rate') return [flag, value(wording, rateOf)]
    return [flag, takes === 'word' ? choice(wordsFor(option), wording) : text(wording)]
  }),
)

const faultFlags = {
  cluster: text({
    summary: 'cluster, replication group or one of its members, or serverless cache, it is aimed at',
    helpValue: '<id>',
  }),
  'serverless-cache': text({ summary: 'serverless cache, where a cluster has its name too', helpValue: '<name>' }),
  'replication-group': text({ summary: 'replication group, where a cluster has its name too', helpValue: '<id>' }),
  node: text({
    summary: 'node of the cluster, or member of the group; without it all of them, where that is possible',
    helpValue: '<id>',
  }),
  zone: text({ summary: 'Availability Zone', helpValue: '<zone>' }),
  duration: time({
    summary: "how long: 30s, 5m, 1h, of the engine's clock (default: until cleared; of a crash a minute)",
  }),
  ...optionFlags,
  region: text({ summary: "region (default: the engine's)", helpValue: '<region>' }),
} satisfies Flags

export const engineFaultInject = command({
  summary: 'Let something go wrong in the local engine, to rehearse with',
  description: `Returns when the fault is felt. It ends after --duration, by the engine's clock, or when it is cleared, and survives a restart of the engine.`,
  examples: [
    'engine fault inject node-crash --cluster shop --node 0002 --duration 30s',
    'engine fault inject drop-family --cluster shop --family ipv6',
    'engine fault inject delay --cluster shop --node 0001 --delay 250ms --duration 5m',
    'engine fault inject throttle --serverless-cache shop --rate 20000',
    'engine fault inject primary-crash --cluster shop --duration 5m',
    'engine fault inject replica-lag --cluster shop --node shop-002 --delay 10s',
    'engine fault inject capacity --zone us-west-2a --node-type cache.t4g.small',
    'engine fault inject api-throttling --rate 2 --operation DescribeCacheClusters',
  ],
  words: { fault: offering(oneAmong('fault', NAMES), 'faultKind') },
  flags: { ...faultFlags, ...stateDirFlag },
  kinds,
  forms: {},
  async run({ words, flags, print }) {
    const fault = await inject(words.fault, flags)
    await print.answer(
      fault,
      ({ id, until }) => `${id} is in effect ${until ? `until ${until}` : 'until it is cleared'}.`,
    )
  },
})

async function inject(kind: string, flags: ValuesOf<typeof faultFlags> & GlobalOptions): Promise<FaultReport> {
  try {
    return await control<FaultReport>(engineOf(flags), 'POST', CONTROL.faults, requestOf(kind, flags))
  } catch (error) {
    const cache = flags.cluster ?? flags['serverless-cache'] ?? flags['replication-group']
    const isAbsent = error instanceof Problem && error.kind === 'absent' && cache !== undefined
    // Refuses a name that is none as every command does, with what was meant; else it is the node that is not there.
    if (isAbsent) await withClient({ ...flags, target: 'local' }, (client) => findCache(client, cache))
    throw error
  }
}

export const engineFaultList = command({
  summary: 'List the faults that are in effect in the local engine',
  flags: stateDirFlag,
  forms: {},
  async run({ flags, print }) {
    const faults = await control<FaultReport[]>(engineOf(flags), 'GET', CONTROL.faults)
    await print.answer(faults, (shown, style) => (shown.length > 0 ? table(shown, style) : 'No faults are in effect.'))
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
    const [first = ''] = words.fault
    const cleared = await control<FaultReport[]>(engineOf(flags), 'POST', CONTROL.faults, clearance).catch(
      orMeant('faultInEffect', first, flags),
    )
    await print.answer(cleared, (shown) =>
      shown.length > 0 ? `Cleared: ${shown.map(({ id }) => id).join(', ')}` : 'No faults were in effect.',
    )
  },
})

function requestOf(kind: string, flags: ValuesOf<typeof faultFlags>): FaultRequest {
  const { region, cluster, 'serverless-cache': serverlessCache, node, zone, duration: durationMs } = flags
  const { 'replication-group': replicationGroup } = flags
  const said: Readonly<Record<string, unknown>> = flags
  const settings = FAULT_OPTION_NAMES.map((option) => [option, said[FAULT_OPTIONS[option].flag]])
  const told = {
    kind,
    region,
    cluster,
    serverlessCache,
    replicationGroup,
    node,
    zone,
    durationMs,
    ...Object.fromEntries(settings),
  }
  return told as FaultRequest // JSON leaves out what is undefined, as the type wants it
}

function rateOf(given: string, argument: string): number {
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given)
  throw usageProblem(`argument ${argument}: invalid number: '${given}'`)
}

const table = (faults: readonly FaultReport[], style: Style): string =>
  tableText(
    ['Fault', 'Target', { long: 'Settings' }, 'Since', 'Until'],
    faults.map((fault) => [fault.id, targetOf(fault), settingsOf(fault), fault.since, fault.until ?? 'cleared']),
    style,
  )

const targetOf = ({ region, cluster, serverlessCache, replicationGroup, node, zone }: FaultReport): string =>
  [region, cluster ?? serverlessCache ?? replicationGroup ?? zone, node].filter((part) => part !== null).join(' ')

const settingsOf = (fault: FaultReport): string =>
  FAULT_OPTION_NAMES.flatMap((option) => {
    const setting = fault[option]
    if (setting === null) return []
    const { takes } = FAULT_OPTIONS[option]
    return takes === 'time' ? delayText(Number(setting)) : takes === 'rate' ? `${setting}/s` : setting
  }).join(' ') || '-'

const delayText = (ms: number): string => (ms < 1000 ? `${ms}ms` : spanText(ms))
