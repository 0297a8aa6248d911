import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventText } from '../../../../src/api/catalog/events.ts'
import type { CacheClusterRecord, Step } from '../../../../src/engine/store/records.ts'
import { placesNeeded, takeNoAddresses, takeStep } from '../../../../src/engine/workloads/clusters/steps.ts'
import { clusterRecord, nodeRecord } from '../../../support/records.ts'

const NOW = Date.UTC(2026, 5, 1)
const REBOOTING = 'rebooting cache cluster nodes'
const at = (version: number) => ({ version, port: 11_211 })
const UNCREATED = { created: false, discovery: at(0) }

/** What a step makes of a cluster that has it, and another, before it. */
function take(cluster: CacheClusterRecord, step: Step, ports: number[] = []) {
  const result = takeStep(
    { ...cluster, steps: [step, { do: 'finish' }] },
    {
      now: NOW,
      places: ports.map((port) => ({ port })),
      subnets: ['subnet-a', 'subnet-b'],
      valuesOf: (group) => ({ max_item_size: group.length.toString() }),
    },
  )
  const messages = result.events.map(eventText)
  if (!result.cluster) return { messages, gone: true }
  expect(result.cluster.steps).toEqual([{ do: 'finish' }])
  return { ...result.cluster, messages }
}

const ids = (cluster: object) => (cluster as CacheClusterRecord).nodes.map(({ id }) => id)

describe('nodes that start', () => {
  const start: Step = { do: 'start-nodes', zones: ['us-west-2a', 'us-west-2b'] }
  const unborn = clusterRecord({
    status: 'creating',
    nodes: [],
    created: false,
    discovery: null,
    numCacheNodes: 2,
  })

  test('of a new cluster leave the first port to its endpoint', () => {
    expect(placesNeeded({ ...unborn, steps: [start] })).toBe(3)
    const parameters = { values: { max_item_size: '2048' }, version: 4 }
    const started = take({ ...unborn, parameters }, start, [11_211, 11_212, 11_213])
    const one = {
      createdAt: NOW,
      status: 'creating',
      advertised: false,
      incarnation: 1,
      parameters: { started: parameters.values, version: 4 },
    }
    expect(started).toMatchObject({
      status: 'creating',
      discovery: { version: 0, port: 11_211 },
      nodes: [
        { ...one, id: '0001', port: 11_212, zone: 'us-west-2a', subnetId: 'subnet-a' },
        { ...one, id: '0002', port: 11_213, zone: 'us-west-2b', subnetId: 'subnet-b' },
      ],
      messages: [],
    })
  })

  test('of a cluster that has an endpoint get all ports', () => {
    const one = clusterRecord({ nodes: [nodeRecord('0001')] })
    expect(placesNeeded({ ...one, steps: [start] })).toBe(2)
    expect(take(one, start, [11_300, 11_301])).toMatchObject({
      discovery: { port: 11_211 },
      status: 'available',
      nodes: [{ id: '0001' }, { id: '0002', port: 11_300 }, { id: '0003', port: 11_301 }],
    })
  })

  test('no other step needs ports', () => {
    expect(placesNeeded(clusterRecord({ steps: [{ do: 'finish' }, start], discovery: null }))).toBe(0)
    expect(placesNeeded(clusterRecord({ steps: [] }))).toBe(0)
  })

  test('of a creation that had waited for addresses bring it back to life', () => {
    expect(take({ ...unborn, status: 'incompatible-network' }, start, [1, 2, 3])).toMatchObject({ status: 'creating' })
  })

  test('take the lowest ids that are free, in the order of ids', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 8 })
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 4 }), (taken, count) => {
        const name = (number: number) => String(number).padStart(4, '0')
        const nodes = taken.map((number) => nodeRecord(name(number))).sort((a, b) => (a.id < b.id ? -1 : 1))
        const zones = new Array<string>(count).fill('us-west-2a')
        const after = ids(take(clusterRecord({ nodes }), { do: 'start-nodes', zones }, [1, 2, 3, 4]))
        const free = Array.from({ length: 16 }, (_, index) => index + 1).filter((number) => !taken.includes(number))
        expect(after).toEqual([...taken, ...free.slice(0, count)].map(name).sort())
      }),
    )
  })
})

