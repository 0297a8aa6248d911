import { join } from 'node:path'
import { errorMessage } from '../../api/thrown.ts'
import { WRITE } from '../commands/command.ts'
import { BadValue } from '../config/kinds.ts'
import type { Core } from '../core.ts'
import type { Line } from '../info/section.ts'
import { fileBytes, readFile, readFileSync, writeFile, writeFileSync } from './files.ts'
import { BadRdb, Loader, type LoaderOptions } from './loader.ts'
import { type Snapshot, snapshotOf } from './snapshot.ts'

const MS_PER_SECOND = 1000
/** After one that has failed, the next is tried so much later. */
const RETRY_MS = 5000

const seconds = (ms: number): number => Math.floor(ms / MS_PER_SECOND)

interface Running {
  readonly snapshot: Snapshot
  readonly began: number
  /** What was changed until then. */
  readonly dirty: number
  readonly done: Promise<void>
}

interface Loading {
  readonly loader: Loader
  readonly began: number
  readonly bytes: number
}

const byCore = new WeakMap<Core, Persistence>()

/** The persistence of a node. */
export function persistenceOf(core: Core): Persistence {
  const found = byCore.get(core) ?? new Persistence(core)
  byCore.set(core, found)
  return found
}

/** Files of a node: when they are written, and how it went. */
export class Persistence {
  /** Milliseconds since 1970. */
  savedAt: number
  /** Whether what SHUTDOWN asks for is done: then nothing more is saved at the end. */
  isEnded = false
  readonly #core: Core
  #status: 'ok' | 'err' = 'ok'
  #seconds = -1
  #saves = 0
  #begun = 0
  #triedAt = 0
  /** `keyspace.dirty` as of the last file. */
  #dirty = 0
  #running: Running | undefined
  #loading: Loading | undefined
  #lastLoad: Loader | undefined
  readonly #refuseWrites: (on: boolean) => void

