import { describe, expect, test } from 'vitest'
import { CallFailed } from '../../../src/cli/problem.ts'
import type { ApiClient } from '../../../src/cli/target/client.ts'
import { waitUntil } from '../../../src/cli/waiting/wait.ts'
import { judge, type WaiterName, waiters } from '../../../src/cli/waiting/waiters.ts'
import type { Clock } from '../../../src/net/clock.ts'

const clusters = (...statuses: string[]) => ({
  CacheClusters: statuses.map((CacheClusterStatus) => ({ CacheClusterStatus })),
})

describe('a waiter judges', () => {
  test.each<[WaiterName, object, string]>([
    ['cache-cluster-available', clusters('available', 'available'), 'done'],
    ['cache-cluster-available', clusters('available', 'creating'), 'not yet'],
    ['cache-cluster-available', clusters(), 'not yet'],
    ['cache-cluster-available', clusters('deleting'), 'never'],
    ['cache-cluster-available', clusters('create-failed'), 'never'],
    ['cache-cluster-deleted', clusters('deleting'), 'not yet'],
    ['cache-cluster-deleted', clusters('available'), 'never'],
    ['replication-group-available', { ReplicationGroups: [{ Status: 'available' }] }, 'done'],
    ['replication-group-deleted', { ReplicationGroups: [{ Status: 'available' }] }, 'never'],
    ['replication-group-migrating', { ReplicationGroups: [{ Status: 'migrating' }] }, 'done'],
    ['replication-group-migrating', { ReplicationGroups: [{ Status: 'modifying' }] }, 'not yet'],
    ['replication-group-migrating', { ReplicationGroups: [{ Status: 'available' }] }, 'never'],
  ])('%s of %j: %s', (name, answer, expected) => {
    const verdict = judge(waiters[name], answer as Record<string, unknown>)
    expect(verdict.done ? 'done' : verdict.failure ? 'never' : 'not yet').toBe(expected)
  })
})

/** Time passes only while somebody sleeps. */
function jumpingClock(): Clock {
  let now = 0
  return {
    now: () => new Date(now),
    monotonicMs: () => now,
    after(ms, callback) {
      now += ms
      setImmediate(callback)
      return () => {}
    },
  }
}

function clientThatAnswers(...answers: (object | Error)[]): ApiClient & { calls: number } {
  const client = {
    calls: 0,
    target: { kind: 'local', url: '', region: '', credentials: { accessKeyId: '', secretAccessKey: '' } },
    async call() {
      const answer = answers[Math.min(client.calls++, answers.length - 1)]
      if (answer instanceof Error) throw answer
      return answer
    },
    close() {},
  }
  return client as ApiClient & { calls: number }
}

const notFound = () => {
  const cause = Object.assign(new Error('gone'), { $fault: 'client', Code: 'CacheClusterNotFound' })
  return new CallFailed('DescribeCacheClusters', undefined, cause)
}

const patience = { intervalMs: 15_000, timeoutMs: 600_000, signal: new AbortController().signal, clock: jumpingClock() }

describe("aws-cli's waits, with its messages", () => {
  test('until it is there', async () => {
    const client = clientThatAnswers(clusters('creating'), clusters('creating'), clusters('available'))
    expect(await waitUntil(client, waiters['cache-cluster-available'], {}, patience)).toEqual(clusters('available'))
    expect(client.calls).toBe(3)
  })

  test('until it is gone', async () => {
    const client = clientThatAnswers(clusters('deleting'), notFound())
    expect(await waitUntil(client, waiters['cache-cluster-deleted'], {}, patience)).toBeUndefined()
  })

  test('a state without return ends it', async () => {
    const client = clientThatAnswers(clusters('deleting'))
    await expect(waitUntil(client, waiters['cache-cluster-available'], {}, patience)).rejects.toThrow(
      'Waiter CacheClusterAvailable failed: Waiter encountered a terminal failure state: For expression "CacheClusters[].CacheClusterStatus" we matched expected path: "deleting" at least once',
    )
  })

  test('an error that is not the wished one ends it', async () => {
    const client = clientThatAnswers(notFound())
    await expect(waitUntil(client, waiters['cache-cluster-available'], {}, patience)).rejects.toThrow(
      'Waiter CacheClusterAvailable failed: An error occurred (CacheClusterNotFound): gone',
    )
  })

  test('time ends it: ten minutes of looks every 15 seconds are 40 and the first', async () => {
    const client = clientThatAnswers(clusters('creating'))
    await expect(waitUntil(client, waiters['cache-cluster-available'], {}, patience)).rejects.toThrow(
      'Waiter CacheClusterAvailable failed: Max attempts exceeded',
    )
    expect(client.calls).toBe(41)
  })

  test('Ctrl-C ends it as an interruption', async () => {
    const controller = new AbortController()
    const client = clientThatAnswers(clusters('creating'))
    const onLook = () => controller.abort()
    const waiting = waitUntil(
      client,
      waiters['cache-cluster-available'],
      {},
      { ...patience, signal: controller.signal, onLook },
    )
    await expect(waiting).rejects.toMatchObject({ kind: 'interrupted' })
  })
})