describe('new nodes that are advertised', () => {
  const advertise: Step = { do: 'advertise-new-nodes' }
  const fresh = nodeRecord('0002', { status: 'creating', advertised: false, zone: 'us-west-2b' })

  test('begin a cluster with version 1, whatever their number', () => {
    const creating = clusterRecord({ ...UNCREATED, nodes: [{ ...fresh, id: '0001' }, fresh] })
    expect(take(creating, advertise)).toMatchObject({
      created: true,
      discovery: { version: 1 },
      createdAt: NOW,
      nodes: [{}, { status: 'available', advertised: true, createdAt: NOW }],
      messages: [
        'Cache cluster created',
        'Added cache node 0001 in availability zone us-west-2b',
        'Added cache node 0002 in availability zone us-west-2b',
      ],
    })
  })

  test('count one version each from then on; the nodes before stay what they are', () => {
    const old = nodeRecord('0001', { status: REBOOTING })
    const before = clusterRecord({ discovery: at(7), nodes: [old, fresh, { ...fresh, id: '0003' }] })
    const after = take(before, advertise)
    expect(after).toMatchObject({ discovery: at(9), createdAt: before.createdAt, nodes: [old, {}, {}] })
    expect(after.messages).toHaveLength(2)
  })
})

test('nodes that are withdrawn leave the list first and go then', () => {
  const before = clusterRecord({ discovery: at(3), nodes: ['0001', '0002', '0003'].map((id) => nodeRecord(id)) })
  const withdrawn = take(before, { do: 'withdraw-nodes', ids: ['0001', '0003'] })
  const leaving = { status: 'deleting', advertised: false }
  expect(withdrawn).toMatchObject({ discovery: at(5), messages: [] })
  expect((withdrawn as typeof before).nodes).toMatchObject([leaving, nodeRecord('0002'), leaving])
  const left = take(withdrawn as typeof before, { do: 'remove-withdrawn-nodes' })
  expect(left).toMatchObject({
    discovery: at(5),
    messages: [
      'Removed cache node 0001 from availability zone us-west-2a',
      'Removed cache node 0003 from availability zone us-west-2a',
    ],
  })
  expect(ids(left)).toEqual(['0002'])
})

describe('nodes that restart', () => {
  const parameters = { values: { max_item_size: '1' }, version: 2 }
  const before = clusterRecord({ parameters })

  test('are new ones with the values of today, and the others are not touched', () => {
    const down = take(before, { do: 'restart-nodes', ids: ['0002'] }) as CacheClusterRecord & { messages: string[] }
    expect(down.nodes).toEqual([
      nodeRecord('0001'),
      nodeRecord('0002', {
        status: REBOOTING,
        incarnation: 2,
        parameters: { started: { max_item_size: '1' }, version: 2 },
      }),
    ])
    expect(down.messages).toEqual(['Cache node 0002 shutdown'])
    const up = take(down, { do: 'nodes-restarted' }) as typeof down
    expect(up.nodes.map(({ status, incarnation }) => [status, incarnation])).toEqual([
      ['available', 1],
      ['available', 2],
    ])
    expect(up.messages).toEqual(['Cache node 0002 restarted'])
  })

  test('come up without any other coming up with them', () => {
    const nodes = [nodeRecord('0001', { status: REBOOTING }), nodeRecord('0002', { status: 'creating' })]
    const up = take(clusterRecord({ nodes }), { do: 'nodes-restarted' }) as CacheClusterRecord
    expect(up.nodes.map(({ status }) => status)).toEqual(['available', 'creating'])
  })

  test('on an upgrade are all of them, with the values of the group for the new version', () => {
    const after = take(before, { do: 'upgrade', version: '1.6.30', parameterGroup: 'mine' })
    const started = { started: { max_item_size: '4' }, version: 3 }
    expect(after).toMatchObject({
      engineVersion: '1.6.30',
      parameterGroup: 'mine',
      nodes: [
        { status: REBOOTING, incarnation: 2, parameters: started },
        { status: REBOOTING, incarnation: 2, parameters: started },
      ],
      messages: ['Upgrading engine version from 1.6.22 to 1.6.30'],
    })
  })

  test('to be of another type have it before their cluster has', () => {
    const nodeType = 'cache.r6g.large'
    const step: Step = { do: 'scale-nodes', ids: ['0001'], nodeType, afterMinutes: 5 }
    const after = take(before, step) as CacheClusterRecord & { messages: string[] }
    expect(after).toMatchObject({ nodeType: before.nodeType, messages: ['Cache node 0001 shutdown'] })
    expect(after.nodes).toMatchObject([{ nodeType, status: REBOOTING, incarnation: 2 }, { status: 'available' }])
    expect(after.nodes[1]).not.toHaveProperty('nodeType')
    const end = take(after, { do: 'end-scaling', nodeType }) as typeof after
    expect(end).toMatchObject({
      nodeType,
      messages: [`Finished scaling cache node type from ${before.nodeType} to ${nodeType}`],
    })
    expect(end.nodes.some((node) => 'nodeType' in node)).toBe(false)
  })

  test('for an update are one, which is noted', () => {
    const update = 'security-20260101'
    const notes = {
      update,
      status: 'waiting-to-start' as const,
      changedAt: 1,
      initiatedBy: 'customer' as const,
      initiatedAt: 1,
    }
    const waiting = { status: 'waiting-to-start' as const, changedAt: 1 }
    const nodes = ['0001', '0002'].map((id) => ({ id, ...waiting }))
    const begun = clusterRecord({ updates: [{ ...notes, nodes }] })
    const down = take(begun, { do: 'update-node', update, id: '0001' }) as CacheClusterRecord & { messages: string[] }
    expect(down).toMatchObject({
      nodes: [{ status: REBOOTING, incarnation: 2 }, { status: 'available' }],
      updates: [{ status: 'in-progress', nodes: [{ status: 'in-progress', startedAt: NOW }, waiting] }],
      messages: ['Cache node 0001 shutdown'],
    })
    const up = take(down, { do: 'node-updated', update, id: '0001' }) as typeof down
    expect(up).toMatchObject({
      nodes: [{ status: 'available' }, { status: 'available' }],
      updates: [{ status: 'in-progress', nodes: [{ status: 'complete', startedAt: NOW, endedAt: NOW }, waiting] }],
      messages: ['Cache node 0001 restarted'],
    })
    expect(take(up, { do: 'end-update', update })).toMatchObject({ updates: [{ status: 'complete' }], messages: [] })
  })
})

