/** Findings for people: the one cause first, what else was seen after it. */
import type { Finding } from '../../diagnose/finding.ts'

const WORDS: Readonly<Record<Finding['severity'], string>> = { failure: 'FAILS', warning: 'WARN', note: 'note' }

export function findingsText(findings: readonly Finding[]): string {
  const [first, ...rest] = findings.filter(({ severity }) => severity !== 'note')
  const notes = findings.filter(({ severity }) => severity === 'note')
  return [
    ...(first ? [`Cause: ${first.sentence} [${first.id}]`, ...details(first)] : []),
    ...(rest.length > 0 ? ['', 'Also:', ...rest.flatMap(block)] : []),
    ...(notes.length > 0 ? ['', 'To know:', ...notes.flatMap(block)] : []),
  ].join('\n')
}

const block = (finding: Finding): string[] => [
  `${WORDS[finding.severity]} [${finding.id}] ${finding.sentence}`,
  ...details(finding),
]

const details = ({ hint, evidence }: Finding): string[] => [
  `  Fix:  ${hint}`,
  ...(evidence ? [`  See:  ${evidence}`] : []),
]
