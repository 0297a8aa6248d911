/** Brings a server to what it is to be, one look and what follows from it at a time. */
import type { Command } from '../../../protocols/resp/encode.ts'
import { isError, itemsOf, type Reply, textOf } from '../../../protocols/resp/reply.ts'
import { FORMED } from './config-file.ts'
import { placeOf } from './doors.ts'
import { type KnownNode, parseInfo, parseNodes } from './info.ts'
import { addressText } from './links.ts'
import { Operator } from './operator.ts'
import { ENGINE_USER, type Keys } from './restricted.ts'
import type { Member, RedisLive, RedisSpec, Source } from './spec.ts'
import { userCommands, userOf } from './users.ts'

/** A server, and what it was told last. */
export interface Subject {
  readonly spec: RedisSpec
  readonly keys: Keys
  readonly operator: Operator
  readonly hasSourceAddress: boolean
  /** Of a server that is told who is who as a whole. */
  readonly tell: ((topology: readonly Member[]) => void) | undefined
  /** Directives and rules of users as they were applied. */
  readonly directives: Map<string, string>
  readonly users: Map<string, string>
  /** Directives it did not take, with what it said. */
  readonly refusals: Map<string, string>
  /** When it was first asked to take its primary's place, which goes on living: that may fail. */
  handoverSince: number | undefined
  /** Whether it was told to let writes wait. */
  holdsWrites: boolean | undefined
  /** Whether it was told that there is no room for more. */
  isFull: boolean
}

const HANDOVER_MS = 2_000
/** Longer than what is done meanwhile takes; an engine that is killed meanwhile is followed by another one. */
const HELD_MS = 3_600_000

/** Does what is missing. Answers whether nothing was. Rejects when the server does not answer. */
export async function converge(subject: Subject, live: RedisLive, now: number): Promise<boolean> {
  await fillUp(subject, live.isFull === true)
  await applyDirectives(subject, live.directives)
  await applyUsers(subject, live.users)
  await holdWrites(subject, live.holdsWrites === true)
  return (await convergePlace(subject, live, now)) && hasWritten(subject, live)
}

function convergePlace(subject: Subject, live: RedisLive, now: number): Promise<boolean> {
  const { nodeId } = subject.spec
  if (live.topology && nodeId !== undefined) return convergeCluster(subject, live.topology, nodeId, now)
  return convergeRole(subject, live.role ?? 'primary', now)
}

/** A server that becomes durable while it runs writes all that it holds first, and has only that to begin with again. */
async function hasWritten({ operator }: Subject, { directives }: RedisLive): Promise<boolean> {
  if (directives.appendonly !== 'yes') return true
  const persistence = await operator.info('persistence')
  return ['aof_rewrite_in_progress', 'aof_rewrite_scheduled'].every((name) => persistence.get(name) === '0')
}

async function applyDirectives(subject: Subject, wanted: RedisLive['directives']): Promise<void> {
  const changed = Object.entries(wanted)
    .filter(([name, value]) => subject.directives.get(name) !== value)
    .filter(([name]) => !(subject.isFull && OF_MEMORY.includes(name)))
  const config = subject.keys.nameOf('config')
  const replies = await subject.operator.send(changed.map(([name, value]) => [config, 'SET', name, value]))
  for (const [index, [name, value]] of changed.entries()) {
    // What it does not take now it does not take later either: said again when the value is another.
    subject.directives.set(name, value)
    const said = replies[index] ?? null
    if (isError(said) && mostOf(said) === undefined) subject.refusals.set(name, `${said.code} ${said.text}`)
    else subject.refusals.delete(name)
  }
  const lowered = changed.flatMap(([name], index): Command[] => {
    const most = mostOf(replies[index] ?? null)
    return most === undefined ? [] : [[config, 'SET', name, most]]
  })
  await subject.operator.send(lowered)
}

/** Of clients, as many as the system allows: a server tells when it is asked for more. */
const mostOf = (said: Reply): string | undefined =>
  isError(said) ? /not able to handle .* try with (\d+)/.exec(said.text)?.[1] : undefined

/** What becomes of writes when memory is used up. */
const OF_MEMORY: readonly string[] = ['maxmemory', 'maxmemory-policy']

/** It has less memory than it uses, a little less: it keeps what it holds, and refuses what would need more. */
async function fillUp(subject: Subject, isFull: boolean): Promise<void> {
  if (subject.isFull === isFull) return
  const { operator, keys } = subject
  if (isFull) {
    const used = Number((await operator.info('memory')).get('used_memory'))
    const limit = String(Math.max(1, Math.floor(used * (1 - MARGIN))))
    const config = keys.nameOf('config')
    // In this order: nothing is to go to make room.
    await operator.send([
      [config, 'SET', 'maxmemory-policy', 'noeviction'],
      [config, 'SET', 'maxmemory', limit],
    ])
  }
  subject.isFull = isFull
  // They are told anew once it is over.
  for (const name of OF_MEMORY) subject.directives.delete(name)
}

