import type { EventFacts } from '../../../api/catalog/events.ts'
import { errorMessage } from '../../../api/thrown.ts'
import type { Round } from '../../lifecycle/loops.ts'
import type { Life } from '../../lifecycle/runner.ts'
import type { Setback } from '../../lifecycle/setbacks.ts'
import type { Failure } from '../../nodes/failure.ts'
import { type Deployment, nameOf } from '../../nodes/wanted.ts'
import type { ServerlessCacheRecord, ServerlessSnapshotRecord, ServerlessStep } from '../../store/records.ts'
import type { Change } from '../../store/store.ts'
import { newToken } from '../../store/tokens.ts'
import { deploymentOf, type LifeTools } from '../workload.ts'
import { type CacheWork, nodeOf, serverlessCaches } from './cache.ts'
import { creationFailure } from './creation-failure.ts'
import {
  afterFailedDump,
  afterStep,
  automaticName,
  expiryOf,
  newSnapshot,
  nextSnapshotOf,
  planSnapshot,
  withDueDate,
} from './steps.ts'

/** How long until a port that is taken is tried again. */
const RETRY_MS = 5_000

/**
 * What becomes of serverless caches, besides that they run. Items are not kept when the engine ends: a cache that comes back is
 * there with its ports, and empty.
 */
export class ServerlessLife implements Life<'serverlessCache', CacheWork> {
  readonly kind = 'serverlessCache'
  readonly noun = 'serverless cache'
  readonly next = serverlessCaches.next
  readonly #tools: LifeTools

  constructor(tools: LifeTools) {
    this.#tools = tools
  }

  /** A snapshot that was not whole when the engine ended is lost with the items it was to hold. */
  resume(): void {
    for (const cache of this.#tools.store.all('serverlessCache')) {
      const [step] = cache.steps
      if (step?.do === 'dump') this.#failDump(cache, step, 'the engine ended before it was written')
    }
  }

  deploymentOf(cache: ServerlessCacheRecord): Deployment {
    return deploymentOf(serverlessCaches, cache, this.#tools.store)
  }

  /** What only changes the record of a cache goes on while it does not answer. */
  needsToRun({ status, steps: [step] }: ServerlessCacheRecord): boolean {
    return status === 'creating' || (status !== 'create-failed' && (step === undefined || step.do === 'dump'))
  }

  setbackAmong({ status }: ServerlessCacheRecord, failures: readonly Failure[]): Failure | undefined {
    return failures.find(({ code }) => status === 'creating' && code !== 'EADDRINUSE')
  }

  async carryOut(cache: ServerlessCacheRecord, work: CacheWork): Promise<Round> {
    const [step] = cache.steps
    if (work.do === 'make-snapshot') this.#makeSnapshot(cache)
    else if (step) await this.#take(cache, step)
    return 'again'
  }

  async #take(cache: ServerlessCacheRecord, step: ServerlessStep): Promise<void> {
    switch (step.do) {
      case 'start':
        return this.#start(cache)
      case 'restore':
        return this.#restore(cache, step.file)
      case 'dump':
        return this.#dump(cache, step)
      case 'finish':
        return this.#commit(cache, step.events)
      case 'delete':
        return this.#delete(cache)
    }
  }

