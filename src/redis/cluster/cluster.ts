import { TLSSocket } from 'node:tls'
import { SLOTS, slotOf } from '../../protocols/resp/hash-slot.ts'
import type { Client } from '../client.ts'
import { WRITE } from '../commands/command.ts'
import type { Core } from '../core.ts'
import { pubsubOf } from '../pubsub.ts'
import type { Bus, Published } from './bus.ts'
import { Peers } from './peers.ts'
import { Redirections } from './redirections.ts'
import { DOWN, UNBOUND } from './refusals.ts'
import { SlotUsage } from './slot-usage.ts'
import type { Topology, TopologyNode } from './topology.ts'
import { View } from './view.ts'

/** How a replica is to take its primary's place. */
export type FailoverKind = 'graceful' | 'force' | 'takeover'

/** What a node in cluster mode asks of others than its clients. All of them may be absent: it stands alone then. */
export interface ClusterParts {
  /** Its own id, 40 hexadecimal digits; by chance if it is absent. */
  readonly id?: string
  /** Who is who at the start; default: the node alone, without slots. */
  readonly topology?: Topology
  /** Slots that were on their way to others, or from others, by the ids of these, when it ended. */
  readonly migrating?: ReadonlyMap<number, string>
  readonly importing?: ReadonlyMap<number, string>
  /** Whoever knows who is who is asked to have this replica take its primary's place. @returns A refusal, or nothing. */
  readonly failover?: (kind: FailoverKind) => string | undefined
  /** Carries what clients publish to the other nodes. Absent: only its own replicas hear of it. */
  readonly bus?: Bus
  /** Whether it may be told to meet others that stand alone as well. */
  readonly meets?: boolean
  /** Told whenever the node itself, by a command of a client, has changed who is who, or where slots are on their way to. */
  readonly changed?: (cluster: Cluster) => void
}

/** Where clients find a node. */
export interface Place {
  readonly ip: string
  /** 0: nowhere. */
  readonly port: number
  readonly tlsPort: number
  readonly busPort: number
  readonly hostname: string
}

/** The port of the bus is so much above that for clients, where it isn't told. */
export const BUS_PORT_OFFSET = 10_000
/** Keys of slots that are somebody else's now that go at once; the rest with the next chore. */
const PURGED_AT_ONCE = 2000

/** What a node in cluster mode knows of its cluster: who is who, which others tell it as a whole, and slots that are on their way. */
export class Cluster {
  readonly core: Core
  readonly redirections: Redirections
  readonly usage: SlotUsage
  /** Nodes that it meets, where it may. */
  readonly peers: Peers | undefined
  view: View
  /** Slots of this node that are on their way to another one, by its id, and slots that are on their way to this node. */
  readonly migrating: Map<number, string>
  readonly importing: Map<number, string>
  /** When it was told who is who. */
  toldAt: number
  /** Whether there is an owner for each slot that needs one. */
  isUp = false
  /** Has replication follow another node, or none. */
  follow: (primary: TopologyNode | undefined) => void = () => undefined
  readonly #parts: ClusterParts
  /** Slots that are being handed over at once: clients that ask for them wait until that is done. */
  readonly #held = new Set<number>()
  readonly #waiting = new Set<Client>()
  readonly #leftovers = new Set<number>()
  readonly #leaveBus: () => void

