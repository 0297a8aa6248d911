/** `--wait` on the operations that start a change: which waiter tells that it is done. */
import type { OperationName } from '../api/model.ts'
import type { ApiClient } from './client.ts'
import { untilInterrupted } from './interrupt.ts'
import type { FlagValues } from './parse.ts'
import { Problem } from './problem.ts'
import { startProgress } from './progress.ts'
import { patienceOf, waitUntil } from './wait.ts'
import { type WaiterName, waiters } from './waiters.ts'

export const waits: Partial<Record<OperationName, WaiterName>> = {
  CreateCacheCluster: 'cache-cluster-available',
  ModifyCacheCluster: 'cache-cluster-available',
  RebootCacheCluster: 'cache-cluster-available',
  DeleteCacheCluster: 'cache-cluster-deleted',
}

/** Waits for the change and returns what to print instead of the first answer: `{}` when the resource is gone. */
export async function waitForChange(
  client: ApiClient,
  name: WaiterName,
  id: string,
  flags: FlagValues,
): Promise<Record<string, unknown>> {
  const waiter = waiters[name]
  const progress = startProgress(`${id}: waiting until it is ${waiter.success}`)
  try {
    const answer = await untilInterrupted((signal) =>
      waitUntil(
        client,
        waiter,
        { CacheClusterId: id, ShowCacheNodeInfo: true },
        {
          ...patienceOf(flags, client.target.kind === 'local'),
          signal,
          onLook: (statuses) => progress.update(`${id}: ${statuses.join(', ')}`),
        },
      ),
    )
    const [cluster] = ((answer as Record<string, unknown> | undefined)?.[waiter.list] ?? []) as object[]
    return cluster ? { CacheCluster: cluster } : {}
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.kind === 'interrupted') {
      throw new Problem('interrupted', `Stopped waiting for ${id}; the change itself goes on.`, lookHint(id))
    }
    throw new Problem(error.kind, error.message, [error.hint, lookHint(id)].filter(Boolean).join(' '))
  } finally {
    progress.end()
  }
}

const lookHint = (id: string): string =>
  `See how it stands: cachectl describe-cache-clusters --cache-cluster-id ${id}; what happened: cachectl describe-events --source-identifier ${id} --source-type cache-cluster`