/** Of what is in use: buffers of clients that leave are no room. */
const MARGIN = 1 / 8

async function applyUsers(subject: Subject, wanted: readonly string[]): Promise<void> {
  const { operator, users } = subject
  const isApplied = wanted.length === users.size && wanted.map(userOf).every((u) => users.get(u.name) === u.rules)
  if (isApplied) return
  const known = itemsOf(await operator.ask('ACL', 'USERS')).map(textOf)
  const replies = await operator.send(userCommands(wanted, known, users, subject.spec))
  for (const reply of replies) if (isError(reply)) throw new Error(`ACL: ${reply.text}`)
  users.clear()
  for (const { name, rules } of wanted.map(userOf)) users.set(name, rules)
}

/** Clients that write wait, until that is over or they are hung up on: none is told that it has written. */
async function holdWrites(subject: Subject, holds: boolean): Promise<void> {
  if (subject.holdsWrites === holds) return
  await subject.operator.ask('CLIENT', ...(holds ? ['PAUSE', HELD_MS, 'WRITE'] : ['UNPAUSE']))
  subject.holdsWrites = holds
}

/** ROLE of a replica: `slave`, where its data comes from, and how far it is. */
async function convergeRole(subject: Subject, wanted: NonNullable<RedisLive['role']>, now: number): Promise<boolean> {
  if (wanted === 'left alone') return true
  const { operator, keys } = subject
  const said = itemsOf(await operator.ask('ROLE'))
  const [role, host = '', port = '', state] = said.map(textOf)
  const isReplica = role === 'slave'
  if (wanted === 'primary' || wanted === 'independent') {
    if (!isReplica) {
      subject.handoverSince = undefined
      return true
    }
    const isOwn = wanted === 'primary' && isOwnHost(host, keys)
    if (isOwn && state === 'connected' && (await handOver(subject, { host, port: Number(port) }, now))) return false
    await operator.ask(keys.nameOf('replicaof'), 'NO', 'ONE')
    // One that steps down later follows a server of its own again.
    await operator.send(credentials(keys, false))
    return true
  }
  const { replicaOf } = wanted
  const source = addressOf(replicaOf, subject)
  if (isReplica && host === source.host && port === String(source.port)) {
    subject.handoverSince = undefined
    return true
  }
  const isStranger = 'host' in replicaOf
  if (!isReplica && !isStranger && (await stepDown(subject, replicaOf, said[2] ?? null, now))) return false
  const replies = await operator.send([
    ...credentials(keys, isStranger),
    [keys.nameOf('replicaof'), source.host, source.port],
  ])
  return !replies.some(isError)
}

/** What it logs in to its primary with. */
const credentials = (keys: Keys, isStranger: boolean): Command[] => [
  [keys.nameOf('config'), 'SET', 'masteruser', isStranger ? '' : ENGINE_USER],
  [keys.nameOf('config'), 'SET', 'masterauth', isStranger ? '' : keys.password],
]

/** Where a replica dials. */
const addressOf = (source: Source, { spec, hasSourceAddress }: Subject): { host: string; port: number } =>
  'host' in source ? source : placeOf(source, spec, hasSourceAddress)

/** Servers of this engine are on loopback addresses; others may be on 127.0.0.1 only. */
const isOwnHost = (host: string, { address }: Keys): boolean => host.startsWith('127.') || host === address

/**
 * Has the primary hand over to this replica: no write is lost. One that has ended is let go when what it had said has come, and
 * the link is down. Answers whether there is still something to wait for.
 */
async function handOver(subject: Subject, primary: { host: string; port: number }, now: number): Promise<boolean> {
  subject.handoverSince ??= now
  if (now - subject.handoverSince > HANDOVER_MS) return false
  const { keys, spec } = subject
  const other = operatorOf(primary, subject)
  // What it answers, if it does, shows in the role of this one.
  await other
    .send([[keys.nameOf('failover'), 'TO', spec.announce.ip, spec.port, 'TIMEOUT', HANDOVER_MS]])
    .catch(() => undefined)
  other.close()
  return true
}

/**
 * Has one of its replicas take its place, with all that it has acknowledged: REPLICAOF would drop what is on its way to that.
 * Answers whether there is still something to wait for.
 */
