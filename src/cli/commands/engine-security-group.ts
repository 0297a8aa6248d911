import { CONTROL } from '../../api/local-engine.ts'
import type {
  CreateSecurityGroupRequest,
  IngressRequest,
  RuleReport,
  SecurityGroupReport,
} from '../../api/local-network.ts'
import { BaseCommand, word } from '../base-command.ts'
import { control } from '../engine-control.ts'
import { type Flags, text, texts } from '../flags.ts'
import { tableText } from '../output/table.ts'
import type { FlagValues, Parsed } from '../parse.ts'
import { engineAndRegion, printAnswer, regionFlags, required } from './engine-region.ts'

const call = <T>(flags: FlagValues, action: string, request: object): Promise<T> => {
  const { engine, region } = engineAndRegion(flags)
  return control<T>(engine, 'POST', `${CONTROL.securityGroups}/${action}`, { region, ...request })
}

const group = { group: word('id or name of the security group', { required: true }) }

export class EngineSecurityGroupList extends BaseCommand {
  static override summary = 'List the VPC security groups and whom they let in'
  static override description =
    'The default group, which clusters get that ask for none, lets in everybody on this machine. A rule whose ports cover the port a cluster was created with opens all its nodes and its configuration endpoint; other rules open the ports they name.'
  static override flags = regionFlags

  async run(): Promise<void> {
    const { flags } = this.read()
    const answer = await call<{ securityGroups: SecurityGroupReport[] }>(flags, 'list', {})
    await printAnswer(flags, answer, ({ securityGroups }) => table(securityGroups))
  }
}

export class EngineSecurityGroupCreate extends BaseCommand {
  static override summary = 'Add a VPC security group, which lets in nobody yet'
  static override description =
    'Clusters take it with --security-group-ids of create- and modify-cache-cluster. --members says which source addresses stand for the instances that have the group on AWS: rules of other groups that name it let in those.'
  static override examples = [
    'engine security-group create web --members 127.0.0.2 127.0.1.0/24',
    'engine security-group create cache --description "shop caches"',
  ]
  static override args = { name: word('name of the group', { required: true }) }
  static override flags = {
    description: text({ summary: 'what it is for', helpValue: '<text>' }),
    members: texts({ summary: 'source addresses or ranges that belong to it', helpValue: '<range>...' }),
    'vpc-id': text({ summary: 'VPC it is in (default: the local one)', helpValue: '<id>' }),
    'group-id': text({ summary: 'id it gets (default: a new one)', helpValue: '<id>' }),
    ...regionFlags,
  }

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const request: Omit<CreateSecurityGroupRequest, 'region'> = {
      groupName: words[0] as string,
      ...(flags.description && { description: flags.description as string }),
      ...(flags.members && { members: flags.members as string[] }),
      ...(flags['vpc-id'] && { vpcId: flags['vpc-id'] as string }),
      ...(flags['group-id'] && { groupId: flags['group-id'] as string }),
    }
    await printAnswer(flags, await call<SecurityGroupReport>(flags, 'create', request), (each) => table([each]))
  }
}

export class EngineSecurityGroupDelete extends BaseCommand {
  static override summary = 'Delete a VPC security group that nobody uses'
  static override args = group
  static override flags = regionFlags

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const answer = await call<{ deleted: string }>(flags, 'delete', { group: words[0] })
    await printAnswer(flags, answer, ({ deleted }) => `Deleted ${deleted}.`)
  }
}

const members = (summary: string): Flags => ({
  members: required(texts({ summary, helpValue: '<range>...' })),
})

export class EngineSecurityGroupJoin extends BaseCommand {
  static override summary = 'Give source addresses a VPC security group, as instances get one on AWS'
  static override description =
    'Rules of other groups that name the group let its members in, from now on: running nodes obey at once.'
  static override examples = ['engine security-group join web --members 127.0.0.2 127.0.1.0/24']
  static override args = group
  static override flags = { ...members('source addresses or ranges that join'), ...regionFlags }

