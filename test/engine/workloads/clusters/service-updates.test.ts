import { describe, expect, test } from 'vitest'
import { eventText } from '../../../../src/api/catalog/events.ts'
import { type ServiceUpdate, serviceUpdates } from '../../../../src/engine/catalog/service-updates.ts'
import type { UpdateActionRecord } from '../../../../src/engine/store/records.ts'
import {
  actionStatus,
  announceUpdates,
  beginUpdate,
  concerns,
  endUpdate,
  isApplicable,
  isUnderWay,
  nextAutomaticUpdate,
  nextRelease,
  nodeUpdateStatus,
  noteNode,
  stopUpdate,
} from '../../../../src/engine/workloads/clusters/service-updates.ts'
import { clusterRecord, nodeRecord } from '../../../support/records.ts'

const DAY_MS = 24 * 3600_000
/** A quarter's first day: its update comes out at this moment. */
const RELEASE = Date.UTC(2026, 3, 1)
const NOW = RELEASE + DAY_MS
const released = serviceUpdates(NOW).filter(
  ({ releasedAt, forEveryNode, engines }) => releasedAt <= NOW && !forEveryNode && engines.includes('memcached'),
)
const [latest, earlier] = released as [ServiceUpdate, ServiceUpdate]
const sample = serviceUpdates(NOW).find(({ forEveryNode }) => forEveryNode) as ServiceUpdate

const from = (createdAt: number, ...ids: string[]) =>
  clusterRecord({ createdAt, nodes: ids.map((id) => nodeRecord(id, { createdAt })) })
const old = from(RELEASE - 200 * DAY_MS, '0001', '0002', '0003')
const action = (more: Partial<UpdateActionRecord> = {}): UpdateActionRecord => ({
  update: latest.name,
  status: 'complete',
  changedAt: 1,
  initiatedBy: 'customer',
  initiatedAt: 1,
  nodes: old.nodes.map(({ id }) => ({ id, status: 'complete', changedAt: 1 })),
  ...more,
})

describe('an update is for', () => {
  test('clusters of before its release, and the sample for every one', () => {
    expect(concerns(latest, from(RELEASE - 1))).toBe(true)
    expect(concerns(latest, from(RELEASE))).toBe(false)
    expect(concerns(sample, from(NOW))).toBe(true)
  })

  test('no cluster that has no nodes yet', () => {
    expect(concerns(latest, { ...old, created: false })).toBe(false)
    expect(concerns(sample, { ...old, created: false })).toBe(false)
  })
})

describe('a node', () => {
  const [node] = old.nodes as [(typeof old.nodes)[number]]

  test('of before the release lacks it, one of that moment has it', () => {
    expect(nodeUpdateStatus(latest, old, node)).toBe('not-applied')
    expect(nodeUpdateStatus(latest, old, { ...node, createdAt: RELEASE - 1 })).toBe('not-applied')
    expect(nodeUpdateStatus(latest, old, { ...node, createdAt: RELEASE })).toBe('complete')
    expect(nodeUpdateStatus(sample, old, { ...node, createdAt: NOW })).toBe('not-applied')
  })

  test('is as it has been noted', () => {
    const nodes = [{ id: '0001', status: 'stopping' as const, changedAt: 1 }]
    const noted = { ...old, updates: [action({ nodes })] }
    expect(nodeUpdateStatus(latest, noted, node)).toBe('stopping')
    expect(nodeUpdateStatus(latest, noted, { ...node, id: '0002' })).toBe('not-applied')
    expect(nodeUpdateStatus(earlier, noted, node)).toBe('not-applied')
  })

  test('has the earlier ones with a later one that is complete, never a later with an earlier', () => {
    const withLatest = { ...old, updates: [action()] }
    expect(nodeUpdateStatus(earlier, withLatest, node)).toBe('complete')
    expect(nodeUpdateStatus(earlier, withLatest, { ...node, id: '0009' })).toBe('not-applied')
    expect(nodeUpdateStatus(latest, { ...old, updates: [action({ update: earlier.name })] }, node)).toBe('not-applied')
    expect(nodeUpdateStatus(earlier, { ...old, updates: [action({ update: sample.name })] }, node)).toBe('not-applied')
  })
})

