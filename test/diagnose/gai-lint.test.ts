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

describe('to the letter', () => {
  const MAPPED_NETWORK = '::ffff:172.31.0.0/112'
  const only = (text: string, kind: string) => lintGaiConf(text).filter((remark) => remark.kind === kind)

  test('remarks are in the order of lines, the worst of a line first, each with its text', () => {
    const text = `  precedence ::ffff:10.0.0.0/104 40  \r\nprecedance x\r\nlabel ::/0 1\r\nlabel ::/0 1\r\n`
    const said = lintGaiConf(text)
    expect(said.map(({ line, kind }) => [line, kind])).toEqual([
      [1, 'harm'],
      [1, 'harm'],
      [1, 'no-effect'],
      [2, 'ignored'],
      [3, 'doubt'],
      [4, 'doubt'],
    ])
    expect(said[0]?.text).toBe('precedence ::ffff:10.0.0.0/104 40')
    expect(said[3]).toEqual({
      line: 2,
      text: 'precedance x',
      kind: 'ignored',
      sentence: 'glibc drops this line without a word: precedance is no keyword.',
      fix: 'Correct it, or delete it.',
    })
    expect(said[5]).toMatchObject({
      sentence: 'Line 3 has the same prefix and wins: the first one counts.',
      fix: 'Write what is meant.',
    })
  })

  test.each([
    ['precedance ::ffff:0:0/96 10', 'precedence ::ffff:0:0/96 10'],
    ['PRECEDENCE ::1/128 007', 'precedence ::1/128 007'],
    ['Labl ::1/128 0', undefined],
    ['lbael ::1/128 0', undefined],
    ['label: ::1/128 0', undefined],
    ['\ufefflabel ::1/128 0', 'label ::1/128 0'],
    ['x label ::1/128 0', undefined],
    ['label 10.0.0.0/8 0x1f # said', 'label ::ffff:10.0.0.0/104 31'],
    ['label 10.0.0.0/8 0x1fx', undefined],
    ['label ::10.0.0.0:0/104 3', undefined],
    ['label ::ffff:10.0.0.0:0/104x 3', undefined],
    ['label 10.0.0.1/8 3', undefined],
    ['label 10.0.0.0/8 4294967296', undefined],
    ['label shop/8 3', undefined],
  ])('%j is rewritten as %j, or not at all', (line, rewritten) => {
    const [remark] = lintGaiConf(line)
    expect(remark?.fix).toBe(rewritten === undefined ? 'Correct it, or delete it.' : `Write: ${rewritten}`)
  })

  test('a line that crashes programs is harm, and is given its length', () => {
    expect(lintGaiConf('scopev4 10.0.0.1 5')).toEqual([
      {
        line: 1,
        text: 'scopev4 10.0.0.1 5',
        kind: 'harm',
        sentence:
          'The prefix has no /length: glibc before 2.41 reads a stray pointer, and programs that look a name up may crash.',
        fix: 'Write: scopev4 ::ffff:10.0.0.1/128 5',
      },
    ])
    expect(lintGaiConf('scopev4 10.0.0.1')).toMatchObject([{ kind: 'harm', fix: 'Write the length out.' }])
  })

  test('what old and new glibc read otherwise is said of each such line', () => {
    const word = fc.constantFrom(
      '::/0',
      '::/',
      '::',
      '::1',
      '::ffff:0:0/96',
      '10.0.0.1',
      '10.0.0.0/8',
      '',
      '5',
      '-1',
      '/',
      'x',
    )
    const keyword = fc.constantFrom('label', 'precedence', 'scopev4')
    fc.assert(
      fc.property(keyword, word, word, (...words) => {
        const text = words.join(' ')
        const taken = (parser: 'up to 2.40' | 'from 2.41') => parseGaiConf(text, parser).ignoredLines.length === 0
        if (taken('up to 2.40') === taken('from 2.41')) return
        expect(lintGaiConf(text).map(({ sentence }) => sentence)).toContainEqual(
          expect.stringMatching(/glibc (?:before 2\.41|2\.40)/),
        )
      }),
      { numRuns: 300 },
    )
  })

  test.each(['label', 'precedence'])('a copy of glibc’s own %s table is said to be one, once', (table) => {
    const text = table === 'label' ? EIGHT : FIVE
    expect(lintGaiConf(text)).toEqual([
      {
        line: expect.any(Number),
        text: expect.stringContaining(table),
        kind: 'no-effect',
        sentence: `The ${table} lines are glibc's own table, line for line.`,
        fix: 'It may be deleted.',
      },
    ])
    const [first, ...rest] = text.trimEnd().split('\n')
    expect(only(rest.join('\n'), 'no-effect')).toEqual([])
    expect(only(`${first?.replace(/\d+$/, '77')}\n${rest.join('\n')}`, 'no-effect')).toEqual([])
    expect(only(`${text}${table} 2600::/12 77\n`, 'no-effect')).toEqual([])
    for (const other of ['2003::/16', '2002::/17'])
      expect(only(text.replace('2002::/16', other), 'no-effect')).toEqual([])
  })

  test('a row changes nothing where the next wider one has its value, and is none of glibc’s', () => {
    const row = (text: string) => only(`${FIVE}precedence 2001:db8::/32 70\nprecedence ${text}\n`, 'no-effect')
    expect(row('2001:db8:1::/48 70')).toMatchObject([
      { line: 7, sentence: 'It changes nothing: 2001:db8::/32 already gives these addresses precedence 70.' },
    ])
    expect(row('2001:db8::/48 70').map(({ line }) => line)).toEqual([7])
    expect(row('2001:db8:1::/48 71')).toEqual([])
    expect(only(FIVE.replace('::/0 40', '::/0 20'), 'no-effect')).toEqual([])
    expect(row('2001:db8:1::/48 40')).toEqual([])
    expect(row('2600::/12 40')).toMatchObject([{ sentence: expect.stringContaining(': ::/0 already') }])
    expect(row('2001:db8::/32 70')).toEqual([])
    expect(only('scopev4 0.0.0.0/0 14\nscopev4 10.0.0.0/8 14\nscopev4 169.254.0.0/16 2\n', 'no-effect')).toMatchObject([
      { line: 2, sentence: 'It changes nothing: 0.0.0.0/0 already gives these addresses scopev4 14.' },
    ])
  })

  describe('a label of its own for an IPv4 network', () => {
    const harm = (rows: string[], precedences = FIVE) =>
      only(EIGHT + rows.map((row) => `label ${row}\n`).join('') + precedences, 'harm')

    test('is told with the network, both labels, and the precedence that is lost', () => {
      const [trap] = harm([`${MAPPED_NETWORK} 8`], `${FIVE}precedence ${MAPPED_NETWORK} 100\n`)
      expect(trap).toMatchObject({
        line: 9,
        sentence:
          'It works only for clients inside 172.31.0.0/16: one outside, as in a peered VPC, has source label 4, the cluster ' +
          'has 8, and rule 5 (matching label) prefers IPv6 before precedence 100 (line 15) is looked at.',
        fix: 'Delete the line: a precedence line alone does it, for every client. (Or give it label 4.)',
      })
      const others = `${FIVE}precedence ::ffff:172.31.0.0/108 90\nprecedence ::ffff:10.0.0.0/112 90\n`
      expect(harm([`${MAPPED_NETWORK} 8`], others)[0]?.sentence).toMatch(/prefers IPv6 before precedence\.$/)
    })

    test('is none when its label is that of all IPv4, when it is all IPv4, and when it is IPv6', () => {
      expect(harm([`${MAPPED_NETWORK} 4`])).toEqual([])
      expect(harm(['2001:db8::/32 8'])).toEqual([])
      expect(harm(['::ffff:0:0/90 8'])).toEqual([])
      expect(only(`${EIGHT.replace('::ffff:0:0/96 4', '::ffff:0:0/96 9')}${FIVE}`, 'harm')).toEqual([])
    })
  })

  describe('a table that replaces glibc’s', () => {
    test('of precedences without a row for IPv4 lifts all of it', () => {
      const [lost] = only(`\nprecedence 2600::/12 45\nprecedence 2001:db8::/32 44\n`, 'harm')
      expect(lost).toEqual({
        line: 2,
        text: 'precedence 2600::/12 45',
        kind: 'harm',
        sentence:
          "One precedence line replaces glibc's whole precedence table; the file lacks ::1/128, ::/96, ::ffff:0:0/96, 2002::/16. " +
          'Every other IPv4 address now has precedence 40, as IPv6 has: the order of DNS decides, and IPv4 comes first there.',
        fix: 'Add: precedence ::1/128 50; precedence ::/96 20; precedence ::ffff:0:0/96 10; precedence 2002::/16 30',
      })
    })

    test('of precedences without others is doubtful', () => {
      const [lost, ...more] = lintGaiConf(FIVE.replace('precedence 2002::/16 30\n', ''))
      expect(more).toEqual([])
      expect(lost).toMatchObject({
        line: 1,
        kind: 'doubt',
        sentence: expect.stringMatching(
          /lacks 2002::\/16\. Addresses of these ranges now rank with the row around them\.$/,
        ),
        fix: 'Add: precedence 2002::/16 30',
      })
    })

    test('of labels too, in its own words', () => {
      expect(lintGaiConf(EIGHT.replace('label ::ffff:0:0/96 4\n', ''))).toMatchObject([
        {
          kind: 'doubt',
          sentence: expect.stringMatching(
            /label table; the file lacks ::ffff:0:0\/96\. Addresses of these ranges now have the label/,
          ),
          fix: 'Add: label ::ffff:0:0/96 4',
        },
      ])
    })

    test('lacks nothing that it has with another value, or that the row around gives the same', () => {
      expect(only(FIVE.replace('2002::/16 30', '2002::/16 31'), 'doubt')).toEqual([])
      expect(only(FIVE.replace('::/0 40', '::/0 41'), 'doubt')).toEqual([])
      expect(only(FIVE.replace('::/0 40', '2001:db8::/0 41'), 'doubt')).toEqual([])
      const around = FIVE.replace('precedence 2002::/16 30\n', 'precedence 2000::/4 30\n')
      expect(only(around, 'doubt')).toEqual([])
    })
  })

  describe('a precedence for an IPv4 network', () => {
    const powerless = (value: number, table = FIVE) => only(`${table}precedence ${MAPPED_NETWORK} ${value}\n`, 'harm')
    const fix = 'Give it more than 40; 100 is usual.'

    test('has to be above that of IPv6 to bring it first', () => {
      expect(powerless(41)).toEqual([])
      expect(powerless(40)).toMatchObject([
        { sentence: 'Precedence 40 is that of IPv6 (::/0): the line does not bring these addresses first.', fix },
      ])
      expect(powerless(39)).toMatchObject([
        { sentence: 'Precedence 39 is below that of IPv6, 40: the line does not bring these addresses first.', fix },
      ])
    })

    test('below that of all IPv4 is there to put it last', () => {
      expect(powerless(9)).toEqual([])
      expect(powerless(10)).toHaveLength(1)
    })

    test('of all IPv4, or of IPv6, is another matter', () => {
      expect(only(FIVE.replace('::ffff:0:0/96 10', '::ffff:0:0/96 20'), 'harm')).toEqual([])
      expect(only(`${FIVE}precedence 2001:db8:1::/48 20\n`, 'harm')).toEqual([])
      expect(only(`${FIVE}precedence ::ffff:0:0/97 20\n`, 'harm')).toHaveLength(1)
    })
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
