import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonText } from '../../../src/cli/output/json.ts'
import { Float } from '../../../src/cli/output/python-text.ts'
import { compileQuery } from '../../../src/cli/output/query.ts'
import { parsePython, placeInJson } from '../../../src/cli/python/json.ts'

const answer = {
  CacheClusters: [
    {
      CacheClusterId: 'shop',
      NumCacheNodes: 2,
      Tags: [],
      Nodes: [{ Id: '0001', Endpoint: { Port: 1 } }, { Id: '0002' }],
    },
    { CacheClusterId: 'bare', NumCacheNodes: 1, Engine: 'redis', Nodes: [{ Id: '0001', Endpoint: { Port: 3 } }] },
  ],
  Offerings: [
    { Id: 'b', FixedPrice: new Float(10) },
    { Id: 'a', FixedPrice: new Float(9.5) },
  ],
  Marker: null,
  Numbers: [3, 10, -2],
}

describe('a query', () => {
  test.each([
    ['CacheClusters[?NumCacheNodes > `1`].CacheClusterId', '["shop"]'],
    ['CacheClusters[].Nodes[].Endpoint.Port', '[1,3]'],
    ['CacheClusters[*].Nodes[*].Id', '[["0001","0002"],["0001"]]'],
    [
      'sort_by(CacheClusters, &NumCacheNodes)[0].{id: CacheClusterId, nodes: length(Nodes)}',
      '{"id": "bare","nodes": 1}',
    ],
    ['CacheClusters[::-1] | [0].[Engine, Tags]', '["redis",null]'],
    ['*[].CacheClusterId', '["shop","bare"]'],
    ['map(&NumCacheNodes, CacheClusters)', '[2,1]'],
    ['(@[?CacheClusters])', 'null'],
    ['max_by(CacheClusters, &CacheClusterId).NumCacheNodes', '2'],
    ['min_by(CacheClusters, &NumCacheNodes).CacheClusterId', '"bare"'],
    ['max_by(CacheClusters[0].Tags, &Key)', 'null'],
    ['CacheClusters[0].Tags && nosuch()', '[]'],
    ['Marker || nosuch', 'null'],
    ["CacheClusters[?contains(Nodes[].Id, '0002')].CacheClusterId", '["shop"]'],
    ['CacheClusters[?NumCacheNodes == `1`].CacheClusterId | [0]', '"bare"'],
    ['sort(Numbers)', '[-2,3,10]'],
    ['sort(CacheClusters[].CacheClusterId)', '["bare","shop"]'],
    ['`word`', '"word"'],
    ['avg(Numbers[:2])', '6.5'],
    ['avg(CacheClusters[].NumCacheNodes) | [@, @ > `1`]', '[1.5,true]'],
    ['avg(Numbers[1:2])', '10.0'],
    ['avg(Tags || `[]`)', 'null'],
    ['sum(`[1.0, 2]`)', '3.0'],
    ['`{"a": [1.0, 1e3, 1E400, "1.0", "\\`"]}`', '{"a": [1.0,1000.0,Infinity,"1.0","`"]}'],
    ['`1.0` == `1`', 'true'],
    ["to_number('1e3')", '1000.0'],
    ["to_number('0x10')", 'null'],
    ['max(CacheClusters[].CacheClusterId)', '"shop"'],
    ["max(['Z', 'a'])", '"a"'],
    ["to_string({a: 'ä', b: `[1.5, true, null]`})", '"{\\"a\\":\\"\\\\u00e4\\",\\"b\\":[1.5,true,null]}"'],
    ['contains(`[[1]]`, `[1.0]`)', 'true'],
  ])('%s is %s', async (text, written) => {
    const pick = await compileQuery(text)
    expect(jsonText(pick(answer)).replace(/\n\s*/g, '')).toBe(written)
  })

  test.each([
    ['Offerings[].FixedPrice', '[10.0,9.5]'],
    ['sort_by(Offerings, &FixedPrice)[0]', '{"Id": "a","FixedPrice": 9.5}'],
    ['Offerings[?FixedPrice == `10`]', '[{"Id": "b","FixedPrice": 10.0}]'],
    ['sum(Offerings[].FixedPrice)', '19.5'],
    ['Offerings[?FixedPrice > `9.7`].FixedPrice', '[10.0]'],
    ["Offerings[?Id == 'b'].[Id, FixedPrice]", '[["b",10.0]]'],
    ['sort_by(Offerings, &FixedPrice)[].FixedPrice', '[9.5,10.0]'],
    ['max_by(Offerings, &FixedPrice).FixedPrice', '10.0'],
    ['max(Offerings[].FixedPrice)', '10.0'],
    ['map(&FixedPrice, Offerings)', '[10.0,9.5]'],
    ['Offerings[0].{price: FixedPrice || `0`, cheap: FixedPrice < `10.0`}', '{"price": 10.0,"cheap": false}'],
    ['to_string(Offerings[0])', '"{\\"Id\\":\\"b\\",\\"FixedPrice\\":10.0}"'],
    ['contains(Offerings[].FixedPrice, `10`)', 'true'],
  ])('of prices, %s is %s', async (text, written) => {
    const pick = await compileQuery(text)
    expect(jsonText(pick(answer)).replace(/\n\s*/g, '')).toBe(written)
  })

  test.each([
    ["'a", "Bad jmespath expression: Unclosed ' delimiter:\n'a\n^"],
    ['a[?b=`1`]', "Bad jmespath expression: Unknown token '=':\na[?b=`1`]\n    ^"],
    ["a[?b=='='].`x", 'Unclosed ` delimiter'],
  ])('%j is refused as aws-cli does', async (text, words) => {
    await expect(compileQuery(text)).rejects.toThrow(words)
  })

  test.each(['CacheClusters[', 'a.', 'a b', 'a..b', ''])('%j is refused before anything is sent', async (text) => {
    await expect(compileQuery(text)).rejects.toThrow(`Bad value for --query ${text}: `)
  })

  test.each([
    [
      'sum(CacheClusters[].CacheClusterId)',
      `In function sum(), invalid type for value: shop, expected one of: ['array-number'], received: "str"`,
    ],
    [
      'max(Marker)',
      `In function max(), invalid type for value: None, expected one of: ['array-number', 'array-string'], received: "null"`,
    ],
    [
      'max_by(CacheClusters, &Tags)',
      `In function max_by(), invalid type for value: [], expected one of: ['number', 'string'], received: "array"`,
    ],
    ['[&Marker]', 'Encountered unrecognized type in JSON encoder.'],
  ])("%s fails in aws-cli's words", async (text, words) => {
    const pick = await compileQuery(text)
    expect(() => pick(answer)).toThrow(words)
  })

  test.each(['nosuch(@)', 'length(CacheClusters, Numbers)', 'sort(Marker)', 'Numbers[::0]'])(
    '%s fails on the answer',
    async (text) => {
      const pick = await compileQuery(text)
      expect(() => pick(answer)).toThrow()
    },
  )
})

