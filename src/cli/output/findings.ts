/** Findings for people: what is the cause first, what follows from it folded under it. */
import type { Finding } from '../../diagnose/finding.ts'
import type { Style } from './style.ts'

export type Look = Pick<Style, 'width' | 'faint' | 'strong' | 'bad' | 'busy'>

const same = (text: string): string => text
export const PLAIN: Look = { width: Number.POSITIVE_INFINITY, faint: same, strong: same, bad: same, busy: same }

const WORDS: Readonly<Record<Finding['severity'], string>> = { failure: 'FAILS', warning: 'WARN', note: 'note' }

/** Several findings of one cause: told once, with the other subjects after it. */
export type Matter = readonly [Finding, ...Finding[]]

export function mattersOf(findings: readonly Finding[]): Matter[] {
  const matters = new Map<string, [Finding, ...Finding[]]>()
  for (const finding of findings) {
    const known = matters.get(finding.id)
    if (known) known.push(finding)
    else matters.set(finding.id, [finding])
  }
  return [...matters.values()]
}

/** All of them, with all that is known of each. */
export function findingsText(findings: readonly Finding[], look: Look = PLAIN): string {
  const matters = mattersOf(findings)
  const [cause, ...rest] = matters.filter(([{ severity }]) => severity !== 'note')
  const notes = matters.filter(([{ severity }]) => severity === 'note')
  return [
    ...(cause ? causeLines(cause, look) : []),
    ...(rest.length > 0 ? ['', 'Also:', ...rest.flatMap((matter) => matterLines(matter, look))] : []),
    ...(notes.length > 0
      ? [...(cause ? [''] : []), 'To know:', ...notes.flatMap((matter) => matterLines(matter, look))]
      : []),
  ].join('\n')
}

/** How much of a matter is told. */
export interface Extent {
  /** Consequences that are told by a line each. */
  readonly consequences?: number
  /** Subjects that are named. */
  readonly subjects?: number
  /** Where the knowledge comes from, too. */
  readonly source?: boolean
}

/** The cause, and what belongs to it. */
export function causeLines(matter: Matter, look: Look, extent?: Extent): string[] {
  return [...headLines(matter[0], look), ...detailLines(matter, look, extent)]
}

/** `Cause: ... [R05]`, on as many lines as it needs. */
function headLines({ severity, sentence, id }: Finding, { width, strong, bad, busy }: Look): string[] {
  const mark = severity === 'failure' ? bad : busy
  const [head = '', ...more] = wrapped(`Cause: ${sentence} [${id}]`, width, '  ')
  return [`${mark('Cause:')}${strong(head.slice('Cause:'.length))}`, ...more.map((line) => strong(line))]
}

/** The same on one line, cut where it is longer than the screen is wide. */
export function headLine({ severity, sentence, id }: Finding, { width, strong, bad, busy }: Look): string {
  const mark = severity === 'failure' ? bad : busy
  const room = width - 'Cause:'.length
  const end = ` [${id}]`
  const told = sentence.length + 1 + end.length > room ? withShortNames(sentence) : sentence
  return `${mark('Cause:')}${strong(cut(` ${told}`, room, end))}`
}

/** What all names of endpoints have in common tells nothing. */
const withShortNames = (text: string): string =>
  text.replace(/\.[a-z0-9]+\.cache\.(amazonaws\.com(\.cn)?|cachectl\.test)\b(:\d+)?/g, '...')

/** `WARN [S02] ...` on one line. */
export const shortLine = ({ severity, sentence, id }: Finding, { width }: Look): string =>
  cut(`${WORDS[severity]} [${id}] ${sentence}`, width)

/** What the guide advises, one line of what is so and one of what to do. Nothing is broken. */
export function practicesText(advices: readonly Finding[], { width, faint }: Look = PLAIN): string {
  if (advices.length === 0) return ''
  const lines = advices.flatMap(({ id, sentence, hint }) => [
    ...wrapped(`${id} ${sentence}`, width, '    ', '  '),
    ...wrapped(`-> ${hint}`, width, '       ', '    '),
  ])
  return ['Good practice (nothing is broken):', ...lines].map((line) => faint(line)).join('\n')
}

function matterLines(matter: Matter, look: Look): string[] {
  const [{ severity, id, sentence }] = matter
  return [...wrapped(`${WORDS[severity]} [${id}] ${sentence}`, look.width, '  '), ...detailLines(matter, look)]
}

