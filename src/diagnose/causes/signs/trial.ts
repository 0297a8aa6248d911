/** What shows at an address once the first answer has come: in a trial with several clients' worth of questions. */
import type { AddressEvidence, Evidence, Place } from '../../evidence.ts'
import type { NodeTrial, Question, TrialConnection, Turn } from '../../node-trial.ts'
import { percentile } from '../../statistics.ts'
import { areSiblings, at, byPlace, connectMs, isAlive, shortReplyMs, who } from '../places.ts'
import type { Sign, SignKind } from '../sign.ts'

interface Row {
  readonly kind: SignKind
  readonly is: (one: AddressEvidence) => boolean
  readonly words: (one: AddressEvidence) => string
}

const ROWS: readonly Row[] = [
  {
    kind: 'mute-on-data',
    is: isMuteOnData,
    words: () => 'answers `version`, and no request for data',
  },
  {
    kind: 'cut-off',
    is: isCutOff,
    words: (one) => `ends connections in the middle, after ${cutAfter(one)} bytes at the earliest`,
  },
  {
    kind: 'answers-lost',
    is: (one) => !isMuteOnData(one) && losesAnswers(one),
    words: (one) => `leaves questions unanswered on ${stuck(one).length} of ${tried(one).length} connections`,
  },
  {
    kind: 'some-fail',
    is: (one) => !isMuteOnData(one) && failsSome(one),
    words: (one) =>
      `serves ${tried(one).length - failed(one).length} of ${tried(one).length} connections, not the rest`,
  },
  {
    kind: 'late-on-data',
    is: isLateOnData,
    words: (one) => `answers \`version\` at once, and requests for data after ${Math.round(dataMs(one))} ms`,
  },
  {
    kind: 'queues',
    is: queues,
    words: () => 'answers one client at once, and lets everything wait as soon as more is asked',
  },
  {
    kind: 'uneven',
    is: (one) => !losesAnswers(one) && !isMuteOnData(one) && !isLateOnData(one) && isUneven(one),
    words: (one) => `answers some questions at once and ${lateTurns(one).length} of ${shortTurns(one).length} late`,
  },
]

/** Signs of single addresses, and of the nodes of a cluster beside each other. */
export const trialSigns = (evidence: Evidence): Sign[] => [
  ...ROWS.flatMap(({ kind, is, words }) =>
    evidence.addresses
      .filter((one) => one.trial !== undefined && is(one))
      .map((one) => ({ kind, at: at(one), sentence: `${who(one)} ${words(one)}`, address: one })),
  ),
  ...fartherSigns(evidence),
]

/** Those that this host could not make tell nothing of the other end. */
export const tried = ({ trial }: { readonly trial?: NodeTrial }): readonly TrialConnection[] =>
  trial?.connections.filter(({ notMade }) => notMade === undefined || !OF_THIS_HOST.has(notMade)) ?? []

const OF_THIS_HOST: ReadonlySet<string> = new Set(['ports-exhausted', 'no-source-address', 'local-error', 'aborted'])

const SHORT: ReadonlySet<Question> = new Set(['version', 'get'])
const turnsOf = (one: AddressEvidence): Turn[] => tried(one).flatMap(({ turns }) => turns)
export const shortTurns = (one: AddressEvidence): Turn[] => turnsOf(one).filter(({ question }) => SHORT.has(question))

/** Not one of several short requests for data was answered, and all other questions were. */
function isMuteOnData(one: AddressEvidence): boolean {
  const turns = shortTurns(one)
  const data = turns.filter(({ question }) => question === 'get')
  const others = turns.filter(({ question }) => question === 'version')
  return (
    data.length >= SEVERAL &&
    data.every(({ answered }) => !answered) &&
    others.length > 0 &&
    others.every(({ answered }) => answered)
  )
}

const SEVERAL = 3
/** One may be chance. */
const TWICE = 2

const isServed = ({ turns }: TrialConnection): boolean => turns[0]?.answered === true
const last = ({ turns }: TrialConnection): Turn | undefined => turns.at(-1)

/** Closed or reset by the other end after it had answered something. */
const cut = (one: AddressEvidence): TrialConnection[] =>
  tried(one).filter((connection) => connection.cutOff && isServed(connection))

function isCutOff(one: AddressEvidence): boolean {
  const { cutOff = 0, received = 0 } = one.answers?.bulk ?? {}
  return cut(one).length + (received > 0 ? cutOff : 0) >= TWICE
}

