/** Findings for people: the one cause first, what else was seen after it. */
import type { Finding } from '../../diagnose/finding.ts'
import type { Style } from './style.ts'

const WORDS: Readonly<Record<Finding['severity'], string>> = { failure: 'FAILS', warning: 'WARN', note: 'note' }

const SUBJECTS_TOLD = 7

type Look = Pick<Style, 'width' | 'faint' | 'strong' | 'bad' | 'busy'>

const same = (text: string): string => text
const PLAIN: Look = { width: Number.POSITIVE_INFINITY, faint: same, strong: same, bad: same, busy: same }

/** Several findings of one rule are one matter: told once, with the other subjects after it. */
export function findingsText(findings: readonly Finding[], look: Look = PLAIN): string {
  const matters = [...new Map(findings.map((each) => [each.id, findings.filter(({ id }) => id === each.id)])).values()]
  const problems = matters.filter(([first]) => first?.severity !== 'note')
  const notes = matters.filter(([first]) => first?.severity === 'note')
  const [cause, ...rest] = problems
  const [first] = cause ?? []
  return [
    ...(cause && first ? [...causeLines(first, look), ...details(cause, look)] : []),
    ...(rest.length > 0 ? ['', 'Also:', ...rest.flatMap((matter) => block(matter, look))] : []),
    ...(notes.length > 0
      ? [...(cause ? [''] : []), 'To know:', ...notes.flatMap((matter) => block(matter, look))]
      : []),
  ].join('\n')
}

function causeLines({ severity, sentence, id }: Finding, { width, strong, bad, busy }: Look): string[] {
  const mark = severity === 'failure' ? bad : busy
  const [head = '', ...more] = wrapped(`Cause: ${sentence} [${id}]`, width, '  ')
  return [`${mark('Cause:')}${strong(head.slice('Cause:'.length))}`, ...more.map((line) => strong(line))]
}

/** What the guide advises, one line of what is so and one of what to do. Nothing is broken. */
export function practicesText(advices: readonly Finding[], { width, faint }: Look = PLAIN): string {
  if (advices.length === 0) return ''
  const lines = advices.flatMap(({ id, sentence, hint }) => [
    ...wrapped(`${id} ${sentence}`, width, '    ', '  '),
    ...wrapped(`-> ${hint}`, width, '       ', '    '),
  ])
  return ['Good practice (nothing is broken):', ...lines].map((line) => faint(line)).join('\n')
}

function block(matter: readonly Finding[], look: Look): string[] {
  const [first] = matter
  if (!first) return []
  const head = wrapped(`${WORDS[first.severity]} [${first.id}] ${first.sentence}`, look.width, '  ')
  return [...head, ...details(matter, look)]
}

function details([first, ...others]: readonly Finding[], { width, faint }: Look): string[] {
  if (!first) return []
  const subjects = [...new Set(others.map(({ subject }) => subject))].filter((subject) => subject !== first.subject)
  return [
    ...(subjects.length > 0 ? wrapped(`  The same: ${shortened(subjects)}`, width, '        ') : []),
    ...wrapped(`  Fix:  ${first.hint}`, width, '        '),
    // To be pasted: never cut.
    ...(first.evidence ? [`  See:  ${first.evidence}`] : []),
    ...(first.source ? wrapped(`  From: ${first.source}`, width, '        ').map((line) => faint(line)) : []),
  ]
}

/** Where a whole cluster is meant, the rest need not be read. */
function shortened(subjects: readonly string[]): string {
  if (subjects.length <= SUBJECTS_TOLD) return subjects.join(', ')
  const told = subjects.slice(0, SUBJECTS_TOLD - 1)
  return `${told.join(', ')} and ${subjects.length - told.length} more`
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
