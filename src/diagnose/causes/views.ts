/** Questions that rules about names ask of what DNS servers said. */
import { shell } from '../../api/shell.ts'
import { endpoint } from '../../net/target.ts'
import type { ServerView } from '../dns-survey.ts'
import type { AddressEvidence, ClusterFacts, Evidence, HostEvidence } from '../evidence.ts'
import type { LocalPath } from '../local-paths.ts'
import type { Seen } from './cause.ts'
import { OUT, type Sign } from './sign.ts'

export function surveyed(evidence: Evidence): { host: string; views: readonly ServerView[] }[] {
  return evidence.hosts.flatMap(({ host, survey, asksDns }) =>
    asksDns && survey ? [{ host, views: survey.views }] : [],
  )
}

export const clusterOf = ({ places, clusters }: Evidence, host: HostEvidence['host']): ClusterFacts | undefined => {
  const id = places.find((place) => place.host === host && place.cluster)?.cluster
  return clusters.find((cluster) => cluster.id === id)
}
export const addressesOf = ({ ipv4, ipv6 }: ServerView): string[] => [...ipv4, ...ipv6].map(({ address }) => address)
export const hasAddresses = ({ ipv4, ipv6 }: ServerView): boolean => ipv4.length + ipv6.length > 0
const DEAD: ReadonlySet<string> = new Set(['timeout', 'unreachable', 'server-failure', 'refused', 'bad-answer'])
export const isDead = ({ a, aaaa }: ServerView): boolean => DEAD.has(a.outcome) && DEAD.has(aaaa.outcome)
export const onlyTimeouts = (...outcomes: string[]): boolean => outcomes.includes('timeout')
export const serverOf = ({ server }: ServerView): string =>
  server.port === 53 ? server.address : endpoint(server.address, server.port)
/** Shows what this server says of both families, aliases included. */
export const asking = (host: string, view: ServerView): string => shell`cachectl dns ${host} --server ${serverOf(view)}`

/** Signs at the addresses of a name, or at those of them that are meant. */
export const outAt = (seen: Seen, host: string, isMeant: (address: string) => boolean = () => true): Sign[] =>
  seen.of(...OUT).filter(({ address }) => address?.place.host === host && isMeant(address.address))

/** Ways of this host that lead over a gateway. */
export const pathsBy = ({ here }: Evidence, gateway: string): LocalPath[] =>
  (here?.paths ?? []).filter((path) => path.gateway === gateway)

/** Addresses that this host reaches over a gateway. */
export const behind = (evidence: Evidence, gateway: string): AddressEvidence[] => {
  const reached = pathsBy(evidence, gateway).map(({ address }) => address)
  return evidence.addresses.filter(({ address }) => reached.includes(address))
}

/** Given to the loopback device by itself, as no network is: `10.2.0.11/32 dev lo`. */
export const isLoneOwn = (own = ''): boolean => /\/(32|128) dev lo$/.test(own)

/** The way of this host to an address, where it was looked at. */
export const pathTo = ({ here }: Evidence, address: string): LocalPath | undefined =>
  here?.paths.find((path) => path.address === address)
