import { describe, expect, test } from 'vitest'
import { plainOutput } from '../../../src/cli/output/answer.ts'
import { jsonText } from '../../../src/cli/output/json.ts'
import { compileQuery } from '../../../src/cli/output/query.ts'
import { isoTime } from '../../../src/cli/output/times.ts'

describe('times are written as Python writes them', () => {
  test.each([
    ['2022-02-17T02:26:52.198Z', '2022-02-17T02:26:52.198000+00:00'],
    ['2022-02-17T02:26:52Z', '2022-02-17T02:26:52+00:00'],
    ['2022-02-17T02:26:52.007Z', '2022-02-17T02:26:52.007000+00:00'],
  ])('%s', (given, written) => {
    expect(isoTime(new Date(given))).toBe(written)
  })
})

test('members come in the order of the model, whatever order they arrived in', () => {
  const output = { CacheClusters: [{ CacheClusterStatus: 'available', Engine: 'memcached', CacheClusterId: 'a' }] }
  const { CacheClusters } = plainOutput('DescribeCacheClusters', output) as { CacheClusters: object[] }
  expect(Object.keys(CacheClusters[0] as object)).toEqual(['CacheClusterId', 'Engine', 'CacheClusterStatus'])
})

test('JSON is indented by four, keeps letters as they are and ends with a newline', () => {
  expect(jsonText({ a: ['ü', 1], b: {} })).toBe('{\n    "a": [\n        "ü",\n        1\n    ],\n    "b": {}\n}\n')
})

test('an empty answer prints nothing, an empty list prints itself', () => {
  expect(jsonText({})).toBe('')
  expect(jsonText([])).toBe('[]\n')
})

describe('--query', () => {
  const clusters = { CacheClusters: [{ CacheClusterId: 'a' }, { CacheClusterId: 'b' }] }

  test('picks by JMESPath', async () => {
    expect((await compileQuery('CacheClusters[].CacheClusterId'))(clusters)).toEqual(['a', 'b'])
    expect((await compileQuery('length(CacheClusters)'))(clusters)).toBe(2)
  })

  test('answers null where there is nothing', async () => {
    expect((await compileQuery('Nothing'))(clusters)).toBeNull()
  })

  test('is refused before anything is called', async () => {
    await expect(compileQuery('a[')).rejects.toThrow('Bad value for --query a[')
  })
})
