import type { EventFacts } from '../../../api/catalog/events.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { errorMessage } from '../../../api/thrown.ts'
import type { Round } from '../../lifecycle/loops.ts'
import type { Errands } from '../../lifecycle/runner.ts'
import { nameOf } from '../../nodes/wanted.ts'
import type { ReplicationGroupRecord, ShardSnapshot, SnapshotRecord } from '../../store/records.ts'
import type { Change } from '../../store/store.ts'
import { membersOf } from '../replication-groups/members.ts'
import { withDueDate } from '../replication-groups/pace.ts'
import type { LifeTools } from '../workload.ts'
import { snapshotted } from './begin.ts'
import { dataFiles } from './data-files.ts'
import { isNeeded, sourceOf } from './find.ts'
import { snapshotDue } from './pace.ts'

/** How long until a node that does not answer is asked again: an engine that has just started has not taken it over yet. */
const ASK_AGAIN_MS = 100
/** After that the node is given up. */
const PATIENCE_MS = 600_000
/** A group that is being made of it reads its files: as long as that takes, it stays. */
const NEEDED_MS = 1_000

/**
 * Writes snapshots of groups and of clusters, copies, exports and deletes them, and lets automatic ones go. What was broken off
 * is done again: a file is there when it is whole.
 */
export class SnapshotErrands implements Errands {
  readonly kind = 'snapshot'
  readonly #tools: LifeTools

  constructor(tools: LifeTools) {
    this.#tools = tools
  }

  /** Files without a record go. */
  resume(): void {
    const { store, snapshotFiles } = this.#tools
    const known = store.all('snapshot').flatMap(({ shards }) => shards.map(({ file }) => file))
    snapshotFiles.sweep(new Set([...known, ...store.all('replicationGroup').flatMap(dataFiles)]), '.rdb')
  }

  async round(region: string, id: string): Promise<Round> {
    const { store, clock } = this.#tools
    const snapshot = store.get('snapshot', region, id)
    if (!snapshot) return 'done'
    if (snapshot.status === 'available' || snapshot.status === 'failed') return this.#goWhenDue(snapshot)
    if (snapshot.stepDue > clock.now()) return { until: snapshot.stepDue }
    if (snapshot.status === 'creating') return this.#write(snapshot)
    await this.#work(snapshot)
    return 'again'
  }

