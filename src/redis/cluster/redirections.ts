import { slotOf } from '../../protocols/resp/hash-slot.ts'
import type { Client } from '../client.ts'
import { ASKING, type Command, MOVABLE_KEYS, WRITE } from '../commands/command.ts'
import { keysToRoute } from '../commands/keys.ts'
import type { Args } from '../protocol/args.ts'
import { endTransaction } from '../transaction.ts'
import type { Cluster } from './cluster.ts'
import { CROSS_SLOT, DOWN, DOWN_FOR_WRITES, UNBOUND, UNSTABLE } from './refusals.ts'
import type { SlotUsage } from './slot-usage.ts'

const SHARD_PUBSUB = ['ssubscribe', 'sunsubscribe', 'spublish']
const NO_SLOT = -1

/** Sends clients to where the keys of their commands are. As redis' getNodeByQuery. */
export class Redirections {
  readonly #cluster: Cluster
  /** The slot of the keys that were looked at last; -1: there were none. */
  slot: number = NO_SLOT
  /** Told of commands that run for slots, while it counts. */
  usage: SlotUsage | undefined
  #failure: string | undefined
  // Of a slot that is on its way.
  #first: Buffer | undefined
  #severalKeys = false
  #missing = 0
  #found = 0

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** The check of each command. */
  check(client: Client, command: Command, args: Args): string | undefined {
    if (client.kind === 'master') return undefined
    const { transaction } = client
    const asked = client.askingUntil >= client.commands
    // In a transaction it holds until that ends.
    if (asked && (transaction ? command.name !== 'exec' : command.name === 'multi')) {
      client.askingUntil = client.commands + 1
    }
    this.slot = NO_SLOT
    this.#failure = undefined
    let { flags } = command
    if (command.name === 'exec') {
      if (transaction === undefined) return undefined
      for (const each of transaction.queue) {
        this.#look(each.command, each.args)
        flags |= each.flags & (WRITE | ASKING)
      }
    } else this.#look(command, args)
    if (this.slot === NO_SLOT) return undefined
    const line = this.#failure ?? this.#decide(client, command, args, flags, asked)
    if (line !== undefined && line !== '' && command.name === 'exec') endTransaction(client)
    if (line === undefined && this.usage !== undefined && client.connection !== undefined) this.usage.begins(this.slot)
    return line
  }

  /** Finds the slot of a command's keys, and what speaks against it. */
  #look(command: Command, args: Args): void {
    const { keySpecs, keys } = command.facts
    if (keySpecs.length === 0 && (command.flags & MOVABLE_KEYS) === 0) return
    if ((command.flags & MOVABLE_KEYS) === 0 && command.findKeys === undefined && keySpecs.length > 0) {
      const [first, lastGiven, step] = keys
      if (first <= 0) return
      const last = lastGiven < 0 ? args.count + lastGiven : lastGiven
      for (let at = first; at <= last && at < args.count; at += step) this.#key(args, at)
      return
    }
    for (const at of keysToRoute(command, args)) this.#key(args, at)
  }

  #key(args: Args, at: number): void {
    const slot = slotOf(args.bytes, args.start(at), args.end(at))
    if (this.slot === NO_SLOT) {
      this.slot = slot
      if (this.#cluster.view.ownerOf(slot) === undefined) this.#failure = UNBOUND
    } else if (slot !== this.slot) this.#failure ??= CROSS_SLOT
  }

  #decide(client: Client, command: Command, args: Args, flags: number, asked: boolean): string | undefined {
    const { slot } = this
    const cluster = this.#cluster
    const { view, migrating, importing } = cluster
    const isShardPubSub = SHARD_PUBSUB.includes(command.name)
    if (!cluster.isUp) {
      const refused = this.#whileDown(flags, isShardPubSub)
      if (refused !== undefined) return refused
    }
    if (cluster.isHeld(slot) && client.connection !== undefined) {
      cluster.wait(client)
      if (asked) client.askingUntil = client.commands + 1
      return ''
    }
    const isMine = view.isMine(slot)
    if (migrating.size > 0 || importing.size > 0) {
      const target = isMine ? migrating.get(slot) : undefined
      const isImporting = target === undefined && importing.has(slot)
      if (target !== undefined || isImporting) {
        if (command.name === 'migrate') return undefined
        if (!isShardPubSub) this.#count(client, command, args)
        else this.#missing = this.#found = 0
      }
      if (target !== undefined && this.#missing > 0) {
        const node = view.node(target)
        if (this.#found > 0) return UNSTABLE
        return node === undefined ? UNBOUND : cluster.redirection(client, 'ASK', slot, node)
      }
      if (isImporting && (asked || (flags & ASKING) !== 0)) {
        return this.#severalKeys && this.#missing > 0 ? UNSTABLE : undefined
      }
    }
    if (isMine) return undefined
    const mayRead = (client.readOnly || isShardPubSub) && (flags & WRITE) === 0
    if (mayRead && view.isOfMyShard(slot)) return undefined
    const owner = view.ownerOf(slot)
    return owner === undefined ? UNBOUND : cluster.redirection(client, 'MOVED', slot, owner)
  }

  #whileDown(flags: number, isShardPubSub: boolean): string | undefined {
    const { clusterAllowReadsWhenDown, clusterAllowPubsubshardWhenDown } = this.#cluster.core.config.settings
    if (isShardPubSub) return clusterAllowPubsubshardWhenDown ? undefined : DOWN
    if (!clusterAllowReadsWhenDown) return DOWN
    return (flags & WRITE) === 0 ? undefined : DOWN_FOR_WRITES
  }

  /** Counts the keys of a command, or of a transaction, that are here and those that are not. */
  #count(client: Client, command: Command, args: Args): void {
    this.#first = undefined
    this.#severalKeys = false
    this.#missing = this.#found = 0
    if (command.name !== 'exec') this.#countOf(command, args)
    else for (const each of client.transaction?.queue ?? []) this.#countOf(each.command, each.args)
  }

  #countOf(command: Command, args: Args): void {
    const { keyspace } = this.#cluster.core
    const db = keyspace.db(0)
    for (const index of keysToRoute(command, args)) {
      const key = args.slice(index)
      if (this.#first === undefined) this.#first = key
      else if (!this.#first.equals(key)) this.#severalKeys = true
      const entry = db.findKey(key)
      const expiry = entry === 0 ? -1 : db.expiryOf(entry)
      if (entry === 0 || (expiry >= 0 && keyspace.isPast(expiry))) this.#missing++
      else this.#found++
    }
  }
}
