import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffLists, familyShown } from '../../src/discovery/compare.ts'
import type { ClusterList, DiscoveredNode } from '../../src/discovery/parse.ts'

const node = (port: number, ip?: string): DiscoveredNode =>
  ip === undefined ? { host: 'n', port } : { host: 'n', port, ip, family: ip.includes(':') ? 6 : 4 }
const list = (version: number, ...nodes: DiscoveredNode[]): ClusterList => ({ version, nodes })

describe('the family a list shows', () => {
  test.each([
    ['ipv4', [node(1, '10.0.0.1'), node(2, '10.0.0.2')]],
    ['ipv6', [node(1, 'fd00::1')]],
    ['mixed', [node(1, 'fd00::1'), node(2, '10.0.0.2')]],
    ['mixed', [node(1, 'fd00::1'), node(2)]],
    ['none', [node(1), node(2)]],
  ] as const)('%s', (shown, nodes) => {
    expect(familyShown(list(1, ...nodes))).toBe(shown)
  })
})

describe('the difference of two lists', () => {
  test('tells added, removed and readdressed nodes, version and family', () => {
    const before = list(3, node(1, '10.0.0.1'), node(2, '10.0.0.2'))
    const after = list(4, node(2, 'fd00::2'), node(3, 'fd00::3'))
    expect(diffLists(before, after)).toEqual({
      added: [node(3, 'fd00::3')],
      removed: [node(1, '10.0.0.1')],
      readdressed: [{ from: node(2, '10.0.0.2'), to: node(2, 'fd00::2') }],
      version: { from: 3, to: 4 },
      familySwitched: { from: 'ipv4', to: 'ipv6' },
    })
  })

  test('is nothing for lists that differ in order only', () => {
    expect(diffLists(list(1, node(1), node(2)), list(1, node(2), node(1)))).toBeUndefined()
  })

  test('leads from one list to the other', () => {
    const nodes = fc.uniqueArray(fc.record({ host: fc.constantFrom('a', 'b'), port: fc.integer({ min: 1, max: 9 }) }), {
      selector: ({ host, port }) => `${host}${port}`,
      minLength: 1,
    })
    fc.assert(
      fc.property(nodes, nodes, (before, after) => {
        const { added, removed } = diffLists(list(1, ...before), list(2, ...after)) ?? { added: [], removed: [] }
        const gone = new Set(removed.map(({ host, port }) => `${host}${port}`))
        const led = [...before.filter(({ host, port }) => !gone.has(`${host}${port}`)), ...added]
        const names = (each: readonly DiscoveredNode[]) => each.map(({ host, port }) => `${host}${port}`).sort()
        expect(names(led)).toEqual(names(after))
      }),
    )
  })
})
