import { describe, expect, test } from 'vitest'
import { textLines } from '../../../src/cli/output/text.ts'
import { temporaryDirectory } from '../../support/engine.ts'
import { cachectl } from '../support/cli.ts'
import { pretendEngine, recordRequests, result } from '../support/recorder.ts'

describe('text is what aws-cli prints', () => {
  test.each<[string, unknown, string]>([
    ['a scalar', 'x', 'x\n'],
    ['nothing', null, 'None\n'],
    ['truth', [true, false], 'True\tFalse\n'],
    ['a bare list', ['a', 1, null], 'a\t1\tNone\n'],
    ['lists in a list', [['a', 'b'], ['c']], 'a\tb\nc\n'],
    ['a list under a name', { Ids: ['0001', '0002'] }, 'IDS\t0001\nIDS\t0002\n'],
    ['an empty list', { Ids: [] }, ''],
    ['a structure, sorted by name', { B: 2, A: 1 }, '1\t2\n'],
    ['a structure under a name', { Endpoint: { Port: 1, Address: 'x' } }, 'ENDPOINT\tx\t1\n'],
    ['columns that only some have', { L: [{ A: 1 }, { B: 2 }] }, 'L\t1\t\nL\t\t2\n'],
    ['what is nested, after its structure', { L: [{ A: 1, E: { P: 2 } }] }, 'L\t1\nE\t2\n'],
  ])('%s', (_, answer, text) => {
    expect(textLines(answer)).toBe(text)
  })
})

async function engineWithClusters(...ids: string[]) {
  const clusters = ids.map((id) => `<CacheCluster><CacheClusterId>${id}</CacheClusterId></CacheCluster>`).join('')
  const recorder = await recordRequests(({ action }) => ({
    body: result(action, `<CacheClusters>${clusters}</CacheClusters>`),
  }))
  const CACHECTL_HOME = temporaryDirectory()
  pretendEngine(CACHECTL_HOME, recorder.url)
  return (...argv: string[]) => cachectl(['describe-cache-clusters', ...argv], { CACHECTL_HOME })
}

test('an answer cut short ends with its token', async () => {
  const describeClusters = await engineWithClusters('a', 'b')
  const { stdout } = await describeClusters('--output', 'text', '--max-items', '1')
  expect(stdout).toMatch(/^CACHECLUSTERS\ta\nNEXTTOKEN\t\S+\n$/)
})

test('a query gets its own lines and no stray None', async () => {
  const describeClusters = await engineWithClusters('a', 'b')
  const query = ['--query', 'CacheClusters[].CacheClusterId', '--output', 'text']
  expect((await describeClusters(...query)).stdout).toBe('a\tb\n')
  expect((await describeClusters(...query, '--max-items', '1')).stdout).toBe('a\n')
})

test('off prints nothing', async () => {
  const describeClusters = await engineWithClusters('a')
  expect(await describeClusters('--output', 'off')).toEqual({ code: 0, stdout: '', stderr: '' })
})
