/** Findings for people: the one cause first, what else was seen after it. */
import type { Finding } from '../../diagnose/finding.ts'

const WORDS: Readonly<Record<Finding['severity'], string>> = { failure: 'FAILS', warning: 'WARN', note: 'note' }

/** Several findings of one rule are one matter: told once, with the other subjects after it. */
export function findingsText(findings: readonly Finding[]): string {
  const matters = [...new Map(findings.map((each) => [each.id, findings.filter(({ id }) => id === each.id)])).values()]
  const problems = matters.filter(([first]) => first?.severity !== 'note')
  const notes = matters.filter(([first]) => first?.severity === 'note')
  const [cause, ...rest] = problems
  const [first] = cause ?? []
  return [
    ...(cause && first ? [`Cause: ${first.sentence} [${first.id}]`, ...details(cause)] : []),
    ...(rest.length > 0 ? ['', 'Also:', ...rest.flatMap(block)] : []),
    ...(notes.length > 0 ? [...(cause ? [''] : []), 'To know:', ...notes.flatMap(block)] : []),
  ].join('\n')
}

function block(matter: readonly Finding[]): string[] {
  const [first] = matter
  return first ? [`${WORDS[first.severity]} [${first.id}] ${first.sentence}`, ...details(matter)] : []
}

function details([first, ...others]: readonly Finding[]): string[] {
  if (!first) return []
  const subjects = [...new Set(others.map(({ subject }) => subject))].filter((subject) => subject !== first.subject)
  return [
    ...(subjects.length > 0 ? [`  The same: ${subjects.join(', ')}`] : []),
    `  Fix:  ${first.hint}`,
    ...(first.evidence ? [`  See:  ${first.evidence}`] : []),
  ]
}
