/** `cachectl engine security-group`: VPC security groups and their ingress rules, which running nodes obey at once. */
import { LIMITS } from '../../api/catalog/limits.ts'
import { CONTROL } from '../../api/local-engine.ts'
import type {
  CreateSecurityGroupRequest,
  IngressRequest,
  MembersRequest,
  RegionRequest,
  SecurityGroupReport,
  SecurityGroupRequest,
} from '../../api/local-network.ts'
import { absent, invalid, present, refused } from '../../api/refusals.ts'
import type { Context } from '../calls/context.ts'
import type { ControlHandler } from '../http/front-door.ts'
import { formatCidr, parseCidr } from '../network/cidr.ts'
import { DEFAULT_SECURITY_GROUP, isSameRule, securityGroupsOf, sourceOf } from '../network/security-groups.ts'
import { defaultVpcId } from '../network/vpc.ts'
import { quota } from '../store/quotas.ts'
import type { SecurityGroupRecord, SecurityGroupRule } from '../store/records.ts'
import { contextIn, type NetworkOffice, newId, readId } from './network-office.ts'

const ALL = 'all'
const HIGHEST_PORT = 65_535

export function securityGroupRoutes(office: NetworkOffice): Record<string, ControlHandler> {
  const storeRules = async (group: SecurityGroupRecord, context: Context) => {
    context.store.change((change) => change.put('securityGroup', group))
    await office.settle(context.region, clustersWith(group.id, context))
    return report(group)
  }
  /** What rules that name the group let in is felt by the clusters of the groups with those rules. */
  const storeMembers = async (group: SecurityGroupRecord, context: Context) => {
    context.store.change((change) => change.put('securityGroup', group))
    const naming = securityGroupsOf(context.store, context.region).filter(({ rules }) =>
      rules.some((rule) => sourceOf(rule) === group.id),
    )
    await office.settle(context.region, [...new Set(naming.flatMap(({ id }) => clustersWith(id, context)))])
    return report(group)
  }
  return {
    [`POST ${CONTROL.securityGroups}/list`]({ region }: RegionRequest) {
      return { securityGroups: securityGroupsOf(contextIn(office, region).store, region).map(report) }
    },

    [`POST ${CONTROL.securityGroups}/create`](request: CreateSecurityGroupRequest) {
      const context = contextIn(office, request.region)
      const group = readGroup(request, context)
      context.store.change((change) => change.put('securityGroup', group))
      return report(group)
    },

    [`POST ${CONTROL.securityGroups}/delete`](request: SecurityGroupRequest) {
      const context = contextIn(office, request.region)
      const group = findGroup(request.group, context)
      refuseUsed(group, context)
      context.store.change((change) => change.remove('securityGroup', group))
      return { deleted: group.id }
    },

    [`POST ${CONTROL.securityGroups}/join`](request: MembersRequest) {
      const context = contextIn(office, request.region)
      const group = findGroup(request.group, context)
      const joining = readMembers(request.members)
      const known = joining.find((member) => group.members.includes(member))
      if (known) throw present(`${known} is a member of ${group.name} already.`)
      return storeMembers({ ...group, members: [...group.members, ...joining] }, context)
    },

    [`POST ${CONTROL.securityGroups}/leave`](request: MembersRequest) {
      const context = contextIn(office, request.region)
      const group = findGroup(request.group, context)
      const leaving = readMembers(request.members)
      const unknown = leaving.find((member) => !group.members.includes(member))
      if (unknown) {
        throw absent(`${unknown} is not a member of ${group.name}. Members: ${group.members.join(', ') || 'none'}.`)
      }
      const members = group.members.filter((member) => !leaving.includes(member))
      return storeMembers({ ...group, members }, context)
    },

    [`POST ${CONTROL.securityGroups}/authorize`](request: IngressRequest) {
      const context = contextIn(office, request.region)
      const group = findGroup(request.group, context)
      const rules = readSources(request.sources, context).map((source) => ({
        ...readPorts(request.ports ?? ALL),
        source,
      }))
      const known = rules.find((rule) => group.rules.some((each) => isSameRule(each, rule)))
      if (known) throw present(`${group.id} lets in ${sourceOf(known)} on ${portsText(known)} already.`)
      return storeRules({ ...group, rules: [...group.rules, ...rules] }, context)
    },

    [`POST ${CONTROL.securityGroups}/revoke`](request: IngressRequest) {
      const context = contextIn(office, request.region)
      const group = findGroup(request.group, context)
      const ports = request.ports === undefined ? undefined : readPorts(request.ports)
      const sources = readSources(request.sources, context)
      const isMeant = (rule: SecurityGroupRule, source: SecurityGroupRule['source']) =>
        isSameRule(rule, { ...rule, ...ports, source })
      const unknown = sources.find((source) => !group.rules.some((rule) => isMeant(rule, source)))
      if (unknown) {
        throw absent(
          `${group.id} has no rule for ${sourceOf({ fromPort: 0, toPort: 0, source: unknown })}${ports ? ` on ${portsText(ports)}` : ''}.`,
        )
      }
      const rules = group.rules.filter((rule) => !sources.some((source) => isMeant(rule, source)))
      return storeRules({ ...group, rules }, context)
    },
  }
}

