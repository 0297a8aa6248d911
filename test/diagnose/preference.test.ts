import { describe, expect, test } from 'vitest'
import { evaluatePreference, type IpPreference, WALKTHROUGH } from '../../src/diagnose/preference.ts'
import { demonstrate } from '../../src/diagnose/preference-demo.ts'
import { hasIPv6Loopback } from './loopback.ts'

// Columns: red, orange, yellow, green, blue, purple. The first row is derived; the others are the walkthrough's table.
const TABLE: readonly (readonly [IpPreference, readonly string[]])[] = [
  ['none', ['', '', 'application', 'listener', 'listener', 'listener application']],
  ['IPv4_ONLY', ['', '', 'application', '', '', 'application']],
  ['IPv4_PREFERRED', ['', '', 'application', '', '', 'application']],
  ['IPv6_ONLY', ['discovery application', 'discovery', 'discovery', 'application', '', '']],
  ['IPv6_PREFERRED', ['application', '', '', 'application', '', '']],
]
const cells = TABLE.flatMap(([preference, row]) =>
  WALKTHROUGH.map((node, index) => ({ preference, node, expected: row[index] ?? '', name: node.name })),
)

describe('each cell of the App Mesh walkthrough', () => {
  test.each(cells)('$preference, $name: fails at "$expected"', ({ node, preference, expected }) => {
    const { failsAt, ok } = evaluatePreference(node, preference)
    expect([failsAt.join(' '), ok]).toEqual([expected, expected === ''])
  })

  test.skipIf(!hasIPv6Loopback)('comes out the same on real sockets (skipped without ::1)', async () => {
    for (const { node, preference, expected } of cells) {
      const { failsAt, answer } = await demonstrate(node, preference)
      expect([preference, node.name, failsAt.join(' '), answer]).toEqual([
        preference,
        node.name,
        expected,
        expected === '' ? node.name : undefined,
      ])
    }
  })
})

test('Cloud Map gives IPv4 first where DNS gives IPv6 first: without a preference the green node then works', () => {
  const green = { discovery: [4, 6], application: [4] } as const
  expect(evaluatePreference(green, 'none', 'dns').failsAt).toEqual(['listener'])
  expect(evaluatePreference(green, 'none', 'cloud-map')).toMatchObject({ ok: true, over: 4 })
})
