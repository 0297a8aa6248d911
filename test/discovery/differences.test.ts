import { describe, expect, test } from 'vitest'
import type { AskFailure, DiscoveryAnswer } from '../../src/discovery/ask.ts'
import { convergenceOf, diffLists } from '../../src/discovery/compare.ts'
import { differencesOf, type ExpectedCluster, groupsOf } from '../../src/discovery/differences.ts'
import { ListHistory, wentBack } from '../../src/discovery/follow.ts'
import type { ClusterList, DiscoveredNode } from '../../src/discovery/parse.ts'
import type { NodeAnswer, Round } from '../../src/discovery/poll.ts'

const node = (name: string, ip = `10.0.0.${name.charCodeAt(0)}`): DiscoveredNode => ({
  host: name,
  ip,
  family: ip.includes(':') ? 6 : 4,
  port: 11211,
})
const list = (version: number, ...nodes: DiscoveredNode[]): ClusterList => ({ version, nodes })
const [a, b, c] = [node('a'), node('b'), node('c')]

type Held = ClusterList | Pick<AskFailure, 'kind' | 'problem' | 'detail'>

/** A round in which the endpoint and these nodes said this. */
function round(
  seed: ClusterList,
  held: Readonly<Record<string, Held>>,
  { number = 1, atMs = 0, others = {} } = {},
): Round {
  const answer = ([name, said]: [string, Held]): NodeAnswer => {
    const common = { node: node(name), asked: name, ms: 1, atMs }
    if ('version' in said) return { ...common, list: said }
    return { ...common, failure: { host: name, port: 11211, ms: 1, ok: false, phase: 'reply', ...said } as AskFailure }
  }
  const perNode = Object.entries(held).map(answer)
  const endpoint: DiscoveryAnswer = { host: 'cfg', port: 11211, ms: 1, ok: true, form: 'config', ...seed }
  return {
    number,
    at: '2026-01-01T00:00:00.000Z',
    tls: false,
    seed: endpoint,
    seedAtMs: atMs,
    perNode,
    others: Object.entries(others as Record<string, Held>).map(answer),
    agreed: perNode.every((each) => each.list && !diffLists(seed, each.list)),
  }
}
const told = (each: Round, expected?: ExpectedCluster) =>
  differencesOf(each, expected).map(({ kind, who, against }) => [kind, who, against])
const api = (...nodes: string[]): ExpectedCluster => ({
  status: 'available',
  tls: false,
  ipDiscovery: 'ipv4',
  nodes: nodes.map((name, at) => ({ ...node(name), id: `000${at + 1}`, status: 'available' })),
})

describe('a node that is listed twice', () => {
  const twice = list(3, a, b, b)
  test('in every list is told once, and the lists are not as they should be', () => {
    const same = round(twice, { a: twice, b: twice })
    expect(told(same, api('a', 'b'))).toEqual([['duplicate', 'every list', 'the protocol']])
    expect(convergenceOf(same)).toMatchObject({ converged: false, reason: 'listed-twice' })
  })

  test('in one list is told of that one, not as another order', () => {
    const odd = round(list(3, a, b), { a: list(3, a, b), b: twice })
    expect(told(odd)).toEqual([['duplicate', 'b:11211', 'the protocol']])
    expect(convergenceOf(odd)).toMatchObject({ converged: false, reason: 'listed-twice' })
  })

  test('is found by its address under another name, too', () => {
    const same = list(3, a, node('b', a.ip))
    expect(told(round(same, { a: same }))).toEqual([['duplicate', 'every list', 'the protocol']])
  })
})

test('addresses of both families in one list are not as they should be', () => {
  const mixed = list(3, a, node('b', 'fd00::1'))
  expect(convergenceOf(round(mixed, { a: mixed, b: mixed }))).toMatchObject({ reason: 'families-mixed' })
})

