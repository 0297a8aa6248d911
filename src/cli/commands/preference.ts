import {
  evaluatePreference,
  type Hop,
  type IpPreference,
  PREFERENCES,
  type PreferenceOutcome,
  WALKTHROUGH,
} from '../../diagnose/preference.ts'
import { demonstrate } from '../../diagnose/preference-demo.ts'
import { isAsPromised, tryPlace } from '../../diagnose/preference-trial.ts'
import { systemClock } from '../../net/clock.ts'
import type { Family } from '../../net/target.ts'
import { BaseCommand, word } from '../base-command.ts'
import { onePlace } from '../clusters.ts'
import { text, toggle } from '../flags.ts'
import { globalFlags } from '../global-flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { styleHere } from '../output/people.ts'
import { tableText } from '../output/table.ts'
import type { FlagValues } from '../parse.ts'
import { ExitWith, usageProblem } from '../problem.ts'
import { forPeople, printLine } from '../terminal.ts'
import { aimAt, portArgs, tlsFlags } from './diagnose-places.ts'
import { choiceOf } from './engine-flags.ts'

const SOMETHING_FAILS = 1

export class Preference extends BaseCommand {
  static override summary = 'What each App Mesh IP preference would do with an endpoint, predicted and tried'
  static override description =
    'Two hops: discovery (is there an address of the family?) and application (does every address of the family answer `version`, over TLS where clients speak it?). Discovery may fall back to the other family, the application hop never does. --matrix plays the walkthrough with its six services on real loopback sockets. Exit code 1: the preference named fails; where none is named, one fails that DNS and network type promise to work, or all do.'
  static override args = {
    where: word('id of a cluster, name of a serverless cache, or host:port'),
    ...portArgs,
  }
  static override flags = {
    preference: text({ summary: `one of ${PREFERENCES.join(', ')} (default: all)`, helpValue: '<preference>' }),
    ...tlsFlags,
    matrix: toggle({ summary: 'the six services of the walkthrough, on real sockets' }),
    ...globalFlags,
  }
  static override examples = ['preference shop', 'preference shop --preference IPv6_ONLY', 'preference --matrix']

  async run(): Promise<void> {
    const { flags, words } = await this.read()
    const form = choiceOf(flags, 'output', ['text', 'json'], 'text')
    const chosen = flags.preference === undefined ? PREFERENCES : [choiceOf(flags, 'preference', PREFERENCES, 'none')]
    const { width } = await styleHere(flags)
    if (flags.matrix === true) return showMatrix(chosen, form, width)
    if (words.length === 0) throw usageProblem('the following arguments are required: <where>, or --matrix')
    const tried = await untilInterrupted((signal) => tryWhere(onePlace(words), chosen, flags, signal))
    const outcomes = tried.flat()
    if (form === 'json') printLine(JSON.stringify(outcomes, null, 4))
    else {
      const rows = forPeople(outcomes).map(({ place, preference, predicted, actual }) => [
        place,
        preference,
        verdict(predicted),
        verdict(actual),
        actual.why,
      ])
      printLine(await tableText(['Endpoint', 'Preference', 'Predicted', 'Tried', 'Because'], rows, width))
    }
    const fails = chosen.length === 1 ? outcomes.some(({ actual }) => !actual.ok) : !tried.every(isAsPromised)
    if (fails || outcomes.length === 0) throw new ExitWith(SOMETHING_FAILS)
  }
}

async function tryWhere(where: string, chosen: readonly IpPreference[], flags: FlagValues, signal: AbortSignal) {
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

async function showMatrix(chosen: readonly IpPreference[], form: 'text' | 'json', width: number): Promise<void> {
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
  if (form === 'json') printLine(JSON.stringify(cells, null, 4))
  else {
    const half = WALKTHROUGH.length / 2
    const tables = width < ONE_TABLE_WIDTH ? [WALKTHROUGH.slice(0, half), WALKTHROUGH.slice(half)] : [WALKTHROUGH]
    for (const nodes of tables) {
      const rows = chosen.map((preference) => [
        preference,
        ...cells
          .filter((cell) => cell.preference === preference && nodes.some(({ name }) => name === cell.node))
          .map(({ actual, node, agree }) => (actual.join(' + ') || node) + (agree ? '' : ' (!)')),
      ])
      const heads = nodes.map(
        ({ name, discovery, application }) => `${name} ${families(discovery)}/${families(application)}`,
      )
      printLine(await tableText(['preference', ...heads], rows, width))
    }
    printLine(
      'Heads: families in discovery / families the application accepts. Cells: the answer, or where the request fails.',
    )
    if (chosen.includes('none')) printLine(NONE_EXPLAINED)
  }
  if (cells.some(({ agree }) => !agree)) throw new ExitWith(SOMETHING_FAILS)
}

/** What all six services take side by side. */
const ONE_TABLE_WIDTH = 125

const families = (list: readonly Family[]): string => list.join('')

const NONE_EXPLAINED =
  'none: callers look for IPv6 first (Envoy AUTO), while a sidecar without a preference listens on IPv4 only: nodes with AAAA records fail. Any preference opens the listener to both. The walkthrough does not show this row; it follows from its first table.'
