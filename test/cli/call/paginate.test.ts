import { describe, expect, test } from 'vitest'
import { operation } from '../../../src/api/model.ts'
import type { Pagination } from '../../../src/api/shapes.ts'
import { allPages, eachPage, readPaging } from '../../../src/cli/call/paginate.ts'

const NAME = 'DescribeCacheClusters'
const pagination = operation(NAME).pagination as Pagination
const items = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => ({ id: from + index }))

/** Seven items, three a page; the marker is the index of the next one. */
const asked: object[] = []
async function fetchPage(input: object): Promise<Record<string, unknown>> {
  asked.push(input)
  const { Marker = '0', MaxRecords = 3 } = input as { Marker?: string; MaxRecords?: number }
  const start = Number(Marker)
  const end = Math.min(7, start + Number(MaxRecords))
  return { CacheClusters: items(start, end), ...(end < 7 && { Marker: String(end) }) }
}

function pages(flags: Record<string, string>) {
  const paging = readPaging(NAME, flags, {})
  if (!paging) throw new Error('no paging')
  return allPages(pagination, eachPage(pagination, {}, paging, fetchPage))
}

const decoded = (token: unknown) => Buffer.from(String(token), 'base64').toString()

describe('pages are put together', () => {
  test('all of them', async () => {
    expect(await pages({})).toEqual({ CacheClusters: items(0, 7) })
  })

  test('in the size that is wanted', async () => {
    asked.length = 0
    await pages({ 'page-size': '4' })
    expect(asked).toEqual([{ MaxRecords: 4 }, { MaxRecords: 4, Marker: '4' }])
  })

  test('with the results where the model says, however deep', async () => {
    const nested = operation('DescribeEngineDefaultParameters').pagination as Pagination
    const paging = { maxItems: undefined, pageSize: undefined, start: { from: {}, skip: 0 } }
    const fetch = async () => ({ EngineDefaults: { Parameters: [1, 2] } })
    const answer = await allPages(nested, eachPage(nested, {}, paging, fetch))
    expect(answer).toEqual({ EngineDefaults: { Parameters: [1, 2] } })
  })
})

describe('--max-items stops, and NextToken tells how to go on', () => {
  test('in the first page', async () => {
    const { CacheClusters, NextToken } = await pages({ 'max-items': '2' })
    expect(CacheClusters).toEqual(items(0, 2))
    expect(decoded(NextToken)).toBe('{"Marker": null, "boto_truncate_amount": 2}')
  })

  test('in a later page', async () => {
    const { NextToken } = await pages({ 'max-items': '4' })
    expect(decoded(NextToken)).toBe('{"Marker": "3", "boto_truncate_amount": 1}')
  })

  test('between two pages', async () => {
    const { NextToken } = await pages({ 'max-items': '3' })
    expect(decoded(NextToken)).toBe('{"Marker": "3"}')
  })

  test.each([1, 2, 3, 4, 5])('%i at a time, every item comes once', async (size) => {
    const found: unknown[] = []
    let token: unknown
    do {
      const flags = { 'max-items': String(size), ...(token !== undefined && { 'starting-token': String(token) }) }
      const answer = await pages(flags)
      found.push(...(answer.CacheClusters as unknown[]))
      token = answer.NextToken
    } while (token !== undefined)
    expect(found).toEqual(items(0, 7))
  })
})

test('paging by hand turns it off, and does not mix', () => {
  expect(readPaging(NAME, {}, { Marker: 'x' })).toBeUndefined()
  expect(readPaging(NAME, { paginate: false }, {})).toBeUndefined()
  expect(() => readPaging(NAME, { paginate: false, 'max-items': '1' }, {})).toThrow(
    'Error during pagination: Cannot specify --no-paginate along with pagination arguments: --max-items',
  )
})
