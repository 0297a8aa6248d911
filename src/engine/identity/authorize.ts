import { Fault } from '../../api/faults.ts'
import type { Call } from '../http/call.ts'
import type { Tag } from '../store/records.ts'
import { type Circumstances, circumstanceKeys, requestKeys, requestTagKeys, resourceTagKeys } from './condition-keys.ts'
import { type Decision, evaluate } from './evaluate.ts'
import type { Policy } from './policy.ts'
import { resourcesOf } from './resources.ts'

export interface Authorization {
  readonly call: Call
  readonly who: Circumstances
  /** All policies of the user. */
  readonly policies: readonly Policy[]
  /** Tags of a resource by its ARN; none for what does not exist. */
  readonly tagsOf: (arn: string) => readonly Tag[]
}

/**
 * Throws AccessDenied unless the policies allow the call for every resource it is about (guide, "Resource-level permissions").
 * To create something with tags, a user needs to be allowed AddTagsToResource as well (guide, "Tagging").
 */
export function authorize({ call, who, policies, tagsOf }: Authorization): void {
  const everywhere = [...circumstanceKeys(who), ...requestTagKeys(call)]
  const [main, ...others] = resourcesOf(call, who)
  const check = (operation: string, resource: string, keys: [string, string[]][]) => {
    const action = `elasticache:${operation}`
    const context = new Map([...everywhere, ...resourceTagKeys(tagsOf(resource)), ...keys])
    const decision = evaluate(policies, { action, resource, context })
    if (decision !== 'allowed') throw new Fault('AccessDenied', denial(who.userArn, action, resource, decision))
  }
  const own = requestKeys(call)
  check(call.operation, main, own)
  for (const resource of others) check(call.operation, resource, [])
  const { Tags } = call.input
  const brings = Array.isArray(Tags) && Tags.length > 0 && call.operation !== 'AddTagsToResource'
  if (brings) check('AddTagsToResource', main, own)
}

export interface ActionOnResource {
  /** With its service: `cloudwatch:GetMetricData`. */
  readonly action: string
  /** `*`: it is about none. */
  readonly resource: string
  /** Condition keys, beside those of the caller. */
  readonly keys: [string, string[]][]
}

/** Throws AccessDenied unless the policies allow an action of another service than ElastiCache. */
export function authorizeAction(
  { action, resource, keys }: ActionOnResource,
  policies: readonly Policy[],
  who: Circumstances,
): void {
  const context = new Map([...circumstanceKeys(who), ...keys])
  const decision = evaluate(policies, { action, resource, context })
  if (decision !== 'allowed') throw new Fault('AccessDenied', denial(who.userArn, action, resource, decision))
}

const denial = (user: string, action: string, resource: string, decision: Exclude<Decision, 'allowed'>): string => {
  const why =
    decision === 'denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`
  return `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why}`
}
