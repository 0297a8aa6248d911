import { conditionHolds } from './conditions.ts'
import { matchesPattern, type RequestContext } from './patterns.ts'
import type { Policy, Statement } from './policy.ts'

export interface AccessRequest {
  /** `elasticache:CreateCacheCluster` */
  readonly action: string
  /** An ARN, or `*` for actions that are about no resource. */
  readonly resource: string
  readonly context: RequestContext
}

export type Decision = 'allowed' | 'denied' | 'not allowed'

/**
 * What all policies of a user together say: `denied` when any statement denies it, else `allowed` when any allows it, else
 * `not allowed` (guide, "Overview of managing access": denied unless allowed, an explicit deny wins).
 */
export function evaluate(policies: readonly Policy[], request: AccessRequest): Decision {
  let decision: Decision = 'not allowed'
  for (const { statements } of policies) {
    for (const statement of statements) {
      if (!applies(statement, request)) continue
      if (statement.effect === 'Deny') return 'denied'
      decision = 'allowed'
    }
  }
  return decision
}

function applies(statement: Statement, { action, resource, context }: AccessRequest): boolean {
  // Actions are the same in capital and small letters; ARNs are not.
  const isAction = (pattern: string) => matchesPattern(pattern.toLowerCase(), action.toLowerCase())
  const isResource = (pattern: string) => matchesPattern(pattern, resource, context)
  return (
    (statement.action?.some(isAction) ?? !statement.notAction?.some(isAction)) &&
    (statement.resource?.some(isResource) ?? !statement.notResource?.some(isResource)) &&
    conditionHolds(statement.condition, context)
  )
}
