import type { ClockRequest } from '../../api/engine-clock.ts'
import {
  FAULT_OPTION_NAMES,
  FAULT_OPTIONS,
  type FaultClearance,
  type FaultOption,
  type FaultRequest,
} from '../../api/engine-faults.ts'
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
import { isObject } from '../../api/objects.ts'
import type { ControlHandler } from '../http/front-door.ts'
import { missing } from '../http/query-protocol.ts'
import { unknownParameter } from '../http/unknown-parameter.ts'

/** What a member may be, in words for a client that sent something else. */
const KINDS = {
  text: { words: 'a string', is: (value: unknown) => typeof value === 'string' },
  number: { words: 'a number', is: (value: unknown) => Number.isFinite(value) },
  flag: { words: 'true or false', is: (value: unknown) => typeof value === 'boolean' },
  texts: { words: 'a list of strings', is: (value: unknown) => isListOfStrings(value) },
  textOrNull: { words: 'a string or null', is: (value: unknown) => value === null || typeof value === 'string' },
  numberOrNull: { words: 'a number or null', is: (value: unknown) => value === null || Number.isFinite(value) },
  /** What reads it says what is wrong with it. */
  any: { words: 'anything', is: () => true },
} as const

type Kind = keyof typeof KINDS
/** With a question mark: it may be left out. */
type Members = Readonly<Record<string, Kind | `${Kind}?`>>

interface Body {
  readonly members: Members
  /** Exactly one of them must be there. */
  readonly oneOf?: readonly string[]
}

const isListOfStrings = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

type MembersOf<T> = T extends unknown ? keyof T : never

/** The body of a request; a member left out here does not compile. */
const body = <T>(
  members: Readonly<Record<MembersOf<T>, Kind | `${Kind}?`>>,
  oneOf?: readonly MembersOf<T>[],
): Body => ({
  members,
  ...(oneOf && { oneOf: oneOf as readonly string[] }), // names of members are strings
})

const isOfNumber = (option: FaultOption): boolean => ['time', 'rate'].includes(FAULT_OPTIONS[option].takes)

const FAULT_MEMBERS = Object.fromEntries(
  FAULT_OPTION_NAMES.map((option) => [option, isOfNumber(option) ? 'number?' : 'text?']),
) as Record<FaultOption, 'number?' | 'text?'> // all options there are

/** What the bodies of requests to control routes may hold; those of other routes hold nothing. */
const BODIES: Readonly<Record<string, Body>> = {
  [`POST ${CONTROL.clock}`]: body<ClockRequest>({ advanceMs: 'number?', set: 'text?' }, ['advanceMs', 'set']),
  [`POST ${CONTROL.faults}`]: body<FaultRequest | FaultClearance>(
    {
      kind: 'text?',
      region: 'text?',
      cluster: 'text?',
      serverlessCache: 'text?',
      replicationGroup: 'text?',
      node: 'text?',
      zone: 'text?',
      durationMs: 'number?',
      ...FAULT_MEMBERS,
      clear: 'texts?',
    },
    ['kind', 'clear'],
  ),
  [`POST ${CONTROL.users}`]: body<UserRequest>({ create: 'text?', delete: 'text?' }, ['create', 'delete']),
  [`POST ${CONTROL.policies}`]: body<PolicyRequest>({ userName: 'text', policyName: 'text', document: 'any' }),
  [`POST ${CONTROL.notifications}`]: body<NotificationSettings>({ webhook: 'textOrNull' }),
  [`POST ${CONTROL.quotas}/list`]: body<RegionRequest>({ region: 'text' }),
  [`POST ${CONTROL.quotas}/set`]: body<QuotaRequest>({ region: 'text', name: 'text', limit: 'numberOrNull' }),
  [`POST ${CONTROL.subnets}/list`]: body<RegionRequest>({ region: 'text' }),
  [`POST ${CONTROL.subnets}/create`]: body<CreateSubnetRequest>({
    region: 'text',
    availabilityZone: 'text',
    ipv4Cidr: 'textOrNull?',
    ipv6Cidr: 'text?',
    vpcId: 'text?',
    subnetId: 'text?',
  }),
  [`POST ${CONTROL.subnets}/delete`]: body<DeleteSubnetRequest>({ region: 'text', subnetId: 'text', force: 'flag?' }),
  [`POST ${CONTROL.securityGroups}/list`]: body<RegionRequest>({ region: 'text' }),
  [`POST ${CONTROL.securityGroups}/create`]: body<CreateSecurityGroupRequest>({
    region: 'text',
    groupName: 'text',
    description: 'text?',
    vpcId: 'text?',
    groupId: 'text?',
    members: 'texts?',
  }),
  [`POST ${CONTROL.securityGroups}/delete`]: body<SecurityGroupRequest>({ region: 'text', group: 'text' }),
  [`POST ${CONTROL.securityGroups}/join`]: body<MembersRequest>({ region: 'text', group: 'text', members: 'texts' }),
  [`POST ${CONTROL.securityGroups}/leave`]: body<MembersRequest>({ region: 'text', group: 'text', members: 'texts' }),
  [`POST ${CONTROL.securityGroups}/authorize`]: body<IngressRequest>({
    region: 'text',
    group: 'text',
    ports: 'text?',
    sources: 'texts',
  }),
  [`POST ${CONTROL.securityGroups}/revoke`]: body<IngressRequest>({
    region: 'text',
    group: 'text',
    ports: 'text?',
    sources: 'texts',
  }),
}

const NOTHING: Body = { members: {} }

/** The same routes; requests whose bodies are not what they have to be are refused, as those of the API are. */
export function withKnownMembers(routes: Readonly<Record<string, ControlHandler>>): Record<string, ControlHandler> {
  return Object.fromEntries(
    Object.entries(routes).map(([route, handler]): [string, ControlHandler] => [
      route,
      (request) => {
        refuseUnlessRight(request, BODIES[route] ?? NOTHING)
        return handler(request)
      },
    ]),
  )
}

function refuseUnlessRight(request: unknown, { members, oneOf }: Body): void {
  if (!isObject(request)) throw new Fault('InvalidQueryParameter', 'The body must be a JSON object.')
  for (const [name, value] of Object.entries(request)) {
    const kind = Object.hasOwn(members, name) ? members[name] : undefined
    if (!kind) throw unknownParameter('', name, Object.keys(members))
    const { words, is } = KINDS[kind.replace('?', '') as Kind] // what is left of it
    if (!is(value)) throw new Fault('InvalidParameterValue', `The parameter ${name} must be ${words}.`)
  }
  for (const [name, kind] of Object.entries(members)) {
    if (!kind.endsWith('?') && request[name] === undefined) throw missing(name)
  }
  if (oneOf && oneOf.filter((name) => request[name] !== undefined).length !== 1) {
    throw new Fault('InvalidParameterCombination', `Exactly one of ${oneOf.join(' and ')} must be given.`)
  }
}
