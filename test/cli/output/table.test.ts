import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ASCII, UNICODE } from '../../../src/cli/output/characters.ts'
import { shortened, widthOf, wrapWords } from '../../../src/cli/output/display-width.ts'
import { unmarked } from '../../../src/cli/output/sequences.ts'
import { styleOf } from '../../../src/cli/output/style.ts'
import { drawTable, fit, noteOf, tableText, withNote } from '../../../src/cli/output/table.ts'

const now = new Date('2026-11-21T12:00:00Z')
const wide = await styleOf(false, Number.POSITIVE_INFINITY, now)
const at = (width: number) => ({ ...wide, width })
const widest = (text: string): number => Math.max(...text.split('\n').map(widthOf))

const ROW = ['localhost:11211', 'the caller takes IPv6, and the sidecar listens on IPv4 only']

describe('a table', () => {
  test('wraps long text to the width there is, and loses no word', () => {
    const table = tableText(['Endpoint', { long: 'Because' }], [ROW], at(50))
    expect(widest(table)).toBe(50)
    for (const word of ROW.join(' ').split(' ')) expect(table).toContain(word)
  })

  test('is drawn in full where no width is given', () => {
    const name = 'n'.repeat(300)
    expect(tableText(['Name', 'Status'], [[name, 'available']], wide)).toContain(`│ ${name} │ available │`)
  })

  test('shortens a long name before a column goes, and says whose cells are not all there', () => {
    const name = `${'a-very-long-name-of-a-cluster'.repeat(2)}-0001`
    const drawn = tableText(['Cluster', 'Status', 'Endpoint'], [[name, 'available', '127.0.0.1:11211']], at(60))
    expect(drawn).toMatch(/│ a-very-lon.*….*-0001 │ available │ 127\.0\.0\.1:11211 │/)
    expect(drawn).toContain('A wider terminal shows all of Cluster.')
  })

  test('leaves columns out rather than that two names look the same', () => {
    const names = ['normal', 'pubsub', 'replica'].flatMap((kind) => [
      `client-output-buffer-limit-${kind}-hard-limit`,
      `client-output-buffer-limit-${kind}-soft-limit`,
    ])
    const rows = names.map((name) => [name, '33554432', 'yes', '0-', 'immediate', 'integer'])
    const drawn = tableText(['Parameter', 'Value', 'Can change', 'Allowed', 'Takes effect', 'Type'], rows, at(70))
    const shown = drawn.split('\n').flatMap((line) => /^│ (client\S+)/.exec(line)?.[1] ?? [])
    expect(new Set(shown).size).toBe(names.length)
    expect(widest(drawn)).toBeLessThanOrEqual(70)
  })

  test('tells of a time what is not finest, whole', () => {
    const drawn = (width: number) =>
      tableText(['When', 'Source'], [['2026-11-29 15:50:28Z (3 min ago)', 'shop-0001']], at(width))
    expect(drawn(40)).toMatch(/│ 2026-11-29 15:50:28Z +│/)
    expect(drawn(34)).toMatch(/│ 2026-11-29 15:50 +│/)
    expect(drawn(28)).toMatch(/│ 11-29 15:50 +│/)
    expect(drawn(34).replaceAll('\n', ' ')).toContain('all of When')
  })

  test('leaves columns out from the right, and says which', () => {
    const heads = ['Cluster', 'Status', 'Endpoint', 'Nodes', 'Node type', 'Engine']
    const cells = ['shop', 'available', '127.0.0.1:11211', '2', 'cache.t4g.small', 'memcached 1.6.22']
    const drawn = tableText(heads, [cells], at(60))
    expect(drawn).toContain('│ shop    │ available │ 127.0.0.1:11211 │ 2     │')
    expect(drawn).toContain('also shows Node type, Engine.')
  })

  test('breaks a head over lines before anything else gives way', () => {
    const drawn = tableText(['Node', "Node's own count"], [['0001', '17']], at(24))
    expect(drawn.split('\n').slice(1, 5)).toEqual([
      "│ Node │ Node's own    │",
      '│      │ count         │',
      '├──────┼───────────────┤',
      '│ 0001 │ 17            │',
    ])
  })

  test('counts characters that take two columns, and those that take none', () => {
    const drawn = tableText(
      ['Value', 'x'],
      [
        ['キャッシュ', '1'],
        ['e\u0301te\u0301', '2'],
        ['🚀', '3'],
      ],
      wide,
    )
    expect(new Set(drawn.split('\n').map(widthOf)).size).toBe(1)
    expect(widest(tableText(['Value', 'x'], [['キ'.repeat(40), '1']], at(40)))).toBeLessThanOrEqual(40)
  })

  test('is of ASCII alone where the terminal has nothing else', () => {
    const drawn = tableText(['Cluster', 'Status'], [['a'.repeat(60), 'available']], { ...at(40), characters: ASCII })
    expect(drawn).toMatch(/^[\x20-\x7e\n]*$/)
    expect(drawn).toContain('...')
  })

  test('shortens a name rather than that it breaks a word of a text', () => {
    const row = ['shop', 'x'.repeat(50), 'sample-service-update (medium); not-applied, nodes updated 0/40']
    expect(tableText(['When', 'Cache', { long: 'What' }], [row], at(51))).toContain('sample-service-update')
  })

  test('keeps the colour of a cell that is shortened or broken', async () => {
    const style = { ...(await styleOf(true, 30, now)) }
    const cell = style.bad('incompatible-network-and-more')
    const drawn = drawTable([{ head: 'Status', cells: [cell] }], style)
    expect(unmarked(drawn.text)).toContain('\x1b[31mincompatible-…ork-and-more\x1b[39m')
    expect(wrapWords(style.bad('one two'), 4).map(unmarked)).toEqual(['\x1b[31mone\x1b[39m', '\x1b[31mtwo\x1b[39m'])
  })
})

