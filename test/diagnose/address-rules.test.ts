import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Dialect,
  type InterfaceAddress,
  type OrderInput,
  orderAddresses,
} from '../../src/diagnose/address-order.ts'
import { parseGaiConf } from '../../src/diagnose/gai-conf.ts'

type Pair = readonly [address: string, source: string | null]

/** What decides between two candidates, and how. */
function between(a: Pair, b: Pair, more: Partial<OrderInput & { gaiConf: string; dialect: Dialect }> = {}) {
  const { gaiConf = null, dialect, ...rest } = more
  const input = { candidates: [a[0], b[0]], sources: Object.fromEntries([a, b]), ifaddrs: [], ...rest }
  const { comparisons } = orderAddresses(input, parseGaiConf(gaiConf), dialect)
  expect(comparisons).toHaveLength(1)
  const [{ rule, winner, reason } = { rule: 0, winner: '', reason: '' }] = comparisons
  return { rule, winner, reason }
}

/** The same, whichever of the two the name service gives first. */
function eitherWay(a: Pair, b: Pair, more: Parameters<typeof between>[2] = {}) {
  const found = between(a, b, more)
  expect(between(b, a, more)).toEqual(found)
  return found
}

const address = (addr: string, index: number, more: Partial<InterfaceAddress> = {}): InterfaceAddress => ({
  addr,
  prefixlen: 64,
  index,
  ...more,
})

