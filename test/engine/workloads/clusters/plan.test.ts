import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventText } from '../../../../src/api/catalog/events.ts'
import type { PendingChanges, Step } from '../../../../src/engine/store/records.ts'
import { preferredZone, scaleOutZones, spread } from '../../../../src/engine/workloads/clusters/placement.ts'
import { planChanges, planCreation, planReboot } from '../../../../src/engine/workloads/clusters/plan.ts'
import { delayBefore } from '../../../../src/engine/workloads/clusters/steps.ts'
import { clusterRecord, nodeRecord } from '../../../support/records.ts'

const named = (count: number) =>
  Array.from({ length: count }, (_, index) => nodeRecord(String(index + 1).padStart(4, '0')))
const plan = (changes: PendingChanges, nodes = named(2)) =>
  planChanges(clusterRecord({ nodes }), changes, ['us-west-2a'])
const words = (steps: readonly Step[]) => steps.map((step) => step.do)

describe('a plan', () => {
  test('to create starts nodes before it advertises them', () => {
    expect(words(planCreation(['us-west-2a']))).toEqual(['start-nodes', 'advertise-new-nodes', 'finish'])
  })

  test('to reboot waits for the nodes', () => {
    expect(words(planReboot(['0001']))).toEqual(['restart-nodes', 'nodes-restarted', 'finish'])
  })

  test('to grow says from how many nodes to how many', () => {
    expect(plan({ numCacheNodes: 3 })).toEqual({
      steps: [
        { do: 'start-nodes', zones: ['us-west-2a'] },
        { do: 'advertise-new-nodes' },
        { do: 'finish', event: { kind: 'number-modified', fromCount: 2, toCount: 3 } },
      ],
      events: [{ kind: 'number-increasing' }],
    })
  })

  test('to shrink takes the nodes that are named off the list first', () => {
    expect(plan({ numCacheNodes: 1, cacheNodeIdsToRemove: ['0002'] })).toEqual({
      steps: [
        { do: 'withdraw-nodes', ids: ['0002'] },
        { do: 'remove-withdrawn-nodes' },
        { do: 'finish', event: { kind: 'number-modified', fromCount: 2, toCount: 1 } },
      ],
      events: [{ kind: 'number-decreasing' }],
    })
  })

  test('for as many nodes as there are has nothing to do with nodes', () => {
    expect(plan({ numCacheNodes: 2 })).toEqual({ steps: [{ do: 'finish' }], events: [] })
    expect(plan({})).toEqual({ steps: [{ do: 'finish' }], events: [] })
  })

  test('for an upgrade and new nodes upgrades first', () => {
    const { steps } = plan({ engineVersion: '1.6.30', numCacheNodes: 3 })
    expect(words(steps)).toEqual(['upgrade', 'nodes-restarted', 'start-nodes', 'advertise-new-nodes', 'finish'])
    expect(steps[0]).toMatchObject({ version: '1.6.30', parameterGroup: 'default.memcached1.6' })
  })

  test('for another type restarts a fifth of the nodes at a time, five minutes apart', () => {
    const { steps, events } = plan({ nodeType: 'cache.r6g.large' }, named(6))
    const batches = steps.filter((step) => step.do === 'scale-nodes')
    expect(batches.map(({ ids, afterMinutes }) => [ids, afterMinutes])).toEqual([
      [['0001', '0002'], 0],
      [['0003', '0004'], 5],
      [['0005', '0006'], 5],
    ])
    expect(words(steps).slice(-2)).toEqual(['end-scaling', 'finish'])
    expect(steps[1]).toEqual({ do: 'nodes-restarted' })
    expect(events.map(eventText)).toEqual(['Scaling cache node type from cache.t4g.small to cache.r6g.large'])
  })

  test('for another type goes through all nodes once, in batches of the share that is asked for', () => {
    const share = fc.integer({ min: 1, max: 100 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), share, (count, percentage) => {
        const nodes = named(count)
        const scaleConfig = { percentage, intervalMinutes: 7 }
        const batches = plan({ nodeType: 'cache.r6g.large', scaleConfig }, nodes).steps.flatMap((step) =>
          step.do === 'scale-nodes' ? [step] : [],
        )
        expect(batches.flatMap(({ ids }) => ids)).toEqual(nodes.map(({ id }) => id))
        for (const { ids } of batches.slice(0, -1)) expect(ids).toHaveLength(Math.ceil((count * percentage) / 100))
        expect(batches.map(({ afterMinutes }) => afterMinutes)).toEqual(
          batches.map((_, index) => (index === 0 ? 0 : 7)),
        )
      }),
    )
  })
})

