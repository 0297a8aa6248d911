import { elapsedMs, sleep, systemClock } from '../../net/clock.ts'
import { type Failure, hasEnded } from '../nodes/failure.ts'
import type { Fleet } from '../nodes/fleet.ts'
import type { Deployment, NodeKey, Owner } from '../nodes/wanted.ts'
import type { ErrandKind, Records, WorkloadKind } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from '../time/clock.ts'
import { LoopRunner, type Round } from './loops.ts'
import { type Setback, Setbacks } from './setbacks.ts'

/** How long a start waits at most for what comes back step by step, and how often it looks. */
const COMES_BACK_MS = 10_000
const LOOK_AGAIN_MS = 50

/** What a record may have to be done with. */
export interface Work {
  readonly do: string
}

/** What is due now, or when to look again; undefined: never, unless the record changes. */
export type Due<W extends Work> = W | { readonly until: number } | undefined

/** How the records of a kind that has nodes live: what is done with them besides making the nodes follow. */
export interface Life<K extends WorkloadKind = WorkloadKind, W extends Work = Work> {
  readonly kind: K
  /** In the log. */
  readonly noun: string
  /** After a start, before any record is looked at. */
  resume?(): void
  deploymentOf(record: Records[K]): Deployment
  /** Whether what a record says is available is still on its way back after a start, with nothing in its way. Absent: never. */
  comesBack?(record: Records[K]): boolean
  /** Whether there is nothing to do with a record while its nodes do not run. */
  needsToRun(record: Records[K]): boolean
  /** Its nodes end again and again. */
  despair(record: Records[K], setback: Setback): void
  /** The record of its kind that a node is of now, when the one it was of is no more. Absent: nodes end with their record. */
  readonly heirOf?: (region: string, node: string) => string | undefined
  /**
   * A node that is a process of its own has ended by itself. Answers whether one that ends again and again is to be tried later and
   * later. Absent: it is a fault like one that was made up.
   */
  ended?(record: Records[K], node: string, how: string): boolean
  /** Before the nodes follow. Answers whether the record has changed. */
  prepare?(record: Records[K]): boolean
  /** The failure, if any, that is to be tried again later and later, as if what was to run a node had ended. */
  setbackAmong?(record: Records[K], failures: readonly Failure[]): Failure | undefined
  /** Something else could not be made to run. */
  mend(record: Records[K], failures: readonly Failure[]): Promise<Round>
  /** The nodes have followed. Undefined: it may go on. */
  settle?(record: Records[K]): Round | undefined
  next(record: Records[K], now: number): Due<W>
  carryOut(record: Records[K], work: W): Promise<Round>
}

/** How the records of a kind without nodes are worked on. */
export interface Errands {
  readonly kind: ErrandKind
  /** After a start, and after everything was forgotten. */
  resume(): void
  round(region: string, id: string): Promise<Round>
}

/** Kinds of records that are worked on. */
export type LivingKind = WorkloadKind | ErrandKind

export interface RunnerOptions {
  readonly store: Store
  readonly clock: Clock
  readonly fleet: Fleet
  /** One of each kind. */
  readonly lives: readonly Life[]
  readonly errands: readonly Errands[]
  readonly log: (line: string) => void
}

/**
 * Carries records from step to step: make the nodes follow the record, wait until the next step is due, take it, commit. One
 * record is worked on by one loop at a time; different ones side by side.
 */
export class Runner extends LoopRunner<LivingKind> {
  readonly #options: RunnerOptions
  readonly #setbacks: Setbacks

  constructor(options: RunnerOptions) {
    super(options)
    this.#options = options
    this.#setbacks = new Setbacks(options.clock)
  }

  /** What ran nodes of these has ended: they are started again. */
  lost(owners: readonly Owner[], why: string): void {
    for (const owner of owners) this.#setbacks.note(owner, why)
    void this.settle(owners)
  }

  /** A node that is a process of its own has ended by itself. Answers whether its life knows what to do about that. */
  ended({ node, ...owner }: NodeKey, how: string): boolean {
    const { lives, store } = this.#options
    const life = lives.find(({ kind }) => kind === owner.kind)
    if (!life?.ended) return false
    const record = store.get(owner.kind, owner.region, owner.id)
    if (record && life.ended(record, node, how)) this.#setbacks.note(owner, how)
    void this.settle([owner])
    return true
  }