  async #start(cache: ServerlessCacheRecord): Promise<void> {
    const { ports, store } = this.#tools
    const creationCause = creationFailure(cache, store)
    if (creationCause) return this.#failCreation(cache, { kind: 'cache-not-created', cache: cache.id, creationCause })
    const [primary, readOptimized] = await this.#reservePair()
    this.#commit(cache, [], (current) => ({ ...current, ports: { primary, readOptimized } }))
    ports.release([primary, readOptimized])
  }

  /** Neighbours, as 11211 and 11212 are: clients add one to the port they know. */
  async #reservePair(): Promise<[number, number]> {
    const { ports, serverlessPort } = this.#tools
    for (let first = serverlessPort; ; ) {
      const [primary, next] = (await ports.reserve(2, first)) as [number, number] // as many as asked for
      if (next === primary + 1) return [primary, next]
      ports.release([primary, next])
      first = next
    }
  }

  async #restore(cache: ServerlessCacheRecord, file: string): Promise<void> {
    const { runtime, snapshotFiles, log } = this.#tools
    try {
      await runtime.restore(nameOf(nodeOf(cache)), snapshotFiles.path(file))
      this.#commit(cache, [])
    } catch (error) {
      log(`serverless cache ${cache.region}/${cache.id}: ${errorMessage(error)}`)
      this.#failCreation(cache, { kind: 'cache-not-created', cache: cache.id, creationCause: 'snapshot' })
    }
  }

  /** A cache ends again and again. Of one that is there the service has no status for that. */
  despair(cache: ServerlessCacheRecord, { inARow: times, why }: Setback): void {
    const { store, log } = this.#tools
    log(`serverless cache ${cache.region}/${cache.id}: ${why} (${times} times in a row)`)
    const facts = { cache: cache.id, why, times }
    if (cache.status === 'creating') this.#failCreation(cache, { kind: 'cache-ended-in-creation', ...facts })
    else store.change((change) => change.addEvent(this.#event(cache, { kind: 'cache-not-running', ...facts })))
  }

  #failCreation(cache: ServerlessCacheRecord, event: EventFacts): void {
    this.#commit(cache, [event], (current) => ({
      ...current,
      status: 'create-failed',
      nextSnapshot: null,
      steps: [],
    }))
  }

  async #dump(cache: ServerlessCacheRecord, step: ServerlessStep & { do: 'dump' }): Promise<void> {
    const { store, runtime, snapshotFiles, clock, wake } = this.#tools
    const snapshot = store.get('serverlessSnapshot', cache.region, step.snapshot)
    if (!snapshot) return this.#commit(cache, [])
    try {
      const bytes = await runtime.dump(nameOf(nodeOf(cache)), snapshotFiles.path(snapshot.file))
      const createdAt = clock.now()
      this.#commit(cache, [], undefined, (change) =>
        change.put('serverlessSnapshot', { ...this.#current(snapshot), status: 'available', bytes, createdAt }),
      )
      wake('serverlessSnapshot', cache.region, snapshot.id)
    } catch (error) {
      this.#failDump(cache, step, errorMessage(error))
    }
  }

  #failDump(cache: ServerlessCacheRecord, step: ServerlessStep & { do: 'dump' }, cause: string): void {
    const { store, log } = this.#tools
    log(`serverless cache ${cache.region}/${cache.id}: snapshot ${step.snapshot} failed: ${cause}`)
    const snapshot = store.get('serverlessSnapshot', cache.region, step.snapshot)
    this.#commit(cache, [], afterFailedDump, (change) => {
      if (snapshot) change.put('serverlessSnapshot', { ...snapshot, status: 'failed' })
    })
  }

  /** Automatic snapshots go with their cache, manual ones stay (guide, "Deleting a backup"). */
  #delete(cache: ServerlessCacheRecord): void {
    const { store, clock, wake } = this.#tools
    const automatic = store
      .list('serverlessSnapshot', cache.region)
      .filter((snapshot) => snapshot.cache === cache.id && snapshot.type === 'automated')
    store.change((change) => {
      change.remove('serverlessCache', cache)
      for (const snapshot of automatic) {
        change.put('serverlessSnapshot', { ...snapshot, status: 'deleting', stepDue: clock.now() })
      }
      change.addEvent(this.#event(cache, { kind: 'cache-deleted', cache: cache.id }))
    })
    for (const { region, id } of automatic) wake('serverlessSnapshot', region, id)
  }

  /** An automatic snapshot that fell due while the engine was off, or the cache busy, is made once, late. */
  #makeSnapshot(cache: ServerlessCacheRecord): void {
    const { store, clock, random, pace } = this.#tools
    const now = clock.now()
    const next = { ...cache, nextSnapshot: nextSnapshotOf(cache, now) }
    const id = automaticName(cache.id, now)
    if (store.get('serverlessSnapshot', cache.region, id)) {
      store.change((change) => change.put('serverlessCache', next))
      return
    }
    store.change((change) => {
      change.put('serverlessSnapshot', {
        ...newSnapshot(cache, id, newToken(random, 12), now),
        type: 'automated',
        expiresAt: expiryOf(cache, now),
      })
      const begun: ServerlessCacheRecord = { ...next, status: 'snapshotting', steps: planSnapshot(id) }
      change.put('serverlessCache', withDueDate(begun, pace, now))
    })
  }

  /** A cache whose ports no client knows yet moves to others; with known ports it stays, and is tried again. */
  async mend(cache: ServerlessCacheRecord, failures: readonly Failure[]): Promise<Round> {
    const { store, clock, log } = this.#tools
    if (cache.status === 'creating') {
      await this.#start({ ...cache, steps: [{ do: 'start' }, ...cache.steps] })
      return 'again'
    }
    for (const { port, code } of failures) {
      log(`serverless cache ${cache.region}/${cache.id}: port ${port}: ${code}`)
    }
    return store.get('serverlessCache', cache.region, cache.id) === cache ? { until: clock.now() + RETRY_MS } : 'again'
  }

  /**
   * Commits the end of the step that `cache` began with. Its tags, limits and the like may have changed meanwhile, its steps
   * have not.
   */
  #commit(
    cache: ServerlessCacheRecord,
    events: readonly EventFacts[],
    after: (cache: ServerlessCacheRecord) => ServerlessCacheRecord = (current) => current,
    also: (change: Change) => void = () => {},
  ): void {
    const { store, clock, pace } = this.#tools
    const current = store.get('serverlessCache', cache.region, cache.id)
    if (!current) return
    const done = after(afterStep({ ...current, steps: cache.steps }))
    store.change((change) => {
      change.put('serverlessCache', withDueDate(done, pace, clock.now()))
      for (const event of events) change.addEvent(this.#event(cache, event))
      also(change)
    })
  }

  #event({ region, id }: ServerlessCacheRecord, event: EventFacts) {
    const date = this.#tools.clock.now()
    return { region, sourceType: 'serverless-cache' as const, sourceIdentifier: id, event, date }
  }

  #current(snapshot: ServerlessSnapshotRecord): ServerlessSnapshotRecord {
    return this.#tools.store.get('serverlessSnapshot', snapshot.region, snapshot.id) ?? snapshot
  }
}
