import { describe, expect, test } from 'vitest'
import { orderAddresses } from '../../src/diagnose/address-order.ts'
import { windowsPolicy } from '../../src/diagnose/policies.ts'
import { chooseSources } from '../../src/diagnose/source-choice.ts'
import {
  netshScript,
  parsePrefixPolicies,
  WINDOWS_DEFAULT,
  windowsRemarks,
  windowsTables,
} from '../../src/diagnose/windows-policy.ts'
import { parseCidr } from '../../src/net/cidr.ts'

const GUIDE = `Querying active state...
Precedence Label Prefix
---------- ----- --------------------------------
100 15 ::ffff:172.31.0.0:0/112
20 4 ::ffff:0:0/96
50 0 ::1/128
40 1 ::/0
30 2 2002::/16
5 5 2001::/32
3 13 fc00::/7
1 11 fec0::/10
1 12 3ffe::/16
1 3 ::/96
`

const firstOf = (rows: Parameters<typeof windowsTables>[0], candidates: string[], client: string[]) => {
  const { tables, dialect } = windowsPolicy(windowsTables(rows))
  const input = { candidates, sources: chooseSources(candidates, client), ifaddrs: [] }
  return orderAddresses(input, tables, dialect).order[0]
}
const NODE = ['2001:db8:1::77', '172.31.10.77']

describe('a pasted prefix policy table', () => {
  test('is read whatever its headings say, and its odd prefix is repaired', () => {
    const { rows, warnings } = parsePrefixPolicies(GUIDE.replace(/^[QP].*$/gm, 'Vorrang Präfix'))
    expect(rows).toHaveLength(10)
    expect(rows[0]).toEqual({ precedence: 100, label: 15, prefix: '::ffff:172.31.0.0/112', line: 4 })
    expect(warnings).toEqual([expect.stringContaining('line 4')])
  })

  test('without ::/0 is read with a warning', () => {
    expect(parsePrefixPolicies('100 4 ::ffff:0:0/96').warnings).toEqual([expect.stringContaining('::/0 is missing')])
  })

  test('that is none says so', () => {
    expect(parsePrefixPolicies('C:\\> netsh\n').warnings).toEqual(['no row of a prefix policy table was found'])
  })
})

test("the guide's label 15 serves clients inside the network only; label 4 serves all", () => {
  const { rows } = parsePrefixPolicies(GUIDE)
  const inside = ['172.31.5.5', '2001:db8:2::5']
  const outside = ['10.20.0.5', '2001:db8:2::5']
  expect(firstOf(rows, NODE, inside)).toBe('172.31.10.77')
  expect(firstOf(rows, NODE, outside)).toBe('2001:db8:1::77')
  expect(windowsRemarks(rows)).toEqual([expect.stringContaining('Use label 4')])
  const right = rows.map((row) => (row.label === 15 ? { ...row, label: 4 } : row))
  expect(firstOf(right, NODE, outside)).toBe('172.31.10.77')
  expect(windowsRemarks(right)).toEqual([])
})

test('ULA nodes come after IPv4 on Windows, unlike glibc', () => {
  expect(firstOf(WINDOWS_DEFAULT, ['fd00::77', '172.31.10.77'], ['10.0.0.5', 'fd00::5'])).toBe('172.31.10.77')
})

test('the script writes the whole table, so that no build loses the rows it came with', () => {
  const cidr = parseCidr('172.31.0.0/16')
  if (typeof cidr === 'string') throw new Error(cidr)
  const script = netshScript(WINDOWS_DEFAULT, 'ipv4', [cidr])
  expect(script).toContain('netsh interface ipv6 add prefixpolicy ::ffff:172.31.0.0/112 100 4')
  for (const { prefix, precedence, label } of WINDOWS_DEFAULT) {
    expect(script).toContain(`netsh interface ipv6 set prefixpolicy ${prefix} ${precedence} ${label}`)
  }
})

test('an IPv6 network keeps the label of the row around it, so that rule 5 does not speak against it', () => {
  const network = parseCidr('fd00:1::/48')
  const script = typeof network === 'string' ? [] : netshScript(WINDOWS_DEFAULT, 'ipv6', [network])
  expect(script).toContain('netsh interface ipv6 add prefixpolicy fd00:1::/48 100 13')
})
