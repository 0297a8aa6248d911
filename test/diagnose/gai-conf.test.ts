import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type GaiConf, matchPolicy, parseGaiConf } from '../../src/diagnose/gai-conf.ts'
import { policyBits } from '../../src/net/ip-address.ts'

const valueFor = (table: GaiConf['labels'], address: string) => matchPolicy(table, policyBits(address) ?? 0n).value
const precedence = (conf: GaiConf, address: string) => valueFor(conf.precedences, address)
const ipv4Precedence = (line: string, parser?: Parameters<typeof parseGaiConf>[1]) =>
  precedence(parseGaiConf(line, parser), '172.31.10.77')

describe('without a file', () => {
  const conf = parseGaiConf(null)
  test.each([
    ['::1', 0, 50],
    ['2002::1', 2, 30],
    ['::9', 3, 20],
    ['10.0.0.1', 4, 10],
    ['fec0::1', 5, 40],
    ['fd00::1', 6, 40],
    ['2001::1', 7, 40],
    ['2001:db8::1', 1, 40],
  ])('%s has label %i and precedence %i', (address, label, prec) => {
    expect([valueFor(conf.labels, address), precedence(conf, address)]).toEqual([label, prec])
  })

  test('IPv4 scopes are link-local for 127/8 and 169.254/16, global for all others, RFC 1918 too', () => {
    const scopes = ['127.9.9.9', '169.254.1.1', '10.0.0.1', '8.8.8.8'].map((each) => valueFor(conf.scopes, each))
    expect(scopes).toEqual([2, 2, 14, 14])
  })
})

describe('one valid line', () => {
  test('replaces the whole table of its kind, and no other', () => {
    const conf = parseGaiConf('precedence ::ffff:172.31.0.0/112 100\n')
    expect(['172.31.0.1', '10.0.0.1', '2002::1', '::1'].map((each) => precedence(conf, each))).toEqual([
      100, 40, 40, 40,
    ])
    expect(conf.labels).toEqual(parseGaiConf(null).labels)
  })

  test('with /0, whatever its address, is the catch-all', () => {
    expect(precedence(parseGaiConf('precedence 2001:db8::/0 7'), '10.0.0.1')).toBe(7)
    expect(valueFor(parseGaiConf('label fc00::/7 9').labels, '10.0.0.1')).toBe(1)
  })

  test('wins over later ones with the same prefix, and longer prefixes win over all', () => {
    const conf = parseGaiConf('precedence ::/0 1\nprecedence ::ffff:0:0/96 2\nprecedence ::ffff:0:0/96 3')
    expect([precedence(conf, '10.0.0.1'), precedence(conf, 'fd00::1')]).toEqual([2, 1])
    expect(conf.warnings).toMatchObject([{ line: 3, reason: expect.stringContaining('line 2') }])
  })
})

describe('a line is read as glibc reads it', () => {
  test.each([
    ['tabs and CRLF', 'precedence\t::ffff:0:0/96\v35\r\n', 35],
    ['words after the value', 'precedence ::ffff:0:0/96 35 40 foo', 35],
    ['a comment after it', 'precedence ::ffff:0:0/96 35#40', 35],
    ['leading zeros and plus', 'precedence ::ffff:0:0/096 +0035', 35],
    ['host bits in the prefix', 'precedence ::ffff:172.31.9.9/112 35', 35],
    ['hexadecimal groups', 'precedence ::FFFF:ac1f:0/112 35', 35],
    ['the greatest value', 'precedence ::ffff:0:0/96 2147483647', 2147483647],
  ])('with %s', (_, line, value) => {
    const conf = parseGaiConf(line)
    expect(precedence(conf, '172.31.10.77')).toBe(value)
    expect(conf.ignoredLines).toEqual([])
  })

  test.each([
    ['IPv4 text', 'precedence 172.31.0.0/16 100', 'IPv4 text'],
    ['the form netsh prints', 'precedence ::ffff:172.31.0.0:0/112 100', 'dotted quad must come last'],
    ['a zone', 'precedence fe80::%eth0/64 100', 'not an IPv6 address'],
    ['a length above 128', 'precedence ::ffff:0:0/129 100', '/129'],
    ['text after the length', 'precedence ::ffff:0:0/96x 100', '/96x'],
    ['a value above the greatest int', 'precedence ::ffff:0:0/96 2147483648', '2147483648'],
    ['a negative value', 'precedence ::ffff:0:0/96 -5', '-5'],
    ['a hexadecimal value', 'precedence ::ffff:0:0/96 0x64', '0x64'],
    ['a keyword in capitals', 'Precedence ::ffff:0:0/96 100', 'lower case'],
    ['a byte order mark', '\ufeffprecedence ::ffff:0:0/96 100', 'byte order mark'],
    ['a keyword cut short', 'prec ::ffff:0:0/96 100', 'no keyword'],
  ])('or ignored, with %s', (_, line, reason) => {
    const conf = parseGaiConf(`# first\n${line}\n`)
    expect(conf.ignoredLines).toEqual([{ line: 2, text: line, reason: expect.stringContaining(reason) }])
    expect(precedence(conf, '172.31.10.77')).toBe(10)
  })

  test('a prefix without length, a missing value and an empty length mean other things since 2.41', () => {
    expect(ipv4Precedence('precedence ::ffff:172.31.10.77 99')).toBe(10)
    expect(ipv4Precedence('precedence ::ffff:172.31.10.77 99', 'from 2.41')).toBe(99)
    expect(ipv4Precedence('precedence ::ffff:0:0/96')).toBe(0)
    expect(ipv4Precedence('precedence ::ffff:0:0/96', 'from 2.41')).toBe(10)
    expect(ipv4Precedence('precedence ::ffff:0:0/ 100')).toBe(100)
    expect(ipv4Precedence('precedence ::ffff:0:0/ 100', 'from 2.41')).toBe(10)
    expect(parseGaiConf('precedence ::ffff:0:0/').warnings).toHaveLength(2)
  })

  test('an IPv4 length on a mapped prefix is read as written, with a warning', () => {
    const conf = parseGaiConf('precedence ::ffff:172.31.0.0/16 100')
    expect(precedence(conf, '8.8.8.8')).toBe(100)
    expect(conf.warnings).toMatchObject([{ line: 1, reason: expect.stringContaining('/112') }])
  })

  test('scopev4 takes IPv4 text and mapped prefixes of 96 bits or more', () => {
    const conf = parseGaiConf(
      'scopev4 10.0.0.0/8 5\nscopev4 ::ffff:172.16.0.0/108 6\nscopev4 ::172.16.0.0/108 7\nscopev4 ::ffff:0:0/95 8',
    )
    expect(['10.1.1.1', '172.31.1.1', '8.8.8.8'].map((each) => valueFor(conf.scopes, each))).toEqual([5, 6, 14])
    expect(conf.ignoredLines.map(({ line }) => line)).toEqual([3, 4])
  })

  test('reload yes is noticed, and the last one counts', () => {
    expect(parseGaiConf('reload yes').reload).toBe(true)
    expect(parseGaiConf('reload yes\nreload no').reload).toBe(false)
  })
})

test('no text makes the parser throw, and every table keeps a catch-all', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'label',
      'precedence',
      'scopev4',
      'reload',
      '::/0',
      '::ffff:0:0/96',
      '10.0.0.0/8',
      '100',
      '#',
      '\n',
    ),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const conf = parseGaiConf(words.join(' '))
      for (const table of [conf.labels, conf.precedences, conf.scopes])
        expect(valueFor(table, '1.2.3.4')).toBeTypeOf('number')
    }),
  )
})
