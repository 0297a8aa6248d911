/** Servers that start anew with what they held, all at once: their primaries' data is in files meanwhile. */
import { errorMessage } from '../../../api/thrown.ts'
import type { Round } from '../../lifecycle/loops.ts'
import { nameOf } from '../../nodes/wanted.ts'
import type { GroupStep, ReplicationGroupRecord } from '../../store/records.ts'
import { dataFileOf } from '../snapshots/data-files.ts'
import type { LifeTools } from '../workload.ts'
import { commitGroup } from './commit.ts'
import { isCluster } from './members.ts'
import { withDueDate } from './pace.ts'
import { restartedAs, withoutChange } from './remaking.ts'
import type { Standings } from './standing.ts'

type RestartStep = Extract<GroupStep, { do: 'restart-with-data' }>

/** Until primaries that are to hold writes do. */
const LOOK_AGAIN_MS = 50
/** Until data that could not be saved is tried again: a server that has ended comes first by then. */
const SAVE_AGAIN_MS = 1_000

/**
 * Saves what primaries have, while clients that write wait, and has all servers start with it. What was broken off before that
 * is on record is done again. With cluster mode there is no other database than 0: with keys in others nothing comes of it.
 */
export async function restartWithData(
  group: ReplicationGroupRecord,
  step: RestartStep,
  standings: Standings,
  tools: LifeTools,
): Promise<Round> {
  const { store, clock, pace, log } = tools
  const primaries = group.shards.map(({ primary }) => standings.get(primary))
  if (!primaries.every((standing) => standing?.agrees)) return { until: clock.now() + LOOK_AGAIN_MS }
  const becomesCluster = !isCluster(group) && step.as.clusterMode !== undefined
  const isImpossible = becomesCluster && primaries.some((standing) => standing?.hasOtherDatabases)
  try {
    if (!isImpossible) await save(group, tools)
  } catch (error) {
    log(`replication group ${group.region}/${group.id}: its data is not saved, and tried again: ${errorMessage(error)}`)
    return { until: clock.now() + SAVE_AGAIN_MS }
  }
  const current = store.get('replicationGroup', group.region, group.id)
  if (current?.steps[0] !== step) return 'again'
  const rest = { ...current, steps: current.steps.slice(1) }
  const after = isImpossible ? withoutChange(rest) : restartedAs(rest, step.as)
  const now = clock.now()
  const event = { kind: 'cluster-mode-not-changed', group: group.id } as const
  commitGroup(store, current, withDueDate(after, pace, now), isImpossible ? [{ event }] : [], now)
  return 'again'
}

async function save(group: ReplicationGroupRecord, { runtime, snapshotFiles }: LifeTools): Promise<void> {
  const { region, id, shards } = group
  await Promise.all(
    shards.map(({ id: shard, primary: node }) =>
      runtime.dump(
        nameOf({ region, kind: 'replicationGroup', id, node }),
        snapshotFiles.path(dataFileOf(group, shard)),
      ),
    ),
  )
}
