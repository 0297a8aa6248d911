/** What the security groups of a cluster let in, where it is known. */
import { memcached } from '../../api/catalog/engines.ts'
import { shell } from '../../api/shell.ts'
import { parseCidr } from '../../net/cidr.ts'
import { policyBits, samePrefix } from '../../net/ip-address.ts'
import type { AddressEvidence, Evidence, SecurityGroupFacts } from '../evidence.ts'
import { type Cause, failure, shows } from './cause.ts'

export const ingressCauses: readonly Cause[] = [
  {
    id: 'R17',
    title: 'no rule of the security groups lets this host in',
    seat: 'way',
    source: 'User guide, "Common troubleshooting steps": security groups',
    odds: 0.5,
    suspect: (seen) => {
      const shut = seen
        .of('reset', 'closed', 'timeout', 'silent')
        .flatMap((sign) =>
          sign.address && isLetIn(seen.evidence, sign.address) === false ? [{ sign, one: sign.address }] : [],
        )
      const doors = new Map(shut.map(({ one }) => [`${one.place.cluster} ${sourceOf(one)}`, one]))
      return [...doors].map(([door, one]) => {
        const { cluster = '', port } = one.place
        const groups = groupsOf(seen.evidence, cluster)
        const from = sourceOf(one) ?? ''
        return {
          ...failure(
            cluster,
            `No rule of ${cluster}'s security ${groups.length === 1 ? 'group' : 'groups'} ${groups.map(({ id, name }) => `${name} (${id})`).join(', ')} lets ${from} connect to port ${port}.`,
            [
              'Let it in:',
              shell`cachectl engine security-group authorize ${groups[0]?.name ?? ''} --sources ${from} --port all`,
            ],
            'cachectl engine security-group list',
          ),
          explains: shows(
            0.95,
            ...shut.flatMap((each) => (`${each.one.place.cluster} ${sourceOf(each.one)}` === door ? [each.sign] : [])),
          ),
        }
      })
    },
  },
]

function groupsOf({ clusters, api }: Evidence, cluster: string): readonly SecurityGroupFacts[] {
  const ids = clusters.find(({ id }) => id === cluster)?.securityGroups ?? []
  return (api?.securityGroups ?? []).filter(({ id }) => ids.includes(id))
}

const sourceOf = ({ source }: AddressEvidence): string | undefined => ('address' in source ? source.address : undefined)

/** Undefined: it can not be told. */
function isLetIn(evidence: Evidence, one: AddressEvidence): boolean | undefined {
  const [from, groups] = [sourceOf(one), groupsOf(evidence, one.place.cluster ?? '')]
  if (from === undefined || groups.length === 0) return undefined
  const bits = policyBits(from)
  const isIn = (range: string): boolean => {
    const cidr = parseCidr(range)
    if (typeof cidr === 'string' || bits === undefined || cidr.family !== one.family) return false
    return samePrefix(cidr.prefix, bits, cidr.policyLength, 128)
  }
  // On this machine a rule for the port a cluster was asked for opens all its nodes, whatever ports they got.
  const own = evidence.clusters.find(({ id }) => id === one.place.cluster)?.configuration?.port
  const ports = [one.port, own ?? memcached.port, memcached.port]
  return groups.some(({ ingress }) =>
    ingress.some(({ fromPort, toPort, source }) => {
      const ranges = evidence.api?.securityGroups?.find(({ id }) => id === source)?.members ?? [source]
      return ports.some((port) => port >= fromPort && port <= toPort) && ranges.some(isIn)
    }),
  )
}
