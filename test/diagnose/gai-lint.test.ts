import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { orderAddresses } from '../../src/diagnose/address-order.ts'
import { parseGaiConf } from '../../src/diagnose/gai-conf.ts'
import { lintGaiConf } from '../../src/diagnose/gai-lint.ts'
import { planStanza } from '../../src/diagnose/gai-stanza.ts'
import { parseCidr } from '../../src/net/cidr.ts'

const FIVE = ['::1/128 50', '::/0 40', '2002::/16 30', '::/96 20', '::ffff:0:0/96 10']
  .map((row) => `precedence ${row}\n`)
  .join('')
const EIGHT = [
  '::1/128 0',
  '::/0 1',
  '2002::/16 2',
  '::/96 3',
  '::ffff:0:0/96 4',
  'fec0::/10 5',
  'fc00::/7 6',
  '2001:0::/32 7',
]
  .map((row) => `label ${row}\n`)
  .join('')
const kinds = (text: string | null) => lintGaiConf(text).map(({ line, kind }) => [line, kind])

describe('what lint says of a gai.conf', () => {
  test.each([
    ['no file', null],
    ['an empty file', ''],
    ['comments', '# label ::1/128 0\n'],
    ['the right stanza', `${FIVE}precedence ::ffff:172.31.0.0/112 100\n`],
  ])('nothing of %s', (_, text) => {
    expect(lintGaiConf(text)).toEqual([])
  })

  test("the guide's sample fails for clients outside the CIDR, because of its label line", () => {
    const sample = `${EIGHT}label ::ffff:172.31.0.0/112 8\n${FIVE}precedence ::ffff:172.31.0.0/112 100\n`
    const harm = lintGaiConf(sample).filter(({ kind }) => kind === 'harm')
    expect(harm).toMatchObject([{ line: 9, sentence: expect.stringContaining('clients inside 172.31.0.0/16') }])
    expect(harm[0]?.sentence).toContain('precedence 100 (line 15)')
  })

  test.each([
    ['precedance ::/0 4', 'Write: precedence ::/0 4'],
    ['precedence ::/0 0x10', 'Write: precedence ::/0 16'],
    ['scopev4 ::172.16.0.0/108 5', 'Write: scopev4 ::ffff:172.16.0.0/108 5'],
    ['preference ::/0 4', 'Correct it, or delete it.'],
  ])('a line glibc drops comes with one that it reads, or with none: %s', (line, fix) => {
    expect(lintGaiConf(`${line}\n`)).toMatchObject([{ line: 1, kind: 'ignored', fix }])
  })

  test('one precedence line alone lifts all other IPv4 to the level of IPv6', () => {
    const [remark] = lintGaiConf('precedence ::ffff:172.31.0.0/112 100')
    expect(remark).toMatchObject({ line: 1, kind: 'harm', fix: expect.stringContaining('precedence ::ffff:0:0/96 10') })
  })

  test.each([
    ['precedence 172.31.0.0/16 100', 'Write: precedence ::ffff:172.31.0.0/112 100'],
    ['precedence ::ffff:172.31.0.0:0/112 100', 'Write: precedence ::ffff:172.31.0.0/112 100'],
    ['Label ::1/128 0', 'Write: label ::1/128 0'],
  ])('%s does nothing, and is rewritten', (line, fix) => {
    expect(lintGaiConf(line)).toMatchObject([{ line: 1, kind: 'ignored', fix }])
  })

  test.each([
    ['a copy of the built-in table', FIVE, [[1, 'no-effect']]],
    ['a repeated prefix', `${FIVE}precedence ::/0 90\n`, [[6, 'doubt']]],
    ['an IPv4 length on a mapped prefix', `${FIVE}precedence ::ffff:172.31.0.0/16 100\n`, [[6, 'doubt']]],
    ['a precedence level with IPv6', `${FIVE}precedence ::ffff:10.0.0.0/104 40\n`, [[6, 'harm']]],
    ['a row that repeats the one around it', `${FIVE}precedence 2001:db8::/32 40\n`, [[6, 'no-effect']]],
  ])('%s', (_, text, expected) => {
    expect(kinds(text)).toEqual(expected)
  })
})

