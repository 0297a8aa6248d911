import { describe, expect, test } from 'vitest'
import type { FaultRecord, ServerlessCacheRecord } from '../../../src/engine/store/records.ts'
import type { Store } from '../../../src/engine/store/store.ts'
import { clusters } from '../../../src/engine/workloads/clusters/cluster.ts'
import { limitsOf, serverlessCaches } from '../../../src/engine/workloads/serverless/cache.ts'
import { clusterRecord, faultRecord, nodeRecord, serverlessRecord } from '../../support/records.ts'

/** These kinds do not ask it for their nodes. */
const NO_STORE = {} as Store

describe('a cluster', () => {
  const cluster = clusterRecord()
  const aimed = (wanted: Parameters<typeof faultRecord>[0]) =>
    faultRecord({ cluster: 'shop', clusterToken: 'abcdef', ...wanted })
  const nodes = (record = cluster, faults: readonly FaultRecord[] = []) =>
    clusters.nodesOf(record, clusters.faultsOf(record, faults), NO_STORE)

  test('has its nodes run, each with the list of all of them', () => {
    const text = '1\nlocalhost|127.0.0.1|11301 localhost|127.0.0.1|11302\n'
    expect(nodes()).toMatchObject([
      { node: '0001', ports: [11_301], impairment: null, list: { text, delayMs: 0 } },
      { node: '0002', ports: [11_302], impairment: null, list: { text, delayMs: 0 } },
    ])
    expect(clusters.endpointsOf(cluster, [])).toEqual([
      { name: 'endpoint', port: 11_211, addresses: ['127.0.0.1'], nodes: ['0001', '0002'] },
    ])
  })

  test('says nothing of its nodes before they are ready, and answers on no endpoint before they start', () => {
    const fresh = nodeRecord('0001', { status: 'creating', advertised: false })
    const starting = clusterRecord({ created: false, discovery: { version: 0, port: 11_211 }, nodes: [fresh] })
    expect(nodes(starting)[0]).not.toHaveProperty('list')
    expect(clusters.endpointsOf(starting, [])).toMatchObject([{ nodes: [] }])
    expect(clusters.endpointsOf({ ...starting, discovery: null }, [])).toEqual([])
  })

  test('that is being deleted has nothing run', () => {
    expect(nodes(clusterRecord({ status: 'deleting' }))).toEqual([])
  })

  test('lists a node that is down, but does not run it', () => {
    const [left, ...others] = nodes(cluster, [aimed({ kind: 'node-crash', node: '0001' })])
    expect(others).toEqual([])
    expect(left).toMatchObject({ node: '0002', list: { text: expect.stringContaining('11301 ') } })
  })

  test('answers on its endpoint where it is heard, as long as it is heard anywhere', () => {
    const hung = (aim: { node?: string }) =>
      clusters.endpointsOf(cluster, [aimed({ kind: 'node-hang', ...aim })])[0]?.nodes
    expect(hung({ node: '0001' })).toEqual(['0002'])
    expect(hung({})).toEqual(['0001', '0002'])
  })

  test('tells a changed list late, the last node after all of the delay; an old list stays', () => {
    const slow = nodes(cluster, [aimed({ kind: 'slow-discovery', delayMs: 60_000 })])
    expect(slow.map(({ list }) => list?.delayMs)).toEqual([30_000, 60_000])
    const frozen = Buffer.from('7\nold\n').toString('base64')
    const stale = nodes(cluster, [aimed({ kind: 'stale-discovery', node: '0002', frozen })])
    expect(stale.map(({ list }) => list?.text)).toEqual([expect.stringMatching(/^1\n/), '7\nold\n'])
  })

  test('says why a node cannot start with its parameters', () => {
    const started = { max_item_size: '2000000' }
    const sick = clusterRecord({ nodes: [nodeRecord('0001', { parameters: { started, version: 1 } })] })
    expect(nodes(sick)).toMatchObject([
      { obstacle: expect.stringContaining('max_item_size 2000000 is not a multiple') },
    ])
  })

  test('is not concerned by what is aimed at another of its name', () => {
    expect(clusters.faultsOf(cluster, [aimed({ kind: 'reset', clusterToken: 'zzzzzz' })])).toEqual([])
  })

  test('with names has an alias of the node that answers, where that is on the same port', () => {
    const place = { port: 11_211, ipv4: '127.64.0.1' }
    const first = nodeRecord('0001', { ...place, ipv4: '127.64.0.2' })
    const named = clusterRecord({ named: true, discovery: { version: 1, ...place }, nodes: [first] })
    const configuration = 'shop.abcdef.cfg.usw2.cache.cachectl.test'
    const node = { name: 'shop.abcdef.0001.usw2.cache.cachectl.test', addresses: ['127.64.0.2'] }
    expect(clusters.namesOf(named, [])).toEqual([
      { name: configuration, addresses: ['127.64.0.1'], alias: node.name },
      node,
    ])
    const elsewhere = { ...named, nodes: [{ ...first, port: 11_212 }] }
    expect(clusters.namesOf(elsewhere, [])).toEqual([{ name: configuration, addresses: ['127.64.0.1'] }, node])
    expect(clusters.namesOf(cluster, [])).toEqual([])
  })

  test('holds the ports of its nodes and of its endpoint, and each node has metrics', () => {
    expect(clusters.claimsOf(cluster)).toEqual([11_211, 11_301, 11_302])
    expect(clusters.subjectsOf(cluster).map(({ key }) => key)).toEqual(['us-west-2/shop/0001', 'us-west-2/shop/0002'])
  })
})

describe('a serverless cache', () => {
  const cache = serverlessRecord({ status: 'available', ports: { primary: 11_400, readOptimized: 11_401 } })
  const runs = (more: Partial<ServerlessCacheRecord>) =>
    serverlessCaches.nodesOf({ ...cache, ...more }, [], NO_STORE).length > 0

  test('is one embedded node on two ports, without a list', () => {
    expect(serverlessCaches.nodesOf(cache, [], NO_STORE)).toMatchObject([
      {
        node: 'serverless',
        ports: [11_400, 11_401],
        programs: { embedded: { program: 'serverless-memcached' } },
        impairment: null,
      },
    ])
    expect(serverlessCaches.nodesOf(cache, [], NO_STORE)[0]).not.toHaveProperty('list')
    expect(serverlessCaches.endpointsOf(cache, [])).toEqual([])
  })

  test('runs once it has ports, until it is deleted and its final snapshot is written', () => {
    expect(runs({})).toBe(true)
    expect(runs({ ports: null })).toBe(false)
    expect(runs({ status: 'create-failed' })).toBe(false)
    expect(runs({ status: 'deleting', steps: [{ do: 'dump', snapshot: 'last' }, { do: 'delete' }] })).toBe(true)
    expect(runs({ status: 'deleting', steps: [{ do: 'delete' }] })).toBe(false)
  })

  test('is limited by what it was given, and by nothing where nothing was', () => {
    expect(limitsOf(cache)).toEqual({ memoryLimit: Number.POSITIVE_INFINITY, ecpuPerSecond: Number.POSITIVE_INFINITY })
    const limited = { ...cache, dataStorage: { minimum: 0, maximum: 2 }, ecpuPerSecond: { minimum: 0, maximum: 1500 } }
    expect(limitsOf(limited)).toEqual({ memoryLimit: 2 ** 31, ecpuPerSecond: 1500 })
  })
})
