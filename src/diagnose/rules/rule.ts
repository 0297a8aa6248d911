import type { Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'

/** In the order a connection comes about: what fails early explains what fails later. */
export const STAGES = [
  'cluster',
  'name',
  'host',
  'path',
  'service',
  'trust',
  'discovery',
  'preference',
  'practice',
] as const
export type Stage = (typeof STAGES)[number]

export type Found = Omit<Finding, 'id' | 'source'>

/** One known cause. `find` is pure, and finds nothing on a healthy cluster. */
export interface Rule {
  /** Stable, for --only, --skip, --explain and scripts. */
  readonly id: string
  readonly title: string
  readonly stage: Stage
  /** Where the knowledge comes from. */
  readonly source: string
  readonly find: (evidence: Evidence) => readonly Found[]
}

export const failure = (subject: string, sentence: string, hint: string, evidence?: string): Found =>
  found('failure', subject, sentence, hint, evidence)
export const warning = (subject: string, sentence: string, hint: string, evidence?: string): Found =>
  found('warning', subject, sentence, hint, evidence)
export const note = (subject: string, sentence: string, hint: string, evidence?: string): Found =>
  found('note', subject, sentence, hint, evidence)

/** Of a rule of good practice. */
export const advice = (subject: string, sentence: string, hint: string): Found => found('note', subject, sentence, hint)

const found = (
  severity: Found['severity'],
  subject: string,
  sentence: string,
  hint: string,
  evidence?: string,
): Found => ({
  severity,
  subject,
  sentence,
  hint,
  ...(evidence !== undefined && { evidence }),
})
