import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { METHODS, methodFor } from '../../../src/cli/host-dns/methods.ts'
import { systemFiles } from '../../../src/cli/system-files.ts'
import { temporaryDirectory } from '../../support/engine.ts'
import { cachectl, temporaryHome } from '../support/cli.ts'

describe('a host that is to ask the engine for names', () => {
  const home = temporaryHome(afterAll)
  const root = temporaryDirectory(afterAll)
  const hosts = join(root, 'etc', 'hosts')
  const HOSTS = '127.0.0.1 localhost\n'
  const dns = (...words: string[]) =>
    cachectl(['engine', 'dns', ...words], { CACHECTL_HOME: home.stateDir, CACHECTL_SYSTEM_ROOT: root })
  const start = () =>
    cachectl(['engine', 'start', '--port', '0', '--endpoints', 'dns'], {
      CACHECTL_HOME: home.stateDir,
      CACHECTL_SYSTEM_ROOT: root,
    })
  beforeAll(async () => {
    mkdirSync(join(root, 'etc'), { recursive: true })
    writeFileSync(hosts, HOSTS)
    expect(await start()).toMatchObject({ code: 0 })
  })

  test('is changed only with leave, and told of what would be done', async () => {
    const asked = await dns('enable')
    expect(asked.code).toBe(252)
    expect(asked.stdout).toContain(`keep a marked block of ${hosts}`)
    expect(asked.stderr).toContain('--yes')
    expect(await dns('enable', '--dry-run')).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(hosts, 'utf8')).toBe(HOSTS)
  })

  test('has a block of the hosts file, and is as before once that is undone', async () => {
    expect(await dns('enable', '--yes')).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(hosts, 'utf8')).toContain('127.0.0.1 ns.cachectl.test\n')
    const status = JSON.parse((await dns('status', '--output', 'json')).stdout)
    expect(status).toMatchObject({
      zone: 'cachectl.test',
      setup: { method: 'hosts', inOrder: true },
      hosts: { trouble: null },
    })
    expect((await dns('disable')).stdout).toContain('as it was')
    expect(readFileSync(hosts, 'utf8')).toBe(HOSTS)
    expect((await dns('disable', '--yes')).stdout).toBe('There was nothing to undo.\n')
  })

  test('has a file of its own for what asks name servers, and nobody else is written over', async () => {
    const { dnsmasq, resolved } = systemFiles({ CACHECTL_SYSTEM_ROOT: root })
    const { stdout } = await dns('enable', '--method', 'dnsmasq', '--yes')
    expect(stdout).toContain('systemctl restart dnsmasq')
    const { server } = JSON.parse((await dns('status', '--output', 'json')).stdout)
    expect(readFileSync(dnsmasq, 'utf8')).toContain(`server=/cachectl.test/127.0.0.1#${server.port}\n`)
    mkdirSync(join(resolved, '..'), { recursive: true })
    writeFileSync(resolved, '[Resolve]\n')
    const refused = await dns('enable', '--method', 'resolved', '--yes')
    expect([refused.code, readFileSync(resolved, 'utf8')]).toEqual([255, '[Resolve]\n'])
    expect((await dns('disable')).stdout).toContain(dnsmasq)
    expect(existsSync(dnsmasq)).toBe(false)
  })

  test('is rid of what a killed engine left, by the next command or the next start', async () => {
    await dns('enable', '--method', 'hosts', '--yes')
    const { pid } = JSON.parse(await home.answer('engine', 'status', '--output', 'json'))
    process.kill(pid, 'SIGKILL')
    expect(readFileSync(hosts, 'utf8')).not.toBe(HOSTS)
    expect((await dns('disable')).stdout).toContain('as it was')
    expect(readFileSync(hosts, 'utf8')).toBe(HOSTS)
    expect(await start()).toMatchObject({ code: 0 })
    expect(readFileSync(hosts, 'utf8')).toBe(HOSTS)
  })
})

test('each kind of host has its own way', () => {
  const files = systemFiles({})
  const on = (platform: string, ...there: string[]) => methodFor(files, (path) => there.includes(path), platform)
  expect(on('darwin')).toBe('resolver')
  expect(on('linux', '/run/systemd/resolve', '/etc/dnsmasq.d')).toBe('resolved')
  expect(on('linux', '/etc/dnsmasq.d')).toBe('dnsmasq')
  expect(on('linux')).toBe('hosts')
  expect(METHODS.resolver.file(files)).toBe('/etc/resolver/cachectl.test')
  expect(METHODS.resolved.text?.(8053)).toContain('DNS=127.0.0.1:8053\nDomains=~cachectl.test\n')
})