test('of one word the middle goes, of several the end', () => {
  expect(shortened('shop.ab12cd.cfg.usw2.cache:11211', 20, '…')).toBe('shop.ab12c…che:11211')
  expect(shortened('2026-11-21 10:59:18Z (3 min ago)', 20, '…')).toBe('2026-11-21 10:59:18Z')
  expect(shortened('automatic failover is off', 20, '…')).toBe('automatic failover…')
  expect(shortened('short', 20, '…')).toBe('short')
})

test('words are broken at blanks, and cut where there are none', () => {
  expect(wrapWords('Added cache node 0002', 10)).toEqual(['Added', 'cache node', '0002'])
  expect(wrapWords('arn:aws:elasticache', 8)).toEqual(['arn:aws:', 'elastica', 'che'])
})

test('heads give way first, then long text, then cells, and then columns on the right; three stay', () => {
  const short = { whole: 10, headBroken: 10, wrapped: 10, words: 10, cut: 10, least: 10 }
  expect(fit([short, short, short, short], 53)).toEqual({ count: 4, widths: [10, 10, 10, 10] })
  expect(fit([short, short, short, short], 52)).toEqual({ count: 3, widths: [10, 10, 10] })
  expect(
    fit([short, { ...short, whole: 22, headBroken: 8, wrapped: 8, words: 8, cut: 8, least: 8 }], 30),
  ).toMatchObject({
    widths: [10, 13],
  })
  expect(fit([short, { whole: 90, headBroken: 90, wrapped: 16, words: 16, cut: 16, least: 16 }], 60)).toMatchObject({
    widths: [10, 43],
  })
  expect(
    fit([{ ...short, whole: 50, headBroken: 50, wrapped: 50, words: 50, cut: 16, least: 16 }, short], 40),
  ).toMatchObject({
    widths: [23, 10],
  })
  expect(fit([short, short, short], 25)).toEqual({ count: 3, widths: [5, 5, 5] })
  expect(fit([short, short], Number.POSITIVE_INFINITY)).toEqual({ count: 2, widths: [10, 10] })
})

const texts = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom(
    '',
    '-',
    'x'.repeat(50),
    'キャッシュ サーバー',
    'one two\nthree',
    '2001:db8:1111:2222:3333:4444:5555:6666',
  ),
)
const someTable = fc.integer({ min: 1, max: 9 }).chain((count) =>
  fc.record({
    heads: fc.array(fc.tuple(fc.constantFrom('Name', 'Parameter group family', 'Endpoint', '状態'), fc.boolean()), {
      minLength: count,
      maxLength: count,
    }),
    rows: fc.array(fc.array(texts, { minLength: count, maxLength: count }), { maxLength: 4 }),
    width: fc.integer({ min: 12, max: 220 }),
    characters: fc.constantFrom(UNICODE, ASCII),
  }),
)

test('no line is wider than the terminal, and each head is there or told of', () => {
  fc.assert(
    fc.property(someTable, ({ heads, rows, width, characters }) => {
      // Numbered, so that each can be told from the others.
      const named = heads.map(([head, long], index) => ({ head: `${head} ${index}`, long }))
      const columns = named.map((each, column) => ({
        ...each,
        cells: rows.map((row) => row[column]?.replaceAll(/[^\P{C}\n]/gu, '') ?? ''),
      }))
      const look = { ...at(width), characters }
      const drawn = drawTable(columns, look)
      expect(widest(withNote(drawn, look))).toBeLessThanOrEqual(width)
      const shown = columns.length - drawn.hidden.length
      expect(drawn.hidden).toEqual(named.slice(shown).map(({ head }) => head))
      for (const head of drawn.hidden) expect(noteOf(drawn)).toContain(head)
      for (const { head, long } of columns.slice(0, shown)) if (long) expect(drawn.shortened).not.toContain(head)
    }),
  )
})

test('whatever is not shown of a cell, its column is told of', () => {
  fc.assert(
    fc.property(someTable, ({ heads, rows, width, characters }) => {
      const columns = heads.map(([head, long], column) => ({
        head: `${head} ${column}`,
        long,
        cells: rows.map((row) => row[column]?.replaceAll(/[^\P{C}]/gu, '') ?? ''),
      }))
      const look = { ...at(width), characters }
      const { text, hidden, shortened: cut } = drawTable(columns, look)
      const squeezed = text.replaceAll(/\s/g, '')
      for (const { head, cells, long } of columns) {
        if (hidden.includes(head) || cut.includes(head) || long) continue
        for (const cell of cells) expect(squeezed).toContain(cell.replaceAll(/\s/g, ''))
      }
    }),
  )
})