async function stepDown(
  subject: Subject,
  { ip = subject.spec.announce.ip, port }: { readonly ip?: string; readonly port: number },
  replicas: Reply,
  now: number,
): Promise<boolean> {
  const { operator, keys } = subject
  const known = itemsOf(replicas).map((replica) => itemsOf(replica).map(textOf))
  if (!known.some(([host, at]) => host === ip && at === String(port))) return false
  subject.handoverSince ??= now
  if (now - subject.handoverSince > HANDOVER_MS) return false
  await operator.send([[keys.nameOf('failover'), 'TO', ip, port, 'TIMEOUT', HANDOVER_MS]])
  return true
}

async function convergeCluster(
  subject: Subject,
  topology: readonly Member[],
  nodeId: string,
  now: number,
): Promise<boolean> {
  const { operator, spec, tell } = subject
  if (tell) return tellCluster({ ...subject, tell }, topology, nodeId, now)
  const known = parseNodes(textOf(await operator.ask('CLUSTER', 'NODES')))
  const link = (await operator.info('replication')).get('master_link_status')
  const commands = clusterCommands({ topology, nodeId, known, ip: spec.announce.ip, isLinkUp: link === 'up' })
  const takesOver = commands.some(isFailover)
  if (takesOver) subject.handoverSince ??= now
  else subject.handoverSince = undefined
  const isLate = now - (subject.handoverSince ?? now) > HANDOVER_MS
  // What it refuses it may do at the next look: it cannot follow a primary that it has not met yet.
  const said = await operator.send(commands.map((each) => (isLate && isFailover(each) ? TAKEOVER : each)))
  return said.length === 0 && unmetOf(topology, known).length === 0 && hasItsRole(topology, nodeId, known)
}

/**
 * One that is told who is who. A replica that is to lead has its primary, if that goes on living, let writes wait until it has all
 * of them; a primary that is to follow goes on until the other one leads.
 */
async function tellCluster(
  subject: Telling,
  topology: readonly Member[],
  nodeId: string,
  now: number,
): Promise<boolean> {
  const own = topology.find((member) => member.nodeId === nodeId)
  if (!own) return true
  const info = await subject.operator.info('replication')
  const isReplica = info.get('role') === 'slave'
  if (own.primary && isReplica && info.get('master_link_status') === 'up') {
    subject.handoverSince ??= now
    const isLate = now - subject.handoverSince > HANDOVER_MS
    if (!isLate && !(await hasAllOf(subject, info))) return false
  }
  const leader = own.primary ? undefined : primaryOf(own, topology)
  const stepsDown = leader !== undefined && !isReplica
  if (stepsDown && !(await leads(subject, leader))) return false
  subject.handoverSince = undefined
  subject.tell(topology)
  if (stepsDown) {
    // Clients that wait are sent to where they can write.
    await subject.operator.ask('CLIENT', 'UNPAUSE')
    subject.holdsWrites = undefined
  }
  return true
}

type Telling = Subject & { readonly tell: NonNullable<Subject['tell']> }

/** Whether a replica has all that its primary has been told, which lets writes wait from then on. */
async function hasAllOf(subject: Subject, info: ReadonlyMap<string, string>): Promise<boolean> {
  const primary = operatorOf({ host: info.get('master_host') ?? '', port: Number(info.get('master_port')) }, subject)
  try {
    await primary.ask('CLIENT', 'PAUSE', HANDOVER_MS, 'WRITE')
    const said = await primary.info('replication')
    return said.get('master_repl_offset') === info.get('slave_repl_offset')
  } catch {
    // It has ended: what it had said has come when the link is down.
    return false
  } finally {
    primary.close()
  }
}

/** Whether another node of the group is a primary already. */
async function leads(subject: Subject, member: Member): Promise<boolean> {
  const other = operatorOf(placeOf(member, subject.spec, subject.hasSourceAddress), subject)
  try {
    return (await other.info('replication')).get('role') === 'master'
  } catch {
    return false // not yet
  } finally {
    other.close()
  }
}

/** Another server of the engine's, by its door. */
const operatorOf = (place: { host: string; port: number }, { keys, hasSourceAddress }: Subject): Operator =>
  new Operator({ ...place, ...(hasSourceAddress && { localAddress: keys.address }) }, keys.password, HANDOVER_MS)

function hasItsRole(topology: readonly Member[], nodeId: string, known: readonly KnownNode[]): boolean {
  const own = topology.find((member) => member.nodeId === nodeId)
  const me = known.find(({ flags }) => flags.includes('myself'))
  return me?.primary === (own?.primary ? undefined : own && primaryOf(own, topology)?.nodeId)
}

const primaryOf = ({ shard }: Member, topology: readonly Member[]): Member | undefined =>
  topology.find((member) => member.primary && member.shard === shard)

const TAKEOVER: Command = ['CLUSTER', 'FAILOVER', 'TAKEOVER']
const isFailover = ([, subcommand]: Command): boolean => subcommand === 'FAILOVER'

