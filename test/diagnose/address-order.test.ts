import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type OrderScenario, orderAddresses, predictOrder } from '../../src/diagnose/address-order.ts'
import { parseGaiConf } from '../../src/diagnose/gai-conf.ts'

interface MeasuredScenario extends OrderScenario {
  readonly order: readonly string[]
}

// What getaddrinfo of glibc 2.36 really returned, host by host.
const scenarios: readonly MeasuredScenario[] = JSON.parse(
  readFileSync(new URL('../scenarios/gai-cases.json', import.meta.url), 'utf8'),
)
const scenario = (name: string): MeasuredScenario => {
  const found = scenarios.find((each) => each.name === name)
  if (!found) throw new Error(`no scenario ${name}`)
  return found
}

describe('the order of addresses is glibc’s', () => {
  test.each(scenarios)('in $name', ({ order, ...input }) => {
    expect(predictOrder(input).order).toEqual(order)
  })
})

describe('every comparison says which rule decided', () => {
  const only = (name: string) => predictOrder(scenario(name)).comparisons

  test('a label line for the cluster makes a client outside it take IPv6', () => {
    const outside = { ...scenario('seed-full-client-inside-cidr') }
    const sources = { ...outside.sources, '172.31.10.77': '10.20.0.5' }
    const ifaddrs = [...outside.ifaddrs, { addr: '10.20.0.5', prefixlen: 24, index: 3 }]
    expect(only('seed-full-client-inside-cidr')).toMatchObject([{ rule: 6, winner: '172.31.10.77' }])
    expect(predictOrder({ ...outside, sources, ifaddrs }).comparisons).toMatchObject([
      { rule: 5, winner: '2001:db8:1::77', reason: '2001:db8:1::77 has the label of its source, 1' },
    ])
  })

  test('precedence names the lines of the file', () => {
    expect(only('full-96-35-6to4-keeps-30')[0]).toMatchObject({ rule: 6, reason: expect.stringContaining('line ') })
  })

  test.each([
    ['default-no-source-and-lo-down', 6],
    ['default-deprecated-v6-source', 3],
    ['rule9-v4-same-subnet-first', 9],
    ['scopev4-rule8-smaller-scope', 8],
  ])('%s is decided by rule %i somewhere', (name, rule) => {
    expect(only(name).map((comparison) => comparison.rule)).toContain(rule)
  })

  test('equal addresses keep the order of the name service', () => {
    const conf = parseGaiConf(null)
    const sources = { '10.0.0.1': '10.9.0.1', '10.0.0.2': '10.9.0.1' }
    const candidates = ['10.0.0.2', '10.0.0.1']
    const { order, comparisons } = orderAddresses({ candidates, sources, ifaddrs: [] }, conf)
    expect(order).toEqual(candidates)
    expect(comparisons).toEqual([
      { a: '10.0.0.2', b: '10.0.0.1', rule: 10, winner: '10.0.0.2', reason: 'the name service gave it first' },
    ])
  })

  test('a tunnel loses against a native interface', () => {
    const candidates = ['2001:db8::1', '2001:db8:1::1']
    const sources = { '2001:db8::1': '2001:db8::9', '2001:db8:1::1': '2001:db8:1::9' }
    const ifaddrs = [
      { addr: '2001:db8::9', prefixlen: 64, index: 2, tunnel: true },
      { addr: '2001:db8:1::9', prefixlen: 64, index: 3 },
    ]
    const { comparisons } = orderAddresses({ candidates, sources, ifaddrs }, parseGaiConf(null))
    expect(comparisons).toMatchObject([{ rule: 7, winner: '2001:db8:1::1' }])
  })

  test('subnets count for IPv4 only on hosts that have an IPv6 address', () => {
    const { ifaddrs, ...rest } = scenario('rule9-v4-longest-in-subnet')
    const withoutIPv6 = ifaddrs.filter(({ addr }) => addr === '::1' || !addr.includes(':'))
    const { order } = predictOrder({ ...rest, ifaddrs: withoutIPv6 })
    expect(order).toEqual(rest.candidates)
  })
})

test('whatever the policy, the order has every candidate once and one comparison per step', () => {
  const pool = ['10.0.0.1', '10.1.0.1', '192.0.2.7', 'fd00::1', '2001:db8::1', '2002::1', 'fe80::1', '::1', '127.0.0.1']
  const line = fc
    .tuple(
      fc.constantFrom('label', 'precedence', 'scopev4'),
      fc.constantFrom('::/0', 'fc00::/7', '::ffff:10.0.0.0/104', '::ffff:0:0/96'),
      fc.nat(60),
    )
    .map((words) => words.join(' '))
  fc.assert(
    fc.property(fc.subarray(pool), fc.array(line), fc.array(fc.boolean()), (candidates, lines, reachable) => {
      const sources = Object.fromEntries(candidates.map((each, at) => [each, reachable[at] ? each : null]))
      const { order } = orderAddresses({ candidates, sources, ifaddrs: [] }, parseGaiConf(lines.join('\n')))
      expect([...order].sort()).toEqual([...candidates].sort())
    }),
  )
})
