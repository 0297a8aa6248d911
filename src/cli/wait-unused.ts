/** `--wait-unused`: a group can't be deleted while a cache uses it, and a cache that is being deleted still does. */
import type { OperationName } from '../api/model.ts'
import { type Clock, sleep, systemClock } from '../net/clock.ts'
import type { ApiClient } from './client.ts'
import { untilInterrupted } from './interrupt.ts'
import { type Item, isItem, isItems } from './output/human-value.ts'
import type { FlagValues } from './parse.ts'
import { CallFailed, Problem } from './problem.ts'
import { startProgress } from './progress.ts'
import { describeAll } from './resources.ts'
import { patienceOf } from './wait.ts'

interface Group {
  /** The error code that says it is in use. AWS sends the two states for other reasons, too: then nobody uses it. */
  readonly code: string
  readonly id: string
  /** The groups of this sort that a cluster uses. */
  readonly of: (cluster: Item) => readonly unknown[]
}

const inner = (value: unknown, name: string): unknown => (isItem(value) ? value[name] : undefined)

const groups: Partial<Record<OperationName, Group>> = {
  DeleteCacheParameterGroup: {
    code: 'InvalidCacheParameterGroupState',
    id: 'CacheParameterGroupName',
    of: ({ CacheParameterGroup: group }) => [inner(group, 'CacheParameterGroupName')],
  },
  DeleteCacheSubnetGroup: {
    code: 'CacheSubnetGroupInUse',
    id: 'CacheSubnetGroupName',
    of: ({ CacheSubnetGroupName: name }) => [name],
  },
  DeleteCacheSecurityGroup: {
    code: 'InvalidCacheSecurityGroupState',
    id: 'CacheSecurityGroupName',
    of: ({ CacheSecurityGroups: all }) => (isItems(all) ? all.map(({ CacheSecurityGroupName: name }) => name) : []),
  },
}

/** Clusters that use the group which `error` says is in use; none if it says something else. */
export async function usersOfGroup(client: ApiClient, error: CallFailed, input: object): Promise<string[]> {
  const group = groups[error.operation]
  if (!group || error.serviceCode !== group.code) return []
  const wanted = (input as Item)[group.id]
  const clusters = await describeAll(client, 'DescribeCacheClusters')
  return clusters.filter((cluster) => group.of(cluster).includes(wanted)).map(({ CacheClusterId: id }) => String(id))
}

/** Calls until the group is no longer in use. Rejects with what the service said last when time is up. */
export async function callWhenUnused<T>(
  client: ApiClient,
  call: () => Promise<T>,
  input: object,
  flags: FlagValues,
  clock: Clock = systemClock,
): Promise<T> {
  const { intervalMs, timeoutMs } = patienceOf(flags, client.target.kind === 'local')
  const name = String(Object.values(input)[0])
  const progress = startProgress(`${name}: waiting until nothing uses it`, clock)
  const start = clock.monotonicMs()
  try {
    return await untilInterrupted(async (signal) => {
      for (;;) {
        try {
          return await call()
        } catch (error) {
          if (!(error instanceof CallFailed)) throw error
          const users = await usersOfGroup(client, error, input)
          if (users.length === 0 || clock.monotonicMs() - start >= timeoutMs) throw error
          progress.update(`${name}: used by ${users.join(', ')}`)
        }
        await sleep(clock, intervalMs, signal)
        if (signal.aborted) throw new Problem('interrupted', `Stopped waiting; ${name} is still there.`)
      }
    })
  } finally {
    progress.end()
  }
}
