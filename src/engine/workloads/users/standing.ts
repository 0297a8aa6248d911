/** Whether servers know the users of a user group as they are to be. */
import { nameOf, type Owner, type WantedNode } from '../../nodes/wanted.ts'
import type { UserGroupRecord } from '../../store/records.ts'
import { replicationGroups } from '../replication-groups/group.ts'
import { serverlessCaches } from '../serverless/cache.ts'
import type { LifeTools } from '../workload.ts'
import { openedGroups, openedServerless } from './caches.ts'

type Tools = Pick<LifeTools, 'store' | 'runtime'>

/** True of all servers that run of the caches that these groups open. */
export async function serversKnow(groups: readonly UserGroupRecord[], tools: Tools): Promise<boolean> {
  const { store } = tools
  const answers = [
    ...openedGroups(groups, store).flatMap((cache) =>
      replicationGroups.nodesOf(cache, [], store).map((node) => nodeKnows(cache, 'replicationGroup', node, tools)),
    ),
    ...openedServerless(groups, store).flatMap((cache) =>
      serverlessCaches.nodesOf(cache, [], store).map((node) => nodeKnows(cache, 'serverlessCache', node, tools)),
    ),
  ]
  return (await Promise.all(answers)).every(Boolean)
}

async function nodeKnows(
  { region, id }: Pick<Owner, 'region' | 'id'>,
  kind: Owner['kind'],
  { node, programs: { embedded, process } }: WantedNode,
  { runtime }: Tools,
): Promise<boolean> {
  const program = embedded ?? process
  if (program?.program !== 'redis-process' && program?.program !== 'embedded-redis') return true
  const status = await runtime.status(nameOf({ region, kind, id, node }))
  return status?.agrees === true && status.users.join('\n') === program.live.users.join('\n')
}
