/** The forms that the aws of this machine can't be asked about, or not for every value. */
import { describe, expect, test } from 'vitest'
import { awsTable } from '../../../src/cli/output/aws-table.ts'
import { jsonText } from '../../../src/cli/output/json.ts'
import { Float, floatText } from '../../../src/cli/output/python-text.ts'
import { isoTime, timeTextOf } from '../../../src/cli/output/times.ts'
import { yamlStreamItem, yamlText } from '../../../src/cli/output/yaml.ts'

describe('yaml', () => {
  test('is in blocks, with keys sorted and lists level with their key', () => {
    const answer = {
      Tags: [{ Value: 'b', Key: 'a' }, {}],
      Name: 'x',
      None: [],
      Price: new Float(450),
      On: true,
      Nil: null,
    }
    const text = 'Name: x\nNil: null\nNone: []\nOn: true\nPrice: 450.0\nTags:\n- Key: a\n  Value: b\n- {}\n'
    expect(yamlText(answer)).toBe(text)
  })

  test.each([
    ['shop', 'shop'],
    ['', "''"],
    ['true', "'true'"],
    ['no', 'no'],
    ['1.6', "'1.6'"],
    ['012', "'012'"],
    ['2026-11-20T08:00:00+00:00', "'2026-11-20T08:00:00+00:00'"],
    ['sun:05:00-sun:06:00', 'sun:05:00-sun:06:00'],
    ['client-download:', "'client-download:'"],
    ['a: b', "'a: b'"],
    ["it's", "it's"],
    ["it's: so", "'it''s: so'"],
    ['- x', "'- x'"],
    ['é', 'é'],
    ['a\nb', "'a\n\n  b'"],
    ['a\tb', '"a\\tb"'],
  ])('%j is written %s', (value, written) => {
    expect(yamlText({ k: value })).toBe(`k: ${written}\n`)
  })

  test('a line is broken at the first space behind the 80th column', () => {
    const words = Array.from({ length: 20 }, () => 'words').join(' ')
    expect(yamlText({ k: words })).toBe(`k: ${words.slice(0, 83)}\n  ${words.slice(84)}\n`)
  })

  test('an empty list is one, alone too', () => expect(yamlText([])).toBe('[]\n'))

  test('as a stream each page is an item of one list; an empty answer is nothing, a scalar is JSON', () => {
    expect(yamlStreamItem({ a: 1 })).toBe('- a: 1\n')
    expect([yamlText({}), yamlStreamItem({}), yamlText('x'), yamlText(null)]).toEqual(['', '', '"x"\n', 'null\n'])
  })
})

test('numbers of the API that have a point keep it', () => {
  expect(jsonText({ a: new Float(450), b: new Float(0.5), c: 1 })).toBe(
    '{\n    "a": 450.0,\n    "b": 0.5,\n    "c": 1\n}\n',
  )
  expect([1e16, 1e-5, 123456.75, -0].map(floatText)).toEqual(['1e+16', '1e-05', '123456.75', '-0.0'])
})

describe('a table', () => {
  test('stands upright when it would be wider than the terminal', () => {
    const answer = { Name: 'x'.repeat(30), Other: 'y'.repeat(30) }
    expect(awsTable('T', answer, { width: 80, colour: false })).toMatch(/\| +Name +\| +Other +\|/)
    expect(awsTable('T', answer, { width: 40, colour: false })).toMatch(/\| {2}Name +\| {2}x+/)
  })

  test('is nothing for an empty answer', () => {
    expect([{}, [], null, ''].map((answer) => awsTable('T', answer, { width: 80, colour: false }))).toEqual([
      '',
      '',
      '',
      '',
    ])
  })

  test('refuses rows of different lengths, as aws-cli does', () => {
    const draw = () => awsTable('T', [['a', 'b'], ['c']], { width: 80, colour: false })
    expect(draw).toThrow('Row should have 2 elements, instead it has 1')
  })
})

test('times keep what the service sent beyond milliseconds', () => {
  const time = Object.assign(new Date('2026-11-20T23:15:15.418Z'), { wire: '2026-11-20T23:15:15.418022Z' })
  expect(isoTime(time)).toBe('2026-11-20T23:15:15.418022+00:00')
  expect(timeTextOf('wire')(time)).toBe('2026-11-20T23:15:15.418022Z')
  expect(() => timeTextOf('nonsense')).toThrow('Unknown cli_timestamp_format value: nonsense')
})
