/** Whether servers know the users of a user group as they are to be. */
import { nameOf } from '../../nodes/wanted.ts'
import type { ReplicationGroupRecord, UserGroupRecord } from '../../store/records.ts'
import { replicationGroups } from '../replication-groups/group.ts'
import type { LifeTools } from '../workload.ts'
import { openedGroups } from './caches.ts'

type Tools = Pick<LifeTools, 'store' | 'runtime'>

/** True of all servers that run of the caches that these groups open. */
export async function serversKnow(groups: readonly UserGroupRecord[], tools: Tools): Promise<boolean> {
  const answers = openedGroups(groups, tools.store).map((cache) => cacheKnows(cache, tools))
  return (await Promise.all(answers)).every(Boolean)
}

async function cacheKnows(cache: ReplicationGroupRecord, { store, runtime }: Tools): Promise<boolean> {
  const { region, id } = cache
  const answers = replicationGroups.nodesOf(cache, [], store).map(async ({ node, programs: { process } }) => {
    if (process?.program !== 'redis-process') return true
    const status = await runtime.status(nameOf({ region, kind: 'replicationGroup', id, node }))
    return status?.agrees === true && status.users.join('\n') === process.live.users.join('\n')
  })
  return (await Promise.all(answers)).every(Boolean)
}