  constructor(core: Core) {
    this.#core = core
    this.savedAt = core.startedAt
    const name = core.dialect.engine === 'valkey' && !core.config.compatible ? 'Valkey' : 'Redis'
    this.#refuseWrites = core.checks.add((_client, command) =>
      core.isReplica || ((command.flags & WRITE) === 0 && command.name !== 'ping') ? undefined : misconfigured(name),
    )
    core.config.follow(['savePoints', 'stopWritesOnBgsaveError'], () => this.#updateChecks())
    core.tell('persistence', () => this.#lines())
    core.tell('stats', () => [['total_forks', this.#begun]])
    core.chores.push(() => this.#saveWhenDue())
  }

  get isSaving(): boolean {
    return this.#running !== undefined
  }

  get hasSavePoints(): boolean {
    return this.#core.config.settings.savePoints !== ''
  }

  get path(): string {
    const { dir, dbfilename } = this.#core.config.settings
    return join(dir, dbfilename)
  }

  /** SAVE: writes the file at once. Answers whether that went well. */
  save(): boolean {
    const core = this.#core
    try {
      writeFileSync(this.path, this.#temporary, snapshotOf(core, { replication: core.replicationPoint() }))
    } catch (error) {
      this.#failed(error)
      return false
    }
    core.log('notice', 'DB saved on disk')
    this.#saved(core.keyspace.dirty)
    return true
  }

  /** BGSAVE: writes the file while others are served. None is being written already. */
  saveInBackground(): void {
    const core = this.#core
    const { dirty } = core.keyspace
    const began = core.clock.now()
    const snapshot = snapshotOf(core, { replication: core.replicationPoint() })
    const written = writeFile(this.path, this.#temporary, snapshot)
    this.#begun++
    this.#triedAt = began
    core.log('notice', 'Background saving started')
    const done = written.then(
      () => this.#ended(began, () => this.#saved(dirty)),
      // Called off: that says nothing of the disk.
      (error: unknown) => this.#ended(began, () => (snapshot.isCancelled ? undefined : this.#failed(error))),
    )
    this.#running = { snapshot, began, dirty, done }
  }

  /** Calls off the one that is being written. */
  async cancel(): Promise<void> {
    this.#running?.snapshot.cancel()
    await this.#running?.done
  }

  /** FLUSHALL: there is to be no file with keys any more. */
  flushed(): void {
    this.#running?.snapshot.cancel()
    if (this.hasSavePoints) this.save()
  }

  /** SHUTDOWN and the end of the process. Answers whether everything that is to be saved is. */
  saveAtEnd(how: 'save' | 'nosave' | 'by-save-points'): boolean {
    if (this.isEnded) return true
    this.#running?.snapshot.cancel()
    const saves = how === 'save' || (how === 'by-save-points' && this.hasSavePoints)
    this.isEnded = !saves || this.save()
    return this.isEnded
  }

  /** Loads the file, if there is one, while clients are told to wait. Answers what has read it. @throws BadRdb */
  async load(options: LoaderOptions): Promise<Loader | undefined> {
    const bytes = fileBytes(this.path)
    if (bytes < 0) return undefined
    const loader = this.beginLoading(bytes, options)
    try {
      await readFile(this.path, loader)
    } catch (error) {
      throw new BadRdb(`${this.path}: ${errorMessage(error)}`)
    } finally {
      this.endLoading()
    }
    this.#core.log('notice', `DB loaded from disk: ${loader.loaded} keys`)
    return loader
  }

  /** DEBUG RELOAD: loads the file at once. @throws BadRdb, ErrnoException */
  loadAtOnce(options: LoaderOptions): void {
    const loader = this.beginLoading(Math.max(0, fileBytes(this.path)), options)
    try {
      readFileSync(this.path, loader)
    } finally {
      this.endLoading()
    }
  }

  /** Has clients told to wait until `endLoading`. Answers what takes the bytes. */
  beginLoading(bytes: number, options?: LoaderOptions): Loader {
    const loader = new Loader(this.#core, options)
    this.#loading = { loader, began: this.#core.clock.now(), bytes }
    this.#tellLoading('yes')
    return loader
  }

  endLoading(): void {
    const core = this.#core
    this.#lastLoad = this.#loading?.loader
    this.#loading = undefined
    this.#dirty = core.keyspace.dirty
    this.#tellLoading('no')
    for (const db of core.keyspace.databases) core.blocking.signalAll(db)
  }

  #tellLoading(state: 'yes' | 'no'): void {
    this.#core.loading = state
    for (const listener of this.#core.loadingListeners) listener()
  }

  get #temporary(): string {
    return `temp-${this.#core.host.pid}-${this.#core.runId.slice(0, 8)}.rdb`
  }

  #saved(dirty: number): void {
    this.#status = 'ok'
    this.#saves++
    this.#dirty = dirty
    this.savedAt = this.#core.clock.now()
    this.#updateChecks()
  }

  #failed(error: unknown): void {
    this.#status = 'err'
    this.#core.log('warning', `Failed saving the DB to ${this.path}: ${errorMessage(error)}`)
    this.#updateChecks()
  }

  #ended(began: number, note: () => void): void {
    this.#running = undefined
    this.#seconds = seconds(this.#core.clock.now() - began)
    note()
  }

  #saveWhenDue(): void {
    const { keyspace, config } = this.#core
    if (this.#running || this.#loading || !this.hasSavePoints) return
    const now = keyspace.now
    if (this.#status === 'err' && now - this.#triedAt <= RETRY_MS) return
    const changes = keyspace.dirty - this.#dirty
    const points = config.settings.savePoints.split(' ').map(Number)
    for (let at = 0; at + 1 < points.length; at += 2) {
      const [within = 0, least = 0] = points.slice(at)
      if (changes < least || changes === 0 || now - this.savedAt <= within * MS_PER_SECOND) continue
      this.#core.log('notice', `${least} changes in ${within} seconds. Saving...`)
      this.saveInBackground()
      return
    }
  }

  #updateChecks(): void {
    const stops = this.#core.config.settings.stopWritesOnBgsaveError
    this.#refuseWrites(stops && this.hasSavePoints && this.#status === 'err')
    this.#core.updateGate()
  }

  #lines(): Line[] {
    const running = this.#running
    const now = this.#core.clock.now()
    return [
      ['current_fork_perc', percent(running?.snapshot.written, running?.snapshot.keys)],
      ['current_save_keys_processed', running?.snapshot.written ?? 0],
      ['current_save_keys_total', running?.snapshot.keys ?? 0],
      ['rdb_changes_since_last_save', this.#core.keyspace.dirty - this.#dirty],
      ['rdb_bgsave_in_progress', running ? 1 : 0],
      ['rdb_last_save_time', seconds(this.savedAt)],
      ['rdb_last_bgsave_status', this.#status],
      ['rdb_last_bgsave_time_sec', this.#seconds],
      ['rdb_current_bgsave_time_sec', running ? seconds(now - running.began) : -1],
      ['rdb_saves', this.#saves],
      ['rdb_last_cow_size', 0],
      ['rdb_last_load_keys_expired', this.#lastLoad?.expired ?? 0],
      ['rdb_last_load_keys_loaded', this.#lastLoad?.loaded ?? 0],
      ...NO_AOF,
      ...this.#loadingLines(now),
    ]
  }

  #loadingLines(now: number): Line[] {
    if (this.#loading === undefined) return []
    const { began, bytes, loader } = this.#loading
    const share = bytes === 0 ? 0 : loader.bytes / bytes
    const left = share === 0 ? 1 : seconds(((now - began) / share) * (1 - share))
    return [
      ['loading_start_time', seconds(began)],
      ['loading_total_bytes', bytes],
      ['loading_rdb_used_mem', Number(loader.aux.get('used-mem') ?? 0)],
      ['loading_loaded_bytes', loader.bytes],
      ['loading_loaded_perc', (share * 100).toFixed(2)],
      ['loading_eta_seconds', left],
    ]
  }
}

const percent = (part = 0, of = 0): string => (of === 0 ? '0.00' : ((part / of) * 100).toFixed(2))

// There is none, as with ElastiCache.
const NO_AOF: readonly Line[] = [
  ['aof_enabled', 0],
  ['aof_rewrite_in_progress', 0],
  ['aof_rewrite_scheduled', 0],
  ['aof_last_rewrite_time_sec', -1],
  ['aof_current_rewrite_time_sec', -1],
  ['aof_last_bgrewrite_status', 'ok'],
  ['aof_rewrites', 0],
  ['aof_rewrites_consecutive_failures', 0],
  ['aof_last_write_status', 'ok'],
  ['aof_last_cow_size', 0],
  ['module_fork_in_progress', 0],
  ['module_fork_last_cow_size', 0],
]

const misconfigured = (name: string): string =>
  `MISCONF ${name} is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the ${name} logs for details about the RDB error.`

/** Refuses directories that aren't there, and starts what saves by itself. */
export function startPersistence(core: Core): void {
  core.config.follow(['dir'], () => {
    if (fileBytes(core.config.settings.dir) < 0) throw new BadValue('No such file or directory')
  })
  core.config.follow(['dbfilename'], () => {
    if (/[/\\]/.test(core.config.settings.dbfilename)) throw new BadValue("dbfilename can't be a path, just a filename")
  })
  persistenceOf(core)
}
