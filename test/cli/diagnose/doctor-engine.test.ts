import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { FaultReport, FaultRequest } from '../../../src/api/engine-faults.ts'
import { CONTROL } from '../../../src/api/local-engine.ts'
import { control } from '../../support/control.ts'
import { memcached, startTestEngine, type TestEngine, temporaryDirectory } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { cachectl } from './run.ts'

let engine: TestEngine
const ends: (() => Promise<void> | void)[] = []

beforeAll(async () => {
  engine = await startTestEngine({ atEnd: (work) => void ends.push(work) })
  await engine.client().createCacheCluster({ ...memcached('shop', 2), NetworkType: 'dual_stack' })
  await engine.until('shop', 'available')
})

afterAll(async () => {
  for (const end of ends.reverse()) await end()
})

const run = (...words: string[]) => cachectl(words, { env: { CACHECTL_HOME: engine.stateDir } })

async function diagnose(...words: string[]) {
  const { code, stdout } = await run('doctor', ...words, '--output', 'json')
  return {
    code,
    ...(JSON.parse(stdout) as {
      cause: { id: string; sentence: string; source: string } | null
      practices: { id: string }[]
    }),
  }
}

describe('a fault of the engine is named first', () => {
  test.each<[FaultRequest, string, string]>([
    [{ kind: 'node-crash', cluster: 'shop', node: '0002' }, 'R05', 'Node 0002 of shop'],
    [{ kind: 'drop-family', cluster: 'shop', family: 'ipv6', how: 'reset' }, 'R14', 'over IPv6 (::1) are reset'],
  ])('$kind', async (fault, id, words) => {
    await control<FaultReport>(engine, 'POST', CONTROL.faults, fault)
    const { code, cause } = await diagnose('shop')
    expect([code, cause?.id]).toEqual([1, id])
    expect(cause?.sentence).toContain(words)
  })

  afterEach(async () => {
    await control<FaultReport[]>(engine, 'POST', CONTROL.faults, { clear: [] })
    await engine.until('shop', 'available')
  })
})

test('what /etc/hosts gives for localhost is judged alike by doctor, probe and preference', async () => {
  const given = (await lookup('localhost', { all: true })).map(({ family }) => family)
  const both = [4, 6].every((family) => given.includes(family))
  const { code, cause } = await diagnose('shop')
  expect([code, cause?.id]).toEqual(both ? [0, undefined] : [1, 'D21'])
  const probe = await run('probe', 'shop', '-c', '1', '--delay', '20ms')
  expect([probe.code, /Programs here get no IPv/.test(probe.stdout)]).toEqual(both ? [0, false] : [1, true])
  expect((await run('preference', 'shop')).code).toBe(both ? 0 : 1)
})

test('a cluster that was deleted, and one that never was, are told apart', async () => {
  const client = engine.client()
  await client.createCacheCluster(memcached('gone'))
  await engine.until('gone', 'available')
  await client.deleteCacheCluster({ CacheClusterId: 'gone' })
  await engine.untilGone('gone')
  const gone = await diagnose('gone')
  expect([gone.code, gone.cause?.id, gone.cause?.sentence]).toEqual([
    1,
    'C00',
    expect.stringContaining('was deleted at'),
  ])
  const never = await diagnose('nonesuch')
  expect([never.code, never.cause?.id]).toEqual([2, 'C00'])
})

test('a serverless cache is looked at by its name; good practice of nodes is no matter of it', async () => {
  await engine.client().createServerlessCache({ ServerlessCacheName: 'less', Engine: 'memcached' })
  await eventually('the cache is available', async () => {
    const { ServerlessCaches } = await engine.client().describeServerlessCaches({ ServerlessCacheName: 'less' })
    return ServerlessCaches?.[0]?.Status === 'available'
  })
  const { code, stdout } = await run('doctor', 'less')
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^Healthy: [\s\S]*less endpoint[\s\S]*less reader/)])
  expect(stdout).not.toContain('Good practice')
})

test('without an engine, or with a word that is no place, it could not run: exit code 2', async () => {
  const nowhere = await cachectl(['doctor', 'shop'], { env: { CACHECTL_HOME: join(engine.stateDir, 'none') } })
  expect([nowhere.code, nowhere.stdout]).toEqual([2, ''])
  expect((await run('doctor', 'a:b:c')).code).toBe(2)
})

test('good practice is told apart and changes no exit code; a report is one page', async () => {
  // A dual-stack one has a finding where /etc/hosts gives localhost one family.
  await engine.client().createCacheCluster(memcached('plain'))
  await engine.until('plain', 'available')
  const file = join(temporaryDirectory(), 'report.html')
  const { code, stdout, stderr } = await run('doctor', 'plain', '--practices', '--report', file)
  expect([code, stderr]).toEqual([0, expect.stringContaining(file)])
  expect(stdout).toMatch(/Healthy: [\s\S]*Good practice \(nothing is broken\):[\s\S]*B04/)
  const quiet = await run('doctor', 'plain')
  expect(quiet.stdout).toMatch(/Healthy: (?![\s\S]*Good practice)[\s\S]*--practices: good practice \(\d+\)/)
  const page = readFileSync(file, 'utf8')
  expect(page).toMatch(/^<!doctype html>[\s\S]*<svg[\s\S]*<\/html>\s*$/)
  expect(page).not.toMatch(/<script|<link|src=|href=/)
})

test('T2, M4 and R4 are of no previous generation, and TLS is advised only where the type can have it', async () => {
  const advised: Record<string, string[]> = {}
  for (const CacheNodeType of ['cache.t2.micro', 'cache.m4.large', 'cache.r4.large']) {
    const id = CacheNodeType.split('.').slice(1).join('-')
    await engine.client().createCacheCluster({ ...memcached(id, 1), CacheNodeType })
    await engine.until(id, 'available')
    const { practices } = await diagnose(id)
    advised[id] = practices.flatMap((practice) => (/^B0[47]$/.test(practice.id) ? practice.id : []))
  }
  expect(advised).toEqual({ 't2-micro': [], 'm4-large': ['B04'], 'r4-large': ['B04'] })
})
