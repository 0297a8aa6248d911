import type { EventFacts } from '../../../api/catalog/events.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { errorMessage } from '../../../api/thrown.ts'
import { familyOfEngine } from '../../families/families.ts'
import { RETRY_MS, type Round } from '../../lifecycle/loops.ts'
import type { Life } from '../../lifecycle/runner.ts'
import type { Setback } from '../../lifecycle/setbacks.ts'
import { claimsOf } from '../../network/ports.ts'
import type { Failure } from '../../nodes/failure.ts'
import { isOwnPortTaken, SERVER_ENDED } from '../../nodes/redis/server.ts'
import { type Deployment, nameOf } from '../../nodes/wanted.ts'
import type { ServerlessCacheRecord, ServerlessSnapshotRecord, ServerlessStep } from '../../store/records.ts'
import type { Change } from '../../store/store.ts'
import { newToken } from '../../store/tokens.ts'
import { automaticName, expiryOf } from '../snapshots/schedule.ts'
import { deploymentOf, type LifeTools } from '../workload.ts'
import { type CacheWork, isServer, nodeOf, serverlessCaches } from './cache.ts'
import { creationFailure } from './creation-failure.ts'
import { prepareServerlessData } from './preparation.ts'
import {
  afterFailedDump,
  afterStep,
  newSnapshot,
  nextSnapshotOf,
  ownFileOf,
  planSnapshot,
  snapshotDue,
  withDueDate,
} from './steps.ts'

/** How long until a server that is not as it is to be is asked again. */
const ASK_AGAIN_MS = 50
/** Ports behind doors, which no client knows. */
const FIRST_INNER_PORT = 16_379
/** Steps that a cache has to run for, once it is there. */
const NEEDS_ITEMS: ReadonlySet<ServerlessStep['do']> = new Set(['dump', 'await-server', 'upgrade'] as const)

/** What is only done when the server says that it is as it is to be. */
type ServerStep = ServerlessStep & { do: 'await-server' | 'upgrade' }

/**
 * What becomes of serverless caches, besides that they run. Items are not kept when the engine ends, but for those of a server,
 * which the next engine takes over when the one before it was killed: a cache that comes back is there with its ports, and empty.
 */
export class ServerlessLife implements Life<'serverlessCache', CacheWork> {
  readonly kind = 'serverlessCache'
  readonly noun = 'serverless cache'
  readonly next = serverlessCaches.next
  readonly #tools: LifeTools

  constructor(tools: LifeTools) {
    this.#tools = tools
  }

  /** A snapshot that was not whole when the engine ended is lost with the items it was to hold, unless a server has them. */
  resume(): void {
    for (const cache of this.#tools.store.all('serverlessCache')) {
      const [step] = cache.steps
      if (step?.do === 'dump' && !isServer(cache)) this.#failDump(cache, step, 'the engine ended before it was written')
    }
  }

  deploymentOf(cache: ServerlessCacheRecord): Deployment {
    return deploymentOf(serverlessCaches, cache, this.#tools.store)
  }

  /** What only changes the record of a cache goes on while it does not answer. */
  needsToRun({ status, steps: [step] }: ServerlessCacheRecord): boolean {
    if (status === 'creating') return true
    return status !== 'create-failed' && (step === undefined || NEEDS_ITEMS.has(step.do))
  }

  setbackAmong({ status }: ServerlessCacheRecord, failures: readonly Failure[]): Failure | undefined {
    return failures.find(({ code }) => status === 'creating' && code !== 'EADDRINUSE' && code !== SERVER_ENDED)
  }

  /** Its server has ended, and what it held is lost: another one begins, empty or with what the cache began with. */
  ended(cache: ServerlessCacheRecord, _node: string, how: string): boolean {
    this.#loseItems(cache, how)
    return true
  }

  #loseItems(cache: ServerlessCacheRecord, how: string): void {
    const { store } = this.#tools
    const [step] = cache.steps
    if (step?.do === 'dump') this.#failDump(cache, step, how)
    const current = store.get('serverlessCache', cache.region, cache.id)
    if (current) store.change((change) => change.put('serverlessCache', withNewServer(current)))
  }

  async carryOut(cache: ServerlessCacheRecord, work: CacheWork): Promise<Round> {
    const [step] = cache.steps
    if (work.do === 'make-snapshot') this.#makeSnapshot(cache)
    else if (step?.do === 'await-server' || step?.do === 'upgrade') return this.#serve(cache, step)
    else if (step) await this.#take(cache, step)
    return 'again'
  }