/** Bytes of both directions on the connection that ended soonest; of answers, where that was one long exchange. */
export const cutAfter = (one: AddressEvidence): number => {
  const sums = cut(one).map(({ sent, received }) => sent + received)
  return sums.length > 0 ? Math.min(...sums) : (one.answers?.bulk?.received ?? 0)
}

/** Its last question was waited for less than another answer took to come: that one is late, and not lost. */
const isLate = (one: AddressEvidence, { turns, cutOff }: TrialConnection): boolean => {
  const { answered = true, ms = 0 } = turns.at(-1) ?? {}
  return !answered && !cutOff && turnsOf(one).some((other) => other.answered && other.ms > ms)
}

/**
 * Answered first, then a question is left unanswered, and the connection stays. Long ones count where other long
 * exchanges pass: the way is no reason then.
 */
export const stuck = (one: AddressEvidence): TrialConnection[] => {
  const passes = one.answers?.bulk?.complete === true
  return tried(one).filter((connection) => {
    const turn = last(connection)
    return (
      isServed(connection) &&
      !connection.cutOff &&
      turn?.answered === false &&
      !isLate(one, connection) &&
      (SHORT.has(turn.question) || passes)
    )
  })
}

const losesAnswers = (one: AddressEvidence): boolean => stuck(one).length >= TWICE

/** Not one question of theirs was answered. */
export const failed = (one: AddressEvidence): TrialConnection[] =>
  tried(one).filter((connection) => !isServed(connection) && !isLate(one, connection))

/** What hangs up or can't be reached is no chance; what keeps silent may be, once. */
function failsSome(one: AddressEvidence): boolean {
  const failing = failed(one)
  const some = failing.some(({ cutOff, notMade }) => cutOff || notMade === 'reset') || failing.length >= TWICE
  return some && tried(one).some(isServed)
}

/** A lost packet is sent again after 200 ms and what the way takes. */
const LATE_MS = 250
const LATE_SHARE = 0.15
/** An answer may wait for this process once as it is asked for, and once more as it is read. */
const BUSY_TURNS = 2

/** Of short answers that came, or would have come. */
const waitsFor = (one: AddressEvidence, ...asked: readonly Question[]): Turn[] =>
  tried(one).flatMap((connection) =>
    connection.turns.filter(
      ({ question, answered }) => asked.includes(question) && (answered || isLate(one, connection)),
    ),
  )

const shortWaits = (one: AddressEvidence): Turn[] => waitsFor(one, ...SHORT)
const msOf = ({ ms }: Turn): number => ms

/** The soonest that a request for data was answered. */
export const dataMs = (one: AddressEvidence): number => Math.min(...dataAnswers(one).map(msOf))
const dataAnswers = (one: AddressEvidence): Turn[] =>
  turnsOf(one).filter(({ question, answered }) => question === 'get' && answered)
export const versionMs = (one: AddressEvidence): number => median(waitsFor(one, 'version').map(msOf)) ?? 0

/** Later than this process can have made it. */
const isLaterThan =
  (most: number) =>
  ({ ms, busyMs = 0 }: Pick<Turn, 'ms' | 'busyMs'>): boolean =>
    ms > most + BUSY_TURNS * busyMs

/** Each of several requests for data was late, and answers to other questions were not. */
function isLateOnData(one: AddressEvidence): boolean {
  const isEnough = waitsFor(one, 'get').length >= SEVERAL && waitsFor(one, 'version').length >= SEVERAL
  return isEnough && dataAnswers(one).length > 0 && dataAnswers(one).every(isLaterThan(LATE_MS + 5 * versionMs(one)))
}

export const lateTurns = (one: AddressEvidence): number[] => {
  const waits = shortWaits(one)
  // Not the quickest of all: a busy host delays most of them somewhat.
  const quick = waits.map(msOf).sort((a, b) => a - b)[Math.floor(waits.length / 3)] ?? 0
  return waits.filter(isLaterThan(Math.max(LATE_MS + 2 * quick, 5 * quick))).map(msOf)
}

/** Whether it is the first answer on each connection that is late, and no other. */
export function isLateAtFirst(one: AddressEvidence): boolean {
  const late = lateTurns(one)
  const firsts = tried(one).flatMap(({ turns: [first] }) => (first ? [first.ms] : []))
  return firsts.length === late.length && firsts.every((ms) => late.includes(ms))
}