  async run(): Promise<void> {
    await changeMembers(this.read(), 'join')
  }
}

export class EngineSecurityGroupLeave extends BaseCommand {
  static override summary = 'Take a VPC security group from source addresses'
  static override description =
    'Connections that are there stay until they end, as on AWS; new ones are turned away at once.'
  static override examples = ['engine security-group leave web --members 127.0.0.2']
  static override args = group
  static override flags = { ...members('source addresses or ranges that leave'), ...regionFlags }

  async run(): Promise<void> {
    await changeMembers(this.read(), 'leave')
  }
}

async function changeMembers({ flags, words }: Parsed, action: 'join' | 'leave'): Promise<void> {
  const request = { group: words[0], members: flags.members }
  await printAnswer(flags, await call<SecurityGroupReport>(flags, action, request), (each) => table([each]))
}

const sources = (summary: string): Flags => ({
  sources: required(texts({ summary, helpValue: '<source>...' })),
})

export class EngineSecurityGroupAuthorize extends BaseCommand {
  static override summary = 'Let sources connect to the clusters of a VPC security group'
  static override description =
    'A source is an address, a range, or the id or name of a security group, whose members are then let in. Running nodes obey at once. On this machine clients can come from any address of 127.0.0.0/8, and from ::1.'
  static override examples = [
    'engine security-group authorize cache --port 11211 --sources 127.0.0.2/32 ::1',
    'engine security-group authorize cache --port all --sources web',
  ]
  static override args = group
  static override flags = {
    ...sources('who may connect'),
    port: text({ summary: 'port or range of ports, or all (default 11211)', helpValue: '<port>' }),
    ...regionFlags,
  }

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const request = { ...ingress(flags, words), ports: (flags.port as string | undefined) ?? '11211' }
    await printAnswer(flags, await call<SecurityGroupReport>(flags, 'authorize', request), (each) => table([each]))
  }
}

export class EngineSecurityGroupRevoke extends BaseCommand {
  static override summary = 'Take back what a VPC security group lets in'
  static override description =
    'Connections that are there stay until they end, as on AWS; new ones are turned away at once. Where AWS drops packets, and a client waits until its timeout, a client here is connected and reset.'
  static override examples = [
    'engine security-group revoke default --sources 127.0.0.0/8',
    'engine security-group revoke cache --port 11211 --sources 127.0.0.2',
  ]
  static override args = group
  static override flags = {
    ...sources('whose rules go'),
    port: text({ summary: 'only rules of exactly these ports (default: all rules)', helpValue: '<port>' }),
    ...regionFlags,
  }

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const request = { ...ingress(flags, words), ...(flags.port && { ports: flags.port as string }) }
    await printAnswer(flags, await call<SecurityGroupReport>(flags, 'revoke', request), (each) => table([each]))
  }
}

const ingress = (flags: FlagValues, words: readonly string[]): Omit<IngressRequest, 'region' | 'ports'> => ({
  group: words[0] as string,
  sources: flags.sources as string[],
})

const table = (groups: readonly SecurityGroupReport[]): Promise<string> =>
  tableText(['Group', 'Name', 'Lets in', 'Members', 'VPC'], groups.map(row))

const row = ({ groupId, groupName, ingress: rules, members, vpcId }: SecurityGroupReport): string[] => [
  groupId,
  groupName,
  rules.length === 0 ? 'nobody' : rules.map((rule) => `${rule.source} ${portsText(rule)}`).join('\n'),
  members.length === 0 ? '-' : members.join('\n'),
  vpcId,
]

function portsText({ fromPort, toPort }: RuleReport): string {
  if (fromPort === 0 && toPort === 65_535) return 'all ports'
  return fromPort === toPort ? `port ${fromPort}` : `ports ${fromPort}-${toPort}`
}
