import type { Database } from './keyspace/database.ts'
import type { Args } from './protocol/args.ts'

/** One command as replicas are told it. */
export interface Propagated {
  readonly db: number
  readonly words: readonly Buffer[]
}

type Word = Buffer | string

/** Who is told what the node has changed: replicas and their backlog. */
export interface Feed {
  all(commands: readonly Propagated[]): void
  /** One command, in the words of a request, which are valid during the call. */
  one(db: number, args: Args): void
}

const bytesOf = (word: Word): Buffer => (typeof word === 'string' ? Buffer.from(word) : word)

/**
 * Gathers what a command has changed, in words that have the same effect on a replica. A command that has made the keyspace dirty is
 * passed on as it is, unless its handler says otherwise. What a transaction, a script or a command changes by several is passed on
 * at once between MULTI and EXEC.
 */
export class Propagation {
  /** Absent: nobody is to be told. */
  feed: Feed | undefined
  #gathered: Propagated[] = []
  #override: readonly Propagated[] | undefined

  /** The command that runs is passed on in these words, rather than its own. */
  instead(db: Database, ...words: readonly Word[]): void {
    if (this.feed) this.#override = [...(this.#override ?? []), { db: db.id, words: words.map(bytesOf) }]
  }

  /** The command that runs is not passed on. */
  nothing(): void {
    if (this.feed) this.#override ??= []
  }

  /** Passed on beside the command that runs, before it: keys that expire, or are evicted. */
  also(db: Database, ...words: readonly Word[]): void {
    if (this.feed) this.#gathered.push({ db: db.id, words: words.map(bytesOf) })
  }

  /** A command is done that has changed something. @param alone It is not part of a transaction, nor of a script. */
  done(db: Database, args: Args, alone: boolean): void {
    if (this.feed === undefined) return
    if (alone && this.#override === undefined && this.#gathered.length === 0) {
      this.feed.one(db.id, args)
      return
    }
    if (this.#override === undefined) this.#gathered.push({ db: db.id, words: args.words() })
    else this.#gathered.push(...this.#override)
    this.#override = undefined
  }

  /** A command is done that has changed nothing. */
  forget(): void {
    this.#override = undefined
  }

  /** Everything that belongs together is done: passes it on. */
  flush(): void {
    if (this.#gathered.length === 0) return
    const commands = this.#gathered
    this.#gathered = []
    const [first] = commands
    if (first === undefined || commands.length === 1) this.feed?.all(commands)
    else {
      const edge = (word: string): Propagated => ({ db: first.db, words: [Buffer.from(word)] })
      this.feed?.all([edge('MULTI'), ...commands, edge('EXEC')])
    }
  }
}
