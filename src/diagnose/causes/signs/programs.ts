/** What shows in the programs of this host that listen at the places, or are connected to them. */
import { failuresOf } from '../../../discovery/differences.ts'
import { endpoint } from '../../../net/target.ts'
import type { AddressEvidence, Evidence } from '../../evidence.ts'
import type { Client, Listener } from '../../programs-here.ts'
import { at, name, who } from '../places.ts'
import type { Sign } from '../sign.ts'

/** Of 1, of the files that a program may have open. */
const NEARLY_USED = 0.9

/** Signs of programs; none where /proc does not tell. */
export const programSigns = (evidence: Evidence): Sign[] => [
  ...listenerSigns(evidence),
  ...otherServerSigns(evidence),
  ...(evidence.programs?.clients ?? []).flatMap((client) => [...fileSigns(client), ...deadSigns(evidence, client)]),
]

/** `memcached (4242)`. */
export const programAt = ({ name: called, pid }: Pick<Client, 'name' | 'pid'>): string => `${called} (${pid})`

/** What listens at an address of this host. */
export const listenerAt = ({ programs }: Evidence, one: AddressEvidence): Listener | undefined =>
  programs?.listeners.find(({ address, port }) => address === one.address && port === one.port)

const listenerSigns = (evidence: Evidence): Sign[] =>
  evidence.addresses.flatMap((one) => {
    const listener = listenerAt(evidence, one)
    return listener?.held
      ? [
          {
            kind: 'listener-held' as const,
            at: at(one),
            sentence: `${who(one)} is served by a process that a signal holds (pid ${listener.pid})`,
            address: one,
          },
        ]
      : []
  })

/** A server that knows no clusters, where one of a cluster is meant: it is told by what it is, and by whose it is. */
function otherServerSigns(evidence: Evidence): Sign[] {
  const { addresses, clusters, discovery, service } = evidence
  const ignorant = new Set(
    discovery.flatMap(({ place, round }) =>
      failuresOf(round)
        // It does not know `config` at all, as every node of ElastiCache does.
        .filter(({ failure: { kind, form } }) => kind === 'no-discovery' && form === 'legacy')
        .map(({ node }) => (node ? endpoint(node.ip ?? node.host, node.port) : name(place))),
    ),
  )
  return addresses
    .filter((one) => one.place.cluster !== undefined && (ignorant.has(at(one)) || ignorant.has(name(one.place))))
    .flatMap((one): Sign[] => {
      const listener = listenerAt(evidence, one)
      const version = clusters.find(({ id }) => id === one.place.cluster)?.engineVersion
      const said = versionOf(one)
      const isOther =
        listener?.pid !== undefined && listener.pid !== service?.engine?.pid && /memcached/.test(listener.name ?? '')
      return [
        ...(isOther
          ? [
              {
                kind: 'listener-other' as const,
                at: at(one),
                sentence: `${who(one)} is served by ${listener.name} (${listener.pid}), which is no node of an engine`,
                address: one,
              },
            ]
          : []),
        ...(version !== undefined && said !== undefined && said !== version
          ? [
              {
                kind: 'other-version' as const,
                at: at(one),
                sentence: `${who(one)} is Memcached ${said}, and the API says ${version}`,
                address: one,
              },
            ]
          : []),
      ]
    })
}

/** As it says itself. */
export const versionOf = ({ words, tls }: AddressEvidence): string | undefined =>
  /^VERSION (\S+)/.exec((words?.connected ? words.line : tls?.reply) ?? '')?.[1]

function fileSigns(client: Client): Sign[] {
  const { openFiles } = client
  if (openFiles?.used === undefined || openFiles.used < openFiles.soft * NEARLY_USED) return []
  return [
    {
      kind: openFiles.used >= openFiles.soft - 1 ? 'files-used-up' : 'few-files',
      at: programAt(client),
      sentence: `${programAt(client)} has ${openFiles.used} of ${openFiles.soft} files open`,
    },
  ]
}

/** Connections of a program to addresses that no place has, and that take none from here. */
export const deadOf = ({ programs }: Evidence, { connections }: Client): Client['connections'] =>
  connections.filter(({ address, port }) =>
    programs?.elsewhere.some(
      (tried) =>
        tried.address === address &&
        tried.port === port &&
        tried.outcome !== 'connected' &&
        tried.outcome !== 'aborted',
    ),
  )

function deadSigns(evidence: Evidence, client: Client): Sign[] {
  const dead = deadOf(evidence, client)
  if (dead.length === 0) return []
  const where = dead.map(({ address, port }) => endpoint(address, port)).join(', ')
  return [
    {
      kind: 'holds-dead',
      at: programAt(client),
      sentence: `${programAt(client)} holds connections to ${where}, which is no address of what was asked for, and takes none`,
    },
  ]
}