describe('an action', () => {
  const [auto] = serviceUpdates(NOW).filter(({ autoApply, releasedAt }) => autoApply && releasedAt < NOW) as [
    ServiceUpdate,
  ]
  const manual = serviceUpdates(NOW).find((each) => !each.autoApply && !each.forEveryNode) as ServiceUpdate
  const older = from(RELEASE - 900 * DAY_MS, '0001')

  test('is scheduled from its recommended date on, when it is applied by itself', () => {
    expect(actionStatus(auto, older, auto.recommendedBy - 1)).toBe('not-applied')
    expect(actionStatus(auto, older, auto.recommendedBy)).toBe('scheduled')
    expect(actionStatus(manual, older, manual.recommendedBy + DAY_MS)).toBe('not-applied')
  })

  test('is complete when every node has it', () => {
    const mixed = { ...old, nodes: [nodeRecord('0001', { createdAt: NOW }), nodeRecord('0002', { createdAt: 0 })] }
    expect(actionStatus(latest, mixed, NOW)).toBe('not-applied')
    expect(actionStatus(latest, { ...mixed, nodes: mixed.nodes.slice(0, 1) }, NOW)).toBe('complete')
  })

  test('is as it has been noted, until there is a node that lacks it', () => {
    const done = { ...old, updates: [action()] }
    expect(actionStatus(latest, done, NOW)).toBe('complete')
    expect(actionStatus(latest, { ...old, updates: [action({ status: 'stopped', nodes: [] })] }, NOW)).toBe('stopped')
    const grown = { ...done, nodes: [...old.nodes, nodeRecord('0004', { createdAt: 0 })] }
    expect(actionStatus(latest, grown, NOW)).toBe('not-applied')
  })

  test('can begin from three states, and is under way in two', () => {
    const all = [
      'not-applied',
      'scheduled',
      'stopped',
      'waiting-to-start',
      'in-progress',
      'stopping',
      'complete',
    ] as const
    expect(all.filter(isApplicable)).toEqual(['not-applied', 'scheduled', 'stopped'])
    expect(all.filter(isUnderWay)).toEqual(['waiting-to-start', 'in-progress'])
  })
})

describe('from its beginning to its end', () => {
  const begun = beginUpdate(latest, old, 'customer', NOW)

  test('an update takes the nodes one after another', () => {
    expect(begun).toMatchObject({ status: 'modifying', stepDue: NOW })
    expect(begun.steps.map((step) => ('id' in step ? [step.do, step.id] : step.do))).toEqual([
      ...old.nodes.flatMap(({ id }) => [
        ['update-node', id],
        ['node-updated', id],
      ]),
      'end-update',
      'finish',
    ])
    expect(begun.steps[0]).toMatchObject({ update: latest.name })
    expect(begun.updates).toEqual([
      {
        update: latest.name,
        status: 'waiting-to-start',
        changedAt: NOW,
        initiatedBy: 'customer',
        initiatedAt: NOW,
        nodes: old.nodes.map(({ id }) => ({ id, status: 'waiting-to-start', changedAt: NOW })),
      },
    ])
  })

  test('it leaves out nodes that have it, with what was noted of them', () => {
    const noted = { id: '0002', status: 'complete' as const, changedAt: 5, endedAt: 5 }
    const nodes = old.nodes.map((node) => (node.id === '0003' ? { ...node, createdAt: NOW } : node))
    const partly = {
      ...old,
      nodes,
      updates: [action({ update: earlier.name }), action({ status: 'stopped', nodes: [noted] })],
    }
    const again = beginUpdate(latest, partly, 'system', NOW)
    expect(again.steps.filter((step) => step.do === 'update-node').map(({ id }) => id)).toEqual(['0001'])
    expect(again.updates?.map(({ update }) => update)).toEqual([earlier.name, latest.name])
    expect(again.updates?.[1]).toMatchObject({
      initiatedBy: 'system',
      nodes: [{ id: '0001', status: 'waiting-to-start' }, noted, { id: '0003', status: 'complete', changedAt: NOW }],
    })
  })

  test('stopping lets a node that has begun come to its end, and no other begin', () => {
    const busy = noteNode(begun, latest.name, '0001', 'in-progress', NOW + 1)
    const stopping = stopUpdate(busy, latest.name, NOW + 2)
    expect(stopping.steps.map((step) => ('id' in step ? [step.do, step.id] : step.do))).toEqual([
      ['update-node', '0001'],
      ['node-updated', '0001'],
      'end-update',
      'finish',
    ])
    const waiting = { status: 'stopping', changedAt: NOW + 2 }
    expect(stopping.updates).toMatchObject([
      {
        status: 'stopping',
        changedAt: NOW + 2,
        nodes: [{ status: 'in-progress', changedAt: NOW + 1 }, waiting, waiting],
      },
    ])
    const stopped = endUpdate(noteNode(stopping, latest.name, '0001', 'complete', NOW + 3), latest.name, NOW + 4)
    const left = { status: 'stopped', changedAt: NOW + 4 }
    expect(stopped.updates).toMatchObject([
      { status: 'stopped', changedAt: NOW + 4, nodes: [{ status: 'complete', changedAt: NOW + 3 }, left, left] },
    ])
  })

  test('the action begins with its first node, and is complete at the end', () => {
    const first = noteNode(begun, latest.name, '0002', 'in-progress', NOW + 1)
    expect(first.updates?.[0]).toMatchObject({ status: 'in-progress', changedAt: NOW + 1 })
    expect(first.updates?.[0]?.nodes).toEqual([
      { id: '0001', status: 'waiting-to-start', changedAt: NOW },
      { id: '0002', status: 'in-progress', changedAt: NOW + 1, startedAt: NOW + 1 },
      { id: '0003', status: 'waiting-to-start', changedAt: NOW },
    ])
    const second = noteNode(first, latest.name, '0002', 'complete', NOW + 2)
    expect(second.updates?.[0]).toMatchObject({ status: 'in-progress', changedAt: NOW + 1 })
    expect(second.updates?.[0]?.nodes[1]).toEqual({
      id: '0002',
      status: 'complete',
      changedAt: NOW + 2,
      startedAt: NOW + 1,
      endedAt: NOW + 2,
    })
    expect(endUpdate(second, latest.name, NOW + 3).updates?.[0]).toMatchObject({
      status: 'complete',
      changedAt: NOW + 3,
    })
  })

  test('what is noted of an update that never began is nothing', () => {
    for (const change of [
      stopUpdate(old, latest.name, NOW),
      noteNode(old, latest.name, '0001', 'complete', NOW),
      endUpdate(old, latest.name, NOW),
    ])
      expect(change).toBe(old)
  })
})