describe('rule by rule', () => {
  test('1: what cannot be reached comes last', () => {
    expect(eitherWay(['2001:db8::1', null], ['192.0.2.1', '192.0.2.9'])).toEqual({
      rule: 1,
      winner: '192.0.2.1',
      reason: "192.0.2.1 can be reached from this host, the other can't",
    })
  })

  test('1: a source that is not known is none', () => {
    const input = { candidates: ['192.0.2.2', '192.0.2.1'], sources: { '192.0.2.1': '192.0.2.9' }, ifaddrs: [] }
    expect(orderAddresses(input, parseGaiConf(null)).order).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  test('2 to 5 say nothing where neither can be reached: precedence does', () => {
    expect(eitherWay(['2001:db8::1', null], ['fe80::1', null])).toMatchObject({ rule: 8 })
    expect(eitherWay(['2001:db8::1', null], ['192.0.2.1', null])).toMatchObject({ rule: 6, winner: '2001:db8::1' })
  })

  // RFC 4291's scopes: link-local 2, site-local 5, global 14; of multicast its own four bits.
  test.each([
    ['fe80::1', 2],
    ['febf:ffff::1', 2],
    ['::1', 2],
    ['fec0::1', 5],
    ['feff::1', 5],
    ['2001:db8::1', 14],
    ['fd00::1', 14],
    ['fe00::1', 14],
    ['::2', 14],
    ['ff02::1', 2],
    ['ff05::1', 5],
    ['ff08::1', 8],
    ['ff1e::1', 14],
    ['169.254.1.1', 2],
    ['127.0.0.1', 2],
    ['10.0.0.1', 14],
  ])('2: %s has scope %i', (text, scope) => {
    const source: Record<number, string> = { 2: 'fe80::9', 5: 'fec0::9', 8: 'ff08::9', 14: '2001:db8::9' }
    // The other candidate's scope is never that of its source.
    const other: Pair = scope === 5 ? ['2001:db8:7::7', 'fe80::8'] : ['2001:db8:7::7', 'fec0::8']
    expect(eitherWay([text, source[scope] ?? ''], other)).toEqual({
      rule: 2,
      winner: text,
      reason: `the scope of ${text} (${scope}) is that of its source`,
    })
  })

  test('3: a deprecated source loses, where rule 3 is followed', () => {
    const pairs = [
      ['2001:db8:1::1', '2001:db8:1::9'],
      ['2001:db8:2::1', '2001:db8:2::9'],
    ] as const
    const ifaddrs = [address('2001:db8:1::9', 2, { deprecated: true }), address('2001:db8:2::9', 2)]
    expect(eitherWay(...pairs, { ifaddrs })).toEqual({
      rule: 3,
      winner: '2001:db8:2::1',
      reason: 'the source of 2001:db8:2::1 is not deprecated',
    })
    const dialect: Dialect = { deprecation: false, prefixMatch: 'all bits' }
    expect(between(...pairs, { ifaddrs, dialect })).toMatchObject({ rule: 10, winner: '2001:db8:1::1' })
  })

  test('5: the label of the source wins', () => {
    expect(eitherWay(['fd00::1', 'fd00::9'], ['2001:db8::1', 'fd00::9'])).toEqual({
      rule: 5,
      winner: 'fd00::1',
      reason: 'fd00::1 has the label of its source, 6',
    })
  })

  test('6: the higher precedence wins, and both rows are named, with the line of the file', () => {
    expect(eitherWay(['2001:db8::1', '2001:db8::9'], ['192.0.2.1', '192.0.2.9'])).toEqual({
      rule: 6,
      winner: '2001:db8::1',
      reason: 'precedence 40 (::/0) over 10 (::ffff:0:0/96)',
    })
    const gaiConf = '\nprecedence ::ffff:0:0/96 100\n'
    expect(eitherWay(['2001:db8::1', '2001:db8::9'], ['192.0.2.1', '192.0.2.9'], { gaiConf })).toEqual({
      rule: 6,
      winner: '192.0.2.1',
      reason: 'precedence 100 (::ffff:0:0/96, line 2) over 40 (::/0)',
    })
  })

  test('7: a tunnel loses, but only against another interface', () => {
    const pairs = [
      ['2001:db8:1::1', '2001:db8:1::9'],
      ['2001:db8:2::1', '2001:db8:2::9'],
    ] as const
    const onTunnel = address('2001:db8:1::9', 2, { tunnel: true })
    expect(eitherWay(...pairs, { ifaddrs: [onTunnel, address('2001:db8:2::9', 3)] })).toEqual({
      rule: 7,
      winner: '2001:db8:2::1',
      reason: '2001:db8:2::1 is not reached through a tunnel',
    })
    // On one interface it is no reason, whatever is known of it.
    const onSame = { ifaddrs: [onTunnel, address('2001:db8:2::9', 2)] }
    expect(between(...pairs, onSame)).toMatchObject({ rule: 10, winner: '2001:db8:1::1' })
  })

  test('8: the smaller scope wins', () => {
    expect(eitherWay(['fe80::1', 'fe80::9'], ['2001:db8::1', '2001:db8::9'])).toEqual({
      rule: 8,
      winner: 'fe80::1',
      reason: 'scope 2 is smaller than 14',
    })
  })

  test('9: the longer common prefix wins within IPv6, the interface identifier included', () => {
    expect(eitherWay(['2001:db8::11', '2001:db8::10'], ['2001:db8::2', '2001:db8::10'])).toEqual({
      rule: 9,
      winner: '2001:db8::11',
      reason: '2001:db8::11 shares 127 leading bits with its source, the other 123',
    })
  })

  test('9 says nothing between families', () => {
    const gaiConf = 'precedence ::/0 40\nlabel ::/0 1\n'
    const mixed = between(['192.0.2.1', '10.0.0.9'], ['2001:db8::1', '2001:db8::1'], { gaiConf })
    expect(mixed).toEqual({ rule: 10, winner: '192.0.2.1', reason: 'the name service gave it first' })
  })

  test('10: of the same worth the first wins, and of one address twice too', () => {
    const same: Pair = ['192.0.2.1', '192.0.2.9']
    expect(between(['192.0.2.2', '192.0.2.9'], same)).toMatchObject({ rule: 10, winner: '192.0.2.2' })
    expect(between(same, ['192.0.2.2', '192.0.2.9'])).toMatchObject({ rule: 10, winner: '192.0.2.1' })
  })
})

describe('rule 9 within IPv4 counts the bits of the subnet of the source only', () => {
  const near: Pair = ['10.1.2.3', '10.1.2.9']
  const far: Pair = ['10.1.99.3', '10.1.2.9']
  const ipv6 = address('2001:db8::9', 3)

  test.each([
    ['both in it', 16, { rule: 9, reason: '10.1.2.3 shares 28 leading bits with its source, the other 17' }],
    ['one of them in it', 24, { rule: 9, reason: '10.1.2.3 shares 28 leading bits with its source, the other 0' }],
    ['neither in it', 29, { rule: 10 }],
    ['no length known', 0, { rule: 10 }],
  ])('%s', (_, prefixlen, expected) => {
    const ifaddrs = [address('10.1.2.9', 2, { prefixlen }), ipv6]
    expect(between(near, far, { ifaddrs })).toMatchObject({ ...expected, winner: near[0] })
  })

  test('the source itself is in a subnet of no length', () => {
    const ifaddrs = [address('10.1.2.9', 2, { prefixlen: 0 }), ipv6]
    expect(eitherWay(['10.1.2.9', '10.1.2.9'], far, { ifaddrs })).toEqual({
      rule: 9,
      winner: '10.1.2.9',
      reason: '10.1.2.9 shares 32 leading bits with its source, the other 0',
    })
  })

  test.each([
    ['no IPv6 address', []],
    ['::1 alone', [address('::1', 1)]],
    ['IPv4 addresses alone', [address('10.7.7.7', 3)]],
  ])('on a host that has %s glibc knows no subnets', (_, others) => {
    const ifaddrs = [address('10.1.2.9', 2, { prefixlen: 16 }), ...others]
    expect(between(near, far, { ifaddrs })).toMatchObject({ rule: 10 })
    const dialect: Dialect = { deprecation: true, prefixMatch: 'all bits' }
    expect(between(near, far, { ifaddrs, dialect })).toMatchObject({ rule: 9 })
  })
})

describe('rule 9 of other libraries', () => {
  const source = '2001:db8:0:1::10'
  const [near, far]: Pair[] = [
    ['2001:db8:0:1::11', source],
    ['2001:db8:0:1:8000::1', source],
  ]
  const [inside, outside]: Pair[] = [
    ['2001:db8:0:1::1', source],
    ['2001:db8:0:2::1', source],
  ]
  const pairOf = (...pair: (Pair | undefined)[]) => pair as [Pair, Pair]
  const by = (prefixMatch: Dialect['prefixMatch']): Dialect => ({ deprecation: true, prefixMatch })

  test('the first 64 bits of IPv6', () => {
    const dialect = by('first 64 bits of IPv6')
    expect(eitherWay(...pairOf(inside, outside), { dialect })).toEqual({
      rule: 9,
      winner: '2001:db8:0:1::1',
      reason: '2001:db8:0:1::1 shares 64 leading bits with its source, the other 62',
    })
    expect(between(...pairOf(far, near), { dialect })).toMatchObject({ rule: 10 })
  })

  test('as many as the prefix of the source has, all of them where that is not known', () => {
    const dialect = by('IPv6 within the prefix of the source')
    const short = [address(source, 2, { prefixlen: 48 })]
    expect(between(...pairOf(outside, inside), { dialect, ifaddrs: short })).toMatchObject({ rule: 10 })
    expect(eitherWay(...pairOf(near, far), { dialect })).toMatchObject({ rule: 9, winner: '2001:db8:0:1::11' })
    expect(eitherWay(...pairOf(near, far), { dialect, ifaddrs: [address(source, 2, { prefixlen: 0 })] })).toMatchObject(
      {
        rule: 9,
        reason: '2001:db8:0:1::11 shares 127 leading bits with its source, the other 64',
      },
    )
  })

  test.each(['first 64 bits of IPv6', 'IPv6 within the prefix of the source'] as const)(
    '%s: nothing of IPv4',
    (match) => {
      const ifaddrs = [address('10.1.2.9', 2, { prefixlen: 8 }), address('2001:db8::9', 3)]
      const dialect = by(match)
      expect(between(['10.9.9.9', '10.1.2.9'], ['10.1.2.3', '10.1.2.9'], { dialect, ifaddrs })).toMatchObject({
        rule: 10,
      })
    },
  )

  test('all bits, of IPv4 too', () => {
    const dialect = by('all bits')
    expect(eitherWay(['10.9.9.9', '10.1.2.9'], ['10.1.2.3', '10.1.2.9'], { dialect })).toEqual({
      rule: 9,
      winner: '10.1.2.3',
      reason: '10.1.2.3 shares 124 leading bits with its source, the other 108',
    })
  })

  test('nothing of what cannot be reached', () => {
    for (const match of [
      'glibc',
      'all bits',
      'first 64 bits of IPv6',
      'IPv6 within the prefix of the source',
    ] as const) {
      const pair = pairOf(['2001:db8:0:2::1', null], ['2001:db8:0:1::1', null])
      expect(between(...pair, { dialect: by(match) }), match).toMatchObject({ rule: 10, winner: '2001:db8:0:2::1' })
    }
  })
})

test('what is no address is refused by name', () => {
  const input = { candidates: ['shop.example'], sources: {}, ifaddrs: [] }
  expect(() => orderAddresses(input, parseGaiConf(null))).toThrow('shop.example is not an IP address')
})

test('what precedence tells apart is in its order, whatever order the name service gave', () => {
  const order = ['::1', '2001:db8::1', '2002::1', '::9', '192.0.2.1']
  const sources = Object.fromEntries(order.map((each) => [each, each]))
  fc.assert(
    fc.property(fc.shuffledSubarray(order), (candidates) => {
      const sorted = orderAddresses({ candidates, sources, ifaddrs: [] }, parseGaiConf(null)).order
      expect(sorted).toEqual(order.filter((each) => candidates.includes(each)))
    }),
  )
})
