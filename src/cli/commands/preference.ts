import { systemClock } from '../../diagnose/clock.ts'
import { attemptConnect } from '../../diagnose/connect.ts'
import {
  evaluatePreference,
  type Hop,
  type IpPreference,
  PREFERENCE_TABLE,
  PREFERENCES,
  type PreferenceOutcome,
  WALKTHROUGH,
} from '../../diagnose/preference.ts'
import { demonstrate } from '../../diagnose/preference-demo.ts'
import { resolveTarget } from '../../diagnose/resolve.ts'
import { endpoint, type Family } from '../../diagnose/target.ts'
import { BaseCommand, word } from '../base-command.ts'
import { onePlace } from '../clusters.ts'
import { text, toggle } from '../flags.ts'
import { globalFlags } from '../global-flags.ts'
import { untilInterrupted } from '../interrupt.ts'
import { styleHere } from '../output/people.ts'
import { tableText } from '../output/table.ts'
import type { FlagValues } from '../parse.ts'
import { ExitWith, usageProblem } from '../problem.ts'
import { printLine } from '../terminal.ts'
import { aimAt, portArgs } from './diagnose-places.ts'
import { choiceOf } from './engine-flags.ts'

const SOMETHING_FAILS = 1

export class Preference extends BaseCommand {
  static override summary = 'What each App Mesh IP preference would do with an endpoint, predicted and tried'
  static override description =
    'Two hops: discovery (is there an address of the family?) and application (is it answered?). Discovery may fall back to the other family, the application hop never does. --matrix plays the walkthrough with its six services on real loopback sockets.'
  static override args = {
    where: word('id of a cluster, name of a serverless cache, or host:port'),
    ...portArgs,
  }
  static override flags = {
    preference: text({ summary: `one of ${PREFERENCES.join(', ')} (default: all)`, helpValue: '<preference>' }),
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
    const outcomes = await untilInterrupted(() => tryPlace(onePlace(words), chosen, flags))
    if (form === 'json') printLine(JSON.stringify(outcomes, null, 4))
    else {
      const rows = outcomes.map(({ place, preference, predicted, actual }) => [
        place,
        preference,
        verdict(predicted),
        verdict(actual),
        actual.why,
      ])
      printLine(await tableText(['Endpoint', 'Preference', 'Predicted', 'Tried', 'Because'], rows, width))
    }
    if (outcomes.some(({ actual }) => !actual.ok) && chosen.length === 1) throw new ExitWith(SOMETHING_FAILS)
  }
}

interface Tried {
  readonly place: string
  readonly preference: IpPreference
  readonly lookupFamily: string
  /** If every family that DNS (or the cluster's network type) promises were served. */
  readonly predicted: PreferenceOutcome
  /** With the families that really answered. */
  readonly actual: PreferenceOutcome
}

async function tryPlace(where: string, chosen: readonly IpPreference[], flags: FlagValues): Promise<Tried[]> {
  const { places, clusters, names } = await aimAt([where], flags)
  const looked = await Promise.all(
    places.map(async (place) => {
      const lookup = await resolveTarget(place.host, names ? { names } : {})
      const addresses = lookup.ok ? lookup.addresses : []
      const attempts = await Promise.all(addresses.map(({ address }) => attemptConnect({ address, port: place.port })))
      const discovery = [...new Set(addresses.map(({ family }) => family))]
      const answered = [
        ...new Set(attempts.flatMap(({ outcome, family }) => (outcome === 'connected' ? [family] : []))),
      ]
      const declared = clusters.find(({ id }) => id === place.cluster)?.networkType
      return {
        place: endpoint(place.host, place.port),
        discovery,
        promised: promisedBy(declared) ?? discovery,
        answered,
      }
    }),
  )
  return looked.flatMap(({ place, discovery, promised, answered }) =>
    chosen.map((preference) => ({
      place,
      preference,
      lookupFamily: PREFERENCE_TABLE[preference].lookupFamily,
      predicted: evaluatePreference({ discovery, application: promised }, preference),
      actual: evaluatePreference({ discovery, application: answered }, preference),
    })),
  )
}

function promisedBy(networkType: 'ipv4' | 'ipv6' | 'dual_stack' | undefined): readonly Family[] | undefined {
  if (networkType === undefined) return undefined
  return networkType === 'dual_stack' ? [4, 6] : networkType === 'ipv6' ? [6] : [4]
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
