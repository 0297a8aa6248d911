/** Whom a group's servers let in, and what clients have to speak: as its record says, and as a change makes it. Pure. */
import type { AccessChange, ReplicationGroupRecord } from '../../store/records.ts'

export type Access = Pick<ReplicationGroupRecord, 'transit' | 'authTokens' | 'acceptsNoToken' | 'userGroupIds'>

/** The change that is on its way. */
export const accessChangeOf = ({ steps }: Pick<ReplicationGroupRecord, 'steps'>): AccessChange | undefined =>
  steps.flatMap((step) => (step.do === 'change-access' ? [step.change] : []))[0]

/** As servers are to have it now: the change is over only when they do. */
export function accessOf(group: ReplicationGroupRecord): Access {
  const change = accessChangeOf(group)
  return change ? withAccess(group, change) : group
}

export function withAccess(
  group: ReplicationGroupRecord,
  { transit, token, userGroups }: AccessChange,
): ReplicationGroupRecord {
  return {
    ...group,
    ...(transit !== undefined && { transit }),
    ...(token && { authTokens: token.authTokens, acceptsNoToken: token.acceptsNoToken }),
    ...(userGroups && {
      userGroupIds: [...group.userGroupIds, ...userGroups.add].filter((id) => !userGroups.remove.includes(id)),
    }),
  }
}

/** Whether clients have to be somebody: with a token, or as a user of a group. */
export const isControlled = ({ authTokens, userGroupIds }: Access): boolean =>
  authTokens.length > 0 || userGroupIds.length > 0
