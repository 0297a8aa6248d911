import type { EndpointsTold, NetworkType, Place } from '../store/values.ts'

const IPV4 = '127.0.0.1'
const IPV6 = '::1'

type Address = Pick<Place, 'ipv4'>

/** Loopback addresses that a node of a network type listens on. */
export const listenAddresses = (networkType: NetworkType, { ipv4 = IPV4 }: Address = {}): readonly string[] =>
  ({ ipv4: [ipv4], ipv6: [IPV6], dual_stack: [ipv4, IPV6] })[networkType]

/** `localhost` where both families answer on the machine's own addresses. */
const endpointAddress = (networkType: NetworkType, { ipv4 }: Address): string =>
  ({ ipv4: ipv4 ?? IPV4, ipv6: IPV6, dual_stack: ipv4 ?? 'localhost' })[networkType]

/** `Endpoint.Address` of what has no name. */
export const hostToTell = (
  { networkType, advertisedHost }: EndpointsTold & { readonly networkType: NetworkType },
  place: Address,
): string => advertisedHost ?? endpointAddress(networkType, place)

/** What clients call this machine: certificates are for it, beside its loopback addresses. */
export const hostsOfMachine = ({ advertisedHost }: EndpointsTold): readonly string[] => [
  'localhost',
  ...(advertisedHost === undefined ? [] : [advertisedHost]),
]

/** The one address of a family that something is reached at. */
export const addressOf = (family: 'ipv4' | 'ipv6', { ipv4 = IPV4 }: Address): string =>
  family === 'ipv6' ? IPV6 : ipv4
