/** What this host itself does to packets. */
import type { AddressEvidence, Evidence } from '../../evidence.ts'
import type { LocalPath } from '../../local-paths.ts'
import type { PacketFate } from '../../own-packets.ts'
import { at, isAlive, isHere, who } from '../places.ts'
import type { Sign, SignKind } from '../sign.ts'
import { behind, pathsBy } from '../views.ts'

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
  { fate: 'reset-here', kind: 'answered-here', where: 'elsewhere', words: 'is answered for by this host' },
  { fate: 'vanished', kind: 'lost-inside', where: 'here', words: 'is on this host, and what is sent there is lost' },
]

/** Of what was watched at addresses that do not answer, and of connections that end here instead of there. */
export function hereSigns(evidence: Evidence): Sign[] {
  const { addresses, here } = evidence
  if (!here) return ownAddressSigns(evidence)
  const found = (place: { readonly address: string; readonly port: number }): AddressEvidence | undefined =>
    addresses.find(({ address, port }) => address === place.address && port === place.port)
  const watched = here.packets.flatMap(({ seen, ...place }): Sign[] => {
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
  return [...watched, ...diverted, ...sources, ...gatewaySigns(evidence), ...ownAddressSigns(evidence)]
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

/** Nodes of a cluster elsewhere whose address this host has as well, while others of its nodes are not here. */
const ownAddressSigns = ({ addresses, clusters }: Evidence): Sign[] =>
  addresses.flatMap((one): Sign[] => {
    const cluster = clusters.find(({ id }) => id === one.place.cluster)
    const isElsewhere = addresses.some((other) => other.place.cluster === cluster?.id && !isHere(other))
    if (!cluster || cluster.local || !isElsewhere || !isHere(one)) return []
    return [{ kind: 'own-address', at: at(one), sentence: `${who(one)} has an address of this host`, address: one }]
  })

const isWhere = (where: Row['where'], one: AddressEvidence): boolean =>
  where === 'anywhere' || isOwn(one) === (where === 'here')

/** All of 127.0.0.0/8 is this host, and so is the address that means any. */
const isOwn = (one: AddressEvidence): boolean =>
  isHere(one) || /^(127\.|0\.0\.0\.0$|::1?$|::ffff:127\.)/.test(one.address)
