import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile } from '../../src/cli/jmespath/parser.ts'
import { jsonText } from '../../src/cli/output/json.ts'
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
  Marker: null,
  Numbers: [3, 1, -2],
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
    // The library for JavaScript answers with its input here, and there with nothing.
    ['(@[?CacheClusters])', 'null'],
    ['max_by(CacheClusters, &CacheClusterId).NumCacheNodes', '2'],
  ])('%s is %s', (text, written) => {
    expect(jsonText(compile(text)(answer)).replace(/\n\s*/g, '')).toBe(written)
  })

  test.each([
    ['`1.0`', '1.0'],
    ['[`1`, `1.50`, `1e3`]', '[1,1.5,1000.0]'],
    ['avg(Numbers[:2])', '2.0'],
    ["to_number('1.5')", '1.5'],
    ["to_number('1_000')", '1000'],
    ["to_number('x')", 'null'],
    ['`12345678901234567890`', '12345678901234567890'],
    ['to_string(`[1.0, "é"]`)', '"[1.0,\\"\\\\u00e9\\"]"'],
    ['`bare word`', '"bare word"'],
    ['`[1, 1.0]` == `[1.0, 1]`', 'true'],
    ["CacheClusters[0].CacheClusterId < 'a'", 'false'],
    ['Marker || nosuch', 'null'],
    ['CacheClusters[0].Tags && nosuch()', '[]'],
  ])('%s is %s, as Python writes it', (text, written) => {
    expect(jsonText(compile(text)(answer)).replace(/\n\s*/g, '')).toBe(written)
  })

  test.each([
    ['CacheClusters[', 'Invalid jmespath expression: Incomplete expression:\n"CacheClusters["\n               ^'],
    [
      'a.',
      "Expecting: ['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace'], got: eof: Parse error at column 2, token \"\" (EOF), for expression:\n\"a.\"\n   ^",
    ],
    ["'a", "Bad jmespath expression: Unclosed ' delimiter:\n'a\n^"],
    ['a=b', "Bad jmespath expression: Unknown token '=':\na=b\n ^"],
    [
      'a b',
      'Unexpected token: b: Parse error at column 2, token "b" (UNQUOTED_IDENTIFIER), for expression:\n"a b"\n   ^',
    ],
  ])('%j is refused in the words aws-cli has for it', (text, words) => {
    expect(() => compile(text)).toThrow(words)
  })

  test.each([
    ['nosuch(@)', 'Unknown function: nosuch()'],
    ['length(CacheClusters, Numbers)', 'Expected 1 argument for function length(), received 2'],
    [
      'sort(Marker)',
      "In function sort(), invalid type for value: None, expected one of: ['array-string', 'array-number'], received: \"null\"",
    ],
    ['Numbers[::0]', 'slice step cannot be zero'],
    ["Numbers[0] < 'a'", "'<' not supported between instances of 'int' and 'str'"],
  ])('%s fails on the answer in the words aws-cli has for it', (text, words) => {
    expect(() => compile(text)(answer)).toThrow(words)
  })
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
