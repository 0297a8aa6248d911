import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  afterFailedDump,
  afterStep,
  newSnapshot,
  nextSnapshotOf,
  planCreation,
  planDeletion,
  planSnapshot,
  snapshotDue,
  withDueDate,
} from '../../../../src/engine/workloads/serverless/steps.ts'
import { automaticName, expiryOf } from '../../../../src/engine/workloads/snapshots/schedule.ts'
import { serverlessRecord as cache } from '../../../support/records.ts'

const NOW = Date.UTC(2026, 5, 1, 12, 0, 0)
const DAY_MS = 24 * 3600_000

describe('plans', () => {
  test('a cache that starts from a snapshot has its items before it is ready', () => {
    const ready = { do: 'finish', events: [{ kind: 'cache-created', cache: 'shop' }] }
    expect(planCreation('shop', null)).toEqual([{ do: 'start' }, ready])
    expect(planCreation('shop', 'a.items')).toEqual([{ do: 'start' }, { do: 'restore', file: 'a.items' }, ready])
  })

  test('a last snapshot is taken before the cache goes', () => {
    expect(planDeletion(null)).toEqual([{ do: 'delete' }])
    expect(planDeletion('last')).toEqual([{ do: 'dump', snapshot: 'last' }, { do: 'delete' }])
    expect(planSnapshot('daily')).toEqual([
      { do: 'dump', snapshot: 'daily' },
      { do: 'finish', events: [] },
    ])
  })

  test('only the last step makes a cache available', () => {
    const steps = planCreation('shop', null)
    const started = afterStep(cache({ steps }))
    expect(started).toMatchObject({ status: 'creating', steps: steps.slice(1) })
    expect(afterStep(started)).toMatchObject({ status: 'available', steps: [] })
  })

  test('a cache whose items could not be written stays, whatever was to follow', () => {
    const deleting = cache({ status: 'deleting', steps: planDeletion('last') })
    expect(afterFailedDump(deleting)).toMatchObject({ status: 'available', steps: [] })
  })
})

describe('the pace', () => {
  test('instant waits for nothing, the others before what takes time', () => {
    const deleting = cache({ steps: [{ do: 'delete' }] })
    expect(withDueDate(deleting, 'instant', NOW).stepDue).toBe(NOW)
    const [quick, realistic] = [
      withDueDate(deleting, 'quick', NOW).stepDue,
      withDueDate(deleting, 'realistic', NOW).stepDue,
    ]
    expect(quick).toBeGreaterThan(NOW)
    expect(realistic).toBeGreaterThan(quick)
    expect(withDueDate(cache(), 'realistic', NOW).stepDue).toBe(NOW)
    expect(withDueDate(cache({ steps: [{ do: 'start' }] }), 'realistic', NOW).stepDue).toBe(NOW)
  })

  test('a creation is done in under a minute, as the guide has it, and over half of one', () => {
    const took = planCreation('shop', null).map((step) => withDueDate(cache({ steps: [step] }), 'realistic', 0).stepDue)
    const seconds = took.reduce((sum, each) => sum + each, 0) / 1000
    expect(seconds).toBeGreaterThan(30)
    expect(seconds).toBeLessThan(60)
  })

  test('snapshots are copied and deleted at it too', () => {
    expect(snapshotDue('instant', NOW)).toBe(NOW)
    expect(snapshotDue('quick', NOW)).toBeGreaterThan(NOW)
    expect(snapshotDue('realistic', NOW)).toBeGreaterThan(snapshotDue('quick', NOW))
  })
})

describe('automatic snapshots', () => {
  const at = (iso: string) => Date.parse(iso)

  test.each([
    ['2026-06-01T05:29:59.999Z', '2026-06-01T05:30:00Z'],
    ['2026-06-01T05:30:00Z', '2026-06-02T05:30:00Z'],
    ['2026-06-01T23:59:00Z', '2026-06-02T05:30:00Z'],
    ['2026-12-31T12:00:00Z', '2027-01-01T05:30:00Z'],
  ])('after %s the next is due %s', (now, due) => {
    expect(nextSnapshotOf(cache(), at(now))).toBe(at(due))
  })

  test('are always due within a day, at their minute', () => {
    const hour = fc.integer({ min: 0, max: 23 })
    const minute = fc.integer({ min: 0, max: 59 })
    fc.assert(
      fc.property(hour, minute, fc.integer({ min: 0, max: 400 * DAY_MS }), (hours, minutes, later) => {
        const time = [hours, minutes].map((part) => String(part).padStart(2, '0')).join(':')
        const now = NOW + later
        const due = nextSnapshotOf(cache({ dailySnapshotTime: time }), now) ?? 0
        expect(due - now).toBeGreaterThan(0)
        expect(due - now).toBeLessThanOrEqual(DAY_MS)
        expect(new Date(due).toISOString().slice(11, 16)).toBe(time)
        expect(due % 60_000).toBe(0)
      }),
    )
  })

  test('are never due when none are kept, and go after as many days as they are kept', () => {
    expect(nextSnapshotOf(cache({ snapshotRetentionLimit: 0 }), NOW)).toBeNull()
    expect(nextSnapshotOf(cache({ snapshotRetentionLimit: 1 }), NOW)).not.toBeNull()
    expect(expiryOf(cache(), NOW)).toBe(NOW + 3 * DAY_MS)
  })

  test('are called by cache and minute', () => {
    expect(automaticName('my-cache', at('2023-11-27T03:15:59Z'))).toBe('automatic.my-cache-2023-11-27-03-15')
  })
})

test('a snapshot begins as one that is being created, in a file of its own', () => {
  const [one, other] = [newSnapshot(cache(), 'daily', 'token1', NOW), newSnapshot(cache(), 'daily', 'token2', NOW)]
  expect(one).toMatchObject({
    cache: 'shop',
    id: 'daily',
    status: 'creating',
    createdAt: NOW,
    expiresAt: null,
    stepDue: NOW,
  })
  expect(one).toMatchObject({ bytes: 0, type: 'manual', region: 'us-west-2', copyOf: null, exportTo: null })
  expect(one.file).not.toBe(other.file)
})