const HANG = '        '
const ALL = Number.POSITIVE_INFINITY

function detailLines(
  [first, ...others]: Matter,
  { width, faint }: Look,
  { consequences = ALL, subjects: most = SUBJECTS_TOLD, source = true }: Extent = {},
): string[] {
  const subjects = [...new Set(others.map(({ subject }) => subject))].filter((subject) => subject !== first.subject)
  const labelled = (label: string, text: string): string[] => wrapped(`  ${label.padEnd(5)} ${text}`, width, HANG)
  return [
    ...(subjects.length > 0 ? wrapped(`  The same: ${shortened(subjects, most)}`, width, HANG) : []),
    ...fixLines(first, labelled),
    // To be pasted: never cut.
    ...(first.evidence ? [`  See:  ${first.evidence}`] : []),
    ...(first.check ? [`  Then: ${first.check}`] : []),
    ...consequenceLines([first, ...others], consequences, width),
    ...(first.rivals ?? []).flatMap(({ id, sentence, evidence, saw }) => [
      ...labelled('Or:', `${sentence} [${id}] It can't be told from here.`),
      ...(evidence ? [`${HANG}${evidence}`] : []),
      ...(saw ? wrapped(`${HANG}It was run, and told: ${saw}`, width, HANG) : []),
    ]),
    ...(first.source && source ? labelled('From:', first.source).map((line) => faint(line)) : []),
  ]
}

/** A command to paste has a line of its own, which is never cut. */
function fixLines({ hint, fix }: Finding, labelled: (label: string, text: string) => string[]): string[] {
  const at = fix === undefined ? -1 : hint.indexOf(fix)
  if (fix === undefined || at < 0) return labelled('Fix:', hint)
  const [say, then] = [hint.slice(0, at).trim(), hint.slice(at + fix.length).trim()]
  const told = say === '' ? [`  Fix:  ${fix}`] : [...labelled('Fix:', say), `${HANG}${fix}`]
  return [...told, ...(then === '' ? [] : labelled('', then))]
}

/** What follows, but for what says the same as the cause. */
function consequencesOf(matter: Matter): string[] {
  const subjects = new Set(matter.map(({ subject }) => subject))
  return [
    ...new Set(
      matter.flatMap(({ explains = [], sentence }) =>
        explains.flatMap((sign) => (subjects.has(sign.at) || sign.sentence === sentence ? [] : [sign.sentence])),
      ),
    ),
  ]
}

function consequenceLines(matter: Matter, most: number, width: number): string[] {
  const all = consequencesOf(matter)
  const told = all.length <= most ? all : all.slice(0, Math.max(0, most - 1))
  const more = all.length - told.length
  const lines = [...told, ...(more > 0 ? [told.length > 0 ? `and ${more} more` : `${more} that follow from it`] : [])]
  return lines.map((line, index) => cut(`${index === 0 ? '  So:   ' : HANG}${line}`, width))
}

const SUBJECTS_TOLD = 7

/** Where a whole cluster is meant, the rest need not be read. */
function shortened(subjects: readonly string[], most: number): string {
  if (subjects.length <= most) return subjects.join(', ')
  const told = subjects.slice(0, most - 1)
  return `${told.join(', ')} and ${subjects.length - told.length} more`
}

/** Rows of a screen that lines take: commands to paste are longer than it is wide now and then. */
export const rowsOf = (lines: readonly string[], width: number): number =>
  lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / width)), 0)

/** One line of so many columns; what stands at its end stays. */
export function cut(text: string, width: number, end = ''): string {
  const room = width - end.length
  return text.length <= room ? `${text}${end}` : `${text.slice(0, Math.max(0, room - 3)).trimEnd()}...${end}`
}

/** Words of a line, on as many lines as they need. */
function wrapped(text: string, width: number, hang: string, lead = ''): string[] {
  const lines: string[] = []
  let line = lead
  for (const word of text.split(/(?<=\S) /)) {
    const longer = line.trim() === '' ? `${line}${word}` : `${line} ${word}`
    if (longer.length <= width || line.trim() === '') line = longer
    else {
      lines.push(line)
      line = `${hang}${word}`
    }
  }
  return [...lines, line]
}