function readGroup(request: CreateSecurityGroupRequest, context: Context): SecurityGroupRecord {
  const { store, region, random } = context
  const { groupName: name } = request
  const groups = securityGroupsOf(store, region)
  const vpcId = request.vpcId ? readId('vpc', request.vpcId) : defaultVpcId(region)
  // EC2 refuses names that begin with sg- as well: they would be taken for ids.
  if (!name || name.length > LIMITS.securityGroupNameLength || name.startsWith('sg-'))
    throw invalid(`${name} is not a name for a group.`)
  if (groups.some((group) => group.name === name && group.vpcId === vpcId)) {
    throw present(`There is a security group ${name} in ${vpcId} already.`)
  }
  const id = request.groupId ? readId('sg', request.groupId) : newId('sg', random)
  if (groups.some((group) => group.id === id)) throw present(`Security group ${id} is there already.`)
  const limit = quota('security-groups-per-region', context)
  if (groups.length >= limit) {
    throw refused(`There are ${groups.length} security groups in ${region}, which is all there can be.`)
  }
  const members = (request.members ?? []).map(readCidr)
  return { region, id, name, description: request.description ?? name, vpcId, members, rules: [] }
}

/** By id, or by name in whatever VPC. */
function findGroup(text: string, { store, region }: Context): SecurityGroupRecord {
  const groups = securityGroupsOf(store, region)
  const found = groups.find(({ id }) => id === text) ?? groups.find(({ name }) => name === text)
  if (!found) throw absent(`There is no security group ${text} in ${region}.`)
  return found
}

const clustersWith = (groupId: string, { store, region }: Context): string[] =>
  store
    .list('cluster', region)
    .filter(({ securityGroupIds }) => securityGroupIds.includes(groupId))
    .map(({ id }) => id)

function refuseUsed({ id, name }: SecurityGroupRecord, context: Context): void {
  if (id === DEFAULT_SECURITY_GROUP) throw refused('The default security group stays.')
  const caches = context.store.list('serverlessCache', context.region)
  const users = [
    ...clustersWith(id, context),
    ...caches.filter(({ securityGroupIds }) => securityGroupIds.includes(id)).map((cache) => cache.id),
  ]
  if (users.length > 0) throw refused(`Security group ${name} is in use by ${users.join(', ')}.`)
  const others = securityGroupsOf(context.store, context.region).filter(
    (group) => group.id !== id && group.rules.some((rule) => sourceOf(rule) === id),
  )
  if (others.length > 0) throw refused(`Rules of ${others.map((group) => group.name).join(', ')} name ${name}.`)
}

function readSources(texts: readonly string[], context: Context): SecurityGroupRule['source'][] {
  if (texts.length === 0) throw invalid('A rule needs a source: a range of addresses, or a security group.')
  return texts.map((text) => (/[.:/]/.test(text) ? { cidr: readCidr(text) } : { groupId: findGroup(text, context).id }))
}

function readMembers(texts: readonly string[]): string[] {
  if (texts.length === 0) throw invalid('Members are addresses or ranges of addresses.')
  return [...new Set(texts.map(readCidr))]
}

function readCidr(text: string): string {
  const cidr = parseCidr(text)
  if (!cidr) throw invalid(`${text} is not an address or a range of addresses, such as 127.0.0.0/8 or ::1/128.`)
  return formatCidr(cidr)
}

function readPorts(text: string): Pick<SecurityGroupRule, 'fromPort' | 'toPort'> {
  if (text === ALL) return { fromPort: 0, toPort: HIGHEST_PORT }
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  const fromPort = Number(match?.[1])
  const toPort = Number(match?.[2] ?? match?.[1])
  if (match && fromPort <= toPort && toPort <= HIGHEST_PORT) return { fromPort, toPort }
  throw invalid(`${text} is not a port or a range of ports, such as 11211 or 11211-11213, or ${ALL}.`)
}

const portsText = ({ fromPort, toPort }: Pick<SecurityGroupRule, 'fromPort' | 'toPort'>): string =>
  fromPort === toPort ? `port ${fromPort}` : `ports ${fromPort}-${toPort}`

const report = (group: SecurityGroupRecord): SecurityGroupReport => ({
  region: group.region,
  groupId: group.id,
  groupName: group.name,
  description: group.description,
  vpcId: group.vpcId,
  members: group.members,
  ingress: group.rules.map((rule) => ({ fromPort: rule.fromPort, toPort: rule.toPort, source: sourceOf(rule) })),
  isDefault: group.id === DEFAULT_SECURITY_GROUP,
})
