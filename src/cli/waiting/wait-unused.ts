/** `--wait-unused`: a group can't be deleted while a cache uses it, and a cache that is being deleted still does. */
import { type ResourceKind, resources } from '../../api/catalog/resources.ts'
import type { OperationName } from '../../api/model.ts'
import { type Clock, sleep, systemClock } from '../../net/clock.ts'
import { describeAll } from '../caches/resources.ts'
import { untilInterrupted } from '../live/interrupt.ts'
import { startProgress } from '../live/progress.ts'
import { type Item, isItem, isItems } from '../output/human-value.ts'
import { CallFailed, Problem } from '../problem.ts'
import type { ApiClient } from '../target/client.ts'
import { type PatienceOptions, patienceOf } from './wait.ts'

interface Group {
  readonly kind: ResourceKind
  /** The groups of this sort that a cluster uses. */
  readonly of: (cluster: Item) => readonly unknown[]
}

const { parameterGroup, subnetGroup, cacheSecurityGroup } = resources

const inner = (value: unknown, name: string): unknown => (isItem(value) ? value[name] : undefined)

const groups: Partial<Record<OperationName, Group>> = {
  DeleteCacheParameterGroup: {
    kind: parameterGroup,
    of: ({ CacheParameterGroup: group }) => [inner(group, parameterGroup.id)],
  },
  DeleteCacheSubnetGroup: { kind: subnetGroup, of: (cluster) => [cluster[subnetGroup.id]] },
  DeleteCacheSecurityGroup: {
    kind: cacheSecurityGroup,
    of: ({ CacheSecurityGroups: all }) => (isItems(all) ? all.map((group) => group[cacheSecurityGroup.id]) : []),
  },
}

/** Clusters that use the group which `error` says is in use; none if it says something else. */
export async function usersOfGroup(client: ApiClient, error: CallFailed, input: object): Promise<string[]> {
  const group = groups[error.operation]
  if (!group || error.serviceCode !== group.kind.inUse) return []
  const wanted = Reflect.get(input, group.kind.id) as unknown
  const { describe, id } = resources.cluster
  const clusters = await describeAll(client, describe)
  return clusters.filter((cluster) => group.of(cluster).includes(wanted)).map((cluster) => String(cluster[id]))
}

/** Calls until the group is no longer in use. Rejects with what the service said last when time is up. */
export async function callWhenUnused<T>(
  client: ApiClient,
  call: () => Promise<T>,
  input: object,
  flags: PatienceOptions,
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
