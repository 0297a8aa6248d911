import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ElastiCache } from '@aws-sdk/client-elasticache'
import { describe, expect, onTestFinished, test } from 'vitest'
import { NODE_RUNTIME_TAG } from '../../src/api/local-engine.ts'
import type { LocalEngine } from '../../src/embed/published.d.ts'
import { isRunning, type ProcessIdentity } from '../../src/engine/nodes/redis/process-identity.ts'
import { eventually } from '../support/eventually.ts'
import { hasRedis, NEEDS_REDIS } from '../support/redis-server.ts'

const PACKAGE = new URL('../../dist/index.js', import.meta.url).href

type Told = Pick<LocalEngine, 'stateDir' | 'clientConfig'>

/** A process with an engine, and after a word on its standard input `last` as what it does in the end. */
async function programWith(last: string) {
  const program = `
    import { startEngine } from '${PACKAGE}'
    const { stateDir, clientConfig } = await startEngine()
    process.stdout.write(JSON.stringify({ stateDir, clientConfig }))
    process.stdin.once('data', () => { ${last} })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const told = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (bytes) => resolve(String(bytes)))
    child.once('exit', () => reject(new Error('it has ended before it had an engine')))
  })
  return { ...(JSON.parse(told) as Told), child } // the program above wrote it
}

async function serverIn({ stateDir, clientConfig }: Told): Promise<ProcessIdentity> {
  await new ElastiCache(clientConfig).createCacheCluster({
    CacheClusterId: 'cart',
    Engine: 'redis',
    CacheNodeType: 'cache.t4g.small',
    NumCacheNodes: 1,
    Tags: [{ Key: NODE_RUNTIME_TAG, Value: 'server' }], // what a thread serves ends with its process
  })
  const note = join(stateDir, 'nodes', 'us-west-2', 'cart', '0001', 'server.json')
  await eventually('its server runs', () => existsSync(note) && readFileSync(note, 'utf8') !== '')
  return JSON.parse(readFileSync(note, 'utf8')) as ProcessIdentity // the engine wrote it
}

describe.skipIf(!hasRedis)(`an engine whose process ends without a stop ${hasRedis ? '' : NEEDS_REDIS}`, () => {
  test.each([
    ['killed', `process.kill(process.pid, 'SIGKILL')`],
    ['interrupted', `process.kill(process.pid, 'SIGINT')`],
    ['ended by a test runner', 'process.exit(3)'],
    ['ended by an error', `throw new Error('a test has gone wrong')`],
  ])('leaves no server and no directory: %s', { timeout: 90_000 }, async (_, last) => {
    const program = await programWith(last)
    const server = await serverIn(program)
    expect(isRunning(server)).toBe(true)
    program.child.stdin.write('now\n')
    await eventually('its server is gone', () => !isRunning(server))
    await eventually('its directory is gone', () => !existsSync(program.stateDir))
  })
})