const cidr = (text: string) => {
  const parsed = parseCidr(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

describe('the stanza generate writes', () => {
  test('keeps the five defaults and adds one line, without labels', () => {
    const { added, text } = planStanza({ present: '', prefer: 'ipv4', cidrs: [cidr('172.31.0.0/16')] })
    expect(added).toHaveLength(6)
    expect(added.at(-1)).toBe('precedence ::ffff:172.31.0.0/112 100')
    expect(lintGaiConf(text)).toEqual([])
  })

  test('adds only the line where the file has a table of its own, and ends the last line first', () => {
    const { text } = planStanza({ present: FIVE.trimEnd(), prefer: 'ipv4', cidrs: [cidr('172.31.0.0/16')] })
    expect(text).toBe(`${FIVE}precedence ::ffff:172.31.0.0/112 100\n`)
  })

  test('takes a preference back by taking its line back', () => {
    const present = `${FIVE}precedence ::ffff:172.31.0.0/112 100\n`
    const { added, disabled } = planStanza({ present, prefer: 'ipv6', cidrs: [cidr('172.31.0.0/16')] })
    expect([added, disabled.map(({ line }) => line)]).toEqual([[], [6]])
  })

  test('warns of a network of the other family that the file puts before it', () => {
    const present = `${FIVE}precedence ::ffff:172.31.0.0/112 100\nprecedence 2001:db8:1::/48 110\n`
    const { shortcomings } = planStanza({ present, prefer: 'ipv4', cidrs: [cidr('172.31.0.0/16')] })
    expect(shortcomings).toEqual([
      'line 7 ranks 2001:db8:1::/48 as high or higher: names with an address there take that first',
    ])
  })

  test('warns that ULA nodes stay behind IPv4 for clients with global addresses only', () => {
    const { shortcomings } = planStanza({ present: null, prefer: 'ipv6', cidrs: [cidr('fd00:1::/64')] })
    expect(shortcomings).toEqual([expect.stringContaining('ULA')])
  })

  test('does what was asked, whatever the file held, for clients inside and outside', () => {
    const line = fc
      .tuple(
        fc.constantFrom('label', 'precedence'),
        fc.constantFrom('::/0', '::ffff:0:0/96', '::ffff:172.31.0.0/112', '::ffff:172.16.0.0/108', '2000::/3'),
        fc.nat(200),
      )
      .map(([keyword, prefix, value]) => `${keyword} ${prefix} ${keyword === 'label' ? value % 12 : value}`)
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.constantFrom('172.31.5.5', '10.20.0.5'), (lines, client) => {
        const { text, shortcomings } = planStanza({
          present: lines.join('\n'),
          prefer: 'ipv4',
          cidrs: [cidr('172.31.0.0/16')],
        })
        const conf = parseGaiConf(text)
        const [v4, v6] = ['172.31.10.77', '2001:db8::77']
        const sources = { [v4]: client, [v6]: '2001:db8::5' }
        const order = orderAddresses({ candidates: [v6, v4], sources, ifaddrs: [] }, conf)
        // A label of everything IPv4, or a wider one, is the file's own affair.
        const labelled = order.comparisons.some(({ rule, winner }) => rule === 5 && winner === v6)
        if (shortcomings.length === 0 && !labelled) expect(order.order[0]).toBe(v4)
      }),
    )
  })
})

describe('CIDRs', () => {
  test.each([
    ['172.31.0.0/16', '::ffff:172.31.0.0/112'],
    ['10.0.0.1', '::ffff:10.0.0.1/128'],
    ['2001:db8::/56', '2001:db8::/56'],
  ])('%s is written %s', (text, policyText) => {
    expect(parseCidr(text)).toMatchObject({ policyText })
  })

  test.each([
    ['172.31.5.0/16', 'the network is 172.31.0.0/16'],
    ['172.31.0.0/33', 'not a length from 0 to 32'],
    ['nonsense', 'is not a CIDR'],
  ])('%s is refused: %s', (text, reason) => {
    expect(parseCidr(text)).toContain(reason)
  })
})