  constructor(core: Core, parts: ClusterParts) {
    this.core = core
    this.#parts = parts
    this.migrating = new Map(parts.migrating)
    this.importing = new Map(parts.importing)
    this.redirections = new Redirections(this)
    this.usage = new SlotUsage(core, this)
    const id = parts.id ?? core.runId
    this.toldAt = core.keyspace.now
    this.view = new View(parts.topology ?? aloneAs(id), id)
    this.peers = parts.meets ? new Peers(core, this) : undefined
    core.config.follow(['clusterRequireFullCoverage'], () => this.#updateState())
    this.#leaveBus = parts.bus?.hear((published) => this.#hear(published)) ?? (() => undefined)
    core.farewells.push((client) => this.#waiting.delete(client))
    core.chores.push(() => {
      this.#redirectBlocked()
      this.#purge()
    })
  }

  get self(): TopologyNode {
    return this.view.self
  }

  /** Whether it is told who is who by somebody else. */
  get isGuided(): boolean {
    return this.#parts.failover !== undefined
  }

  /** Takes over who is who, at once: clients that wait for keys that are elsewhere now are sent there. */
  swap(topology: Topology): void {
    this.#replace(new View(topology, this.self.id))
    // Before their keys go: a stream that is gone would be told instead.
    this.#redirectBlocked()
    this.#settle()
  }

  /** The same of a change that a client has asked this node for. */
  change(topology: Topology): void {
    this.#changeTo(new View(topology, this.self.id))
  }

  /** The same under another id: RESET HARD. */
  rename(topology: Topology, id: string): void {
    this.#changeTo(new View(topology, id))
  }

  #changeTo(view: View): void {
    const before = this.view.primary
    // A client that makes changes step by step is not done yet: those who wait are sent away with the next chore.
    this.#replace(view)
    this.#settle()
    // Whoever tells a topology tells whom to follow, too; nobody does of what the node does itself.
    if (view.primary?.id !== before?.id || placeText(view.primary) !== placeText(before)) this.follow(view.primary)
    this.changed()
  }

  /** To be called after a slot was set on its way. */
  changed(): void {
    this.#parts.changed?.(this)
  }

  close(): void {
    this.#leaveBus()
  }

  /** Has the subscribers of other nodes hear a message. @returns Whether that reaches the replicas of this one, too. */
  publish(channel: Buffer, message: Buffer, toShard: boolean): boolean {
    const { bus } = this.#parts
    bus?.send({ from: this.self.id, toShard, channel, message })
    return bus !== undefined
  }

  #hear({ from, toShard, channel, message }: Published): void {
    const publisher = this.view.node(from)
    if (publisher === undefined || publisher === this.self) return
    if (toShard && publisher.shard !== this.self.shard) return
    const { core } = this
    core.refreshTime()
    const pubsub = pubsubOf(core)
    const [name, words] = [Buffer.from(channel), Buffer.from(message)]
    if (toShard) pubsub.publishToShard(name, words)
    else pubsub.publish(name, words)
    core.deliver()
  }

  failover(kind: FailoverKind): string | undefined {
    return this.#parts.failover?.(kind)
  }

  /** Has clients that ask for these slots wait until a topology says that another node has them, or `release`. */
  hold(slots: Iterable<number>): void {
    for (const slot of slots) this.#held.add(slot)
  }

  isHeld(slot: number): boolean {
    return this.#held.size > 0 && this.#held.has(slot)
  }

  wait(client: Client): void {
    client.paused = true
    this.#waiting.add(client)
  }

  /** Lets those go on who wait for these slots. Whoever has asked for another one that is held waits again. */
  release(slots: Iterable<number>): void {
    for (const slot of slots) this.#held.delete(slot)
    for (const client of this.#waiting) {
      client.paused = false
      this.core.resuming.add(client)
    }
    this.#waiting.clear()
  }

  // Where nodes are.

  /** What a node is found by, for a client if one asks; what this one is told to announce of itself wins. */
  placeOf(node: TopologyNode, client?: Client): Place {
    const own = node === this.self
    const { config } = this.core
    const announced = (name: string): string => (own ? config.text(`cluster-announce-${name}`) : '')
    const port = Number(announced('port')) || node.port || (own ? config.settings.port : 0)
    const tlsPort = Number(announced('tls-port')) || (node.tlsPort ?? 0) || (own ? Number(config.text('tls-port')) : 0)
    const family = client?.connection?.socket.remoteFamily
    const forFamily =
      (family === 'IPv4' && (announced('client-ipv4') || node.clientIpv4)) ||
      (family === 'IPv6' && (announced('client-ipv6') || node.clientIpv6))
    return {
      ip: forFamily || announced('ip') || node.ip,
      port,
      tlsPort,
      busPort:
        Number(announced('bus-port')) ||
        (node.busPort ?? 0) ||
        (own ? Number(config.text('cluster-port')) : 0) ||
        (port || tlsPort) + BUS_PORT_OFFSET,
      hostname: announced('hostname') || (node.hostname ?? ''),
    }
  }

  /** The port of a place for a client: that of what it speaks itself. */
  portFor(client: Client, { port, tlsPort }: Place): number {
    return isSecure(client) ? tlsPort || port : port || tlsPort
  }

  /** What a client is to go to by the preference that is configured; undefined: to where it has come. */
  endpointOf({ ip, hostname }: Place): string | undefined {
    const { clusterPreferredEndpointType } = this.core.config.settings
    if (clusterPreferredEndpointType === 'unknown-endpoint') return undefined
    return clusterPreferredEndpointType === 'hostname' ? hostname || '?' : ip
  }

  /** The error that sends a client elsewhere. */
  redirection(client: Client, kind: 'MOVED' | 'ASK', slot: number, node: TopologyNode): string {
    const place = this.placeOf(node, client)
    return `${kind} ${slot} ${this.endpointOf(place) ?? ''}:${this.portFor(client, place)}`
  }

  /** How far this node is in the replication stream. */
  get offset(): number {
    const lines = new Map(this.core.told('replication'))
    return Number(lines.get('slave_repl_offset') ?? lines.get('master_repl_offset') ?? 0)
  }

