import { DEFAULT_SECURITY_GROUP, findSecurityGroup, isSameRule } from '../network/security-groups.ts'
import type { SecurityGroupRule } from '../store/records.ts'
import { advertise } from '../workloads/all.ts'
import type { Start } from './start.ts'
import type { State } from './state.ts'

/** What clients of other machines need: a host that they can reach, and rules that let them in, in the engine's own region. */
export function openToOthers({ store }: State, { advertisedHost, letIn = [], region }: Start): void {
  advertise(store, advertisedHost)
  const group = findSecurityGroup(store, region, DEFAULT_SECURITY_GROUP)
  if (!group) return
  const asked = letIn.map((cidr): SecurityGroupRule => ({ fromPort: 0, toPort: 65_535, source: { cidr } }))
  const rules = asked.filter((rule) => !group.rules.some((each) => isSameRule(rule, each)))
  if (rules.length === 0) return
  store.change((change) => change.put('securityGroup', { ...group, rules: [...group.rules, ...rules] }))
}
