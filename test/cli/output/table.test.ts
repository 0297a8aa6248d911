import { expect, test } from 'vitest'
import { tableText } from '../../../src/cli/output/table.ts'

const widest = (table: string): number => Math.max(...table.split('\n').map((line) => line.length))
const ROW = ['localhost:11211', 'the caller takes IPv6, and the sidecar listens on IPv4 only']

test('a table wraps its widest column to the width there is, and loses no word', async () => {
  const table = await tableText(['Endpoint', 'Because'], [ROW], 50)
  expect(widest(table)).toBe(50)
  for (const word of ROW.join(' ').split(' ')) expect(table).toContain(word)
})

test('a word is never cut, whatever the width; without a width nothing wraps', async () => {
  expect(await tableText(['Endpoint', 'Because'], [ROW], 10)).toContain(' localhost:11211 ')
  expect(await tableText(['Endpoint', 'Because'], [ROW])).toContain(ROW[1])
})
