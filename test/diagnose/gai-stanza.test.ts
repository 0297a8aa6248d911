import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchPolicy, parseGaiConf } from '../../src/diagnose/gai-conf.ts'
import { planStanza, type StanzaRequest } from '../../src/diagnose/gai-stanza.ts'
import { parseCidr } from '../../src/net/cidr.ts'
import { policyBits } from '../../src/net/ip-address.ts'

const FIVE_ROWS = ['::1/128 50', '::/96 20', '::ffff:0:0/96 10', '2002::/16 30', '::/0 40']
const FIVE = FIVE_ROWS.map((row) => `precedence ${row}\n`).join('')

const cidr = (text: string) => {
  const parsed = parseCidr(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}
const plan = (prefer: StanzaRequest['prefer'], present: string | null, ...networks: string[]) =>
  planStanza({ present, prefer, cidrs: networks.map(cidr) })
const precedenceIn = (text: string, address: string) =>
  matchPolicy(parseGaiConf(text).precedences, policyBits(address) ?? 0n).value

describe('what is added', () => {
  test('to no file: its network, behind those rows of glibc that one line would take away', () => {
    const { added, text } = plan('ipv4', null, '172.31.0.0/16')
    expect(new Set(added.slice(0, -1))).toEqual(new Set(FIVE_ROWS.map((row) => `precedence ${row}`)))
    expect(added.at(-1)).toBe('precedence ::ffff:172.31.0.0/112 100')
    expect(text).toBe(`${added.join('\n')}\n`)
  })

  test('for everything: the row of all IPv4 alone, which is not there twice', () => {
    const { added, shortcomings } = plan('ipv4', null)
    expect(added.filter((line) => line.includes('::ffff:0:0/96'))).toEqual(['precedence ::ffff:0:0/96 100'])
    expect(added).toHaveLength(5)
    expect(shortcomings).toEqual([])
  })

  test('for networks of both families: a line each', () => {
    const { added } = plan('ipv4', FIVE, '172.31.0.0/16', '2001:db8:1::/48')
    expect(added).toEqual(['precedence ::ffff:172.31.0.0/112 100', 'precedence 2001:db8:1::/48 5'])
  })

  test('to prefer IPv6 for its network: more than IPv4 has, and less for a network of IPv4 that has more', () => {
    expect(plan('ipv6', FIVE, '2001:db8:1::/48').added).toEqual([])
    const lifted = FIVE.replace('::ffff:0:0/96 10', '::ffff:0:0/96 60')
    expect(plan('ipv6', lifted, '2001:db8:1::/48').added).toEqual(['precedence 2001:db8:1::/48 100'])
    expect(plan('ipv6', lifted, '172.31.0.0/16').added).toEqual(['precedence ::ffff:172.31.0.0/112 5'])
  })

  test('nothing where the file decides as wished already', () => {
    const present = `${FIVE}precedence ::ffff:172.16.0.0/108 41\n`
    expect(plan('ipv4', present, '172.31.0.0/16')).toEqual({ text: present, added: [], disabled: [], shortcomings: [] })
    expect(plan('ipv6', null, '172.31.0.0/16')).toEqual({ text: '', added: [], disabled: [], shortcomings: [] })
  })

  test('the line, where the file ranks both families alike', () => {
    const level = `${FIVE}precedence ::ffff:172.31.0.0/112 40\n`
    expect(plan('ipv6', level, '172.31.0.0/16')).toMatchObject({ added: [], disabled: [{ line: 6 }] })
    expect(plan('ipv4', level, '172.31.0.0/16')).toMatchObject({
      added: ['precedence ::ffff:172.31.0.0/112 100'],
      disabled: [{ line: 6, text: 'precedence ::ffff:172.31.0.0/112 40', why: 'it decides the other way' }],
    })
  })

  test('ten more than what the file gives the other family, where that is 100 or more', () => {
    const rival = (row: string) => plan('ipv4', `${FIVE}precedence ${row}\n`, '172.31.0.0/16').added
    expect(rival('::/0 99')).toEqual(['precedence ::ffff:172.31.0.0/112 100'])
    expect(rival('2001:db8::/32 99')).toEqual(['precedence ::ffff:172.31.0.0/112 100'])
    expect(rival('2001:db8::/32 100')).toEqual(['precedence ::ffff:172.31.0.0/112 110'])
    expect(rival('2001:db8::/32 250')).toEqual(['precedence ::ffff:172.31.0.0/112 260'])
    // Of one address alone, and of its own family, it need not be afraid.
    expect(rival('2001:db8::1/128 250')).toEqual(['precedence ::ffff:172.31.0.0/112 100'])
    expect(rival('::ffff:10.0.0.0/104 250')).toEqual(['precedence ::ffff:172.31.0.0/112 100'])
    const all = plan('ipv4', 'precedence ::/0 150\nprecedence ::ffff:0:0/96 10\n', '172.31.0.0/16').added
    expect(all).toEqual(['precedence ::ffff:172.31.0.0/112 160'])
  })

  test('the same for IPv6, whose rivals are the networks of IPv4', () => {
    const rivals = (row: string) =>
      plan(
        'ipv6',
        `${FIVE}precedence ::ffff:0:0/96 1\nprecedence ${row}\n`.replace('::ffff:0:0/96 10', '::ffff:0:0/96 60'),
        '2001:db8:1::/48',
      ).added
    expect(rivals('::ffff:10.0.0.0/104 150')).toEqual(['precedence 2001:db8:1::/48 160'])
    expect(rivals('2001:db8:2::/48 150')).toEqual(['precedence 2001:db8:1::/48 100'])
  })
})

describe('what is taken out of effect', () => {
  test('a label of the network, and what lies within it or around it short of all IPv4', () => {
    const labels = [
      '::/0 1',
      '::ffff:0:0/96 4',
      '::ffff:172.31.0.0/112 8',
      '::ffff:172.31.5.0/120 9',
      '::ffff:172.16.0.0/108 7',
    ]
    const others = ['::ffff:10.0.0.0/104 8', '::ffff:172.31.9.0/120 4', '2001:db8::/32 8']
    const present = [...labels, ...others].map((row) => `label ${row}\r\n`).join('')
    const { disabled, text } = plan('ipv4', present, '172.31.0.0/16')
    const why = 'a label for the network works against clients outside it (rule 5)'
    expect(new Set(disabled.map(({ line }) => line))).toEqual(new Set([3, 4, 5]))
    expect(disabled.find(({ line }) => line === 3)).toEqual({ line: 3, text: 'label ::ffff:172.31.0.0/112 8', why })
    expect(text.split('\n').filter((line) => line.startsWith('#'))).toEqual(
      labels.slice(2).map((row) => `#label ${row}\r`),
    )
    expect(parseGaiConf(text).labels.map(({ line }) => line)).not.toContain(3)
  })

  test('no label where the network is IPv6, and none of glibc’s own', () => {
    expect(plan('ipv4', 'label 2001:db8:1::/48 8\n', '2001:db8:1::/48').disabled).toEqual([])
    expect(plan('ipv4', null, '172.31.0.0/16').disabled).toEqual([])
    expect(plan('ipv4', null, '2002::/16').disabled).toEqual([])
    expect(plan('ipv4', 'label 2001:db8:1::1/128 8\n', '2001:db8:1::/48').disabled).toEqual([])
  })

  test('a label that differs from that of all other IPv4, whatever else has it', () => {
    const lines = (...rows: string[]) =>
      plan('ipv4', rows.map((row) => `label ${row}\n`).join(''), '172.31.0.0/16').disabled.map(({ line }) => line)
    expect(lines('2001:db8::/64 4', '::/0 1', '::ffff:172.31.0.0/112 4')).toEqual([3])
    expect(lines('::ffff:0.0.0.0/104 8', '::/0 1', '::ffff:172.31.0.0/112 8')).toEqual([3])
    expect(lines('::ffff:0:0/96 8', '::/0 1', '::ffff:172.31.0.0/112 8')).toEqual([])
    expect(lines('::/0 1', '::ffff:128.0.0.0/97 8')).toEqual([2])
    expect(lines('::/0 1', '::ffff:0:0/96 8')).toEqual([])
  })

  test('its own line alone, where the rest decides as wished without it', () => {
    const present = `precedence ::ffff:172.31.0.0/112 5\nprecedence ::ffff:0:0/96 90\nprecedence ::/0 40`
    const { text, added, disabled } = plan('ipv4', present, '172.31.0.0/16')
    expect([added, disabled.map(({ line }) => line)]).toEqual([[], [1]])
    expect(text).toBe(`#${present}`)
  })

  test('a line of another network stays, though it decides the other way', () => {
    const present = `${FIVE}precedence ::ffff:172.16.0.0/108 5\nprecedence ::ffff:172.30.0.0/112 5\n`
    expect(plan('ipv4', present, '172.31.0.0/16').disabled).toEqual([])
  })

  test('its only precedence line, whose place the five rows of glibc take with the new one', () => {
    const { added } = plan('ipv4', 'precedence ::ffff:172.31.0.0/112 5\n', '172.31.0.0/16')
    expect(added).toHaveLength(6)
    expect(precedenceIn(`${added.join('\n')}\n`, '10.0.0.1')).toBe(10)
  })
})

describe('the text', () => {
  test('ends each line before another begins', () => {
    const line = 'precedence ::ffff:172.31.0.0/112 100\n'
    expect(plan('ipv4', FIVE, '172.31.0.0/16').text).toBe(FIVE + line)
    expect(plan('ipv4', FIVE.trimEnd(), '172.31.0.0/16').text).toBe(FIVE + line)
    expect(plan('ipv4', `\n${FIVE.trimEnd()}`, '172.31.0.0/16').text).toBe(`\n${FIVE}${line}`)
    expect(plan('ipv4', '# mine', '172.31.0.0/16').text).toMatch(/^# mine\nprecedence /)
    expect(plan('ipv4', '', '172.31.0.0/16').text).toMatch(/^precedence /)
  })

  test('a second plan finds nothing more to do', () => {
    const row = fc.constantFrom(
      '::/0',
      '::ffff:0:0/96',
      '::ffff:172.31.0.0/112',
      '::ffff:172.16.0.0/108',
      '2001:db8::/32',
      'fd00::/8',
    )
    const lines = fc.array(
      fc.tuple(fc.constantFrom('label', 'precedence'), row, fc.nat(120)).map((words) => words.join(' ')),
      { maxLength: 5 },
    )
    const network = fc.constantFrom('172.31.0.0/16', '172.31.5.0/24', '2001:db8:1::/48', 'fd00:1::/64')
    fc.assert(
      fc.property(lines, network, fc.constantFrom('ipv4' as const, 'ipv6' as const), (present, where, prefer) => {
        const first = plan(prefer, present.join('\n'), where)
        const own = precedenceIn(first.text, where.split('/')[0] ?? '')
        const other = precedenceIn(first.text, where.includes(':') ? '0.0.0.0' : '2001:db8::1')
        const isFirst = prefer === (where.includes(':') ? 'ipv6' : 'ipv4')
        if (first.shortcomings.length === 0) expect(isFirst ? own > other : own < other).toBe(true)
        const second = plan(prefer, first.text, where)
        if (first.shortcomings.length === 0) expect(second).toEqual({ ...first, added: [], disabled: [] })
      }),
      { numRuns: 300 },
    )
  })
})

describe('what the file cannot do is said', () => {
  const shortcomings = (prefer: StanzaRequest['prefer'], rows: string[], network: string) =>
    plan(prefer, `${FIVE}${rows.map((row) => `precedence ${row}\n`).join('')}`, network).shortcomings

  test('a part of the network that decides otherwise', () => {
    const part = (length: number) => shortcomings('ipv4', [`::ffff:172.31.5.0/${length} 5`], '172.31.0.0/16')
    const said = (length: number) => `line 6 decides otherwise for ::ffff:172.31.5.0/${length}, a part of 172.31.0.0/16`
    expect(part(120)).toEqual([said(120)])
    expect(part(128)).toEqual([said(128)])
    expect(part(112)).toEqual([])
    expect(shortcomings('ipv4', ['::ffff:172.31.5.0/120 41'], '172.31.0.0/16')).toEqual([])
    expect(shortcomings('ipv4', ['::ffff:172.31.5.0/120 40'], '172.31.0.0/16')).toHaveLength(1)
    expect(shortcomings('ipv4', ['::ffff:172.30.5.0/120 5'], '172.31.0.0/16')).toEqual([])
    expect(shortcomings('ipv6', ['2001:db8:1:2::/64 5'], '2001:db8:1::/48')).toEqual([
      'line 6 decides otherwise for 2001:db8:1:2::/64, a part of 2001:db8:1::/48',
    ])
    expect(shortcomings('ipv4', ['2001:db8:1:2::/64 7'], '2001:db8:1::/48')).toEqual([])
  })

  test('a network of the other family that the file puts as high', () => {
    const rival = (row: string) => shortcomings('ipv4', ['::ffff:172.31.0.0/112 100', row], '172.31.0.0/16')
    const said = (row: string) => [`line 7 ranks ${row} as high or higher: names with an address there take that first`]
    expect(rival('2001:db8:1::/48 100')).toEqual(said('2001:db8:1::/48'))
    expect(rival('2001:db8:1::/48 99')).toEqual([])
    expect(rival('2001:db8:1::1/128 200')).toEqual([])
    expect(rival('2001:db8:1::1/127 200')).toEqual(said('2001:db8:1::1/127'))
    expect(rival('::ffff:10.0.0.0/104 200')).toEqual([])
    expect(rival('::ffff:0:0/80 200')).toEqual(said('::ffff:0:0/80'))
    expect(plan('ipv6', null, '::/0').shortcomings).toEqual([])
    expect(shortcomings('ipv6', ['::ffff:10.0.0.0/104 40'], '2001:db8:1::/48')).toEqual([
      'line 6 ranks ::ffff:10.0.0.0/104 as high or higher: names with an address there take that first',
    ])
    expect(shortcomings('ipv6', ['2600::/12 50'], '2001:db8:1::/48')).toEqual([])
    // For IPv4 that is to come last it is no matter.
    expect(shortcomings('ipv6', ['2001:db8:1::/48 200'], '172.31.0.0/16')).toEqual([])
  })

  test('ULA that is to be preferred, and nothing else', () => {
    const ula = /^fd00:1::\/64 is ULA: clients whose only IPv6 address is global/
    expect(shortcomings('ipv6', [], 'fd00:1::/64')).toEqual([expect.stringMatching(ula)])
    expect(shortcomings('ipv4', [], 'fd00:1::/64')).toEqual([])
    expect(shortcomings('ipv6', [], 'fe80::/64')).toEqual([])
    expect(shortcomings('ipv6', [], '172.31.0.0/16')).toEqual([])
  })

  test('what does not come out as wished', () => {
    // A host of IPv6 as high as the greatest value: nothing is higher.
    const { shortcomings: said } = plan('ipv4', 'precedence ::/0 2147483647\n', '172.31.0.0/16')
    expect(said[0]).toBe('172.31.0.0/16 does not come out as wished')
  })
})
