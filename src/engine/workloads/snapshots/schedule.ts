/** When automatic snapshots are due, by a group's settings; what they are called, and when they go, of serverless caches too. Pure. */
import type { Due } from '../../lifecycle/runner.ts'
import type { ReplicationGroupRecord } from '../../store/records.ts'

/** What a group without steps may have to be done with: its next automatic snapshot, or the date of it. */
export type SnapshotWork = { readonly do: 'make-snapshot' } | { readonly do: 'plan-snapshot' }

const DAY_MS = 24 * 3600_000

/** The first moment after `now` at which a day has `time` (UTC, `HH:MM`). */
export function nextDaily(time: string, now: number): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  const today = Math.floor(now / DAY_MS) * DAY_MS + (hour * 60 + minute) * 60_000
  return today > now ? today : today + DAY_MS
}

/** Whichever way the settings have changed, the date follows them. */
export function automaticSnapshotDue(group: ReplicationGroupRecord, now: number): Due<SnapshotWork> {
  const { status, snapshotRetentionLimit, snapshotWindow, nextSnapshot } = group
  if (status !== 'available') return undefined
  if (snapshotRetentionLimit === 0) return nextSnapshot ? { do: 'plan-snapshot' } : undefined
  if (nextSnapshot?.window !== snapshotWindow) return { do: 'plan-snapshot' }
  return nextSnapshot.due > now ? { until: nextSnapshot.due } : { do: 'make-snapshot' }
}

/** The group with the date of the next one, if there is to be one. */
export function planned(group: ReplicationGroupRecord, now: number): ReplicationGroupRecord {
  const { nextSnapshot: _, ...rest } = group
  const { snapshotRetentionLimit, snapshotWindow: window } = group
  const [start = ''] = window.split('-')
  return snapshotRetentionLimit === 0 ? rest : { ...rest, nextSnapshot: { window, due: nextDaily(start, now) } }
}

/** `automatic.shop-002-2026-11-27-03-15`, of serverless caches too: as the guide's samples name them. */
export const automaticName = (source: string, now: number): string =>
  `automatic.${source}-${new Date(now).toISOString().slice(0, 16).replace(/[T:]/g, '-')}`

export const expiryOf = (
  { snapshotRetentionLimit }: { readonly snapshotRetentionLimit: number },
  now: number,
): number => now + snapshotRetentionLimit * DAY_MS
