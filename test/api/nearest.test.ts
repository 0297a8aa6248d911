import { expect, test } from 'vitest'
import { nearest } from '../../src/api/nearest.ts'

test.each([
  ['engine stat', ['engine start', 'engine status', 'engine stop'], 'engine status'],
  ['--cluster-id', ['--cache-cluster-id', '--cache-cluster-id-of-another', '--cache-node-type'], '--cache-cluster-id'],
  ['--cluster', ['--cache-cluster-id', '--max-items'], '--cache-cluster-id'],
  ['shpo', ['shop', 'shopping'], 'shop'],
  ['enigne', ['endpoints', 'engine', 'engine status'], 'engine'],
  ['iam', ['tag', 'tls'], undefined],
  ['--duration', ['--ratio', '--region'], undefined],
  ['id', ['identity', 'cart'], undefined],
  ['--node-cluster', ['--cache-cluster-node'], undefined],
  ['--', ['--region'], undefined],
])('by %s of %j is meant %s', (word, candidates, meant) => {
  expect(nearest(word, candidates)).toBe(meant)
})