describe("JSON in Python's reading", () => {
  test.each([
    ['', 'Expecting value: line 1 column 1 (char 0)'],
    ['{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"],
    ['{"a":1', "Expecting ',' delimiter: line 1 column 7 (char 6)"],
    ["{'a'}", 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
    ['[1,]', 'Expecting value: line 1 column 4 (char 3)'],
    ['"a', 'Unterminated string starting at: line 1 column 1 (char 0)'],
    ['"😀" x', 'Extra data: line 1 column 5 (char 4)'],
    ['[\n"\\x"]', 'Invalid \\escape: line 2 column 2 (char 3)'],
  ])('%j is refused with %j', (text, words) => {
    expect(() => parsePython(text)).toThrow(words)
  })

  test.each([
    [[], 'line 1 column 1 (char 0)'],
    [['b'], 'line 2 column 1 (char 9)'],
    [['b', 1, 'c'], 'line 2 column 11 (char 19)'],
    [['a'], 'line 2 column 23 (char 31)'],
  ])('the member at %j is told where it begins', (path, place) => {
    expect(placeInJson('{"a": 1,\n"b": [2, {"c": [3]}], "a": 4}', path)).toBe(place)
  })

  test('every JSON text means what it means to JSON.parse', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain = JSON.stringify(parsePython(text), (_, value) =>
          value instanceof Number || typeof value === 'bigint' ? Number(value) : value,
        )
        expect(JSON.parse(plain)).toEqual(JSON.parse(JSON.stringify(JSON.parse(text))))
      }),
    )
  })
})

test.each([
  ['CacheClusters[', 'the expression ends too early.'],
  ['a ==', 'the expression ends too early.'],
  ['a]', "']' is not expected there."],
  ['{1:a}', 'expected a name, and found a number.'],
  ['a[1:2:3:4]', 'too many colons in slice expression'],
])('%s is refused in words of what was typed, not of the parser', async (text, why) => {
  await expect(compileQuery(text)).rejects.toThrow(`Bad value for --query ${text}: ${why}`)
})
