import { memcached } from '../../../api/catalog/engines.ts'
import { CONTROL } from '../../../api/local-engine.ts'
import type {
  CreateSecurityGroupRequest,
  IngressRequest,
  RuleReport,
  SecurityGroupReport,
} from '../../../api/local-network.ts'
import { orMeant } from '../../caches/choose.ts'
import { command } from '../../command.ts'
import { required, text, texts, type ValuesOf } from '../../flags.ts'
import { confirmFlags } from '../../global-flags.ts'
import { confirmDestruction } from '../../live/confirm.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { askInRegion, regionFlags } from '../../target/engine-region.ts'
import { offering, one } from '../../words.ts'

const call = <T>(flags: ValuesOf<typeof regionFlags>, action: string, request?: object): Promise<T> =>
  askInRegion(flags, `${CONTROL.securityGroups}/${action}`, request)

/** A call about a group that there is. */
const callOn = <T>(
  flags: ValuesOf<typeof regionFlags>,
  action: string,
  request: { readonly group: string; readonly [member: string]: unknown },
) => call<T>(flags, action, request).catch(orMeant('securityGroup', request.group, flags))

const group = { group: offering(one('id or name of the security group'), 'securityGroup') }

export const engineSecurityGroupList = command({
  summary: 'List the VPC security groups and whom they let in',
  description:
    'The default group, which clusters get that ask for none, lets in every client on this machine. A rule whose ports cover the port a cluster was created with opens all its nodes and its configuration endpoint; other rules open the ports they name.',
  flags: regionFlags,
  forms: {},
  async run({ flags, print }) {
    const answer = await call<{ securityGroups: SecurityGroupReport[] }>(flags, 'list')
    await print.answer(answer, ({ securityGroups }, style) => table(securityGroups, style))
  },
})

export const engineSecurityGroupCreate = command({
  summary: 'Add a VPC security group, which lets no client in yet',
  description:
    'Clusters take it with --security-group-ids of create- and modify-cache-cluster. --members says which source addresses stand for the instances that have the group on AWS: rules of other groups that name it let in those.',
  examples: [
    'engine security-group create web --members 127.0.0.2 127.0.1.0/24',
    'engine security-group create cache --description "shop caches"',
  ],
  words: { name: one('name of the group') },
  flags: {
    description: text({ summary: 'what it is for', helpValue: '<text>' }),
    members: texts({ summary: 'source addresses or ranges that belong to it', helpValue: '<range>...' }),
    'vpc-id': text({ summary: 'VPC it is in (default: the local one)', helpValue: '<id>' }),
    'group-id': text({ summary: 'id it gets (default: a new one)', helpValue: '<id>' }),
    ...regionFlags,
  },
  forms: {},
  async run({ flags, words, print }) {
    const { description, members, 'vpc-id': vpcId, 'group-id': groupId } = flags
    const request: Omit<CreateSecurityGroupRequest, 'region'> = {
      groupName: words.name,
      ...(description && { description }),
      ...(members.length > 0 && { members }),
      ...(vpcId && { vpcId }),
      ...(groupId && { groupId }),
    }
    await print.answer(await call<SecurityGroupReport>(flags, 'create', request), groupLines)
  },
})

export const engineSecurityGroupDelete = command({
  summary: 'Delete a VPC security group that no cluster uses',
  words: group,
  flags: { ...confirmFlags, ...regionFlags },
  forms: {},
  async run({ flags, words, print }) {
    await confirmDestruction(`Delete security group ${words.group}?`, flags.yes)
    const answer = await callOn<{ deleted: string }>(flags, 'delete', words)
    await print.answer(answer, ({ deleted }) => `Deleted ${deleted}.`)
  },
})

const members = (summary: string) => ({
  members: required(texts({ summary, helpValue: '<range>...' })),
})

export const engineSecurityGroupJoin = command({
  summary: 'Give source addresses a VPC security group, as instances get one on AWS',
  description: 'Rules of other groups that name the group let its members in, from now on: running nodes obey at once.',
  examples: ['engine security-group join web --members 127.0.0.2 127.0.1.0/24'],
  words: group,
  flags: { ...members('source addresses or ranges that join'), ...regionFlags },
  forms: {},
  async run({ words: { group }, flags, print }) {
    const { members: given } = flags
    await print.answer(await callOn<SecurityGroupReport>(flags, 'join', { group, members: given }), groupLines)
  },
})

