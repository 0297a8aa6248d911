import { KvConnection } from './connection.ts'
import type { Dial } from './conversation.ts'
import { type KvNode, type Locate, PLACEMENTS, type PlacementName } from './placement.ts'
import { type Item, readItems, readLine, readWords } from './replies.ts'

export interface KvOptions extends Omit<Dial, 'host' | 'port'> {
  readonly placement: PlacementName
}

/** What a node said, and which it was. */
export interface Outcome {
  readonly node: KvNode
  /** `STORED`, `NOT_FOUND`, `7` ... */
  readonly reply: string
}

export interface Value {
  readonly value: Buffer
  /** Set by the client that stored it; most keep the kind of value there. */
  readonly flags: number
  /** Seconds, or 0 for ever; from a month on memcached takes it as a time since 1970, see `exptimeOf`. */
  readonly exptime: number
}

const MONTH = 60 * 60 * 24 * 30

/** memcached's exptime for a time to live in seconds: beyond 30 days it means seconds since 1970. */
export const exptimeOf = (seconds: number, now: Date): number =>
  seconds <= MONTH ? seconds : Math.floor(now.getTime() / 1000) + seconds

// A serverless cache takes lines of 16 KiB, and keys have up to 250 bytes.
const KEYS_PER_LINE = 50

const inParts = (keys: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(keys.length / KEYS_PER_LINE) }, (_, part) =>
    keys.slice(part * KEYS_PER_LINE, (part + 1) * KEYS_PER_LINE),
  )

/** Why a key can't be one in the text protocol; undefined: it can. */
export function keyProblem(key: string): string | undefined {
  const bytes = Buffer.byteLength(key)
  if (bytes === 0) return 'a key may not be empty'
  if (bytes > 250) return `a key has at most 250 bytes, this one ${bytes}`
  return /[\x00-\x20\x7f]/.test(key) ? 'a key may not hold spaces or control characters' : undefined
}

/** A client of several nodes, as applications have one. Connects to a node when the first key needs it. */
export class KvClient {
  readonly nodes: readonly KvNode[]
  readonly #options: KvOptions
  readonly #locate: Locate
  readonly #connections = new Map<KvNode, Promise<KvConnection>>()

  /** `nodes` in the order of the cluster's list. */
  constructor(nodes: readonly KvNode[], options: KvOptions) {
    this.nodes = nodes
    this.#options = options
    this.#locate = PLACEMENTS[options.placement].of(nodes)
  }

  nodeOf(key: string): KvNode {
    return this.nodes[this.#locate(Buffer.from(key))] as KvNode // a placement answers an index of the list
  }

  /** The items there are, in the order of the keys. */
  async get(keys: readonly string[]): Promise<(Item & { node: KvNode })[]> {
    const byNode = new Map<KvNode, string[]>()
    for (const key of keys) {
      const node = this.nodeOf(key)
      byNode.set(node, [...(byNode.get(node) ?? []), key])
    }
    const found = await Promise.all(
      [...byNode].map(async ([node, own]) => (await this.getFrom(node, own)).map((item) => ({ ...item, node }))),
    )
    const byKey = new Map(found.flat().map((item) => [item.key, item]))
    return keys.flatMap((key) => byKey.get(key) ?? [])
  }

  /** The items that one node has, wherever they belong. */
  async getFrom(node: KvNode, keys: readonly string[]): Promise<Item[]> {
    const connection = await this.connection(node)
    const requests = inParts(keys).map((part) => connection.request(`get ${part.join(' ')}\r\n`, readItems))
    const items = await Promise.all(requests)
    return items.flat().map((item) => ({ ...item, key: Buffer.from(item.key, 'latin1').toString() }))
  }

  store(verb: 'set' | 'add', key: string, { value, flags, exptime }: Value): Promise<Outcome> {
    const head = Buffer.from(`${verb} ${key} ${flags} ${exptime} ${value.length}\r\n`)
    return this.#ask(key, Buffer.concat([head, value, Buffer.from('\r\n')]))
  }

  delete(key: string): Promise<Outcome> {
    return this.#ask(key, `delete ${key}\r\n`)
  }

  /** @param by Added; subtracted, when below 0. */
  increase(key: string, by: bigint): Promise<Outcome> {
    return this.#ask(key, by < 0n ? `decr ${key} ${-by}\r\n` : `incr ${key} ${by}\r\n`)
  }

  touch(key: string, exptime: number): Promise<Outcome> {
    return this.#ask(key, `touch ${key} ${exptime}\r\n`)
  }

  async flush(node: KvNode): Promise<Outcome> {
    const connection = await this.connection(node)
    return { node, reply: await connection.request('flush_all\r\n', readLine) }
  }

  /** Rows of name and value of `stats` with a topic. */
  async stats(node: KvNode, topic = ''): Promise<readonly (readonly string[])[]> {
    const connection = await this.connection(node)
    return connection.request(topic === '' ? 'stats\r\n' : `stats ${topic}\r\n`, readWords)
  }

  /** How to connect to a node: by its address, or by its name where a certificate must fit. */
  dialOf(node: KvNode): Dial {
    const { placement: _, ...dial } = this.#options
    return { ...dial, host: dial.tls ? node.host : (node.ip ?? node.host), port: node.port }
  }

  /** The connection to a node, made when it is first asked for. */
  connection(node: KvNode): Promise<KvConnection> {
    const open = this.#connections.get(node)
    if (open) return open
    const opening = KvConnection.open(this.dialOf(node))
    this.#connections.set(node, opening)
    return opening
  }

  async close(): Promise<void> {
    for (const connection of await Promise.allSettled(this.#connections.values())) {
      if (connection.status === 'fulfilled') connection.value.close()
    }
  }

  async #ask(key: string, request: string | Buffer): Promise<Outcome> {
    const node = this.nodeOf(key)
    const connection = await this.connection(node)
    return { node, reply: await connection.request(request, readLine) }
  }
}
