import type { Dialect } from './commands/command.ts'
import type { Database } from './keyspace/database.ts'
import type { Args } from './protocol/args.ts'

/** One command as replicas are told it. */
export interface Propagated {
  readonly db: number
  readonly words: readonly Buffer[]
}

type Word = Buffer | string

/** The database of a command that goes without one. */
export const ANY_DATABASE = -1

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
  /** Whether MULTI and EXEC belong to no database. */
  readonly selectsWithin: boolean
  /** Absent: nobody is to be told. */
  feed: Feed | undefined
  #gathered: Propagated[] = []
  #override: readonly Propagated[] | undefined

  constructor({ engine }: Dialect) {
    this.selectsWithin = engine === 'valkey'
  }

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

  /** Everything that belongs together is done: passes it on. @param asOne Between MULTI and EXEC, if there are several. */
  flush(asOne = true): void {
    if (this.#gathered.length === 0) return
    const commands = this.#gathered
    this.#gathered = []
    if (!asOne || commands.length === 1) this.feed?.all(commands)
    else this.feed?.all([this.#edge('MULTI', commands.at(0)), ...commands, this.#edge('EXEC', commands.at(-1))])
  }

  /** Valkey selects databases within a transaction, Redis before it. */
  #edge(word: string, beside: Propagated | undefined): Propagated {
    return { db: this.selectsWithin ? ANY_DATABASE : (beside?.db ?? ANY_DATABASE), words: [Buffer.from(word)] }
  }
}
