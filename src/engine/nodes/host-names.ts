/** Names that endpoints are known by, of AWS's shape, and what they stand for. Pure. */
import { regionFacts } from '../../api/catalog/regions.ts'
import { LOCAL_ZONE } from '../../api/local-names.ts'
import type { HostName, NetworkType, Place } from '../store/values.ts'
import { listenAddresses } from './addresses.ts'

/** What a name ends in: AWS's words, and the zone that is the engine's own where names are more than words. */
export const domainOf = ({ region, named }: { readonly region: string; readonly named?: true }): string =>
  `${regionFacts(region)?.code ?? region}.cache.${named ? LOCAL_ZONE : 'amazonaws.com'}`

/** A node's, or that of an endpoint without a node to its port. */
export const hostName = (name: string, networkType: NetworkType, place: Pick<Place, 'ipv4'>): HostName => ({
  name,
  addresses: listenAddresses(networkType, place),
})