  /** Steps of a server: looked at again until it is as it is to be. */
  async #serve(cache: ServerlessCacheRecord, step: ServerStep): Promise<Round> {
    const { runtime, clock, store } = this.#tools
    const status = await runtime.status(nameOf(nodeOf(cache)))
    if (!status?.agrees || !status.clusterOk) return { until: clock.now() + ASK_AGAIN_MS }
    if (store.get('serverlessCache', cache.region, cache.id)?.steps[0] !== step) return 'again'
    if (step.do === 'upgrade') await this.#upgrade(cache, step)
    else {
      this.#commit(cache, [])
      await this.#removeOwnFile(cache)
    }
    return 'again'
  }

  /** The server of before takes no more writes: whatever clients were told is written is in the file. */
  async #upgrade(cache: ServerlessCacheRecord, step: ServerStep & { do: 'upgrade' }): Promise<void> {
    const { runtime, snapshotFiles, log } = this.#tools
    const { engine, majorVersion, file } = step
    try {
      await runtime.dump(nameOf(nodeOf(cache)), snapshotFiles.path(file))
      this.#commit(cache, [], (current) => ({
        ...withNewServer(current),
        engine,
        majorVersion,
        steps: [{ do: 'await-server', file }, ...current.steps],
      }))
    } catch (error) {
      log(`serverless cache ${cache.region}/${cache.id}: it stays ${cache.engine}: ${errorMessage(error)}`)
      this.#commit(cache, [])
    }
  }

  /** One that it had begun with, or was upgraded with, and that no snapshot is. */
  async #removeOwnFile(cache: ServerlessCacheRecord): Promise<void> {
    await this.#tools.snapshotFiles.remove(ownFileOf(cache))
  }

  async #prepareData(
    cache: ServerlessCacheRecord,
    { sources }: ServerlessStep & { do: 'prepare-data' },
  ): Promise<void> {
    try {
      await prepareServerlessData(cache, sources, this.#tools)
      this.#commit(cache, [])
    } catch (error) {
      await this.#failRestoration(cache, errorMessage(error))
    }
  }

  async #failRestoration(cache: ServerlessCacheRecord, why: string): Promise<void> {
    this.#tools.log(`serverless cache ${cache.region}/${cache.id}: ${why}`)
    this.#failCreation(cache, { kind: 'cache-not-created', cache: cache.id, creationCause: 'snapshot' })
    await this.#removeOwnFile(cache)
  }

  async #take(cache: ServerlessCacheRecord, step: Exclude<ServerlessStep, ServerStep>): Promise<void> {
    switch (step.do) {
      case 'prepare-data':
        return this.#prepareData(cache, step)
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
    const { engine, networkType } = cache
    const { serverlessPort = familyOfEngine(engine).engine.port } = this.#tools
    const place = await ports.placePair(serverlessPort, networkType)
    const { port: primary, ...own } = place
    const readOptimized = primary + 1
    const server = isServer(cache) ? { server: await this.#reserveInner([primary, readOptimized]) } : {}
    this.#commit(cache, [], (current) => ({ ...current, ports: { primary, readOptimized, ...own, ...server } }))
    ports.release([...claimsOf(place, networkType, 2), ...Object.values(server.server ?? {})])
  }

  /** @param own Ports of its door: its server is on the same address besides. */
  async #reserveInner(own: readonly number[]): Promise<{ readonly inner: number; readonly bus: number }> {
    const [inner, bus] = (await this.#tools.ports.reserve(2, FIRST_INNER_PORT, own)) as [number, number] // as many as asked for
    return { inner, bus }
  }

  /** A server that could not start goes to ports that are free; clients find it where it was. */
  async #moveInside({ region, id, ports: own }: ServerlessCacheRecord): Promise<void> {
    const { store, ports } = this.#tools
    const server = await this.#reserveInner(own ? [own.primary, own.readOptimized] : [])
    const current = store.get('serverlessCache', region, id)
    if (current?.ports) {
      const moved = { ...current, ports: { ...current.ports, server } }
      store.change((change) => change.put('serverlessCache', moved))
    }
    ports.release(Object.values(server))
  }

  async #restore(cache: ServerlessCacheRecord, file: string): Promise<void> {
    const { runtime, snapshotFiles } = this.#tools
    try {
      await runtime.restore(nameOf(nodeOf(cache)), snapshotFiles.path(file))
      this.#commit(cache, [])
    } catch (error) {
      await this.#failRestoration(cache, errorMessage(error))
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
    const [present] = store.get('serverlessCache', cache.region, cache.id)?.steps ?? []
    // That its server has ended is told twice: by the server, and by what was asked of it.
    if (present?.do !== 'dump' || present.snapshot !== step.snapshot) return
    log(`serverless cache ${cache.region}/${cache.id}: snapshot ${step.snapshot} failed: ${cause}`)
    const snapshot = store.get('serverlessSnapshot', cache.region, step.snapshot)
    this.#commit(cache, [], afterFailedDump, (change) => {
      if (snapshot) change.put('serverlessSnapshot', { ...snapshot, status: 'failed' })
    })
  }

  /** Automatic snapshots go with their cache, manual ones stay (guide, "Deleting a backup"). */
  #delete(cache: ServerlessCacheRecord): void {
    const { store, clock, pace, wake } = this.#tools
    const automatic = store
      .list('serverlessSnapshot', cache.region)
      .filter((snapshot) => snapshot.cache === cache.id && snapshot.type === 'automated')
    store.change((change) => {
      change.remove('serverlessCache', cache)
      for (const snapshot of automatic) {
        change.put('serverlessSnapshot', { ...snapshot, status: 'deleting', stepDue: snapshotDue(pace, clock.now()) })
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
    const ended = failures.find(({ code }) => code === SERVER_ENDED)
    if (ended) {
      this.#loseItems(cache, ended.message)
      return 'again'
    }
    if (failures.some(isOwnPortTaken)) {
      await this.#moveInside(cache)
      return 'again'
    }
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
    return { region, sourceType: resources.serverlessCache.sourceType, sourceIdentifier: id, event, date }
  }

  #current(snapshot: ServerlessSnapshotRecord): ServerlessSnapshotRecord {
    return this.#tools.store.get('serverlessSnapshot', snapshot.region, snapshot.id) ?? snapshot
  }
}

/** The server that runs next is not the one before it. */
const withNewServer = (cache: ServerlessCacheRecord): ServerlessCacheRecord => ({
  ...cache,
  incarnation: (cache.incarnation ?? 1) + 1,
})
