import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CRASHES, type GaiConf, matchPolicy, parseGaiConf } from '../../src/diagnose/gai-conf.ts'
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

describe('to the letter', () => {
  test.each([
    ['precedence 10.0.0.0/8 5', '10.0.0.0 is IPv4 text: write ::ffff:10.0.0.0 and add 96 to the length'],
    [
      'precedence ::ffff:10.0.0.0:0/112 5',
      '::ffff:10.0.0.0:0 is not an address: the dotted quad must come last, ::ffff:10.0.0.0',
    ],
    ['precedence ::ffff:10.0.0.0:00/112 5', '::ffff:10.0.0.0:00 is not an IPv6 address'],
    ['precedence x::ffff:10.0.0.0:0/112 5', 'x::ffff:10.0.0.0:0 is not an IPv6 address'],
    ['precedence /96 5', 'nothing is not an IPv6 address'],
    ['scopev4 nonsense/8 5', 'nonsense is not an IPv6 address'],
    ['scopev4 ::172.16.0.0/108 5', '::172.16.0.0 is not an IPv4-mapped address (::ffff:a.b.c.d)'],
    ['scopev4 ::ffff:0:0/95 5', '/95 is not a length from 96 to 128'],
    ['scopev4 10.0.0.0/33 5', '/33 is not a length from 0 to 32'],
    ['precedence ::/129 5', '/129 is not a length from 0 to 128'],
    ['precedence ::/0 2147483648', '2147483648 is not a value from 0 to 2147483647'],
    ['precedence :: 5', 'the prefix has no /length (glibc before 2.41)'],
    ['RELOAD yes', 'keywords are lower case: reload'],
    ['ScopeV4 ::/0 5', 'keywords are lower case: scopev4'],
    ['toString ::/0 5', 'toString is no keyword'],
  ])('%s is ignored for that', (line, reason) => {
    expect(parseGaiConf(line).ignoredLines).toEqual([{ line: 1, text: line, reason }])
  })

  test('scopev4 without a length is what crashes', () => {
    expect(parseGaiConf('scopev4 10.0.0.0 5').ignoredLines[0]?.reason).toBe(CRASHES)
    expect(parseGaiConf('scopev4 10.0.0.0 5', 'from 2.41').scopes[0]).toMatchObject({ length: 128, value: 5 })
  })

  test('what glibc 2.41 misses it says', () => {
    const reason = (line: string) => parseGaiConf(line, 'from 2.41').ignoredLines[0]?.reason
    expect(reason('precedence ::/0')).toBe('the value is missing (glibc since 2.41)')
    expect(reason('precedence ::/ 5')).toBe('/ is not a length from 0 to 128')
    expect(parseGaiConf('precedence ::1 5', 'from 2.41').warnings.map((each) => each.reason)).toEqual([
      'the prefix has no /length: glibc before 2.41 does not take it as one address',
    ])
  })

  test('a number may wrap as strtoul lets it, up to 64 bits', () => {
    const lengthOf = (text: string) => parseGaiConf(`precedence ::/${text} 5`).precedences[0]
    expect(lengthOf('-18446744073709551584')).toMatchObject({ length: 32, value: 5 })
    expect(lengthOf('-18446744073709551584')?.text).toBe('::/-18446744073709551584')
    for (const wrong of ['18446744073709551616', '18446744073709551648', '-1', '+-1', 'x1', '٣']) {
      expect(lengthOf(wrong)?.line, wrong).toBeUndefined()
    }
  })

  test('each line keeps its number, and CRLF is no part of its text', () => {
    const conf = parseGaiConf('\r\nlabel ::/0 1\r\nlable ::/0 1\r\nlabel fc00::/7 3\r\n')
    expect(conf.labels.map(({ line }) => line)).toEqual([4, 2])
    expect(conf.ignoredLines).toEqual([{ line: 3, text: 'lable ::/0 1', reason: 'lable is no keyword' }])
    expect(conf.reload).toBe(false)
  })
})

describe('a doubt', () => {
  const doubts = (text: string) => parseGaiConf(text).warnings.map(({ line, reason }) => [line, reason])

  test('is of an IPv4 length on a mapped prefix, of 1 to 32', () => {
    const said = (length: number) => `/${length} counts IPv6 bits: for an IPv4 /${length} write /${length + 96}`
    for (const length of [1, 16, 32]) expect(doubts(`label ::FFFF:10.0.0.0/${length} 5`)).toEqual([[1, said(length)]])
    for (const length of [0, 33, 96, 104]) expect(doubts(`label ::ffff:10.0.0.0/${length} 5`)).toEqual([])
    expect(doubts('label 2001:db8::/32 5')).toEqual([])
  })

  test('is of a line that repeats the prefix of an earlier one, in whatever host bits', () => {
    const twin = (line: number) => `line ${line} has the same prefix and wins: the first one counts`
    expect(doubts('label fc00::/7 1\nlabel fd00::/7 2')).toEqual([[2, twin(1)]])
    expect(doubts('label fc00::/7 1\nlabel fd00::/8 2\nlabel fe00::/7 3\nprecedence fc00::/7 4')).toEqual([])
  })

  test('is of an empty length, and of a missing value', () => {
    expect(doubts('label ::/ 5')).toEqual([[1, 'the length is empty: 0 up to glibc 2.40, ignored since']])
    expect(doubts('label ::/0')).toEqual([[1, 'the value is missing: 0 up to glibc 2.40, ignored since']])
  })
})

describe('a table of the file', () => {
  test('gets a catch-all where it has none', () => {
    const tail = (text: string, table: 'labels' | 'precedences' | 'scopes') => {
      const last = parseGaiConf(text)[table].at(-1)
      return [last?.length, last?.value, last?.line]
    }
    expect(tail('label fc00::/7 9', 'labels')).toEqual([0, 1, undefined])
    expect(tail('precedence fc00::/7 9', 'precedences')).toEqual([0, 40, undefined])
    expect(tail('scopev4 10.0.0.0/8 9', 'scopes')).toEqual([96, 14, undefined])
    expect(tail('label ::/0 9', 'labels')).toEqual([0, 9, 1])
    expect(tail('scopev4 0.0.0.0/0 9', 'scopes')).toEqual([96, 9, 1])
    expect(parseGaiConf('scopev4 0.0.0.0/0 9').scopes).toHaveLength(1)
  })

  test('without one does not exist', () => {
    expect(() => matchPolicy([], 0n)).toThrow(/catch-all/)
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
