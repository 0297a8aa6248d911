/** What the security groups of a cluster let in, where it is known. */
import { memcached } from '../../api/catalog/engines.ts'
import { shell } from '../../api/shell.ts'
import { parseCidr } from '../../net/cidr.ts'
import { policyBits, samePrefix } from '../../net/ip-address.ts'
import type { AddressEvidence, Evidence, SecurityGroupFacts } from '../evidence.ts'
import { type Cause, failure } from './cause.ts'
import { isFamilyTrouble } from './families.ts'
import { at, each, resetsConnections } from './places.ts'

export const ingressCauses: readonly Cause[] = [
  {
    id: 'R17',
    title: 'no rule of the security groups lets this host in',
    seat: 'way',
    source: 'User guide, "Common troubleshooting steps": security groups',
    odds: 0.05,
    suspect: ({ evidence }) =>
      each(
        evidence.addresses,
        (one) => (resetsConnections(one) || isFamilyTrouble(evidence, one)) && isLetIn(evidence, one) === false,
      ).map((one) => {
        const { cluster = '', port } = one.place
        const groups = groupsOf(evidence, cluster).map(({ id, name }) => `${name} (${id})`)
        const from = sourceOf(one) ?? ''
        return failure(
          at(one),
          `No rule of ${cluster}'s security ${groups.length === 1 ? 'group' : 'groups'} ${groups.join(', ')} lets ${from} connect to port ${port}.`,
          shell`cachectl engine security-group authorize ${groupsOf(evidence, cluster)[0]?.name ?? ''} --sources ${from} --port all`,
          'cachectl engine security-group list',
        )
      }),
  },
]

function groupsOf({ clusters, api }: Evidence, cluster: string): readonly SecurityGroupFacts[] {
  const ids = clusters.find(({ id }) => id === cluster)?.securityGroups ?? []
  return (api?.securityGroups ?? []).filter(({ id }) => ids.includes(id))
}

const sourceOf = ({ source }: AddressEvidence): string | undefined => ('address' in source ? source.address : undefined)

/** Undefined: it can not be told. */
export function isLetIn(evidence: Evidence, one: AddressEvidence): boolean | undefined {
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
