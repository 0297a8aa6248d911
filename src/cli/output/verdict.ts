/** What the doctor says, on one screen: the first line and the last are the cause. */
import type { Finding } from '../../diagnose/finding.ts'
import {
  causeLines,
  cut,
  findingsText,
  headLine,
  type Look,
  type Matter,
  mattersOf,
  PLAIN,
  practicesText,
  rowsOf,
  shortLine,
} from './findings.ts'

export interface ToldVerdict {
  readonly findings: readonly Finding[]
  /** What was seen and has no cause that is known. */
  readonly unexplained: NonNullable<Finding['explains']>
  /** Nothing that was found, and something is broken all the same. */
  readonly unclear: boolean
  readonly practices: readonly Finding[]
  /** Places and what connects there: a table. */
  readonly places: readonly string[]
  /** Questions to the API that got no answer. */
  readonly notAsked: readonly string[]
}

export interface Told {
  readonly all: boolean
  readonly practices: boolean
}

/** Of a terminal of the usual size. */
const LINES = 24
/** Causes that are told in full, and other troubles that are told by a line. */
const [FULLY, BRIEFLY] = [3, 3]
const PLACES = 14

/** It takes part in the verdict. */
export const isProblem = ({ severity }: Finding): boolean => severity !== 'note'

/** Lines for people. Pure. */
export function verdictText(
  verdict: ToldVerdict,
  told: Told,
  look: Look & { readonly good: Look['faint'] } = { ...PLAIN, good: PLAIN.faint },
): string {
  const parts = told.all ? everything(verdict, look) : oneScreen(verdict, told, look)
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')
}

const UNCLEAR = 'Something is wrong, and no cause that is known here explains it:'

type Coloured = Parameters<typeof verdictText>[2] & {}

function opening(verdict: ToldVerdict, look: Coloured): string[] {
  if (verdict.unclear) return [look.bad(UNCLEAR)]
  return [look.good('Healthy: nothing stands between this host and the cache.')]
}

function everything(verdict: ToldVerdict, look: Coloured): string[][] {
  const { findings, practices, places } = verdict
  const [cause] = findings.filter(isProblem)
  const text = findings.length > 0 ? findingsText(findings, look).split('\n') : []
  return [
    ...(cause ? [text] : [opening(verdict, look)]),
    unexplainedLines(verdict, look, Number.POSITIVE_INFINITY),
    [...places],
    cause ? [] : text,
    practices.length > 0 ? practicesText(practices, look).split('\n') : [],
    notAskedLines(verdict, look),
    cause ? lastLines([[cause]], look) : [],
  ]
}

function oneScreen(verdict: ToldVerdict, told: Told, look: Coloured): string[][] {
  const { findings, practices, places } = verdict
  const notes = mattersOf(findings.filter((each) => !isProblem(each)))
  const good = told.practices && practices.length > 0 ? practicesText(practices, look).split('\n') : []
  const [main, rest] = shared(mattersOf(findings.filter(isProblem)))
  const hidden = [
    ...(rest.length > BRIEFLY ? [`${rest.length - BRIEFLY} more troubles`] : []),
    ...(notes.length > 0 && main.length > 0 ? [`${notes.length} to know`] : []),
  ]
  const hints = [
    ...(main.length > 0 ? [`--all: ${[...hidden, 'everything that was seen'].join(', ')}`] : []),
    ...(practices.length > 0 && !told.practices ? [`--practices: good practice (${practices.length})`] : []),
  ]
  const footer = hints.length > 0 ? [look.faint(cut(hints.join('; '), look.width))] : []
  if (main.length === 0) {
    const table = places.length > PLACES ? [...places.slice(0, PLACES), look.faint('...all: --all')] : [...places]
    const known = notes.slice(0, BRIEFLY).map(([note]) => shortLine(note, look))
    const odd = unexplainedLines(verdict, look, BRIEFLY)
    return [opening(verdict, look), odd, table, known, good, notAskedLines(verdict, look), footer]
  }
  const also = rest.slice(0, BRIEFLY).map(([each]) => shortLine(each, look))
  const after = [
    also.length > 0 ? ['Also:', ...also] : [],
    unexplainedLines(verdict, look, 2),
    good,
    [...notAskedLines(verdict, look), ...footer, ...lastLines(main, look)],
  ]
  const used = after.reduce((sum, part) => sum + (part.length > 0 ? rowsOf(part, look.width) + 1 : 0), 0)
  const blocks = main.map((matter) => fitted(matter, look, Math.max(8, Math.floor((LINES - used) / main.length) - 1)))
  return [...blocks, ...after]
}

/** Those as grave as the first are causes of their own. */
function shared(matters: readonly Matter[]): [main: Matter[], rest: Matter[]] {
  const [first] = matters
  const main = matters.filter(([{ severity }]) => severity === first?.[0].severity).slice(0, FULLY)
  return [main, matters.filter((each) => !main.includes(each))]
}

/** Consequences that are told, and the source: what follows from a cause tells more than where it is known from. */
const EXTENTS = [
  ...[5, 4, 3].map((consequences) => ({ consequences, source: true })),
  ...[5, 4, 3, 2].map((consequences) => ({ consequences, source: false })),
]

/** With as much of what belongs to it as there is room for. */
function fitted(matter: Matter, look: Look, room: number): string[] {
  const told = EXTENTS.map((extent) => causeLines(matter, look, { ...extent, subjects: 4 }))
  const least = causeLines(matter, look, { consequences: 1, source: false, subjects: 2 })
  return told.find((lines) => rowsOf(lines, look.width) <= room) ?? least
}

function unexplainedLines({ unexplained }: ToldVerdict, { width }: Look, most: number): string[] {
  if (unexplained.length === 0) return []
  const told = unexplained.slice(0, most).map(({ sentence }) => cut(`  ${sentence}`, width))
  const more = unexplained.length - told.length
  return ['Not explained:', ...told, ...(more > 0 ? [`  and ${more} more: --all`] : [])]
}

const notAskedLines = ({ notAsked }: ToldVerdict, { faint, width }: Look): string[] =>
  notAsked.length > 0 ? [faint(cut(`Not asked: ${notAsked.join(', ')}`, width))] : []

const lastLines = (main: readonly Matter[], look: Look): string[] => main.map(([cause]) => headLine(cause, look))