  /** Automatic ones go when their time is up, and with what they are of. */
  #goWhenDue(snapshot: SnapshotRecord): Round {
    const { store, clock, pace } = this.#tools
    const { type, expiresAt } = snapshot
    if (type === 'manual') return 'done'
    const now = clock.now()
    const isUp = expiresAt !== null && expiresAt <= now
    if (!isUp && sourceOf(snapshot, store)) return expiresAt === null ? 'done' : { until: expiresAt }
    if (isNeeded(snapshot, store)) return { until: now + NEEDED_MS }
    store.change((change) =>
      change.put('snapshot', { ...snapshot, status: 'deleting', stepDue: snapshotDue(pace, now) }),
    )
    return 'again'
  }

  async #write(snapshot: SnapshotRecord): Promise<Round> {
    const { store, clock, runtime } = this.#tools
    const group = sourceOf(snapshot, store)
    const lost = snapshot.shards.find((shard) => !group || !isThere(shard, group))
    if (!group || lost) return this.#fail(snapshot, group, `node ${lost?.member} has ended`)
    const names = snapshot.shards.map(({ member }) =>
      nameOf({ region: group.region, kind: 'replicationGroup', id: group.id, node: member }),
    )
    const standings = await Promise.all(names.map((name) => runtime.status(name)))
    if (standings.some((standing) => standing === undefined)) {
      const now = clock.now()
      if (now - snapshot.stepDue > PATIENCE_MS) return this.#fail(snapshot, group, 'a node does not answer')
      return { until: now + ASK_AGAIN_MS }
    }
    try {
      const shards = await Promise.all(snapshot.shards.map((shard, index) => this.#save(shard, names[index] ?? '')))
      return this.#finish(snapshot, group, { ...snapshot, status: 'available', shards })
    } catch (error) {
      // That of a node that has ended: the next look finds out.
      const current = sourceOf(snapshot, store)
      if (current && current !== group) return 'again'
      return this.#fail(snapshot, current, errorMessage(error))
    }
  }

  async #save(shard: ShardSnapshot, node: string): Promise<ShardSnapshot> {
    const { runtime, snapshotFiles, clock } = this.#tools
    const bytes = await runtime.dump(node, snapshotFiles.path(shard.file))
    return { ...shard, bytes, savedAt: clock.now() }
  }

  #fail(snapshot: SnapshotRecord, group: ReplicationGroupRecord | undefined, why: string): Round {
    this.#tools.log(`snapshot ${snapshot.region}/${snapshot.id} failed: ${why}`)
    const { final: _, ...failed } = snapshot
    return this.#finish(snapshot, group, { ...failed, status: 'failed' })
  }

  /** The snapshot and its group come out of it together. A group goes only once its final snapshot is there. */
  #finish(snapshot: SnapshotRecord, group: ReplicationGroupRecord | undefined, after: SnapshotRecord): Round {
    const { store, clock, pace, wake } = this.#tools
    const { region, id } = snapshot
    const current = store.get('snapshot', region, id)
    const source = group && sourceOf(snapshot, store)
    if (!current) return 'done'
    store.change((change) => {
      change.put('snapshot', { ...after, tags: current.tags })
      if (!source) return
      change.put(
        'replicationGroup',
        after.final ? withDueDate(goneSoon(source), pace, clock.now()) : snapshotted(source),
      )
      this.#tell(change, after, source)
    })
    if (source) wake('replicationGroup', region, source.id)
    return 'again'
  }

  /** AWS tells of it at the node that was saved, the first of several. */
  #tell(change: Change, { id, status, group, shards }: SnapshotRecord, { region }: ReplicationGroupRecord): void {
    const [{ member } = { member: '' }] = shards
    const event: EventFacts =
      group === undefined
        ? { kind: status === 'failed' ? 'snapshot-failed' : 'snapshot-taken', snapshot: id, cluster: member }
        : { kind: status === 'failed' ? 'group-snapshot-failed' : 'group-snapshot-taken', snapshot: id, group }
    const date = this.#tools.clock.now()
    change.addEvent({ region, sourceType: resources.cluster.sourceType, sourceIdentifier: member, event, date })
  }

  async #work(snapshot: SnapshotRecord): Promise<void> {
    const { store, snapshotFiles: files, log } = this.#tools
    const { region, id, status, shards, copyOf, exportTo } = snapshot
    if (status === 'deleting') {
      for (const { file } of shards) await files.remove(file)
      store.change((change) => change.remove('snapshot', snapshot))
      return
    }
    try {
      for (const [index, shard] of shards.entries()) {
        if (exportTo) await files.export(shard.file, exportTo.bucket, `${exportTo.name}-${shard.id}.rdb`)
        else await files.copy(copyOf?.[index] ?? shard.file, shard.file)
      }
      this.#settle(snapshot, 'available')
    } catch (error) {
      // An export that fails leaves the snapshot as good as it was; a copy that fails is none.
      log(`snapshot ${region}/${id}: ${status} failed: ${errorMessage(error)}`)
      this.#settle(snapshot, exportTo ? 'available' : 'failed')
    }
  }

  #settle({ region, id }: SnapshotRecord, status: SnapshotRecord['status']): void {
    const { store } = this.#tools
    const current = store.get('snapshot', region, id)
    if (!current) return
    const { copyOf: _, exportTo: __, ...settled } = current
    store.change((change) => change.put('snapshot', { ...settled, status }))
  }
}

/** Whether the node that is to be saved is the one it was. */
const isThere = ({ member, incarnation }: ShardSnapshot, group: ReplicationGroupRecord): boolean =>
  membersOf(group).some((each) => each.id === member && each.incarnation === incarnation && !each.lost)

const goneSoon = (group: ReplicationGroupRecord): ReplicationGroupRecord => ({
  ...snapshotted(group),
  status: 'deleting',
  steps: [{ do: 'delete' }],
})
