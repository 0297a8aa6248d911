/** A verdict as JUnit's XML, which CI shows as it shows tests: a test case a rule. Pure. */
import type { Cause } from './causes/index.ts'
import { escaped } from './escaped.ts'
import type { Finding } from './finding.ts'

/** From the gravest on. */
export const SEVERITIES = ['failure', 'warning', 'note'] as const satisfies readonly Finding['severity'][]

export type Severity = (typeof SEVERITIES)[number]

/** Whether a finding is as grave as this, or graver. */
export const isAsGrave = ({ severity }: Pick<Finding, 'severity'>, as: Severity): boolean =>
  SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(as)

interface Verdict {
  /** What the suite is called: the line that was typed. */
  readonly name: string
  readonly rules: readonly Pick<Cause, 'id' | 'title' | 'seat'>[]
  readonly findings: readonly Finding[]
  /** Something is broken, and no rule says why. */
  readonly unexplained: readonly { readonly sentence: string }[] | undefined
}

interface Case {
  readonly seat: string
  readonly name: string
  readonly finding?: Finding
}

/** Rules that found nothing pass; findings less grave than `failOn` pass, too, and are told in their output. */
export function junitText({ name, rules, findings, unexplained }: Verdict, failOn: Severity): string {
  const cases: Case[] = rules.flatMap(({ id, title, seat }): Case[] => {
    const found = findings.filter((finding) => finding.id === id)
    if (found.length === 0) return [{ seat, name: `${id} ${title}` }]
    return found.map((finding) => ({ seat, name: `${id} ${title}: ${finding.subject}`, finding }))
  })
  if (unexplained) {
    const sentence = unexplained.map((each) => each.sentence).join('\n')
    const [subject, hint] = ['', 'Tell all that was seen: cachectl doctor --all']
    cases.push({ seat: 'unexplained', name, finding: { id: '', severity: 'failure', subject, sentence, hint } })
  }
  const failures = cases.filter(({ finding }) => finding && isAsGrave(finding, failOn)).length
  const totals = `tests="${cases.length}" failures="${failures}" errors="0"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `  <testsuite name="${escaped(name)}" ${totals}>`,
    ...cases.map((each) => caseText(each, failOn)),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')
}

function caseText({ seat, name, finding }: Case, failOn: Severity): string {
  const open = `    <testcase classname="doctor.${escaped(seat)}" name="${escaped(name)}"`
  if (!finding) return `${open}/>`
  const { severity, sentence, hint, evidence } = finding
  const told = escaped([sentence, `Fix: ${hint}`, ...(evidence === undefined ? [] : [`See: ${evidence}`])].join('\n'))
  const inner = isAsGrave(finding, failOn)
    ? `<failure type="${severity}" message="${escaped(sentence)}">${told}</failure>`
    : `<system-out>${told}</system-out>`
  return `${open}>\n      ${inner}\n    </testcase>`
}
