import { expect, test } from 'vitest'
import { listText } from '../../../src/cli/commands/caches/list.ts'
import { styleOf } from '../../../src/cli/output/style.ts'

test('a list of caches keeps endpoints on a narrow terminal, where kinds are broken over lines', async () => {
  const style = await styleOf(false, 60, new Date('2026-11-29T12:00:00Z'))
  const cache = {
    status: 'available',
    engine: 'valkey',
    engineVersion: '8.2',
    of: null,
    nodes: 2,
    created: null,
    arn: '',
  }
  const entries = [
    { ...cache, kind: 'cluster', id: 'shop', endpoint: '127.0.0.1:11211', nodeType: 'cache.t4g.small' },
    { ...cache, kind: 'replication group', id: 'cart', endpoint: '127.0.0.1:6379', nodeType: 'cache.t4g.small' },
    { ...cache, kind: 'serverless snapshot', id: 'nightly', endpoint: null, nodeType: null },
  ]
  const text = listText(entries, style)
  expect(text).toContain('127.0.0.1:11211')
  expect(text).toMatch(/cart +│ replication +│ available │ 127\.0\.0\.1:6379 +│\n│ +│ group /)
})
