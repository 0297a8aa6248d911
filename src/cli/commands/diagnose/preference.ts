import {
  evaluatePreference,
  type Hop,
  type IpPreference,
  PREFERENCES,
  type PreferenceOutcome,
  WALKTHROUGH,
} from '../../../diagnose/preference.ts'
import { demonstrate } from '../../../diagnose/preference-demo.ts'
import { isAsPromised, tryPlace } from '../../../diagnose/preference-trial.ts'
import { systemClock } from '../../../net/clock.ts'
import type { Family } from '../../../net/target.ts'
import { onePlace } from '../../caches/place.ts'
import { cacheWordUnless } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { choice, toggle } from '../../flags.ts'
import { globalFlags } from '../../global-flags.ts'
import { unlessInterrupted } from '../../live/interrupt.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { ExitWith } from '../../problem.ts'
import { type AimOptions, aimAt, portArgs, tlsFlags } from './places.ts'

const SOMETHING_FAILS = 1

export const preference = command({
  summary: 'What each App Mesh IP preference would do with an endpoint, predicted and tried',
  description:
    'Two hops: discovery (is there an address of the family?) and application (does every address of the family answer `version`, over TLS where clients speak it?). Discovery may fall back to the other family, the application hop never does. --matrix plays the walkthrough with its six services on real loopback sockets. Exit code 1: the preference named fails; where none is named, one fails that DNS and network type promise to work, or all do.',
  words: {
    where: cacheWordUnless('matrix', 'id of a cluster, name of a serverless cache, or host:port'),
    ...portArgs,
  },
  flags: {
    preference: choice(PREFERENCES, {
      summary: `one of ${PREFERENCES.join(', ')} (default: all)`,
      helpValue: '<preference>',
    }),
    ...tlsFlags,
    matrix: toggle({ summary: 'the six services of the walkthrough, on real sockets' }),
    ...globalFlags,
  },
  examples: ['preference shop', 'preference shop --preference IPv6_ONLY', 'preference --matrix'],
  forms: {},
  async run({ words: { where, port }, flags, print }) {
    const chosen = flags.preference === undefined ? PREFERENCES : [flags.preference]
    if (flags.matrix) {
      const cells = await matrixOf(chosen)
      await print.answer(cells, (shown, style) => matrixText(shown, chosen, style))
      if (cells.some(({ agree }) => !agree)) throw new ExitWith(SOMETHING_FAILS)
      return
    }
    const place = onePlace([where ?? '', ...(port === undefined ? [] : [port])])
    const tried = await unlessInterrupted((signal) => tryWhere(place, chosen, flags, signal))
    const outcomes = tried.flat()
    await print.answer(outcomes, (shown, style) => {
      const rows = shown.map(({ place: at, preference: name, predicted, actual }) => [
        at,
        name,
        verdict(predicted),
        verdict(actual),
        actual.why,
      ])
      return tableText(
        ['Endpoint', 'Preference', { long: 'Predicted' }, { long: 'Tried' }, { long: 'Because' }],
        rows,
        style,
      )
    })
    const fails = chosen.length === 1 ? outcomes.some(({ actual }) => !actual.ok) : !tried.every(isAsPromised)
    if (fails || outcomes.length === 0) throw new ExitWith(SOMETHING_FAILS)
  },
})

async function tryWhere(where: string, chosen: readonly IpPreference[], flags: AimOptions, signal: AbortSignal) {
  const { places, clusters, trust, names } = await aimAt([where], flags)
  return Promise.all(
    places.map((place) =>
      tryPlace(place, chosen, {
        networkType: clusters.find(({ id }) => id === place.cluster)?.networkType,
        trust: trust.get(place.cluster ?? ''),
        names,
        signal,
      }),
    ),
  )
}

const verdict = ({ ok, failsAt, over }: PreferenceOutcome): string =>
  ok ? `works over IPv${over}` : failsAt.join(' + ')

interface Cell {
  readonly node: string
  readonly preference: IpPreference
  readonly predicted: readonly Hop[]
  readonly actual: readonly Hop[]
  readonly why: string
  readonly agree: boolean
}

async function matrixOf(chosen: readonly IpPreference[]): Promise<Cell[]> {
  const cells: Cell[] = []
  for (const preference of chosen) {
    for (const node of WALKTHROUGH) {
      const predicted = evaluatePreference(node, preference)
      const actual = await demonstrate(node, preference, systemClock)
      const agree = actual.failsAt.join() === predicted.failsAt.join() && (actual.answer === node.name) === predicted.ok
      cells.push({
        node: node.name,
        preference,
        predicted: predicted.failsAt,
        actual: actual.failsAt,
        why: predicted.why,
        agree,
      })
    }
  }
  return cells
}

function matrixText(cells: readonly Cell[], chosen: readonly IpPreference[], style: Style): string {
  const half = WALKTHROUGH.length / 2
  const parts = style.width < ONE_TABLE_WIDTH ? [WALKTHROUGH.slice(0, half), WALKTHROUGH.slice(half)] : [WALKTHROUGH]
  const tables = parts.map((nodes) => {
    const rows = chosen.map((preference) => [
      preference,
      ...cells
        .filter((cell) => cell.preference === preference && nodes.some(({ name }) => name === cell.node))
        .map(({ actual, node, agree }) => (actual.join(' + ') || node) + (agree ? '' : ' (!)')),
    ])
    const heads = nodes.map(
      ({ name, discovery, application }) => `${name} ${families(discovery)}/${families(application)}`,
    )
    return tableText(['preference', ...heads.map((long) => ({ long }))], rows, style)
  })
  return [...tables, HEADS_EXPLAINED, ...(chosen.includes('none') ? [NONE_EXPLAINED] : [])].join('\n')
}

const HEADS_EXPLAINED =
  'Heads: families in discovery / families the application accepts. Cells: the answer, or where the request fails.'

/** What all six services take side by side. */
const ONE_TABLE_WIDTH = 125

const families = (list: readonly Family[]): string => list.join('')

const NONE_EXPLAINED =
  'none: callers look for IPv6 first (Envoy AUTO), while a sidecar without a preference listens on IPv4 only: nodes with AAAA records fail. Any preference opens the listener to both. The walkthrough does not show this row; it follows from its first table.'