  /**
   * After a start: goes on with what was left to do. Settles when every record that has nodes is up, or has been tried: those that
   * come back step by step for some seconds.
   */
  async resume(): Promise<void> {
    const { lives } = this.#options
    for (const life of lives) life.resume?.()
    this.#resumeErrands()
    await this.settle(this.owners())
    const start = systemClock.monotonicMs()
    for (;;) {
      const left = this.#owners(({ comesBack }, record) => comesBack?.(record) === true)
      if (left.length === 0 || elapsedMs(systemClock, start) >= COMES_BACK_MS) return
      await sleep(systemClock, LOOK_AGAIN_MS)
      await this.settle(left)
    }
  }

  /** All records that have nodes. */
  owners(): Owner[] {
    return this.#owners(() => true)
  }

  #owners(isMeant: (life: Life, record: Records[WorkloadKind]) => boolean): Owner[] {
    const { lives, store } = this.#options
    return lives.flatMap((life) =>
      store
        .all(life.kind)
        .filter((record) => isMeant(life, record))
        .map(({ region, id }) => ({ region, kind: life.kind, id })),
    )
  }

  /** Looks at these. Settles when there is nothing to do with them at the moment. */
  async settle(owners: readonly Owner[]): Promise<void> {
    await Promise.all(owners.map(({ kind, region, id }) => this.kick(kind, region, id)))
  }

  /** Ends what runs of records that have just been cleared, and what is left of others. */
  async cleared(owners: readonly Owner[]): Promise<void> {
    const ended = this.settle(owners)
    this.#resumeErrands()
    await ended
  }

  #resumeErrands(): void {
    const { errands, store } = this.#options
    for (const each of errands) {
      each.resume()
      for (const { region, id } of store.all(each.kind)) void this.kick(each.kind, region, id)
    }
  }

  protected override round(kind: LivingKind, region: string, id: string): Promise<Round> {
    const { lives, errands } = this.#options
    const life = lives.find((each) => each.kind === kind)
    if (life) return this.#roundOf(life, region, id)
    const errand = errands.find((each) => each.kind === kind)
    return errand?.round(region, id) ?? Promise.resolve('done')
  }

  /** Nodes of a record that is no more may be those of another one now: they go on. */
  async #handOver({ heirOf }: Pick<Life, 'heirOf'>, owner: Owner): Promise<void> {
    if (!heirOf) return
    const heirs = new Set(this.#options.fleet.nodesOf(owner).map((node) => heirOf(owner.region, node)))
    for (const heir of heirs) if (heir !== undefined) await this.kick(owner.kind, owner.region, heir)
  }

  async #roundOf<K extends WorkloadKind>(life: Life<K>, region: string, id: string): Promise<Round> {
    const { store, fleet, clock, log } = this.#options
    const { kind } = life
    const owner = { region, kind, id }
    const record = store.get(kind, region, id)
    if (!record) {
      await this.#handOver(life, owner)
      await fleet.forget(owner)
      this.#setbacks.forget(owner)
      return 'done'
    }
    const setback = this.#setbacks.of(owner)
    if (setback && life.needsToRun(record)) {
      if (this.#setbacks.isNews(setback)) {
        life.despair(record, setback)
        return 'again'
      }
      if (setback.due > clock.now()) return { until: setback.due }
    }
    if (life.prepare?.(record)) return 'again'
    const failures = await fleet.follow(life.deploymentOf(record))
    if (store.get(kind, region, id) !== record || this.closing) return 'again'
    if (failures.length > 0 && life.needsToRun(record)) {
      if (failures.some(hasEnded)) return 'again' // `lost` has noted it
      const another = life.setbackAmong?.(record, failures)
      if (!another) return life.mend(record, failures)
      log(`${life.noun} ${region}/${id}: ${another.message}`)
      this.#setbacks.note(owner, another.message)
      return 'again'
    }
    const settled = life.settle?.(record)
    if (settled !== undefined) return settled
    const due = life.next(record, clock.now())
    if (due === undefined) return 'done'
    return 'do' in due ? life.carryOut(record, due) : due
  }
}