  #replace(view: View): void {
    const { core } = this
    const before = this.view
    this.view = view
    this.toldAt = core.keyspace.now
    this.#updateState()
    for (const slot of this.migrating.keys()) if (!view.isMine(slot)) this.migrating.delete(slot)
    for (const slot of this.importing.keys()) if (view.isMine(slot)) this.importing.delete(slot)
    const index = core.keyspace.db(0).slots
    const isPrimary = view.self.replicaOf === undefined
    for (let slot = 0; slot < SLOTS; slot++) {
      if (!before.isOfMyShard(slot) || view.isOfMyShard(slot)) continue
      this.#endSubscriptions(slot)
      const isElsewhere = isPrimary && before.isMine(slot) && view.ownerOf(slot) !== undefined
      if (isElsewhere && (index?.count(slot) ?? 0) > 0) this.#leftovers.add(slot)
    }
  }

  #settle(): void {
    this.#purge()
    this.release([...this.#held].filter((slot) => !this.view.isMine(slot)))
    this.core.deliver()
  }

  #updateState(): void {
    const { assigned, failed } = this.view
    this.isUp = !this.core.config.settings.clusterRequireFullCoverage || (assigned === SLOTS && failed === 0)
  }

  /** Clients that wait for keys which are not here (any more) are sent to where they are. */
  #redirectBlocked(): void {
    const { core } = this
    for (const client of [...core.blocking.clients]) {
      const line = this.#redirectionOfBlocked(client)
      if (line !== undefined) core.blocking.answer(client, () => core.replies.error(line))
    }
  }

  #redirectionOfBlocked(client: Client): string | undefined {
    const [key] = client.blocked?.keys ?? []
    if (client.blocked === undefined || key === undefined) return undefined
    if (!this.isUp) return DOWN
    const bytes = Buffer.from(key, 'latin1')
    const slot = slotOf(bytes, 0, bytes.length)
    const node = this.view.ownerOf(slot)
    const mayRead = client.readOnly && (client.blocked.command.flags & WRITE) === 0
    if (mayRead ? this.view.isOfMyShard(slot) : this.view.isMine(slot)) return undefined
    if (this.importing.has(slot)) return undefined
    return node === undefined ? UNBOUND : this.redirection(client, 'MOVED', slot, node)
  }

  /** Subscribers of shard channels are told that theirs are not here any more. */
  #endSubscriptions(slot: number): void {
    const pubsub = pubsubOf(this.core)
    const { shardChannels } = pubsub
    if (shardChannels.size === 0) return
    for (const name of [...shardChannels.names()]) {
      const bytes = Buffer.from(name, 'latin1')
      if (slotOf(bytes, 0, bytes.length) === slot) pubsub.endShardChannel(name)
    }
  }

  /** Removes what the node has of a slot that is not its own. */
  empty(slot: number): void {
    this.#removeKeys(slot, Number.POSITIVE_INFINITY)
    this.#leftovers.delete(slot)
    this.core.propagation.flush()
  }

  /** Keys of slots that another node has now go, some at a time: clients don't get at them any more. */
  #purge(): void {
    let left = PURGED_AT_ONCE
    for (const slot of this.#leftovers) {
      const isStill = !this.view.isMine(slot) && this.self.replicaOf === undefined
      if (isStill) left = this.#removeKeys(slot, left)
      if (left === 0) break
      this.#leftovers.delete(slot)
    }
    if (this.core.nesting === 0) this.core.propagation.flush()
  }

  /** Removes keys of a slot, and tells replicas of each. Answers how many more it might have. */
  #removeKeys(slot: number, most: number): number {
    const { keyspace } = this.core
    const db = keyspace.db(0)
    let left = most
    for (let entry = db.slots?.first(slot) ?? 0; entry !== 0 && left > 0; entry = db.slots?.first(slot) ?? 0, left--) {
      const key = db.keyOf(entry)
      db.remove(entry)
      keyspace.removed(db, key, 'del')
    }
    return left
  }
}

const placeText = (node: TopologyNode | undefined): string => `${node?.ip} ${node?.port} ${node?.tlsPort}`

/** Whether a client has come by TLS. */
const isSecure = ({ connection }: Client): boolean => connection?.socket instanceof TLSSocket

/** 40 hexadecimal digits by chance. */
export const hexOf = ({ random }: Core): string =>
  Array.from({ length: 40 }, () => Math.floor(random() * 16).toString(16)).join('')

/** Who is who where there is one node only, which has no slots. Its shard goes by it. */
export const aloneAs = (id: string): Topology => ({
  epoch: 0,
  nodes: [{ id, ip: '', port: 0, shard: id, slots: [], epoch: 0 }],
})