test('a switch of the discovery protocol is a new version of the list', () => {
  const step: Step = { do: 'switch-discovery', to: 'ipv6' }
  expect(take(clusterRecord({ discovery: at(4) }), step)).toMatchObject({ ipDiscovery: 'ipv6', discovery: at(5) })
})

describe('at the end', () => {
  const pending = { numCacheNodes: 3 }

  test('the cluster is available with as many nodes as it has', () => {
    const before = clusterRecord({ status: 'modifying', numCacheNodes: 5, pending })
    expect(take(before, { do: 'finish', event: { kind: 'number-modified', fromCount: 5, toCount: 2 } })).toMatchObject({
      status: 'available',
      numCacheNodes: 2,
      pending: {},
      messages: ['Finished modifying number of nodes from 5 to 2'],
    })
    expect(take(before, { do: 'finish' })).toHaveProperty('pending', {})
    expect(take(before, { do: 'finish' }).messages).toEqual([])
  })

  test('what waits for the window still waits', () => {
    expect(take(clusterRecord({ pending, pendingDue: NOW + 1 }), { do: 'finish' })).toMatchObject({ pending })
  })

  test('a deleted cluster is gone', () => {
    expect(take(clusterRecord(), { do: 'delete' })).toEqual({ gone: true, messages: ['Cache cluster deleted'] })
  })

  test('there is nothing to take', () => {
    const context = { now: NOW, places: [], subnets: [], valuesOf: () => ({}) }
    expect(() => takeStep(clusterRecord({ steps: [] }), context)).toThrow('cluster shop has no step to take')
  })
})

describe('where nodes find no address', () => {
  const cause = /insufficient free IP addresses in availability zone us-west-2a for cache subnet group default$/
  const steps: Step[] = [
    { do: 'start-nodes', zones: ['us-west-2a'] },
    { do: 'advertise-new-nodes' },
    { do: 'switch-discovery', to: 'ipv6' },
    { do: 'finish', event: { kind: 'number-modified', fromCount: 2, toCount: 3 } },
  ]

  test('a cluster that is being created waits, and says so once', () => {
    const creating = clusterRecord({ status: 'creating', ...UNCREATED, steps })
    const { cluster, events } = takeNoAddresses(creating, 'us-west-2a')
    expect(cluster).toEqual({ ...creating, status: 'incompatible-network' })
    expect(events.map(eventText)).toEqual([expect.stringMatching(cause)])
    expect(takeNoAddresses(cluster ?? creating, 'us-west-2a').events).toEqual([])
  })

  test('another gets no nodes, and the rest of its change', () => {
    const { cluster, events } = takeNoAddresses(clusterRecord({ status: 'modifying', steps }), 'us-west-2a')
    expect(cluster).toMatchObject({
      status: 'modifying',
      steps: [{ do: 'switch-discovery', to: 'ipv6' }, { do: 'finish' }],
    })
    expect(cluster?.steps[1]).toEqual({ do: 'finish' })
    expect(events.map(eventText)).toEqual([expect.stringMatching(/^Failed to add cache nodes: /)])
  })
})
