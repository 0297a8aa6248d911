import type { Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { clusterRules } from './cluster.ts'
import { discoveryRules } from './discovery.ts'
import { nameRules } from './names.ts'
import { pathRules } from './path.ts'
import { preferenceRules } from './preference.ts'
import { type Rule, STAGES } from './rule.ts'
import { serviceRules } from './service.ts'

export type { Rule } from './rule.ts'

export const rules: readonly Rule[] = [
  ...clusterRules,
  ...nameRules,
  ...pathRules,
  ...serviceRules,
  ...discoveryRules,
  ...preferenceRules,
]

export const ruleOf = (id: string): Rule | undefined => rules.find((rule) => rule.id.toLowerCase() === id.toLowerCase())

const SEVERITY = { failure: 0, warning: 1, note: 2 } as const

/**
 * What the evidence means, the one cause first: failures before warnings, and among equals what comes first on the way
 * of a connection, since it explains what comes later. Pure.
 */
export function judgeEvidence(evidence: Evidence, which: readonly Rule[] = rules): Finding[] {
  const ranked = which.flatMap((rule, row) =>
    rule
      .find(evidence)
      .map((found) => ({ finding: { id: rule.id, ...found }, stage: STAGES.indexOf(rule.stage), row })),
  )
  return ranked
    .sort((a, b) => SEVERITY[a.finding.severity] - SEVERITY[b.finding.severity] || a.stage - b.stage || a.row - b.row)
    .map(({ finding }) => finding)
}
