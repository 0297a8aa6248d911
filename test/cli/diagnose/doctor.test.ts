import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LIMITS } from '../../../src/api/catalog/limits.ts'
import { causes, practiceCauses } from '../../../src/diagnose/causes/index.ts'
import { stage } from '../../scenarios/actors.ts'
import { authority } from '../../scenarios/certificates.ts'
import { faultyDns } from '../../scenarios/faulty-dns.ts'
import { memcached, startTestEngine } from '../../support/engine.ts'
import { cachectl } from './run.ts'

const launcher = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

test('a healthy cluster of the local engine has no findings, plain and with TLS', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  await client.createCacheCluster({ ...memcached('plain', 2) })
  await client.createCacheCluster({ ...memcached('secure'), TransitEncryptionEnabled: true })
  await engine.until('plain', 'available')
  await engine.until('secure', 'available')
  const env = { CACHECTL_HOME: engine.stateDir }
  const { code, stdout } = await cachectl(['doctor', '--output', 'json'], { env })
  expect(JSON.parse(stdout)).toMatchObject({ healthy: true, cause: null, findings: [] })
  expect(code).toBe(0)
  const tls = await cachectl(['tls', 'secure'], { env })
  expect([tls.code, tls.stdout]).toEqual([0, expect.stringContaining('Chain: trusted here')])
  const discovered = await cachectl(['preference', 'plain', '--preference', 'IPv4_ONLY', '--output', 'json'], { env })
  expect(JSON.parse(discovered.stdout)[0]).toMatchObject({ actual: { ok: true } })
})

test('service updates of more clusters than one call may name are asked for all the same', async () => {
  const engine = await startTestEngine()
  const client = engine.client()
  const ids = Array.from({ length: LIMITS.updateTargetsPerRequest + 1 }, (_, index) => `shop-${index}`)
  await Promise.all(ids.map((id) => client.createCacheCluster(memcached(id))))
  await Promise.all(ids.map((id) => engine.until(id, 'available')))
  const { stdout } = await cachectl(['doctor', '--output', 'json'], { env: { CACHECTL_HOME: engine.stateDir } })
  expect(JSON.parse(stdout)).toMatchObject({ notAsked: [] })
})

test.each(['doctor', 'tls'])('Ctrl-C ends %s at once, without a verdict', async (command) => {
  const silent = createServer()
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void silent.close())
  const { port } = silent.address() as AddressInfo // listens on TCP
  const child = spawn(process.execPath, [launcher, command, `127.0.0.1:${port}`])
  onTestFinished(() => void child.kill('SIGKILL'))
  silent.once('connection', () => child.kill('SIGINT'))
  const said = text(child.stdout)
  expect([(await once(child, 'exit'))[0], await said]).toEqual([130, ''])
})

describe('the first line of doctor', () => {
  test('names the cause, the rule, the fix and the command that shows it', async () => {
    const ports = await stage({ a: { is: 'closed' } }, await authority(), onTestFinished)
    const { code, stdout } = await cachectl(['doctor', `127.0.0.1:${ports.get('a')}`])
    const [first, fix, see] = stdout.split('\n')
    expect(code).toBe(1)
    expect(first).toBe(`Cause: 127.0.0.1:${ports.get('a')} refuses connections: nothing listens there. [R05]`)
    expect([fix, see]).toEqual([
      expect.stringMatching(/^ {2}Fix: {2}Check the port/),
      expect.stringMatching(/^ {2}See: {2}(nc -|cachectl probe )/),
    ])
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(first)
  })

  test('is one of two where two faults are at work, and both close the screen', async () => {
    const ports = await stage({ a: { is: 'closed' }, b: { is: 'redis' } }, await authority(), onTestFinished)
    const places = ['a', 'b'].map((name) => `127.0.0.1:${ports.get(name)}`)
    const { stdout } = await cachectl(['doctor', ...places])
    const causes = stdout.split('\n').flatMap((line) => /^Cause: .*\[(\w+)\]$/.exec(line)?.[1] ?? [])
    expect(causes).toEqual(['R05', 'S01', 'R05', 'S01'])
  })

  test('is nothing when the rule is skipped', async () => {
    const ports = await stage({ a: { is: 'closed' } }, await authority(), onTestFinished)
    const ids = causes.map(({ id }) => id)
    const { code } = await cachectl(['doctor', `127.0.0.1:${ports.get('a')}`, '--skip', ...ids])
    expect(code).toBe(0)
  })
})

test('rules can be listed and explained without looking at anything', async () => {
  const listed = await cachectl(['doctor', '--list-rules', '--output', 'json'])
  expect(JSON.parse(listed.stdout)).toHaveLength(causes.length + practiceCauses.length)
  expect((await cachectl(['doctor', '--explain', 'd02'])).stdout).toContain('D02: questions for IPv6 addresses')
  expect((await cachectl(['doctor', '--explain', 'Z99'])).code).toBe(2)
})

test('a look that finds nothing broken any more tells since when it was, and in how many looks', async () => {
  const ports = await stage({ a: { is: 'closed' } }, await authority(), onTestFinished)
  const port = ports.get('a') ?? 0
  const args = ['doctor', `127.0.0.1:${port}`, '--watch', '--interval', '50ms', '--output', 'json']
  const child = spawn(process.execPath, [launcher, ...args])
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => JSON.parse(String((await lines.next()).value))
  const begun = await next()
  expect(begun).toMatchObject({ healthy: false, looks: 1, changes: [{ id: 'R05', seen: 1, times: 1 }] })
  await stage({ a: { is: 'memcached', port } }, await authority(), onTestFinished)
  const over = await next()
  expect(over).toMatchObject({ healthy: true, changes: [{ id: 'R05', since: begun.at, over: over.at }] })
  child.kill('SIGINT')
  expect((await once(child, 'exit'))[0]).toBe(0)
})

describe('dns', () => {
  test('shows both families and aliases with TTLs, per server', async () => {
    const port = await faultyDns(
      { records: { 'shop.test': { CNAME: 'cache.test' }, 'cache.test': { A: ['10.0.0.7'] } } },
      onTestFinished,
    )
    const { code, stdout } = await cachectl(['dns', 'shop.test', '--server', `127.0.0.1:${port}`])
    expect(code).toBe(0)
    expect(stdout).toContain('Alias: shop.test -> cache.test (60 s)')
    expect(stdout).toContain('10.0.0.7')
  })

  test('names dropped AAAA questions, and exits 1', async () => {
    const plan = { records: { 'cache.test': { A: ['10.0.0.7'] } }, faults: { AAAA: 'drop' } } as const
    const port = await faultyDns(plan, onTestFinished)
    const args = ['dns', 'cache.test', '--server', `127.0.0.1:${port}`, '--timeout', '200ms', '--output', 'json']
    const { code, stdout } = await cachectl(args)
    expect(code).toBe(1)
    expect(JSON.parse(stdout).findings[0]).toMatchObject({ id: 'D02', severity: 'failure' })
  })
})
