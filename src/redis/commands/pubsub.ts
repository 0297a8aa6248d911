import { matcher } from '../../acl/glob.ts'
import type { Client } from '../client.ts'
import type { Args } from '../protocol/args.ts'
import { refusal } from '../protocol/refusals.ts'
import { notSubscribed, type PubSub, pubsubOf, type Subscriptions } from '../pubsub.ts'
import { subcommandSyntax } from '../refused.ts'
import type { Row } from './command.ts'
import { helpOf } from './help.ts'

/** A kind of subscriptions, and which of them are counted together in the replies of its commands. */
interface Kind {
  readonly subscriptions: (pubsub: PubSub) => Subscriptions
  readonly counted: (pubsub: PubSub) => readonly Subscriptions[]
}

const global = ({ channels, patterns }: PubSub) => [channels, patterns]
const CHANNEL: Kind = { subscriptions: ({ channels }) => channels, counted: global }
const PATTERN: Kind = { subscriptions: ({ patterns }) => patterns, counted: global }
const SHARD: Kind = {
  subscriptions: ({ shardChannels }) => shardChannels,
  counted: ({ shardChannels }) => [shardChannels],
}

/** The commands of pub/sub. */
export const PUBSUB_COMMANDS: readonly Row[] = [
  { name: 'subscribe', run: (client, args) => subscribe(client, args, 'subscribe', CHANNEL) },
  { name: 'psubscribe', run: (client, args) => subscribe(client, args, 'psubscribe', PATTERN) },
  { name: 'ssubscribe', run: (client, args) => subscribe(client, args, 'ssubscribe', SHARD) },
  { name: 'unsubscribe', run: (client, args) => unsubscribe(client, args, 'unsubscribe', CHANNEL) },
  { name: 'punsubscribe', run: (client, args) => unsubscribe(client, args, 'punsubscribe', PATTERN) },
  { name: 'sunsubscribe', run: (client, args) => unsubscribe(client, args, 'sunsubscribe', SHARD) },
  { name: 'publish', run: (client, args) => publish(client, args, 'PUBLISH') },
  { name: 'spublish', run: (client, args) => publish(client, args, 'SPUBLISH') },
  { name: 'pubsub' },
  { name: 'pubsub|channels', run: (client, args) => names(client, args, CHANNEL) },
  { name: 'pubsub|numsub', run: (client, args) => counts(client, args, CHANNEL) },
  { name: 'pubsub|shardchannels', run: (client, args) => names(client, args, SHARD) },
  { name: 'pubsub|shardnumsub', run: (client, args) => counts(client, args, SHARD) },
  { name: 'pubsub|numpat', run: ({ core, replies }) => replies.integer(pubsubOf(core).patterns.size) },
  helpOf('pubsub'),
]

function subscribe(client: Client, args: Args, word: string, kind: Kind): void {
  const subscriptions = kind.subscriptions(pubsubOf(client.core))
  for (let i = 1; i < args.count; i++) {
    const name = args.text(i)
    subscriptions.add(client, name)
    confirm(client, word, name, kind)
  }
  client.updateGate()
}

/** Without names, of all of the kind. */
function unsubscribe(client: Client, args: Args, word: string, kind: Kind): void {
  // Within a transaction it was looked at when it was queued.
  const refused = client.core.nesting === 0 ? notSubscribed(client, word) : undefined
  if (refused !== undefined) throw refusal(refused)
  const subscriptions = kind.subscriptions(pubsubOf(client.core))
  const given = Array.from({ length: args.count - 1 }, (_, i) => args.text(i + 1))
  const ended = args.count > 1 ? given : [...subscriptions.of(client)]
  for (const name of ended) {
    subscriptions.remove(client, name)
    confirm(client, word, name, kind)
  }
  if (ended.length === 0) confirm(client, word, undefined, kind)
  client.updateGate()
}

function confirm(client: Client, word: string, name: string | undefined, { counted }: Kind): void {
  const { core, replies } = client
  replies.push(3)
  replies.bulkText(word)
  if (name === undefined) replies.null()
  else replies.bulkText(name)
  replies.integer(counted(pubsubOf(core)).reduce((sum, each) => sum + each.of(client).size, 0))
}

function publish({ core, db, replies }: Client, args: Args, word: 'PUBLISH' | 'SPUBLISH'): void {
  const [channel, message] = [args.bytesOf(1), args.bytesOf(2)]
  const pubsub = pubsubOf(core)
  const toShard = word === 'SPUBLISH'
  const heard = toShard ? pubsub.publishToShard(channel, message) : pubsub.publish(channel, message)
  // It changes nothing, but the subscribers of replicas are to hear it, too.
  if (!core.cluster?.publish(channel, message, toShard)) core.propagation.also(db, args.bytesOf(0), channel, message)
  replies.integer(heard)
}

function names({ core, replies }: Client, args: Args, { subscriptions }: Kind): void {
  if (args.count > 3) throw refusal(subcommandSyntax(args))
  const fits = args.count === 3 ? matcher(args.text(2)) : () => true
  const found = [...subscriptions(pubsubOf(core)).names()].filter(fits)
  replies.array(found.length)
  for (const name of found) replies.bulkText(name)
}

function counts({ core, replies }: Client, args: Args, { subscriptions }: Kind): void {
  const asked = subscriptions(pubsubOf(core))
  replies.array(2 * (args.count - 2))
  for (let i = 2; i < args.count; i++) {
    const name = args.text(i)
    replies.bulkText(name)
    replies.integer(asked.subscribersOf(name).size)
  }
}

// The texts are redis', which clients compare.
