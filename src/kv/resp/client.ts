import { endpoint } from '../../net/target.ts'
import type { Command, Part } from '../../protocols/resp/encode.ts'
import { keySlot } from '../../protocols/resp/hash-slot.ts'
import { type Redirect, redirectOf } from '../../protocols/resp/redirect.ts'
import { isError, type Reply } from '../../protocols/resp/reply.ts'
import type { Dial } from '../conversation.ts'
import { type Login, RespConnection } from './connection.ts'
import { LostNode, NoCluster, RespRefusal, TooManyRedirects } from './refusal.ts'
import { shardsAt } from './standing.ts'
import { type RespNode, readSlots, type Shard, shardOf, singleShard } from './topology.ts'

export interface RespOptions extends Omit<Dial, 'host' | 'port'> {
  readonly login?: Login
  /** Commands go to replicas, where a shard has any. */
  readonly readsReplicas?: boolean
  readonly database?: number
}

/** A command about one key. */
export interface KeyCommand {
  readonly key: Part
  readonly command: Command
}

/** What a server said, and which it was. */
export interface Answer {
  readonly node: RespNode
  readonly reply: Reply
  /** What was said to it. */
  readonly command: Command
}

const MOST_REDIRECTS = 5

/** On its way to a node. */
interface Errand extends KeyCommand {
  readonly at: number
  readonly node: RespNode
  readonly isAsking: boolean
}

/** A client of one server, or of a cluster of them. Connects to a server when the first key needs it. */
export class RespClient {
  readonly #options: RespOptions
  readonly #connections = new Map<string, Promise<RespConnection>>()
  readonly #seed: string
  #shards: readonly Shard[]
  readonly isCluster: boolean

  private constructor(
    options: RespOptions,
    first: RespConnection,
    seed: RespNode,
    shards: readonly Shard[] | undefined,
  ) {
    this.#options = options
    this.#seed = nameOf(seed)
    this.#connections.set(this.#seed, Promise.resolve(first))
    this.isCluster = shards !== undefined
    this.#shards = shards ?? singleShard(seed)
  }

  /**
   * Asks the first seed that can be reached for the cluster it is of.
   * @throws Unreachable of the first, NoCluster where several seeds have none, RespRefusal, BadReply
   */
  static async open(seeds: readonly RespNode[], options: RespOptions): Promise<RespClient> {
    const [seed, connection] = await firstReached(seeds, options)
    try {
      const shards = await learn(connection, seed, options.tls !== undefined)
      if (!shards && seeds.length > 1)
        throw new NoCluster(`${nameOf(seed)} is not in cluster mode: one server at a time`)
      return new RespClient(options, connection, seed, shards)
    } catch (error) {
      connection.close()
      throw error
    }
  }

  get shards(): readonly Shard[] {
    return this.#shards
  }

  get primaries(): RespNode[] {
    return this.#shards.map(({ primary }) => primary)
  }

  /** Where the keys of each shard are read. */
  get readers(): RespNode[] {
    return this.#shards.map((shard) => this.#readerOf(shard))
  }

  /** Where commands about a key go. @throws RespRefusal where no node serves its slot. */
  nodeOf(key: Part): RespNode {
    const slot = keySlot(Buffer.isBuffer(key) ? key : String(key))
    const shard = shardOf(this.#shards, slot)
    if (shard) return this.#readerOf(shard)
    const [any] = this.primaries
    const text = `Hash slot not served: ${slot}`
    throw new RespRefusal(any ? nameOf(any) : 'the cluster', { kind: 'error', code: 'CLUSTERDOWN', text })
  }

  /** The reply to one command about a key. @throws RespRefusal, LostNode, Unreachable, BadReply */
  async ask(key: Part, ...command: Command): Promise<Answer> {
    const [answer] = await this.askAll([{ key, command }])
    return granted(answer as Answer) // one for each command
  }

  /** Replies to several commands about one key, sent together; errors among them. */
  async askAbout(key: Part, commands: readonly Command[]): Promise<Answer[]> {
    return this.askAll(commands.map((command) => ({ key, command })))
  }

  /**
   * Sends each command to the node of its key, those of a node together, and follows redirects. Answers all replies in the order
   * of the commands, errors among them.
   * @throws LostNode, Unreachable, BadReply
   */
  async askAll(commands: readonly KeyCommand[]): Promise<Answer[]> {
    const answers: Answer[] = []
    let errands = commands.map((each, at): Errand => ({ ...each, at, node: this.nodeOf(each.key), isAsking: false }))
    for (let hop = 0; errands.length > 0; hop++) {
      const redirected: Errand[] = []
      let moved: RespNode | undefined
      for (const { errand, reply } of await this.#round(errands)) {
        const redirect = isError(reply) ? redirectOf(reply) : undefined
        if (!redirect) answers[errand.at] = { node: errand.node, reply, command: errand.command }
        else {
          if (hop === MOST_REDIRECTS) throw new TooManyRedirects(circle(errand, redirect))
          const node = { host: redirect.host === '' ? errand.node.host : redirect.host, port: redirect.port }
          await this.connection(node, `${nameOf(errand.node)} says that slot ${redirect.slot} is on ${nameOf(node)}`)
          if (redirect.kind === 'moved') moved = node
          redirected.push({ ...errand, node, isAsking: redirect.kind === 'ask' })
        }
      }
      if (moved) await this.#learnAgain(moved)
      errands = redirected
    }
    return answers
  }

  /**
   * The connection to a node, made when it is first asked for.
   * @param told What says that there is such a node, for the refusal where it cannot be reached.
   * @throws LostNode, RespRefusal, BadReply
   */
  connection(
    node: RespNode,
    told = `${this.#seed} says that ${nameOf(node)} is of its cluster`,
  ): Promise<RespConnection> {
    const name = nameOf(node)
    const open = this.#connections.get(name)
    if (open) return open
    const opening = connect(node, this.#options).catch((error: unknown) => {
      throw isUnreachable(error) ? new LostNode(told, error) : error
    })
    this.#connections.set(name, opening)
    return opening
  }