export const engineSecurityGroupLeave = command({
  summary: 'Take a VPC security group from source addresses',
  description: 'Connections that are there stay until they end, as on AWS; new ones are turned away at once.',
  examples: ['engine security-group leave web --members 127.0.0.2'],
  words: group,
  flags: { ...members('source addresses or ranges that leave'), ...regionFlags },
  forms: {},
  async run({ words: { group }, flags, print }) {
    const { members: given } = flags
    await print.answer(await callOn<SecurityGroupReport>(flags, 'leave', { group, members: given }), groupLines)
  },
})

const sources = (summary: string) => ({
  sources: required(texts({ summary, helpValue: '<source>...' })),
})

export const engineSecurityGroupAuthorize = command({
  summary: 'Let sources connect to the clusters of a VPC security group',
  description:
    'A source is an address, a range, or the id or name of a security group, whose members are then let in. Running nodes obey at once. On this machine clients can come from any address of 127.0.0.0/8, and from ::1.',
  examples: [
    'engine security-group authorize cache --port 11211 --sources 127.0.0.2/32 ::1',
    'engine security-group authorize cache --port all --sources web',
  ],
  words: group,
  flags: {
    ...sources('clients that may connect'),
    port: text({ summary: `port or range of ports, or all (default ${memcached.port})`, helpValue: '<port>' }),
    ...regionFlags,
  },
  forms: {},
  async run({ words: { group }, flags, print }) {
    const request: Ingress = { group, sources: flags.sources, ports: flags.port ?? String(memcached.port) }
    await print.answer(await callOn<SecurityGroupReport>(flags, 'authorize', request), groupLines)
  },
})

export const engineSecurityGroupRevoke = command({
  summary: 'Take back what a VPC security group lets in',
  description:
    'Connections that are there stay until they end, as on AWS; new ones are turned away at once. Where AWS drops packets, and a client waits until its timeout, a client here is connected and reset.',
  examples: [
    'engine security-group revoke default --sources 127.0.0.0/8',
    'engine security-group revoke cache --port 11211 --sources 127.0.0.2',
  ],
  words: group,
  flags: {
    ...sources('whose rules go'),
    port: text({ summary: 'only rules of exactly these ports (default: all rules)', helpValue: '<port>' }),
    ...regionFlags,
  },
  forms: {},
  async run({ words: { group }, flags, print }) {
    const request: Ingress = { group, sources: flags.sources, ...(flags.port && { ports: flags.port }) }
    await print.answer(await callOn<SecurityGroupReport>(flags, 'revoke', request), groupLines)
  },
})

type Ingress = Omit<IngressRequest, 'region'>

/** What a change has come to. */
function groupLines({ groupId, groupName, ingress: rules, members }: SecurityGroupReport): string {
  const sources = rules.length === 0 ? 'no clients' : rules.map(ruleText).join(', ')
  return `${groupName} (${groupId}) lets in ${sources}${members.length === 0 ? '' : `\nMembers: ${members.join(', ')}`}`
}

const table = (groups: readonly SecurityGroupReport[], style: Style): string =>
  tableText(['Group', 'Name', { long: 'Lets in' }, 'Members', 'VPC'], groups.map(row), style)

const row = ({ groupId, groupName, ingress: rules, members, vpcId }: SecurityGroupReport): string[] => [
  groupId,
  groupName,
  rules.length === 0 ? 'no clients' : rules.map(ruleText).join('\n'),
  members.length === 0 ? '-' : members.join('\n'),
  vpcId,
]

const ruleText = (rule: RuleReport): string => `${rule.source} ${portsText(rule)}`

function portsText({ fromPort, toPort }: RuleReport): string {
  if (fromPort === 0 && toPort === 65_535) return 'all ports'
  return fromPort === toPort ? `port ${fromPort}` : `ports ${fromPort}-${toPort}`
}