describe('news', () => {
  test('are told once, node by node', () => {
    const told = announceUpdates(old, NOW)
    expect(told?.events.map(eventText)).toEqual(
      old.nodes.map(({ id }) => `Service update is available for cache node ${id}.`),
    )
    expect(told?.cluster.updatesAnnounced).toBe(NOW)
    expect(announceUpdates(told?.cluster ?? old, NOW + DAY_MS)).toBeUndefined()
  })

  test('begin with the moment of the release', () => {
    const told = { ...old, updatesAnnounced: RELEASE - 1 }
    expect(announceUpdates(told, RELEASE - 1)).toBeUndefined()
    expect(announceUpdates(told, RELEASE)).toBeDefined()
    expect(announceUpdates({ ...told, updatesAnnounced: RELEASE }, NOW)).toBeUndefined()
  })

  test('are none to a cluster made since, though the sample is for it', () => {
    expect(announceUpdates(from(RELEASE, '0001'), NOW)).toBeUndefined()
    expect(announceUpdates({ ...from(RELEASE, '0001'), updatesAnnounced: 0 }, NOW)).toBeUndefined()
  })

  test('are next due with the next quarter', () => {
    expect(nextRelease(NOW)).toBe(Date.UTC(2026, 6, 1))
    expect(nextRelease(RELEASE - 1)).toBe(RELEASE)
    expect(nextRelease(RELEASE)).toBe(Date.UTC(2026, 6, 1))
  })
})

describe('what is applied by itself', () => {
  /** Made before the update of a quarter that is applied by itself, after all others. */
  const auto = serviceUpdates(NOW).find(({ autoApply, releasedAt }) => autoApply && releasedAt < NOW) as ServiceUpdate
  const made = from(auto.releasedAt - DAY_MS, '0001')
  const window = (time: number) => new Date(time).toISOString()

  test('begins in the first window after its recommended date', () => {
    const next = nextAutomaticUpdate(made, auto.releasedAt + DAY_MS)
    expect(next?.update.name).toBe(auto.name)
    const due = next?.due ?? 0
    expect(due).toBeGreaterThanOrEqual(auto.recommendedBy)
    expect(due - auto.recommendedBy).toBeLessThan(7 * DAY_MS)
    expect(window(due)).toMatch(/T05:00:00.000Z$/)
    expect(new Date(due).getUTCDay()).toBe(0)
  })

  test('begins in the next window when that date has passed', () => {
    const late = auto.recommendedBy + 30 * DAY_MS
    expect(nextAutomaticUpdate(made, late)?.due).toBeGreaterThanOrEqual(late)
  })

  test('is nothing for a cluster that has it, has it under way, or is not of before it', () => {
    const now = auto.recommendedBy + DAY_MS
    const noted = (status: UpdateActionRecord['status']) => ({
      ...made,
      updates: [action({ update: auto.name, status, nodes: [{ id: '0001', status: 'complete', changedAt: 1 }] })],
    })
    expect(nextAutomaticUpdate(noted('complete'), now)?.update.name).not.toBe(auto.name)
    expect(nextAutomaticUpdate(noted('stopped'), now)?.update.name).not.toBe(auto.name)
    expect(nextAutomaticUpdate(from(NOW + 400 * DAY_MS, '0001'), now)).toBeUndefined()
  })

  test('is nothing that would be over by then, and nothing without a window', () => {
    const end = (auto.endsAt ?? 0) - 1
    expect(nextAutomaticUpdate(made, end)?.update.name).not.toBe(auto.name)
    expect(nextAutomaticUpdate({ ...made, maintenanceWindow: 'whenever' }, NOW)).toBeUndefined()
  })

  test('is the one that is due first, of several due at once the newest', () => {
    const ancient = from(RELEASE - 900 * DAY_MS, '0001')
    const now = auto.recommendedBy + 60 * DAY_MS
    const candidates = serviceUpdates(now).filter(
      (each) => each.autoApply && each.recommendedBy <= now && (each.endsAt ?? 0) > now + 7 * DAY_MS,
    )
    expect(candidates.length).toBeGreaterThan(1)
    const newest = Math.max(...candidates.map(({ releasedAt }) => releasedAt))
    expect(nextAutomaticUpdate(ancient, now)?.update.releasedAt).toBe(newest)
    const early = nextAutomaticUpdate(ancient, auto.releasedAt + DAY_MS)
    expect(early?.update.name).not.toBe(auto.name)
    expect(early?.due).toBeLessThan(auto.recommendedBy)
  })
})