/** What a node is to be told, by what it says of its group. Pure. */
export function clusterCommands({
  topology,
  nodeId,
  known,
  ip,
  isLinkUp,
}: {
  readonly topology: readonly Member[]
  readonly nodeId: string
  readonly known: readonly KnownNode[]
  readonly ip: string
  /** Whether its primary, if it has one, is there. */
  readonly isLinkUp: boolean
}): Command[] {
  const ids = new Set(topology.map((member) => member.nodeId))
  const unmet = unmetOf(topology, known)
  const greeted = new Set(
    known.filter(({ flags }) => flags.includes('handshake')).map((node) => addressText(node.ip, node.port)),
  )
  const own = topology.find((member) => member.nodeId === nodeId)
  const me = known.find(({ flags }) => flags.includes('myself'))
  return [
    ...unmet
      .map((member) => ({ ip, ...member }))
      .filter((member) => !greeted.has(addressText(member.ip, member.port)))
      .map((member) => ['CLUSTER', 'MEET', member.ip, member.port, member.busPort]),
    ...(own && me ? roleCommands(own, me, { topology, known, isLinkUp, knowsAll: unmet.length === 0 }) : []),
    ...metOf(known)
      .filter(({ id }) => !ids.has(id) && id !== nodeId)
      .map(({ id }) => ['CLUSTER', 'FORGET', id]),
  ]
}

/** Those whose greeting was answered: of the others it does not know the true id yet, and drops them when no answer comes. */
const metOf = (known: readonly KnownNode[]): KnownNode[] => known.filter(({ flags }) => !flags.includes('handshake'))

const unmetOf = (topology: readonly Member[], known: readonly KnownNode[]): Member[] => {
  const met = new Set(metOf(known).map(({ id }) => id))
  return topology.filter(({ nodeId }) => !met.has(nodeId))
}

function roleCommands(
  own: Member,
  me: KnownNode,
  group: { topology: readonly Member[]; known: readonly KnownNode[]; isLinkUp: boolean; knowsAll: boolean },
): Command[] {
  const { topology, known, isLinkUp, knowsAll } = group
  if (own.primary) {
    if (me.primary !== undefined) return [isLinkUp ? ['CLUSTER', 'FAILOVER'] : TAKEOVER]
    // Slots that no server has: of a primary that came back without what it had known.
    const taken = known.flatMap(({ slots }) => slots)
    const free = knowsAll ? own.slots.flatMap(([first, last]) => freeWithin(first, last, taken)) : []
    return free.length > 0 ? [['CLUSTER', 'ADDSLOTSRANGE', ...free.flat()]] : []
  }
  const primary = primaryOf(own, topology)
  if (!primary || me.primary === primary.nodeId) return []
  // It loses its slots, and follows, when it hears which server has them now.
  return me.slots.length > 0 ? [] : [['CLUSTER', 'REPLICATE', primary.nodeId]]
}

/** Ranges between `first` and `last` that are in none of those taken. */
function freeWithin(
  first: number,
  last: number,
  taken: readonly (readonly [first: number, last: number])[],
): [number, number][] {
  const free: [number, number][] = []
  let at = first
  for (const [from, to] of [...taken].sort(([a], [b]) => a - b)) {
    if (to < at || from > last) continue
    if (from > at) free.push([at, from - 1])
    at = Math.max(at, to + 1)
  }
  if (at <= last) free.push([at, last])
  return free
}

/** Whether a node of a group in cluster mode says that all is well, knows every member, and tells clients that ask of it. */
export async function isClusterWell({ operator }: Subject, topology: readonly Member[]): Promise<boolean> {
  const [info = null, nodes = null, slots = null] = await operator.send([
    ['CLUSTER', 'INFO'],
    ['CLUSTER', 'NODES'],
    ['CLUSTER', 'SLOTS'],
  ])
  if (parseInfo(textOf(info)).get('cluster_state') !== 'ok') return false
  if (unmetOf(topology, parseNodes(textOf(nodes))).length > 0) return false
  const listed = new Set(itemsOf(slots).flatMap((range) => itemsOf(range).slice(2).map(nodeIdOf)))
  return topology.every(({ nodeId, shard, slots: own }) => listed.has(nodeId) || !hasSlots(topology, shard, own.length))
}

/** A shard without slots is in no answer. */
const hasSlots = (topology: readonly Member[], shard: string, own: number): boolean =>
  own > 0 || topology.some((member) => member.primary && member.shard === shard && member.slots.length > 0)

const nodeIdOf = (node: Reply): string => textOf(itemsOf(node)[2] ?? null)

/** From now on its group is not looked after by the second any more. */
export async function settle({ operator, keys }: Subject): Promise<void> {
  const config = keys.nameOf('config')
  await operator.send(Object.entries(FORMED).map(([name, value]) => [config, 'SET', name, value]))
}
