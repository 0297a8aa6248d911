/**
 * Feeds a primary with what another primary holds and does: one of another cluster, which no server could be told to replicate.
 * To the source it is a replica; to its own server a client of the engine's. What it cannot go on with it begins anew.
 *
 * A key that expires does so on both servers by itself. One that a client of the source kept at the last moment may be gone on
 * the fed server when that hears of it; a replica would have waited.
 */
import { rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { isError, itemsOf, type Reply, textOf, wholeOf } from '../../../protocols/resp/reply.ts'
import { parseInfo } from './info.ts'
import { Operator } from './operator.ts'
import { endServerIn } from './process.ts'
import { type News, type Position, ReplicaLink, type SaidCommand } from './replica-link.ts'
import { handOnDatabase, handOnFunctions, scratchSpec } from './reshape.ts'
import { ENGINE_USER, keysOf } from './restricted.ts'
import type { FeedSource, RedisSpec } from './spec.ts'
import { startServer } from './start-server.ts'

/** Until a connection that was lost, or a beginning that failed, is tried again. */
const AGAIN_MS = 200
/** Until a server has done what it is told. */
const PATIENCE_MS = 60_000
/** Keys that are looked at together. */
const KEYS = 500

/** The server that is fed. */
export type Fed = Pick<RedisSpec, 'directory' | 'port' | 'program' | 'secret'> & {
  /** How the engine gets to it. */
  readonly socket: string
}

/** Looks after one server until it is closed. */
export class Feed {
  #source: FeedSource
  readonly #fed: Fed
  readonly #password: string
  #server: Operator
  /** What of the source the server holds; undefined: that is not known. */
  #position: Position | undefined
  #link: ReplicaLink | undefined
  #hears = false
  #isClosed = false
  readonly #running: Promise<void>

  constructor(source: FeedSource, fed: Fed) {
    this.#source = source
    this.#fed = fed
    this.#password = keysOf(fed.secret).password
    this.#server = this.#reachServer()
    this.#running = this.#run()
  }

  /** How far the server is in what the source says; undefined: it does not hear from it, or does not hold what there was yet. */
  get offset(): number | undefined {
    return this.#hears ? this.#position?.offset : undefined
  }

  /** Another server is the source from now on. When it knows the history so far, that goes on. */
  follow(source: FeedSource): void {
    if (source.innerPort === this.#source.innerPort) return
    this.#source = source
    this.#hears = false
    this.#link?.close()
  }

  /** Resolves when the server is told nothing more, and nothing runs for it. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#link?.close()
    await this.#server.end()
    await this.#running
  }

  #reachServer(): Operator {
    return new Operator({ path: this.#fed.socket }, this.#password, PATIENCE_MS)
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      // Whatever it was: a connection was lost, or the server did not take what the source had taken.
      await this.#replicate().catch(() => undefined)
      this.#hears = false
      if (!this.#isClosed) await pause(AGAIN_MS, undefined, { ref: false })
    }
  }

  async #replicate(): Promise<void> {
    // A cluster that is not there yet takes no keys, and the source would have copied what it has for nothing.
    const cluster = parseInfo(textOf(await this.#server.ask('CLUSTER', 'INFO')))
    if (cluster.get('cluster_state') !== 'ok') return
    const { port } = this.#fed
    const login = [ENGINE_USER, this.#password] as const
    const link = new ReplicaLink({ innerPort: this.#source.innerPort, login, port, file: this.#file })
    this.#link = link
    try {
      for await (const news of link.news(this.#position)) await this.#take(news, link)
    } finally {
      link.close()
    }
  }

  get #file(): string {
    return `${this.#fed.directory}.feed.rdb`
  }

  async #take(news: News, link: ReplicaLink): Promise<void> {
    if (news.do === 'begin') {
      this.#forget()
      await this.#load()
      this.#position = news.at
    } else if (news.do === 'go-on') {
      if (this.#position && news.id !== undefined) this.#position = { ...this.#position, id: news.id }
    } else {
      await this.#apply(news.commands)
    }
    link.reached = this.#position?.offset
    this.#hears = true
    if (news.do === 'apply' && news.commands.some(isOfReplication)) link.tell()
  }

  async #apply(commands: readonly SaidCommand[]): Promise<void> {
    const { offset = 0, id = '' } = this.#position ?? {}
    const told = commands.filter((command) => !isOfReplication(command)).map(({ words }) => words)
    const replies = await this.#server.send(told).catch((error: unknown) => {
      this.#forget()
      throw error
    })
    const refusal = replies.find(saysError)
    if (refusal !== undefined) {
      this.#forget()
      throw new Error(`the server did not do what its source did: ${textOf(refusal)}`)
    }
    this.#position = { id, offset: commands.reduce((sum, { length }) => sum + length, offset) }
  }

  /** Begins anew: a transaction that was under way is none any more. */
  #forget(): void {
    this.#position = undefined
    if (this.#isClosed) return
    this.#server.close()
    this.#server = this.#reachServer()
  }

  /** Makes the server hold what is in the file. Clients read on meanwhile: keys are replaced, and then the others go. */
  async #load(): Promise<void> {
    const { program, secret } = this.#fed
    const directory = `${this.#fed.directory}.feed`
    await endServerIn(directory, secret)
    await rm(directory, { recursive: true, force: true })
    const copy = await startServer(scratchSpec(program, secret, directory, this.#file))
    try {
      await handOnFunctions(copy.operator, [this.#server], 'FLUSH')
      await handOnDatabase(copy.operator, [this.#server], null)
      await dropOthers(this.#server, copy.operator)
    } finally {
      await copy.stop()
      await rm(directory, { recursive: true, force: true })
      await rm(this.#file, { force: true })
    }
  }
}

/** Between a primary and its replicas, and no change of what they hold. */
const isOfReplication = ({ name }: SaidCommand): boolean => name === 'REPLCONF'

/** In the answer to a transaction each command has one of its own. */
const saysError = (reply: Reply): boolean => isError(reply) || itemsOf(reply).some(isError)

/** Keys that the other server does not have. */
async function dropOthers(server: Operator, other: Operator): Promise<void> {
  let cursor = '0'
  do {
    const [next = null, found = null] = itemsOf(await server.ask('SCAN', cursor, 'COUNT', KEYS))
    cursor = textOf(next)
    const keys = itemsOf(found).filter(Buffer.isBuffer)
    const known = await other.send(keys.map((key) => ['EXISTS', key]))
    await server.send(keys.filter((_, index) => wholeOf(known[index] ?? null) === 0n).map((key) => ['UNLINK', key]))
  } while (cursor !== '0')
}
