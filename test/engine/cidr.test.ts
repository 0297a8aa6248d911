import { BlockList } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contains, formatCidr, overlaps, parseCidr, part, sizeOf } from '../../src/engine/network/cidr.ts'

const range = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, prefix]) => `${address}/${prefix}`),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([address, prefix]) => `${address}/${prefix}`),
)

const must = (text: string) => {
  const cidr = parseCidr(text)
  if (!cidr) throw new Error(`not a range: ${text}`)
  return cidr
}

test('a range that is written out reads as the same range', () => {
  fc.assert(
    fc.property(range, (text) => {
      expect(parseCidr(formatCidr(must(text)))).toEqual(must(text))
    }),
  )
})

test('an address is in a range when the kernel-style list of Node says so', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6())
  fc.assert(
    fc.property(range, address, (text, single) => {
      const list = new BlockList()
      const [first = '', prefix] = formatCidr(must(text)).split('/')
      list.addSubnet(first, Number(prefix), must(text).family)
      const { family } = must(single)
      // Node counts IPv4 addresses mapped into IPv6 as both; nodes never see those.
      fc.pre(family === must(text).family)
      expect(contains(must(text), must(single))).toBe(list.check(single, family))
    }),
  )
})

test.each([
  ['10.1.2.3', '10.1.2.3/32'],
  ['10.1.2.3/16', '10.1.0.0/16'],
  ['::1', '::1/128'],
  ['2001:DB8:0:0:0:0:0:1/64', '2001:db8::/64'],
  ['::ffff:1.2.3.4', '::ffff:1.2.3.4/128'],
])('%s is %s', (text, canonical) => expect(formatCidr(must(text))).toBe(canonical))

test.each(['', 'x', '1.2.3/8', '1.2.3.4/33', '1.2.3.4/', '1.2.3.4/8/8', '::1/129', 'fe80::1%eth0/64', '1.2.3.4/-1'])(
  '%j is no range',
  (text) => expect(parseCidr(text)).toBeUndefined(),
)

test('the parts of a range lie in it, side by side', () => {
  const vpc = must('172.31.0.0/16')
  const parts = Array.from({ length: 16 }, (_, number) => part(vpc, 20, number))
  expect(parts.every((each) => contains(vpc, each) && sizeOf(each) === 4096n)).toBe(true)
  expect(parts.some((each, at) => parts.slice(at + 1).some((other) => overlaps(each, other)))).toBe(false)
})
