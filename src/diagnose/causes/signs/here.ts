/** What this host itself does to packets. */
import type { AddressEvidence, Evidence } from '../../evidence.ts'
import type { PacketFate } from '../../own-packets.ts'
import { at, isHere, who } from '../places.ts'
import type { Sign, SignKind } from '../sign.ts'

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
export function hereSigns({ addresses, here }: Evidence): Sign[] {
  if (!here) return []
  const found = (place: { readonly address: string; readonly port: number }): AddressEvidence | undefined =>
    addresses.find(({ address, port }) => address === place.address && port === place.port)
  const watched = here.packets.flatMap(({ seen, ...place }): Sign[] => {
    const one = found(place)
    const row = one && ROWS.find(({ fate, where }) => seen.includes(fate) && isWhere(where, one))
    return row ? [{ kind: row.kind, at: at(one), sentence: `${who(one)} ${row.words}`, address: one }] : []
  })
  const diverted = here.diverted.flatMap(({ to, ...place }): Sign[] => {
    const one = found(place)
    if (!one || isHere(one)) return []
    const sentence = `${who(one)} is answered for by this host, at ${to}`
    return [{ kind: 'answered-here', at: at(one), sentence, address: one }]
  })
  return [...watched, ...diverted]
}

const isWhere = (where: Row['where'], one: AddressEvidence): boolean =>
  where === 'anywhere' || isHere(one) === (where === 'here')
