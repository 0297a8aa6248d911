import type { ClockRequest } from '../../api/engine-clock.ts'
import type { FaultClearance, FaultRequest } from '../../api/engine-faults.ts'
import type { QuotaRequest } from '../../api/engine-quotas.ts'
import { Fault } from '../../api/faults.ts'
import type { PolicyRequest, UserRequest } from '../../api/identity.ts'
import { CONTROL } from '../../api/local-engine.ts'
import type {
  CreateSecurityGroupRequest,
  CreateSubnetRequest,
  DeleteSubnetRequest,
  IngressRequest,
  MembersRequest,
  RegionRequest,
  SecurityGroupRequest,
} from '../../api/local-network.ts'
import type { NotificationSettings } from '../../api/notifications.ts'
import type { ControlHandler } from '../front-door.ts'
import { unknownParameter } from '../unknown-parameter.ts'

type MembersOf<T> = T extends unknown ? keyof T : never

/** All members of a request; one left out does not compile. */
const members = <T>(names: Readonly<Record<MembersOf<T>, true>>): readonly string[] => Object.keys(names)

/** What the bodies of requests to control routes may hold; those of other routes hold nothing. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  [`POST ${CONTROL.clock}`]: members<ClockRequest>({ advanceMs: true, set: true }),
  [`POST ${CONTROL.faults}`]: members<FaultRequest | FaultClearance>({
    kind: true,
    region: true,
    cluster: true,
    serverlessCache: true,
    node: true,
    zone: true,
    durationMs: true,
    delayMs: true,
    rate: true,
    family: true,
    how: true,
    operation: true,
    nodeType: true,
    clear: true,
  }),
  [`POST ${CONTROL.users}`]: members<UserRequest>({ create: true, delete: true }),
  [`POST ${CONTROL.policies}`]: members<PolicyRequest>({ userName: true, policyName: true, document: true }),
  [`POST ${CONTROL.notifications}`]: members<NotificationSettings>({ webhook: true }),
  [`POST ${CONTROL.quotas}/list`]: members<RegionRequest>({ region: true }),
  [`POST ${CONTROL.quotas}/set`]: members<QuotaRequest>({ region: true, name: true, limit: true }),
  [`POST ${CONTROL.subnets}/list`]: members<RegionRequest>({ region: true }),
  [`POST ${CONTROL.subnets}/create`]: members<CreateSubnetRequest>({
    region: true,
    availabilityZone: true,
    ipv4Cidr: true,
    ipv6Cidr: true,
    vpcId: true,
    subnetId: true,
  }),
  [`POST ${CONTROL.subnets}/delete`]: members<DeleteSubnetRequest>({ region: true, subnetId: true, force: true }),
  [`POST ${CONTROL.securityGroups}/list`]: members<RegionRequest>({ region: true }),
  [`POST ${CONTROL.securityGroups}/create`]: members<CreateSecurityGroupRequest>({
    region: true,
    groupName: true,
    description: true,
    vpcId: true,
    groupId: true,
    members: true,
  }),
  [`POST ${CONTROL.securityGroups}/delete`]: members<SecurityGroupRequest>({ region: true, group: true }),
  [`POST ${CONTROL.securityGroups}/join`]: members<MembersRequest>({ region: true, group: true, members: true }),
  [`POST ${CONTROL.securityGroups}/leave`]: members<MembersRequest>({ region: true, group: true, members: true }),
  [`POST ${CONTROL.securityGroups}/authorize`]: members<IngressRequest>({
    region: true,
    group: true,
    ports: true,
    sources: true,
  }),
  [`POST ${CONTROL.securityGroups}/revoke`]: members<IngressRequest>({
    region: true,
    group: true,
    ports: true,
    sources: true,
  }),
}

/** The same routes; requests with members they do not have are refused, as those of the API are. */
export function withKnownMembers(routes: Readonly<Record<string, ControlHandler>>): Record<string, ControlHandler> {
  return Object.fromEntries(
    Object.entries(routes).map(([route, handler]): [string, ControlHandler] => [
      route,
      (body) => {
        refuseUnknown(body, MEMBERS[route] ?? [])
        return handler(body)
      },
    ]),
  )
}

function refuseUnknown(body: unknown, known: readonly string[]): void {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Fault('InvalidQueryParameter', 'The body must be a JSON object.')
  }
  const unknown = Object.keys(body).find((name) => !known.includes(name))
  if (unknown !== undefined) throw unknownParameter('', unknown, known)
}
