import { CONTROL } from '../../../api/local-engine.ts'
import type { CreateSubnetRequest, DeleteSubnetRequest, SubnetReport } from '../../../api/local-network.ts'
import { orMeant } from '../../caches/choose.ts'
import { command } from '../../command.ts'
import { required, text, toggle } from '../../flags.ts'
import { confirmFlags } from '../../global-flags.ts'
import { confirmDestruction } from '../../live/confirm.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { usageProblem } from '../../problem.ts'
import { askInRegion, regionFlags } from '../../target/engine-region.ts'
import { offering, one } from '../../words.ts'

export const engineSubnetList = command({
  summary: 'List the subnets of the local VPC',
  description:
    'Every zone has three from the beginning: IPv4 only, dual stack, and IPv6 only. Addresses are counted: each node holds one until it is deleted.',
  flags: regionFlags,
  forms: {},
  async run({ flags, print }) {
    const answer = await askInRegion<{ subnets: SubnetReport[] }>(flags, `${CONTROL.subnets}/list`)
    await print.answer(answer, ({ subnets }, style) => describe(subnets, style))
  },
})

const HEAD = ['Subnet', 'Zone', 'IPv4', 'IPv6', 'Network types', 'Free', 'Used']

/** A table for each VPC; nearly always there is one. */
function describe(subnets: readonly SubnetReport[], style: Style): string {
  const vpcs = [...new Set(subnets.map(({ vpcId }) => vpcId))]
  const tables = vpcs.map((vpc) => {
    const rows = subnets.filter(({ vpcId }) => vpcId === vpc).map(row)
    return `${vpc}\n${tableText(HEAD, rows, style)}`
  })
  return tables.join('\n')
}

const createdLine = ({ subnetId, availabilityZone, ipv4Cidr, ipv6Cidr, vpcId }: SubnetReport): string =>
  `${subnetId} in ${availabilityZone} of ${vpcId}: ${[ipv4Cidr, ipv6Cidr].filter(Boolean).join(', ')}`

const row = (subnet: SubnetReport): string[] => [
  subnet.subnetId,
  subnet.availabilityZone,
  subnet.ipv4Cidr ?? '-',
  subnet.ipv6Cidr ?? '-',
  subnet.supportedNetworkTypes.join(' '),
  subnet.freeAddresses === null ? 'unlimited' : String(subnet.freeAddresses),
  String(subnet.usedAddresses),
]

export const engineSubnetCreate = command({
  summary: 'Add a subnet to the local VPC',
  description:
    'Without ranges it gets the next free /24 of IPv4. A small range, such as a /28 with its 11 addresses, lets you see what happens when they run out. With --vpc-id the subnet is in a VPC of that name; subnets of two VPCs never go into one subnet group.',
  examples: [
    'engine subnet create --availability-zone us-west-2a',
    'engine subnet create --availability-zone us-west-2a --cidr-block 172.31.200.0/28',
    'engine subnet create --availability-zone us-west-2b --ipv6-cidr-block auto',
    'engine subnet create --availability-zone us-west-2b --ipv6-native',
  ],
  flags: {
    'availability-zone': required(text({ summary: 'zone it is in', helpValue: '<zone>' })),
    'cidr-block': text({ summary: 'range of IPv4 addresses, /16 to /28', helpValue: '<range>' }),
    'ipv6-cidr-block': text({ summary: 'range of IPv6 addresses, or auto: dual stack', helpValue: '<range>' }),
    'ipv6-native': toggle({ summary: 'IPv6 only' }),
    'vpc-id': text({ summary: 'VPC it is in (default: the local one)', helpValue: '<id>' }),
    'subnet-id': text({ summary: 'id it gets (default: a new one)', helpValue: '<id>' }),
    ...regionFlags,
  },
  forms: {},
  async run({ flags, print }) {
    const { 'cidr-block': ipv4Cidr, 'ipv6-native': isIpv6Only, 'vpc-id': vpcId, 'subnet-id': subnetId } = flags
    if (isIpv6Only && ipv4Cidr) throw usageProblem('--ipv6-native and --cidr-block exclude each other.')
    const ipv6Cidr = flags['ipv6-cidr-block'] ?? (isIpv6Only ? 'auto' : undefined)
    const request: Omit<CreateSubnetRequest, 'region'> = {
      availabilityZone: flags['availability-zone'],
      ...(isIpv6Only ? { ipv4Cidr: null } : ipv4Cidr && { ipv4Cidr }),
      ...(ipv6Cidr && { ipv6Cidr }),
      ...(vpcId && { vpcId }),
      ...(subnetId && { subnetId }),
    }
    const subnet = await askInRegion<SubnetReport>(flags, `${CONTROL.subnets}/create`, request)
    await print.answer(subnet, createdLine)
  },
})

export const engineSubnetDelete = command({
  summary: 'Delete a subnet that was added to the local VPC',
  description:
    'Refused while nodes are in it or a cache subnet group has it. --force deletes it even so: clusters with nodes in it become incompatible-network, until a subnet with the same id is created.',
  words: { subnet: offering(one('id of the subnet'), 'ownSubnet') },
  flags: { force: toggle({ summary: 'even if it is in use' }), ...confirmFlags, ...regionFlags },
  forms: {},
  async run({ flags, words, print }) {
    await confirmDestruction(`Delete subnet ${words.subnet}?`, flags.yes)
    const request: Omit<DeleteSubnetRequest, 'region'> = { subnetId: words.subnet, force: flags.force }
    const answer = await askInRegion<{ deleted: string; clusters: string[] }>(
      flags,
      `${CONTROL.subnets}/delete`,
      request,
    ).catch(orMeant('subnet', words.subnet, flags))
    await print.answer(answer, ({ deleted, clusters }) =>
      clusters.length === 0 ? `Deleted ${deleted}.` : `Deleted ${deleted}, which had nodes of: ${clusters.join(', ')}.`,
    )
  },
})
