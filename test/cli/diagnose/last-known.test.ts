import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepKnown, lastKnown } from '../../../src/cli/commands/diagnose/last-known.ts'
import type { ClusterFacts } from '../../../src/diagnose/evidence.ts'
import { temporaryDirectory } from '../../support/engine.ts'

const [API, AT] = ['https://api.test us-east-1', '2026-11-29T12:00:00.000Z']
const cluster = (id: string): ClusterFacts => ({
  id,
  status: 'modifying',
  engine: 'memcached',
  networkType: 'ipv4',
  ipDiscovery: 'ipv4',
  tls: false,
  numCacheNodes: 1,
  nodes: [{ id: '0001', status: 'creating', host: `${id}.0001.test`, port: 11211 }],
  local: false,
})
const idsOf = (stateDir: string, api = API, ...ids: readonly string[]) =>
  lastKnown(stateDir, api, ids)?.clusters.map(({ id }) => id)

test('clusters are known as they were told of, and their states are not', () => {
  const stateDir = join(temporaryDirectory(), 'new')
  keepKnown(stateDir, API, { clusters: [cluster('shop'), cluster('cart')], missing: [], at: AT })
  expect(idsOf(stateDir)).toEqual(['shop', 'cart'])
  const known = lastKnown(stateDir, API, ['cart'])
  expect(known).toMatchObject({
    at: AT,
    clusters: [{ id: 'cart', status: 'available', nodes: [{ status: 'available' }] }],
  })
})

test('each API has clusters of its own, and one that is missing is forgotten', () => {
  const stateDir = temporaryDirectory()
  keepKnown(stateDir, API, { clusters: [cluster('shop'), cluster('cart')], missing: [], at: AT })
  keepKnown(stateDir, 'https://api.test eu-west-1', { clusters: [cluster('other')], missing: [], at: AT })
  keepKnown(stateDir, API, { clusters: [], missing: [{ id: 'shop' }], at: AT })
  expect(idsOf(stateDir)).toEqual(['cart'])
  expect(idsOf(stateDir, API, 'shop')).toBeUndefined()
})

test('a file that is spoilt, or can not be written, is as good as none', () => {
  const stateDir = temporaryDirectory()
  writeFileSync(join(stateDir, 'last-known.json'), '{"half')
  expect(idsOf(stateDir)).toBeUndefined()
  keepKnown(join(stateDir, 'last-known.json'), API, { clusters: [cluster('shop')], missing: [], at: AT })
  keepKnown(stateDir, API, { clusters: [cluster('shop')], missing: [], at: AT })
  expect(idsOf(stateDir)).toEqual(['shop'])
})
