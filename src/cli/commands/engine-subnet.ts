import { CONTROL } from '../../api/local-engine.ts'
import type { CreateSubnetRequest, DeleteSubnetRequest, SubnetReport } from '../../api/local-network.ts'
import { BaseCommand, word } from '../base-command.ts'
import { control } from '../engine-control.ts'
import { text, toggle } from '../flags.ts'
import { tableText } from '../output/table.ts'
import { usageProblem } from '../problem.ts'
import { engineAndRegion, printAnswer, regionFlags, required } from './engine-region.ts'

export class EngineSubnetList extends BaseCommand {
  static override summary = 'List the subnets of the local VPC'
  static override description =
    'Every zone has three from the beginning: IPv4 only, dual stack, and IPv6 only. Addresses are counted: each node holds one until it is deleted.'
  static override flags = regionFlags

  async run(): Promise<void> {
    const { flags } = this.read()
    const { engine, region } = engineAndRegion(flags)
    const answer = await control<{ subnets: SubnetReport[] }>(engine, 'POST', `${CONTROL.subnets}/list`, { region })
    await printAnswer(flags, answer, ({ subnets }) => describe(subnets))
  }
}

const HEAD = ['Subnet', 'Zone', 'IPv4', 'IPv6', 'Network types', 'Free', 'Used']

/** A table for each VPC; nearly always there is one. */
async function describe(subnets: readonly SubnetReport[]): Promise<string> {
  const vpcs = [...new Set(subnets.map(({ vpcId }) => vpcId))]
  const tables = vpcs.map(async (vpc) => {
    const rows = subnets.filter(({ vpcId }) => vpcId === vpc).map(row)
    return `${vpc}\n${await tableText(HEAD, rows)}`
  })
  return (await Promise.all(tables)).join('\n')
}

const row = (subnet: SubnetReport): string[] => [
  subnet.subnetId,
  subnet.availabilityZone,
  subnet.ipv4Cidr ?? '-',
  subnet.ipv6Cidr ?? '-',
  subnet.supportedNetworkTypes.join(' '),
  subnet.freeAddresses === null ? 'unlimited' : String(subnet.freeAddresses),
  String(subnet.usedAddresses),
]

export class EngineSubnetCreate extends BaseCommand {
  static override summary = 'Add a subnet to the local VPC'
  static override description =
    'Without ranges it gets the next free /24 of IPv4. A small range, such as a /28 with its 11 addresses, lets you see what happens when they run out. With --vpc-id the subnet is in a VPC of that name; subnets of two VPCs never go into one subnet group.'
  static override examples = [
    'engine subnet create --availability-zone us-west-2a',
    'engine subnet create --availability-zone us-west-2a --cidr-block 172.31.200.0/28',
    'engine subnet create --availability-zone us-west-2b --ipv6-cidr-block auto',
    'engine subnet create --availability-zone us-west-2b --ipv6-native',
  ]
  static override flags = {
    'availability-zone': required(text({ summary: 'zone it is in', helpValue: '<zone>' })),
    'cidr-block': text({ summary: 'range of IPv4 addresses, /16 to /28', helpValue: '<range>' }),
    'ipv6-cidr-block': text({ summary: 'range of IPv6 addresses, or auto: dual stack', helpValue: '<range>' }),
    'ipv6-native': toggle({ summary: 'IPv6 only' }),
    'vpc-id': text({ summary: 'VPC it is in (default: the local one)', helpValue: '<id>' }),
    'subnet-id': text({ summary: 'id it gets (default: a new one)', helpValue: '<id>' }),
    ...regionFlags,
  }

  async run(): Promise<void> {
    const { flags } = this.read()
    const ipv4Cidr = flags['cidr-block'] as string | undefined
    const isIpv6Only = flags['ipv6-native'] === true
    if (isIpv6Only && ipv4Cidr) throw usageProblem('--ipv6-native and --cidr-block exclude each other.')
    const ipv6Cidr = (flags['ipv6-cidr-block'] as string | undefined) ?? (isIpv6Only ? 'auto' : undefined)
    const { engine, region } = engineAndRegion(flags)
    const request: CreateSubnetRequest = {
      region,
      availabilityZone: flags['availability-zone'] as string,
      ...(isIpv6Only ? { ipv4Cidr: null } : ipv4Cidr && { ipv4Cidr }),
      ...(ipv6Cidr && { ipv6Cidr }),
      ...(flags['vpc-id'] && { vpcId: flags['vpc-id'] as string }),
      ...(flags['subnet-id'] && { subnetId: flags['subnet-id'] as string }),
    }
    const subnet = await control<SubnetReport>(engine, 'POST', `${CONTROL.subnets}/create`, request)
    await printAnswer(flags, subnet, (each) => describe([each]))
  }
}

export class EngineSubnetDelete extends BaseCommand {
  static override summary = 'Delete a subnet that was added to the local VPC'
  static override description =
    'Refused while nodes are in it or a cache subnet group has it. --force deletes it even so: clusters with nodes in it become incompatible-network, until a subnet with the same id is created.'
  static override args = { subnet: word('id of the subnet', { required: true }) }
  static override flags = { force: toggle({ summary: 'even if it is in use' }), ...regionFlags }

  async run(): Promise<void> {
    const { flags, words } = this.read()
    const { engine, region } = engineAndRegion(flags)
    const request: DeleteSubnetRequest = { region, subnetId: words[0] as string, force: flags.force === true }
    const answer = await control<{ deleted: string; clusters: string[] }>(
      engine,
      'POST',
      `${CONTROL.subnets}/delete`,
      request,
    )
    await printAnswer(flags, answer, ({ deleted, clusters }) =>
      clusters.length === 0 ? `Deleted ${deleted}.` : `Deleted ${deleted}, which had nodes of: ${clusters.join(', ')}.`,
    )
  }
}
