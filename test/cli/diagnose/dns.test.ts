import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type DnsPlan, faultyDns } from '../../scenarios/faulty-dns.ts'
import { temporaryHome } from '../support/cli.ts'
import { cachectl } from './run.ts'

const launcher = new URL('../../../bin/run.js', import.meta.url).pathname
const serve = async (plan: DnsPlan) => `127.0.0.1:${await faultyDns(plan, onTestFinished)}`
const RECORDS = {
  'cache.test': { A: ['10.0.0.7'], AAAA: ['2001:db8::7'] },
  'shop.test': { CNAME: 'cache.test' },
}

describe('dns', () => {
  test('shows both families, TTLs and times of each server, and the alias', async () => {
    const [one, two] = [await serve({ records: RECORDS }), await serve({ records: RECORDS })]
    const { code, stdout } = await cachectl(['dns', 'shop.test', '--server', one, two])
    expect(code).toBe(0)
    for (const server of [one, two]) {
      expect(stdout).toMatch(new RegExp(`${server} +│ A +│ 10\\.0\\.0\\.7 +│ 60 s +│ \\d+\\.\\d ms`))
      expect(stdout).toMatch(new RegExp(`${server} +│ AAAA +│ 2001:db8::7 +│ 60 s`))
    }
    expect(stdout).toContain('Alias: shop.test -> cache.test (60 s)')
  })

  test('a server that answers one family alone is a finding', async () => {
    const faults = [
      [{ AAAA: 'drop' }, 'D02', 'timeout'],
      [{ AAAA: 'servfail' }, 'D10', 'SERVFAIL'],
      [{ A: 'drop' }, 'D03', 'timeout'],
    ] as const
    const ends = await Promise.all(
      faults.map(async ([fault]) => {
        const server = await serve({ records: RECORDS, faults: fault })
        return cachectl(['dns', 'cache.test', '--server', server, '--timeout', '1s'])
      }),
    )
    for (const [at, [, id, shown]] of faults.entries()) {
      expect([ends[at]?.code, ends[at]?.stdout]).toEqual([1, expect.stringContaining(`[${id}]`)])
      expect(ends[at]?.stdout).toContain(shown)
    }
  })

  test('a name of /etc/hosts is no fault of DNS', async () => {
    const { code, stdout } = await cachectl(['dns', 'localhost', '--timeout', '200ms'])
    expect(stdout).toMatch(/getaddrinfo here: both families .*(127\.0\.0\.1|::1).* in \d/)
    expect(code).toBe(0)
  })

  test('marks what DNS64 made up', async () => {
    const server = await serve({ records: { 'old.test': { A: ['192.0.2.33'] } }, dns64: '64:ff9b::' })
    const { stdout } = await cachectl(['dns', 'old.test', '--server', server])
    expect(stdout).toContain('64:ff9b::c000:221 (DNS64 for 192.0.2.33)')
    expect(stdout).toContain('does DNS64 under 64:ff9b::/96')
  })

  test('--watch prints the first look, then what changes', async () => {
    const records: Record<string, { A: string[] }> = { 'cache.test': { A: ['10.0.0.7'] } }
    const server = await serve({ records })
    const args = ['dns', 'cache.test', '--server', server, '--watch', '--interval', '30ms', '--output', 'json']
    const child = spawn(process.execPath, [launcher, ...args])
    onTestFinished(() => void child.kill('SIGKILL'))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = async () => JSON.parse(String((await lines.next()).value))
    expect(await next()).toMatchObject({ changes: [], surveys: [{ name: 'cache.test' }] })
    records['cache.test'] = { A: ['10.0.0.8'] }
    expect((await next()).changes).toEqual([`- cache.test @${server} A 10.0.0.7`, `+ cache.test @${server} A 10.0.0.8`])
    child.kill('SIGINT')
    expect((await once(child, 'exit'))[0]).toBe(0)
  })
})

describe('dns beside a cluster', () => {
  const home = temporaryHome(afterAll)
  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0', '--pace', 'instant')
    const create = ['create-cache-cluster', '--cache-cluster-id', 'shop', '--engine', 'memcached']
    await home.answer(...create, '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '1', '--wait')
  })

  test('--cluster tells addresses that were copied, and those that are stale', async () => {
    const server = await serve({ records: { 'mine.test': { A: ['127.0.0.1'] }, 'old.test': { A: ['10.9.9.9'] } } })
    const look = (name: string) => home.cachectl('dns', name, '--cluster', 'shop', '--server', server)
    const [copied, stale] = await Promise.all([look('mine.test'), look('old.test')])
    expect([copied.code, copied.stdout]).toEqual([
      1,
      expect.stringContaining("holds copies of the cluster's addresses"),
    ])
    expect([stale.code, stale.stdout]).toEqual([
      1,
      expect.stringContaining('holds 10.9.9.9, which no endpoint of the cluster has any more'),
    ])
  })

  test('a cluster that is not there is told so', async () => {
    expect((await home.cachectl('dns', 'nosuch')).code).toBe(254)
  })
})