describe('zones', () => {
  const zones = ['us-west-2a', 'us-west-2b', 'us-west-2c']

  test('of a cluster in one zone are the first, of one across zones each in turn', () => {
    expect(spread(zones, 4, 'single-az')).toEqual(new Array(4).fill('us-west-2a'))
    expect(spread(zones, 4, 'cross-az')).toEqual([...zones, 'us-west-2a'])
  })

  const grow = (used: string[], changes: PendingChanges) =>
    scaleOutZones(
      clusterRecord({ nodes: used.map((zone, index) => nodeRecord(`000${index + 1}`, { zone })) }),
      { numCacheNodes: used.length + 2, ...changes },
      zones,
    )

  test('of new nodes are those that are asked for', () => {
    expect(grow(['us-west-2a'], { newZones: ['us-west-2c', 'us-west-2b'] })).toEqual(['us-west-2c', 'us-west-2b'])
  })

  test('or that of all the others', () => {
    expect(grow(['us-west-2b', 'us-west-2b'], {})).toEqual(['us-west-2b', 'us-west-2b'])
    expect(grow(['us-west-2b'], { newZones: ['us-west-2c'] })).toEqual(['us-west-2b', 'us-west-2b'])
    expect(grow(['us-west-2b'], { newZones: [] })).toEqual(['us-west-2b', 'us-west-2b'])
  })

  test('or those with the fewest nodes, when the cluster spans several or is to', () => {
    expect(grow(['us-west-2a', 'us-west-2b', 'us-west-2a'], {})).toEqual(['us-west-2c', 'us-west-2b'])
    expect(grow(['us-west-2a'], { azMode: 'cross-az' })).toEqual(['us-west-2b', 'us-west-2c'])
    expect(grow(['us-west-2a'], { azMode: 'single-az' })).toEqual(['us-west-2a', 'us-west-2a'])
  })

  test('are none when nothing is added', () => {
    expect(grow(['us-west-2a', 'us-west-2b'], { numCacheNodes: 1 })).toEqual([])
    const { numCacheNodes: _, ...silent } = { numCacheNodes: 0, azMode: 'cross-az' as const }
    expect(scaleOutZones(clusterRecord(), silent, zones)).toEqual([])
  })

  test('are told as one, or as Multiple', () => {
    expect(preferredZone(['us-west-2b', 'us-west-2b'])).toBe('us-west-2b')
    expect(preferredZone(zones)).toBe('Multiple')
    expect(preferredZone([])).toBe('')
  })
})

describe('the pace', () => {
  const scale: Step = { do: 'scale-nodes', ids: [], nodeType: 'cache.r6g.large', afterMinutes: 5 }

  test('instant waits for nothing', () => {
    for (const step of [scale, { do: 'delete' } as const]) expect(delayBefore(step, 'instant')).toBe(0)
  })

  test('only realistic waits the minutes that are asked for between batches', () => {
    expect(delayBefore(scale, 'realistic')).toBe(5 * 60_000)
    expect(delayBefore({ ...scale, afterMinutes: 6 }, 'quick')).toBe(delayBefore(scale, 'quick'))
    expect(delayBefore({ do: 'delete' }, 'realistic')).toBeGreaterThan(delayBefore({ do: 'delete' }, 'quick'))
  })
})
