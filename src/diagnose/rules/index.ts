import type { Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { aliasRules } from './aliases.ts'
import { clusterRules } from './cluster.ts'
import { discoveryRules } from './discovery.ts'
import { familyRules } from './families.ts'
import { flowRules } from './flow.ts'
import { hostRules } from './host.ts'
import { ingressRules } from './ingress.ts'
import { loadRules } from './load.ts'
import { nameRules } from './names.ts'
import { pathRules } from './path.ts'
import { practiceRules } from './practice.ts'
import { preferenceRules } from './preference.ts'
import { type Rule, STAGES } from './rule.ts'
import { serviceRules } from './service.ts'
import { tlsRules } from './tls.ts'

export type { Rule } from './rule.ts'

export const rules: readonly Rule[] = [
  ...clusterRules,
  ...nameRules,
  ...aliasRules,
  ...hostRules,
  ...ingressRules,
  ...familyRules,
  ...pathRules,
  ...flowRules,
  ...tlsRules,
  ...serviceRules,
  ...loadRules,
  ...discoveryRules,
  ...preferenceRules,
]

/** Rules of good practice: nothing is broken where they find something. */
export { practiceRules }

/** The doctor's rule of this id, in any case. */
export const ruleOf = (id: string): Rule | undefined =>
  [...rules, ...practiceRules].find((rule) => rule.id.toLowerCase() === id.toLowerCase())

const SEVERITY = { failure: 0, warning: 1, note: 2 } as const

/**
 * What the evidence means, the one cause first: failures before warnings, and among equals what comes first on the way
 * of a connection, since it explains what comes later. Pure.
 */
export function judgeEvidence(evidence: Evidence, which: readonly Rule[] = rules): Finding[] {
  const ranked = which.flatMap((rule, row) =>
    rule.find(evidence).map((found) => ({
      finding: { id: rule.id, ...found, source: rule.source },
      stage: STAGES.indexOf(rule.stage),
      row,
    })),
  )
  return ranked
    .sort((a, b) => SEVERITY[a.finding.severity] - SEVERITY[b.finding.severity] || a.stage - b.stage || a.row - b.row)
    .map(({ finding }) => finding)
}
