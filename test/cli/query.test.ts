import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonText } from '../../src/cli/output/json.ts'
import { Float } from '../../src/cli/output/python-text.ts'
import { compileQuery } from '../../src/cli/output/query.ts'
import { parsePython } from '../../src/cli/python-json.ts'

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
  ])('%s is %s', async (text, written) => {
    const pick = await compileQuery(text)
    expect(jsonText(pick(answer)).replace(/\n\s*/g, '')).toBe(written)
  })

  test.each([
    ['Offerings[].FixedPrice', '[10.0,9.5]'],
    ['sort_by(Offerings, &FixedPrice)[0]', '{"Id": "a","FixedPrice": 9.5}'],
    ['Offerings[?FixedPrice == `10`]', '[{"Id": "b","FixedPrice": 10.0}]'],
    ['sum(Offerings[].FixedPrice)', '19.5'],
  ])('of prices, %s is %s', async (text, written) => {
    const pick = await compileQuery(text)
    expect(jsonText(pick(answer)).replace(/\n\s*/g, '')).toBe(written)
  })

  test.each(['CacheClusters[', 'a.', 'a b', 'a..b', ''])('%j is refused before anything is sent', async (text) => {
    await expect(compileQuery(text)).rejects.toThrow(`Bad value for --query ${text}: `)
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