describe('lists held against the newest', () => {
  test('that all say the same differ in nothing', () => {
    const same = round(list(3, a, b), { a: list(3, a, b), b: list(3, a, b) })
    expect(told(same, api('a', 'b'))).toEqual([])
    expect(groupsOf(same)).toMatchObject([{ version: 3, heldBy: ['configuration endpoint', 'a:11211', 'b:11211'] }])
  })

  test('an older version is stale, also when it is the endpoint that is behind', () => {
    const behind = round(list(2, a), { a: list(3, a, b) }, { others: { b: list(3, a, b) } })
    expect(told(behind)).toEqual([['stale', 'configuration endpoint', 'the newest list']])
    expect(differencesOf(behind)[0]?.detail).toBe('version 2, 1 behind; lacks b:11211')
    expect(convergenceOf(behind)).toMatchObject({ reason: 'versions-differ' })
  })

  test('under one version: missing, extra, another family, another address, another order', () => {
    const newest = list(3, a, b)
    const seen = (odd: ClusterList) => told(round(newest, { a: newest, b: odd }))
    expect(seen(list(3, a))).toEqual([['missing', 'b:11211', 'the newest list']])
    expect(seen(list(3, a, b, c))).toEqual([['extra', 'b:11211', 'the newest list']])
    expect(seen(list(3, node('a', 'fd00::1'), node('b', 'fd00::2')))).toEqual([
      ['wrong-family', 'b:11211', 'the newest list'],
    ])
    expect(seen(list(3, a, node('b', '10.0.0.99')))).toEqual([['other-address', 'b:11211', 'the newest list']])
    expect(seen(list(3, b, a))).toEqual([['wrong-order', 'b:11211', 'the newest list']])
  })

  test('another order is not called agreement: clients that hash by position depend on it', () => {
    const shuffled = round(list(3, a, b), { a: list(3, a, b), b: list(3, b, a) })
    expect(convergenceOf(shuffled)).toMatchObject({ converged: false, reason: 'order-differs' })
  })

  test('a reply that is no list is told by what is wrong with it', () => {
    const bad = round(list(1, a, b), {
      a: { kind: 'bad-reply', problem: 'wrong-length', detail: 'announces 9' },
      b: { kind: 'timeout', detail: 'no answer' },
    })
    expect(told(bad).map(([kind]) => kind)).toEqual(['bad-length', 'silent'])
  })

  test('two nodes of one name, mixed families and an order that is not by name are told of every list', () => {
    const odd = list(1, b, a, a, node('c', 'fd00::3'))
    expect(told(round(odd, { a: odd })).map(([kind]) => kind)).toEqual(['duplicate', 'wrong-family', 'wrong-order'])
  })
})

describe('the newest list held against the API', () => {
  const both = round(list(3, a, b), { a: list(3, a, b), b: list(3, a, b) })

  test('lacks a node, holds one too many, shows the other family', () => {
    expect(told(both, api('a', 'b', 'c'))).toEqual([['missing', 'every list', 'the API']])
    expect(told(both, api('a'))).toEqual([['extra', 'every list', 'the API']])
    expect(told(both, { ...api('a', 'b'), ipDiscovery: 'ipv6' })).toEqual([['wrong-family', 'every list', 'the API']])
  })

  test('matters only when the cluster is not being changed, and under TLS names have no family', () => {
    expect(differencesOf(both, { ...api('a'), status: 'modifying' })[0]?.matters).toBe(false)
    const names = list(3, { host: 'a', port: 11211 })
    expect(told(round(names, { a: names }), { ...api('a'), tls: true, ipDiscovery: 'ipv6' })).toEqual([])
  })
})

describe('versions over time', () => {
  const one = list(1, a, b)
  const two = list(2, a, b)

  test('how long after the first each node followed', () => {
    const history = new ListHistory()
    history.observe(round(one, { a: one, b: one }, { number: 1, atMs: 0 }))
    const first = history.observe(round(two, { a: two, b: one }, { number: 2, atMs: 1000 }))
    expect(first).toEqual([{ type: 'followed', who: 'a:11211', version: 2, lagMs: 0, atMs: 1000 }])
    expect(history.lags().at(-1)?.perNode).toEqual([
      { who: 'a:11211', lagMs: 0 },
      { who: 'b:11211', lagMs: null },
    ])
    history.observe(round(two, { a: two, b: two }, { number: 3, atMs: 1700 }))
    expect(history.lags()).toMatchObject([{ version: 2, before: false, perNode: [{ lagMs: 0 }, { lagMs: 700 }] }])
  })

  test('a version that goes back is told of the node it goes back on', () => {
    const history = new ListHistory()
    history.observe(round(two, { a: two, b: two }))
    const events = history.observe(round(two, { a: two, b: one }, { number: 2, atMs: 5 }))
    expect(events).toEqual([{ type: 'version-back', who: 'b:11211', from: 2, to: 1, atMs: 5 }])
    expect(wentBack(events)).toMatchObject([{ kind: 'version-back', who: 'b:11211', matters: true }])
  })

  test('a node that falls silent and one that answers again are told once', () => {
    const history = new ListHistory()
    const silent: Held = { kind: 'timeout', detail: 'no answer' }
    const types = [one, silent, silent, one].map((held, at) =>
      history.observe(round(one, { a: held }, { number: at + 1 })).map(({ type }) => type),
    )
    expect(types).toEqual([[], ['silent'], [], ['answers-again']])
  })
})
