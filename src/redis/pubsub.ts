import { matcher } from '../acl/glob.ts'
import type { Client } from './client.ts'
import type { Core } from './core.ts'
import type { Replies } from './protocol/replies.ts'

/** The subscriptions of one kind: to channels, to patterns of them, or to shard channels. Names are text of one byte a character. */
export class Subscriptions {
  readonly #byName = new Map<string, Set<Client>>()
  readonly #byClient = new Map<Client, Set<string>>()

  /** Names that someone is subscribed to. */
  get size(): number {
    return this.#byName.size
  }

  names(): Iterable<string> {
    return this.#byName.keys()
  }

  subscribersOf(name: string): ReadonlySet<Client> {
    return this.#byName.get(name) ?? NOBODY
  }

  /** What a client is subscribed to. */
  of(client: Client): ReadonlySet<string> {
    return this.#byClient.get(client) ?? NOTHING
  }

  add(client: Client, name: string): void {
    const names = this.#byClient.get(client) ?? new Set()
    if (names.has(name)) return
    names.add(name)
    this.#byClient.set(client, names)
    const clients = this.#byName.get(name) ?? new Set()
    clients.add(client)
    this.#byName.set(name, clients)
    client.subscriptions++
  }

  remove(client: Client, name: string): void {
    const names = this.#byClient.get(client)
    if (!names?.delete(name)) return
    if (names.size === 0) this.#byClient.delete(client)
    const clients = this.#byName.get(name)
    clients?.delete(client)
    if (clients?.size === 0) this.#byName.delete(name)
    client.subscriptions--
  }
}

const NOBODY: ReadonlySet<Client> = new Set()
const NOTHING: ReadonlySet<string> = new Set()

/** A message as its receivers get it, made once for each version of the protocol that one of them speaks. */
class Message {
  readonly #replies: Replies
  readonly #words: readonly Buffer[]
  readonly #made = new Map<2 | 3, Buffer>()

  constructor(replies: Replies, kind: string, ...words: readonly Buffer[]) {
    this.#replies = replies
    this.#words = [Buffer.from(kind), ...words]
  }

  in(resp: 2 | 3): Buffer {
    const made = this.#made.get(resp) ?? this.#make(resp)
    this.#made.set(resp, made)
    return made
  }

  #make(resp: 2 | 3): Buffer {
    const replies = this.#replies
    const before = replies.resp
    replies.resp = resp
    const bytes = Buffer.from(
      replies.capture(() => {
        replies.push(this.#words.length)
        for (const word of this.#words) replies.bulkBytes(word)
      }),
    )
    replies.resp = before
    return bytes
  }
}

/** Who is subscribed to what, and what they are sent. */
export class PubSub {
  readonly channels = new Subscriptions()
  readonly patterns = new Subscriptions()
  readonly shardChannels = new Subscriptions()
  readonly #core: Core
  readonly #matchers = new Map<string, (channel: string) => boolean>()

  constructor(core: Core) {
    this.#core = core
    core.publish = (channel, message) => this.publish(channel, message)
    core.subscriptionsOf = (client) => ({
      sub: this.channels.of(client).size,
      psub: this.patterns.of(client).size,
      ssub: this.shardChannels.of(client).size,
    })
    const forget = (client: Client): void => this.#forget(client)
    core.farewells.push(forget)
    core.resets.push(forget)
    core.tell('stats', () => [
      ['pubsub_channels', this.channels.size],
      ['pubsub_patterns', this.patterns.size],
      ['pubsubshard_channels', this.shardChannels.size],
    ])
  }

  /** Sends a message to all who are subscribed to a channel or to a pattern that it fits, and answers how many that were. */
  publish(channel: Buffer, message: Buffer): number {
    const name = channel.toString('latin1')
    let heard = this.#send(
      this.channels.subscribersOf(name),
      new Message(this.#core.replies, 'message', channel, message),
    )
    for (const pattern of this.patterns.names()) {
      if (!this.#fits(pattern, name)) continue
      const told = new Message(this.#core.replies, 'pmessage', Buffer.from(pattern, 'latin1'), channel, message)
      heard += this.#send(this.patterns.subscribersOf(pattern), told)
    }
    return heard
  }

  /** The same of a shard channel. */
  publishToShard(channel: Buffer, message: Buffer): number {
    const subscribers = this.shardChannels.subscribersOf(channel.toString('latin1'))
    return this.#send(subscribers, new Message(this.#core.replies, 'smessage', channel, message))
  }

  /** Ends the subscriptions to a shard channel whose slot has gone to another node, and tells the subscribers. */
  endShardChannel(name: string): void {
    const { replies } = this.#core
    for (const client of [...this.shardChannels.subscribersOf(name)]) {
      this.shardChannels.remove(client, name)
      client.send(() => {
        replies.push(3)
        replies.bulkText('sunsubscribe')
        replies.bulkText(name)
        replies.integer(this.shardChannels.of(client).size)
      })
      client.updateGate()
    }
  }

  #send(clients: ReadonlySet<Client>, message: Message): number {
    const { dialect, later, serving, scriptCaller } = this.#core
    const by = serving ?? scriptCaller
    for (const client of clients) {
      // Since 7.2 the reply to a command comes before what it has its own client hear; that to a script always does here.
      if (client === by && (dialect.engine === 'valkey' || serving === undefined))
        later.push(() => this.#tell(client, message))
      else this.#tell(client, message)
    }
    return clients.size
  }

  #tell(client: Client, message: Message): void {
    const { replies, serving } = this.#core
    const bytes = message.in(client.resp)
    if (client === serving && !replies.capturing) replies.text(bytes)
    else client.post(bytes)
  }

  #fits(pattern: string, channel: string): boolean {
    const known = this.#matchers.get(pattern)
    if (known) return known(channel)
    // Those of patterns that nobody is subscribed to any more go together.
    if (this.#matchers.size > 2 * this.patterns.size) this.#matchers.clear()
    const fits = matcher(pattern)
    this.#matchers.set(pattern, fits)
    return fits(channel)
  }

  #forget(client: Client): void {
    if (client.subscriptions === 0) return
    for (const kind of [this.channels, this.patterns, this.shardChannels])
      for (const name of [...kind.of(client)]) kind.remove(client, name)
    client.updateGate()
  }
}

/** What Valkey refuses a command with that ends subscriptions, of a client without any; Redis answers it. */
export function notSubscribed({ core, subscriptions }: Client, name: string): string | undefined {
  if (subscriptions > 0 || core.dialect.engine !== 'valkey' || !/^[ps]?unsubscribe$/.test(name)) return undefined
  return `NOSUB '${name}' command executed not in subscribed mode`
}

const pubsubs = new WeakMap<Core, PubSub>()

/** The pub/sub of a node. */
export const pubsubOf = (core: Core): PubSub => pubsubs.get(core) as PubSub // started with it

/** Starts pub/sub: messages of clients, and the events of keys. */
export function startPubSub(core: Core): void {
  pubsubs.set(core, new PubSub(core))
}
