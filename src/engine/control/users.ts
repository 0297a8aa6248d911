import { type PolicyRequest, type UserEntry, type UserReport, type UserRequest, userArn } from '../../api/identity.ts'
import { ACCOUNT_ID, CONTROL } from '../../api/local-engine.ts'
import type { ControlHandler } from '../http/front-door.ts'
import type { Users } from '../identity/users.ts'

/** `cachectl engine user` and `engine policy`. The secret is told once, in the answer that creates the user. */
export function userRoutes(users: Users, wallClock: () => number): Record<string, ControlHandler> {
  return {
    [`GET ${CONTROL.users}`]: () => users.all.map(report),
    [`POST ${CONTROL.users}`](request: UserRequest) {
      if ('delete' in request) return report(users.delete(request.delete))
      return users.create(request.create, new Date(wallClock()).toISOString())
    },
    [`POST ${CONTROL.policies}`]({ userName, policyName, document }: PolicyRequest) {
      return report(
        document === null ? users.deletePolicy(userName, policyName) : users.putPolicy(userName, policyName, document),
      )
    },
  }
}

function report({ secretAccessKey: _, ...user }: UserEntry): UserReport {
  return { ...user, arn: userArn(ACCOUNT_ID, user.userName) }
}
