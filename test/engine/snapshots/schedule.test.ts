import { describe, expect, test } from 'vitest'
import { automaticName, automaticSnapshotDue, planned } from '../../../src/engine/workloads/snapshots/schedule.ts'
import { groupRecord } from '../../support/records.ts'

const NOON = Date.UTC(2026, 0, 1, 12)
const HOUR = 3600_000
const saved = groupRecord({ snapshotRetentionLimit: 1, snapshotWindow: '13:00-14:00' })

describe('the automatic snapshot of a group', () => {
  test('is planned when its group is to have any, and for the next time its window begins', () => {
    expect(automaticSnapshotDue(saved, NOON)).toEqual({ do: 'plan-snapshot' })
    const group = planned(saved, NOON)
    expect(automaticSnapshotDue(group, NOON)).toEqual({ until: NOON + HOUR })
    expect(automaticSnapshotDue(group, NOON + HOUR)).toEqual({ do: 'make-snapshot' })
    expect(planned(group, NOON + HOUR).nextSnapshot?.due).toBe(NOON + 25 * HOUR)
  })

  test('is planned anew with another window, and no longer when none is to be kept', () => {
    const group = planned(saved, NOON)
    expect(automaticSnapshotDue({ ...group, snapshotWindow: '20:30-21:30' }, NOON)).toEqual({ do: 'plan-snapshot' })
    const without = { ...group, snapshotRetentionLimit: 0 }
    expect(automaticSnapshotDue(without, NOON)).toEqual({ do: 'plan-snapshot' })
    expect(automaticSnapshotDue(planned(without, NOON), NOON)).toBeUndefined()
  })

  test('waits for a group that is being changed', () => {
    expect(automaticSnapshotDue({ ...planned(saved, NOON), status: 'modifying' }, NOON + HOUR)).toBeUndefined()
  })

  test('is called by its node and the minute', () => {
    expect(automaticName('shop-002', NOON + 90_000)).toBe('automatic.shop-002-2026-01-01-12-01')
  })
})
