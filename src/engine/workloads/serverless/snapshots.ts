import { errorMessage } from '../../../api/thrown.ts'
import type { Round } from '../../lifecycle/loops.ts'
import type { Errands } from '../../lifecycle/runner.ts'
import type { ServerlessSnapshotRecord } from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import type { LifeTools } from '../workload.ts'
import { isServer } from './cache.ts'
import { ownFileOf, readsFile, snapshotDue } from './steps.ts'

/** Copies, exports and deletes snapshots of serverless caches, and lets automatic ones expire. Their caches write them. */
export class ServerlessSnapshotErrands implements Errands {
  readonly kind = 'serverlessSnapshot'
  readonly #tools: LifeTools

  constructor(tools: LifeTools) {
    this.#tools = tools
  }

  /** Files without a record go. */
  resume(): void {
    const { store, snapshotFiles: files } = this.#tools
    const known = store.all('serverlessSnapshot').map(({ file }) => file)
    // A cache that has begun with one of its own may not be there yet.
    files.sweep(new Set([...known, ...store.all('serverlessCache').map(ownFileOf)]), '.items')
  }

  async round(region: string, id: string): Promise<Round> {
    const { store, clock } = this.#tools
    const snapshot = store.get('serverlessSnapshot', region, id)
    if (!snapshot || snapshot.status === 'creating') return 'done'
    if (isAtRest(snapshot)) return this.#expireWhenDue(snapshot)
    if (snapshot.stepDue > clock.now()) return { until: snapshot.stepDue }
    await this.#work(snapshot)
    return 'again'
  }

  #expireWhenDue(snapshot: ServerlessSnapshotRecord): Round {
    const { store, clock, pace } = this.#tools
    if (snapshot.expiresAt === null) return 'done'
    const now = clock.now()
    if (snapshot.expiresAt > now) return { until: snapshot.expiresAt }
    // A cache that is being restored from it reads its file: as long as that takes, it stays.
    if (isNeeded(snapshot, store)) return { until: now + 1_000 }
    store.change((change) =>
      change.put('serverlessSnapshot', { ...snapshot, status: 'deleting', stepDue: snapshotDue(pace, now) }),
    )
    return 'again'
  }

  async #work(snapshot: ServerlessSnapshotRecord): Promise<void> {
    const { store, snapshotFiles: files } = this.#tools
    const { status, file, copyOf, exportTo } = snapshot
    if (status === 'deleting') {
      await files.remove(file)
      store.change((change) => change.remove('serverlessSnapshot', snapshot))
      return
    }
    try {
      if (status === 'copying' && copyOf !== null) await files.copy(copyOf, file)
      if (status === 'exporting' && exportTo !== null) await files.export(file, exportTo, objectOf(snapshot))
      this.#commit(snapshot, { status: 'available' })
    } catch (error) {
      // An export that fails leaves the snapshot as good as it was; a copy that fails is none.
      this.#tools.log(`snapshot ${snapshot.region}/${snapshot.id}: ${status} failed: ${errorMessage(error)}`)
      this.#commit(snapshot, { status: status === 'exporting' ? 'available' : 'failed' })
    }
  }

  #commit({ region, id }: ServerlessSnapshotRecord, result: Pick<ServerlessSnapshotRecord, 'status'>): void {
    const { store } = this.#tools
    const current = store.get('serverlessSnapshot', region, id)
    if (!current) return
    store.change((change) => change.put('serverlessSnapshot', { ...current, ...result, copyOf: null, exportTo: null }))
  }
}

/** Of servers it is a file that a server can be started with, called as those of clusters are. */
const objectOf = (snapshot: ServerlessSnapshotRecord): string =>
  isServer(snapshot) ? `${snapshot.id}-0001.rdb` : `${snapshot.id}.items`

const isAtRest = ({ status }: ServerlessSnapshotRecord): boolean => status === 'available' || status === 'failed'

/** Whether something is still to be read from the snapshot's file. */
export const isNeeded = ({ region, file }: ServerlessSnapshotRecord, store: Store): boolean =>
  store.list('serverlessCache', region).some(({ steps }) => steps.some((step) => readsFile(step, file))) ||
  store
    .list('replicationGroup', region)
    .some(({ restoring }) =>
      restoring?.sources.some((source) => source.file === file && source.bucket === undefined),
    ) ||
  store.list('serverlessSnapshot', region).some(({ copyOf }) => copyOf === file)
