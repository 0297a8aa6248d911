import { describe, expect, test } from 'vitest'
import type { ServerlessCacheRecord } from '../../../src/engine/store/records.ts'
import { clusters } from '../../../src/engine/workloads/clusters/cluster.ts'
import { nextRelease } from '../../../src/engine/workloads/clusters/service-updates.ts'
import { serverlessCaches } from '../../../src/engine/workloads/serverless/cache.ts'
import { clusterRecord, serverlessRecord } from '../../support/records.ts'

const NOW = Date.UTC(2026, 5, 1, 12)
/** A cluster that has heard of all updates. */
const told = clusterRecord({ createdAt: NOW, updatesAnnounced: NOW })

describe('what is next for a cluster', () => {
  test('is its first step, when that is due', () => {
    const stepping = { ...told, status: 'modifying' as const, steps: [{ do: 'finish' as const }], stepDue: NOW + 10 }
    expect(clusters.next(stepping, NOW)).toEqual({ until: NOW + 10 })
    expect(clusters.next(stepping, NOW + 10)).toEqual({ do: 'step' })
  })

  test('is nothing while it is not available and has no steps', () => {
    expect(clusters.next({ ...told, status: 'incompatible-parameters' }, NOW)).toBeUndefined()
  })

  test('is its pending changes in their window, not before', () => {
    const pending = { ...told, pending: { numCacheNodes: 4 }, pendingDue: NOW + 60_000 }
    expect(clusters.next(pending, NOW)).toEqual({ until: NOW + 60_000 })
    expect(clusters.next(pending, NOW + 60_000)).toEqual({ do: 'begin-pending-changes' })
  })

  test('is an update that comes out, and then to apply it if nobody does', () => {
    const release = nextRelease(NOW)
    expect(clusters.next(told, NOW)).toEqual({ until: release })
    const news = clusters.next(told, release)
    expect(news).toMatchObject({ do: 'announce-updates', news: { cluster: { updatesAnnounced: release } } })
    const announced = { ...told, updatesAnnounced: release }
    const begin = (at: number) => clusters.next({ ...announced, updatesAnnounced: at }, at)
    // Of four in a row one at least is applied by itself.
    const days = Array.from({ length: 366 }, (_, day) => release + day * 24 * 3600_000)
    expect(days.map((day) => begin(day + 6 * 3600_000))).toContainEqual(
      expect.objectContaining({ do: 'begin-update', update: expect.objectContaining({ autoApply: true }) }),
    )
  })
})

describe('what is next for a serverless cache', () => {
  const next = (more: Partial<ServerlessCacheRecord>) =>
    serverlessCaches.next(serverlessRecord({ status: 'available', ...more }), NOW)

  test('is its first step, when that is due', () => {
    expect(next({ steps: [{ do: 'delete' }], stepDue: NOW + 10 })).toEqual({ until: NOW + 10 })
    expect(next({ steps: [{ do: 'delete' }], stepDue: NOW })).toEqual({ do: 'step' })
  })

  test('is the snapshot of the day, if it is to have one', () => {
    expect(next({ nextSnapshot: null })).toBeUndefined()
    expect(next({ nextSnapshot: NOW + 10 })).toEqual({ until: NOW + 10 })
    expect(next({ nextSnapshot: NOW })).toEqual({ do: 'make-snapshot' })
    expect(next({ nextSnapshot: NOW, status: 'create-failed' })).toBeUndefined()
  })
})
