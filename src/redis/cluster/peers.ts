import net from 'node:net'
import { ReplyDecoder } from '../../protocols/resp/decode.ts'
import { type Command, encodeCommand } from '../../protocols/resp/encode.ts'
import { isError, isPush, type Reply, textOf } from '../../protocols/resp/reply.ts'
import type { Core } from '../core.ts'
import { type Address, learned } from './acquaintance.ts'
import type { Cluster } from './cluster.ts'
import { type NodesFile, readNodesFile } from './nodes-file.ts'
import type { TopologyNode } from './topology.ts'

/** How often others are asked who they are. */
const LOOK_MS = 1000
/** An answer that takes longer is none. */
const PATIENCE_MS = 2000
/** A node that was forgotten isn't met again for so long: others may still tell of it. */
const FORGOTTEN_MS = 60_000
/** The reply of CLUSTER NODES is behind those of AUTH. */
const ASKED: Command = ['CLUSTER', 'NODES']

interface Answer {
  readonly said: NodesFile
  /** The address of this node as the other one sees it. */
  readonly localAddress: string
}

/**
 * Nodes that stand alone and were told to meet: each asks the others, on the port for clients, who they are (CLUSTER NODES), again and
 * again, and believes each what it says of itself. Nobody votes: a primary that is gone is missed, not replaced.
 */
export class Peers {
  readonly #core: Core
  readonly #cluster: Cluster
  /** Strangers to be met, since when. */
  readonly #met = new Map<string, { readonly address: Address; readonly since: number }>()
  readonly #forgotten = new Map<string, number>()
  readonly #heardAt = new Map<string, number>()
  readonly #asked = new Set<string>()
  #lookedAt = 0

  constructor(core: Core, cluster: Cluster) {
    this.#core = core
    this.#cluster = cluster
    core.chores.push(() => {
      if (core.keyspace.now - this.#lookedAt >= LOOK_MS) this.#look()
    })
  }

  meet(address: Address): void {
    this.#met.set(placeText(address), { address, since: this.#core.keyspace.now })
    this.#look()
  }

  forget(id: string): void {
    this.#forgotten.set(id, this.#core.keyspace.now + FORGOTTEN_MS)
  }

  #look(): void {
    const { view } = this.#cluster
    const { now } = this.#core.keyspace
    this.#lookedAt = now
    for (const node of view.topology.nodes) {
      if (node.id !== view.self.id && node.ip !== '' && node.port > 0) void this.#ask(node, node.id)
    }
    for (const [place, { address, since }] of this.#met) {
      if (now - since > this.#timeoutMs) this.#met.delete(place)
      else void this.#ask(address, undefined)
    }
  }

  get #timeoutMs(): number {
    return Number(this.#core.config.text('cluster-node-timeout'))
  }

  /** @param id Whom it is expected to be; undefined: a stranger, who is to be told of this node. */
  async #ask(address: Address, id: string | undefined): Promise<void> {
    const place = placeText(address)
    if (this.#asked.has(place)) return
    this.#asked.add(place)
    try {
      const { said, localAddress } = await this.#question(address, [ASKED])
      if (id === undefined) this.#forgotten.delete(said.id)
      this.#learnOwn(localAddress)
      this.#hear(address, said)
      if (id !== undefined) return
      this.#met.delete(place)
      const { self } = this.#cluster
      const port = String(this.#cluster.placeOf(self).port)
      const isKnown = said.id === self.id || said.topology.nodes.some((node) => node.id === self.id)
      if (!isKnown) await this.#question(address, [['CLUSTER', 'MEET', localAddress, port], ASKED])
    } catch {
      if (id !== undefined) this.#miss(id)
    } finally {
      this.#asked.delete(place)
    }
  }

  #hear(address: Address, said: NodesFile): void {
    const core = this.#core
    const cluster = this.#cluster
    core.refreshTime()
    const { self, view } = cluster
    const { now } = core.keyspace
    if (said.id === self.id || (this.#forgotten.get(said.id) ?? 0) > now) return
    this.#heardAt.set(said.id, now)
    for (const node of said.topology.nodes) this.#hearOf(node)
    const topology = learned(view.topology, self.id, said, { ip: address.ip, port: address.port })
    if (JSON.stringify(topology) !== JSON.stringify(view.topology)) cluster.change(topology)
  }

  /** A node doesn't know its own address until it has been seen from outside. */
  #learnOwn(ip: string): void {
    const { self, view } = this.#cluster
    if (self.ip !== '') return
    const { topology } = view
    this.#cluster.change({ ...topology, nodes: topology.nodes.map((each) => (each === self ? { ...each, ip } : each)) })
  }

  /** Somebody whom another node knows. */
  #hearOf(node: TopologyNode): void {
    const { view } = this.#cluster
    const isForgotten = (this.#forgotten.get(node.id) ?? 0) > this.#core.keyspace.now
    if (view.node(node.id) || isForgotten || node.ip === '' || node.port === 0) return
    this.#met.set(placeText(node), { address: { ip: node.ip, port: node.port }, since: this.#core.keyspace.now })
  }

  /** A node has not answered: it counts as gone once that has been so for as long as is configured. */
  #miss(id: string): void {
    const core = this.#core
    const { view } = this.#cluster
    core.refreshTime()
    const since = this.#heardAt.get(id) ?? core.keyspace.now
    this.#heardAt.set(id, since)
    const node = view.node(id)
    if (node === undefined || node.health === 'fail') return
    if (core.keyspace.now - since < this.#timeoutMs) return
    const { topology } = view
    const nodes = topology.nodes.map((each) => (each === node ? { ...each, health: 'fail' as const } : each))
    this.#cluster.change({ ...topology, nodes })
  }

  /** Asks on a connection of its own. Rejects where there is no answer, or another one than is asked for last. */
  #question({ ip, port }: Address, commands: readonly Command[]): Promise<Answer> {
    const { config } = this.#core
    const [user, password] = [config.text('masteruser'), config.text('masterauth')]
    const login: Command[] = password === '' ? [] : [['AUTH', ...(user === '' ? [] : [user]), password]]
    const asked = [...login, ...commands]
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host: ip, port, noDelay: true, timeout: PATIENCE_MS })
      const decoder = new ReplyDecoder()
      const replies: Reply[] = []
      const refuse = (error: Error): void => {
        socket.destroy()
        reject(error)
      }
      socket.on('error', refuse)
      socket.on('timeout', () => refuse(new Error('no answer')))
      socket.on('close', () => reject(new Error('closed')))
      socket.on('data', (bytes: Buffer) => {
        try {
          decoder.push(bytes)
          for (let reply = decoder.next(); reply !== undefined; reply = decoder.next()) {
            if (!isPush(reply)) replies.push(reply)
          }
        } catch (error) {
          refuse(error as Error) // BadReply
          return
        }
        if (replies.length < asked.length) return
        const last = replies.at(-1) ?? null
        const said = isError(last) ? undefined : readNodesFile(textOf(last))
        const { localAddress = '' } = socket
        socket.destroy()
        if (said === undefined) reject(new Error('not a node of a cluster'))
        else resolve({ said, localAddress })
      })
      socket.write(Buffer.concat(asked.map(encodeCommand)))
    })
  }
}

const placeText = ({ ip, port }: Address): string => `${ip} ${port}`
