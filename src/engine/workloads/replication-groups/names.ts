/** What the parts of a replication group are called. Pure. */
import { hostsOfMachine, hostToTell } from '../../nodes/addresses.ts'
import { domainOf, hostName } from '../../nodes/host-names.ts'
import type { GroupMemberRecord, HostName, Place, ReplicationGroupRecord } from '../../store/records.ts'
import { accessOf } from './access.ts'
import { isCluster, membersOf } from './members.ts'

const padded = (number: number, digits: number): string => String(number).padStart(digits, '0')

/** The only shard with cluster mode disabled, and the first with cluster mode enabled. */
export const shardId = (number: number): string => padded(number, 4)

/**
 * Ids for `count` more members: `shop-002` with cluster mode disabled, `shop-0001-002` with it enabled. The smallest numbers that
 * no cache cluster has; that a number is given again at once is a guess.
 */
export function memberIds(group: string, shard: string | null, count: number, isTaken: (id: string) => boolean) {
  const prefix = shard === null ? group : `${group}-${shard}`
  const ids: string[] = []
  for (let number = 1; ids.length < count; number++) {
    const id = `${prefix}-${padded(number, 3)}`
    if (!isTaken(id)) ids.push(id)
  }
  return ids
}

/** Endpoints that a group has besides those of its members. */
export type EndpointName = keyof ReplicationGroupRecord['endpointPorts']

export const ENDPOINT_NAMES: readonly EndpointName[] = ['configuration', 'primary', 'reader']

/** Where an endpoint of a group is; undefined: it has none. */
export function placeOfEndpoint(
  { endpointPorts, endpointAddresses }: ReplicationGroupRecord,
  name: EndpointName,
): Place | undefined {
  const port = endpointPorts[name]
  const ipv4 = endpointAddresses?.[name]
  return port === null ? undefined : { port, ...(ipv4 !== undefined && { ipv4 }) }
}

/**
 * Names are others where encryption is required; a group on its way there has them without, until it is (measured on AWS).
 */
const isEncrypted = ({ transit }: Pick<ReplicationGroupRecord, 'transit'>): boolean => transit === 'required'

function endpointName(group: ReplicationGroupRecord, name: EndpointName, encrypted = isEncrypted(group)): string {
  const { id, token } = group
  const label = { configuration: 'clustercfg', primary: 'master', reader: 'replica' }[name]
  if (encrypted) return `${label}.${id}.${token}.${domainOf(group)}`
  const plain = {
    configuration: `${id}.${token}.clustercfg`,
    primary: `${id}.${token}.ng.0001`,
    reader: `${id}-ro.${token}.ng.0001`,
  }
  return `${plain[name]}.${domainOf(group)}`
}

/** Of a member, known to callers as a cache cluster of one node. */
function memberName(group: ReplicationGroupRecord, member: string, encrypted = isEncrypted(group)): string {
  const { id, token } = group
  return `${encrypted ? `${member}.${id}.${token}` : `${member}.${token}.0001`}.${domainOf(group)}`
}

/** `Endpoint.Address` of one of its endpoints. */
export const endpointAddressOf = (group: ReplicationGroupRecord, name: EndpointName, place: Place): string =>
  group.named ? endpointName(group, name) : hostToTell(group, place)

/** `Endpoint.Address` of a member. */
export const memberAddress = (group: ReplicationGroupRecord, { id, place }: GroupMemberRecord): string =>
  group.named ? memberName(group, id) : hostToTell(group, place ?? {})

/**
 * What servers of a cluster call a member when clients ask for nodes: by name where encryption is on, unless its parameter group wants
 * addresses (guide, `cluster-preferred-endpoint-type`); always with the host that the engine was told to advertise.
 */
export function nameForClients(group: ReplicationGroupRecord, member: string): string | undefined {
  if (!group.named && isCluster(group) && group.advertisedHost !== undefined) return group.advertisedHost
  const wantsAddresses = group.parameters.values['cluster-preferred-endpoint-type'] === 'ip'
  const isByName = group.named && isCluster(group) && accessOf(group).transit !== 'plain' && !wantsAddresses
  return isByName ? memberName(group, member) : undefined
}

/** What its names stand for. While encryption begins to be required, or ends to be, there are those of both forms. */
export function namesOf(group: ReplicationGroupRecord): readonly HostName[] {
  if (!group.named) return []
  const forms = [...new Set([isEncrypted(group), isEncrypted(accessOf(group))])]
  return forms.flatMap((encrypted) => namesOfForm(group, encrypted))
}

function namesOfForm(group: ReplicationGroupRecord, encrypted: boolean): HostName[] {
  const { networkType } = group
  const members = membersOf(group).flatMap(({ id, place }) =>
    place ? [hostName(memberName(group, id, encrypted), networkType, place)] : [],
  )
  const endpoints = ENDPOINT_NAMES.flatMap((name): HostName[] => {
    const place = placeOfEndpoint(group, name)
    if (!place) return []
    const plain = hostName(endpointName(group, name, encrypted), networkType, place)
    const primary = name === 'primary' ? membersOf(group).find(({ id }) => id === group.shards[0]?.primary) : undefined
    // An alias of the primary, as on AWS, where that has the same port, as there.
    const isAlias = primary?.place?.port === place.port
    return [isAlias && primary ? { ...plain, alias: memberName(group, primary.id, encrypted) } : plain]
  })
  return [...endpoints, ...members]
}

/**
 * Whom a certificate of its servers is for. With encryption required hosts are `master.shop.abc123.usw2.cache.amazonaws.com` and the
 * like; until then they have the names of hosts without encryption (measured on AWS), which are in it too, that a client that
 * prefers encryption finds the name it asked for.
 */
export function certificateNames(
  group: Pick<ReplicationGroupRecord, 'region' | 'id' | 'token' | 'named' | 'advertisedHost'>,
) {
  const { id, token } = group
  const domain = domainOf(group)
  const own = `*.${id}.${token}.${domain}`
  const withoutEncryption = ['ng.0001', '0001', 'clustercfg'].map((part) => `*.${token}.${part}.${domain}`)
  return { subject: own, names: [...hostsOfMachine(group), own, ...withoutEncryption] }
}