function isUneven(one: AddressEvidence): boolean {
  const [late, all] = [lateTurns(one).length, shortWaits(one).length]
  return late >= SEVERAL && late >= all * LATE_SHARE && late < all
}

/** What many wait for at once, with so little asked. */
const QUEUED_MS = 100
const QUEUED_SHARE = 0.6

/**
 * While many questions and their answers pass, everything beside them is late, new connections included, and some of it
 * comes; before, it was quick. What is lost at times leaves most as quick as it was.
 */
function queues(one: AddressEvidence): boolean {
  const { received = 0, complete = false, ms = 0 } = one.answers?.bulk ?? {}
  if (received === 0 || (complete && ms < SEVERAL * QUEUED_MS)) return false
  const connecting = tried(one).flatMap(({ connectMs: ms, notMade }) =>
    ms !== undefined || notMade === 'timeout' ? [{ ms: ms ?? Number.POSITIVE_INFINITY }] : [],
  )
  const isLateAnswer = isLaterThan(QUEUED_MS + 3 * shortReplyMs(one))
  // Of what was given up before it was late nothing is known.
  const asking = shortTurns(one).filter((turn) => turn.answered || isLateAnswer(turn))
  const late = [...connecting.filter(isLaterThan(QUEUED_MS + 5 * connectMs(one))), ...asking.filter(isLateAnswer)]
  return late.length >= (connecting.length + asking.length) * QUEUED_SHARE && late.length >= tried(one).length
}

/** The zones of a region are a few milliseconds apart. */
const FAR_MS = 10
/** Answers alone are late by less on a host that has much else to do. */
const SLOW_MS = 35
const MUCH_FARTHER = 5
const SEVERAL_OTHERS = 2

export interface Distance {
  readonly place: Place
  readonly own: readonly AddressEvidence[]
  /** The quickest connection, and the quickest of all short answers. */
  readonly connectMs: number
  readonly answerMs: number
}

/** Nodes that answer at all their addresses. */
export const distancesIn = (evidence: Evidence): Distance[] =>
  byPlace(evidence).flatMap(([place, own]) => {
    const answers = own.map((one) =>
      Math.min(...shortWaits(one).map(msOf), shortReplyMs(one) || Number.POSITIVE_INFINITY),
    )
    const nearest = { connectMs: Math.min(...own.map(connectMs)), answerMs: Math.min(...answers) }
    return own.every(isAlive) && Number.isFinite(nearest.answerMs) ? [{ place, own, ...nearest }] : []
  })

/** How far the other nodes of its cluster usually are; of places that were given together, if there are several others. */
export function usualOf(
  node: Distance,
  nodes: readonly Distance[],
): Pick<Distance, 'connectMs' | 'answerMs'> | undefined {
  const others = nodes.filter(({ own }) => own.some((one) => node.own.some((each) => areSiblings(one, each))))
  if (node.place.cluster === undefined && others.length < SEVERAL_OTHERS) return undefined
  const [connects, answers] = [median(others.map((one) => one.connectMs)), median(others.map((one) => one.answerMs))]
  return connects === undefined || answers === undefined ? undefined : { connectMs: connects, answerMs: answers }
}

const isMuchMore = (ms: number, usual: number, by = FAR_MS): boolean => ms >= by + usual && ms >= MUCH_FARTHER * usual

/** Whether its packets take longer, or its answers alone. */
export const isFartherAway = (node: Distance, usual: Pick<Distance, 'connectMs'>): boolean =>
  isMuchMore(node.connectMs, usual.connectMs)

/** Nodes of a cluster whose answers take much longer than those of the others. */
function fartherSigns(evidence: Evidence): Sign[] {
  const nodes = distancesIn(evidence)
  return nodes.flatMap((node) => {
    const usual = usualOf(node, nodes)
    if (!usual) return []
    const [quickest] = node.own.flatMap(shortWaits).sort((a, b) => a.ms - b.ms)
    const by = isFartherAway(node, usual) ? FAR_MS : Math.max(SLOW_MS, FAR_MS + (quickest?.busyMs ?? 0))
    if (!isMuchMore(node.answerMs, usual.answerMs, by)) return []
    return node.own.map((one) => ({
      kind: 'farther' as const,
      at: at(one),
      sentence: `${who(one)} answers after ${Math.round(node.answerMs)} ms, the other nodes after ${usual.answerMs.toFixed(1)} ms`,
      address: one,
    }))
  })
}

/** Undefined of nothing. */
export const median = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : percentile(values, 50)