  /** A connection of the caller's own. @throws Unreachable, RespRefusal, BadReply */
  open(node: RespNode): Promise<RespConnection> {
    return connect(node, this.#options)
  }

  async close(): Promise<void> {
    for (const connection of await Promise.allSettled(this.#connections.values())) {
      if (connection.status === 'fulfilled') connection.value.close()
    }
  }

  #readerOf({ primary, replicas }: Shard): RespNode {
    return (this.#options.readsReplicas && replicas[0]) || primary
  }

  /** Sends every errand to its node. */
  async #round(errands: readonly Errand[]): Promise<{ errand: Errand; reply: Reply }[]> {
    const byNode = new Map<string, Errand[]>()
    for (const errand of errands) {
      const name = nameOf(errand.node)
      byNode.set(name, [...(byNode.get(name) ?? []), errand])
    }
    const rounds = await Promise.all(
      [...byNode.values()].map(async (own) => {
        const connection = await this.connection((own[0] as Errand).node) // a group has at least one
        const replies = await connection.send(
          own.flatMap(({ command, isAsking }) => (isAsking ? [['ASKING'], command] : [command])),
        )
        let at = 0
        return own.map((errand) => {
          if (errand.isAsking) at++
          return { errand, reply: replies[at++] as Reply } // one for each command
        })
      }),
    )
    return rounds.flat()
  }

  /** Keys have moved: the node that has some of them now knows of the others, too. */
  async #learnAgain(node: RespNode): Promise<void> {
    const shards = await learn(await this.connection(node), node, this.#options.tls !== undefined)
    if (shards) this.#shards = shards
  }
}

const isUnreachable = (error: unknown): error is Error => error instanceof Error && error.name === 'Unreachable'

const nameOf = ({ host, port }: RespNode): string => endpoint(host, port)

const circle = ({ node }: Errand, { slot }: Redirect): string =>
  `${nameOf(node)}: slot ${slot} has been redirected ${MOST_REDIRECTS} times, and is still somewhere else`

/** @throws RespRefusal */
export function granted(answer: Answer): Answer {
  if (isError(answer.reply)) throw new RespRefusal(nameOf(answer.node), answer.reply, answer.command)
  return answer
}

const connect = (node: RespNode, { login, readsReplicas = false, database = 0, ...dial }: RespOptions) =>
  RespConnection.open({ ...dial, ...node }, { ...login, readsReplicas, database })

async function firstReached(seeds: readonly RespNode[], options: RespOptions): Promise<[RespNode, RespConnection]> {
  let first: unknown
  for (const seed of seeds) {
    try {
      return [seed, await connect(seed, options)]
    } catch (error) {
      if (!isUnreachable(error)) throw error
      first ??= error
    }
  }
  throw first
}

/** The shards of the cluster that a node is of; undefined: of none. */
async function learn(connection: RespConnection, asked: RespNode, tls: boolean): Promise<readonly Shard[] | undefined> {
  const shards = await shardsAt(connection, asked, tls)
  if (shards) return shards
  const [slots = null] = await connection.send([['CLUSTER', 'SLOTS']])
  // Without cluster mode, or the right to ask: where a key is, redirects tell.
  return isError(slots) ? undefined : readSlots(slots, asked)
}
