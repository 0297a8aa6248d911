/** What this host itself does to packets. */

import { ipv4Bits, ipv6Bits, samePrefix } from '../../../net/ip-address.ts'
import { endpoint } from '../../../net/target.ts'
import type { AddressEvidence, Evidence } from '../../evidence.ts'
import type { LocalPath } from '../../local-paths.ts'
import type { PacketFate } from '../../own-packets.ts'
import { at, isAlive, isHere, telling, who } from '../places.ts'
import type { Sign, SignKind } from '../sign.ts'
import { behind, isLoneOwn, pathsBy } from '../views.ts'

interface Row {
  readonly fate: PacketFate
  readonly kind: SignKind
  /** Of an address of this host, of one elsewhere, or of either. */
  readonly where: 'here' | 'elsewhere' | 'anywhere'
  /** After the name of the place. */
  readonly words: string
}

/** The first that fits an address: a packet that never left did not come in either. */
const ROWS: readonly Row[] = [
  {
    fate: 'unsent',
    kind: 'never-left',
    where: 'anywhere',
    words: 'is sent nothing: the packets never leave this host',
  },
  { fate: 'wrong-way', kind: 'wrong-way', where: 'anywhere', words: 'answers by a way that this host does not accept' },
  {
    fate: 'undelivered',
    kind: 'never-delivered',
    where: 'anywhere',
    words: 'answers, and no program of this host is given the answers',
  },
  {
    fate: 'turned-back',
    kind: 'never-left',
    where: 'elsewhere',
    words: 'is answered for by a filter of this host: the packets never leave it',
  },
  { fate: 'reset-here', kind: 'answered-here', where: 'elsewhere', words: 'is answered for by this host' },
  { fate: 'vanished', kind: 'lost-inside', where: 'here', words: 'is on this host, and what is sent there is lost' },
]

/** Of what was watched at addresses that do not answer, and of connections that end here instead of there. */
export function hereSigns(evidence: Evidence): Sign[] {
  const { addresses, here } = evidence
  if (!here) return ownAddressSigns(evidence)
  const found = (place: { readonly address: string; readonly port: number }): AddressEvidence | undefined =>
    addresses.find(({ address, port }) => address === place.address && port === place.port)
  const watched = here.packets.flatMap(({ seen, dns, ...place }): Sign[] => {
    if (dns) return serverSigns(seen, place)
    const one = found(place)
    const row = one && ROWS.find(({ fate, where }) => seen.includes(fate) && isWhere(where, one))
    return row ? [{ kind: row.kind, at: at(one), sentence: `${who(one)} ${row.words}`, address: one }] : []
  })
  const diverted = here.diverted.flatMap(({ to, ...place }): Sign[] => {
    const one = found(place)
    if (!one || isOwn(one)) return []
    const sentence = `${who(one)} is answered for by this host, at ${to}`
    return [{ kind: 'answered-here', at: at(one), sentence, address: one }]
  })
  const sources = here.sources.flatMap(({ from, works, ...place }): Sign[] => {
    const one = found(place)
    if (!one) return []
    const sentence = `${who(one)} answers packets from ${works}, and none from ${from}`
    return [{ kind: 'source-matters', at: at(one), sentence, address: one }]
  })
  const told = [...expiredSigns(evidence), ...gatewaySigns(evidence), ...ownAddressSigns(evidence)]
  return [...watched, ...diverted, ...sources, ...told]
}

/** Routers said that packets had passed as many of them as they may, and these could not be reached. */
const expiredSigns = ({ addresses, here }: Evidence): Sign[] =>
  addresses.flatMap((one): Sign[] => {
    const { outcome, local } = telling(one) ?? {}
    if (!here?.expired || outcome !== 'unreachable' || local === true) return []
    return [{ kind: 'expired', at: at(one), sentence: `packets to ${who(one)} expire on the way`, address: one }]
  })

/** Of questions to a DNS server elsewhere. */
function serverSigns(seen: readonly PacketFate[], { address, port }: { address: string; port: number }): Sign[] {
  const row = ROWS.find(({ fate, where }) => seen.includes(fate) && where !== 'here')
  const where = endpoint(address, port)
  if (!row || ANY_OWN.test(address)) return []
  return [{ kind: row.kind, at: where, sentence: `the DNS server ${where} ${row.words}` }]
}

/** Gateways that were asked for and did not answer, with nothing behind them that does. */
const gatewaySigns = (evidence: Evidence): Sign[] =>
  [...new Set((evidence.here?.paths ?? []).flatMap((path) => (isSilent(path) ? [path.gateway] : [])))].flatMap(
    (gateway): Sign[] => {
      const { device, address } = pathsBy(evidence, gateway)[0] ?? { device: '', address: '' }
      const asks = address.includes(':') ? 'neighbour discovery' : 'ARP'
      if (behind(evidence, gateway).some(isAlive)) return []
      return [
        { kind: 'gateway-silent', at: gateway, sentence: `The gateway ${gateway} (${device}) does not answer ${asks}` },
      ]
    },
  )

const isSilent = (path: LocalPath): path is LocalPath & { readonly gateway: string } =>
  path.gateway !== undefined && path.neighbour === 'silent'

/**
 * Nodes elsewhere whose address this host has as well, while others of the same cluster are not here; of places that were
 * given, where this host is in no network with it, and others that are elsewhere would be.
 */
const ownAddressSigns = ({ addresses, clusters, here }: Evidence): Sign[] =>
  addresses.flatMap((one): Sign[] => {
    const cluster = clusters.find(({ id }) => id === one.place.cluster)
    const others = addresses.filter((other) => other.place.cluster === one.place.cluster && !isHere(other))
    const isLone = here?.paths.some(({ address, own }) => address === one.address && isLoneOwn(own)) === true
    const isForeign = cluster ? others.length > 0 : isLone && others.some((other) => isFarNeighbour(one, other, here))
    if (cluster?.local || !isForeign || !isHere(one)) return []
    return [{ kind: 'own-address', at: at(one), sentence: `${who(one)} has an address of this host`, address: one }]
  })

/** Of the same network by their numbers, and reached over a gateway all the same. */
const isFarNeighbour = (one: AddressEvidence, other: AddressEvidence, here: Evidence['here']): boolean =>
  isOneNetwork(one.address, other.address) &&
  here?.paths.some(({ address, gateway }) => address === other.address && gateway !== undefined) === true

const isOneNetwork = (a: string, b: string): boolean => {
  const [four, other4] = [ipv4Bits(a), ipv4Bits(b)]
  if (four !== undefined && other4 !== undefined) return samePrefix(four, other4, 24, 32)
  const [six, other6] = [ipv6Bits(a), ipv6Bits(b)]
  return six !== undefined && other6 !== undefined && samePrefix(six, other6, 64, 128)
}

const isWhere = (where: Row['where'], one: AddressEvidence): boolean =>
  where === 'anywhere' || isOwn(one) === (where === 'here')

/** All of 127.0.0.0/8 is this host, and so is the address that means any. */
const isOwn = (one: AddressEvidence): boolean => isHere(one) || ANY_OWN.test(one.address)

const ANY_OWN = /^(127\.|0\.0\.0\.0$|::1?$|::ffff:127\.)/
