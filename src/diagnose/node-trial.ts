import { elapsedMs, sleep, systemClock } from '../net/clock.ts'
import { overConnection, type Trouble } from '../net/connection.ts'
import { endpoint } from '../net/target.ts'
import { type AnswersDial, isWhole, linesIn, STATS_QUESTION } from './node-answers.ts'
import { type OwnTurns, watchOwnTurns } from './own-turns.ts'

/** What is asked. All is harmless: keys that can't exist are read, and nothing is written. */
export type Question =
  | 'version'
  /** Of one key. */
  | 'get'
  /** Of many long keys in one line of more than a segment. */
  | 'long-get'
  /** Many of them at once, in more than a segment. */
  | 'many-gets'
  /** Its answer takes more than a segment. */
  | 'stats'

export interface Turn {
  readonly question: Question
  /** Until its answer was whole, or until that was given up. */
  readonly ms: number
  /** The longest that this process was busy meanwhile: the answer may have waited as long to be read. */
  readonly busyMs?: number
  readonly answered: boolean
}

/** One connection, as far as it went. */
export interface TrialConnection {
  /** Until it stood, TLS included. */
  readonly connectMs?: number
  /** In order; after one that is not answered comes no other. */
  readonly turns: readonly Turn[]
  /** It was closed or reset before all was answered. */
  readonly cutOff?: true
  /** It could not be made, and why not: nothing was asked. */
  readonly notMade?: Trouble['kind']
  readonly sent: number
  readonly received: number
}

/** How a node serves several clients that ask this and that. JSON-able. */
export interface NodeTrial {
  readonly connections: readonly TrialConnection[]
}

/** Several of each question, at every turn; enough connections to see every third one fail twice. */
const SCRIPTS: readonly (readonly Question[])[] = [
  ['version', 'get', 'version', 'get'],
  ['get', 'version', 'get', 'version'],
  ['version', 'version', 'get', 'get'],
  ['get', 'get', 'version', 'version'],
  ['version', 'long-get', 'get'],
  ['get', 'many-gets', 'stats'],
]
/** Waited for longer: what comes late on this connection would have come on the others. */
const PATIENT_SCRIPT: readonly Question[] = ['version', 'get', 'stats']

/** Of each of many nodes: some of every question, before one looks closer. */
const FEW_SCRIPTS: typeof SCRIPTS = [
  ['version', 'get', 'version', 'get'],
  ['version', 'long-get', 'get'],
  ['get', 'many-gets', 'stats'],
]

/** As long a key as there may be is 250 bytes (protocol.txt); keys with this prefix are nobody's. */
const KEY = 'cachectl:no-such-key:'
const [LONG_KEYS, MANY_GETS] = [18, 60]

const ASKED: Readonly<Record<Question, { readonly text: string; readonly isWhole: (bytes: Buffer) => boolean }>> = {
  version: { text: 'version\r\n', isWhole: (bytes) => linesIn(bytes) >= 1 },
  get: { text: `get ${KEY}0\r\n`, isWhole },
  'long-get': {
    text: `get ${Array.from({ length: LONG_KEYS }, (_, at) => `${KEY}${at}:`.padEnd(240, 'x')).join(' ')}\r\n`,
    isWhole,
  },
  'many-gets': {
    text: Array.from({ length: MANY_GETS }, (_, at) => `get ${KEY}${at}\r\n`).join(''),
    isWhole: (bytes) => linesIn(bytes) >= MANY_GETS,
  },
  stats: { text: STATS_QUESTION, isWhole },
}

const BETWEEN_CONNECTIONS_MS = 20

export interface TrialDial extends AnswersDial {
  /** For one of the connections, which is to tell what is late from what never comes. Default 4000. */
  readonly latePatienceMs?: number
}

/** Tries each address once, however many places lead to it. Where there are `many`, those that are well with few connections. */
export function tryEachOnce(many = false): (dial: TrialDial) => Promise<NodeTrial> {
  const tried = new Map<string, Promise<NodeTrial>>()
  return (dial) => {
    const key = `${endpoint(dial.address, dial.port)} ${dial.tls ? 'TLS' : ''}`
    const trial = tried.get(key) ?? trySteadily(dial, many)
    tried.set(key, trial)
    return trial
  }
}

/** What looks slow is tried a second time: this process may have been busy itself. */
async function trySteadily(dial: TrialDial, many: boolean): Promise<NodeTrial> {
  const first = await tryNode(dial, many ? FEW_SCRIPTS : SCRIPTS)
  if (many && isOut(first)) return tryNode(dial)
  if (slowTurns(first) === 0) return first
  await sleep(dial.clock ?? systemClock, PAUSE_MS, dial.signal)
  const second = await tryNode(dial)
  return slowTurns(second) < slowTurns(first) ? second : first
}

const PAUSE_MS = 250
const UNREMARKABLE_MS = 200

/** Where questions stay unanswered there is more to tell than that others were late. */
const slowTurns = (trial: NodeTrial): number => {
  const turns = trial.connections.flatMap((connection) => connection.turns)
  const quick = Math.min(...turns.map(({ ms }) => ms))
  return isOut(trial) ? 0 : turns.filter(({ ms, busyMs = 0 }) => ms > UNREMARKABLE_MS + 2 * quick + busyMs).length
}

const isOut = ({ connections }: NodeTrial): boolean =>
  connections.some(({ notMade, turns }) => notMade || turns.some(({ answered }) => !answered))

/** Asks over several connections side by side. `timeoutMs` is for each of them, from its beginning. Never rejects. */
async function tryNode(dial: TrialDial, scripts = SCRIPTS): Promise<NodeTrial> {
  const { clock = systemClock, signal, timeoutMs = 2000, latePatienceMs = 4000 } = dial
  const ownTurns = watchOwnTurns(clock)
  const patient = { ...dial, timeoutMs: Math.max(timeoutMs, latePatienceMs) }
  const talks = [...scripts.map((script) => [script, dial] as const), [PATIENT_SCRIPT, patient] as const]
  const connections = await Promise.all(
    talks.map(async ([script, own], at) => {
      await sleep(clock, at * BETWEEN_CONNECTIONS_MS, signal)
      return converse(script, own, ownTurns)
    }),
  )
  ownTurns.end()
  return { connections }
}

async function converse(script: readonly Question[], dial: AnswersDial, ownTurns: OwnTurns): Promise<TrialConnection> {
  const { timeoutMs = 2000, clock = systemClock } = dial
  const begun = clock.monotonicMs()
  return overConnection({ ...dial, tls: dial.tls }, { ...dial, timeoutMs }, async (connection) => {
    const turns: Turn[] = []
    let [sent, received] = [0, 0]
    if (!('exchange' in connection)) return { turns, sent, received, notMade: connection.kind }
    const connectMs = elapsedMs(clock, begun)
    for (const question of script) {
      const { text, isWhole: isAnswer } = ASKED[question]
      const start = clock.monotonicMs()
      sent += text.length
      const answer = await connection.exchange(text, isAnswer)
      const isAnswered = Buffer.isBuffer(answer)
      received += isAnswered ? answer.length : answer.received.length
      const busyMs = Math.round(ownTurns.latestSince(start))
      turns.push({ question, ms: elapsedMs(clock, start), ...(busyMs > 0 && { busyMs }), answered: isAnswered })
      if (!isAnswered)
        return { connectMs, turns, sent, received, ...(answer.kind === 'reset' && { cutOff: true as const }) }
    }
    return { connectMs, turns, sent, received }
  })
}
