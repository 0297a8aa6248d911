import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { relayFlags } from '../../../src/cli/commands/proxy/aim.ts'
import { readArguments } from '../../../src/cli/parse.ts'
import { scriptedServer } from '../../discovery/scripted-server.ts'
import { temporaryDirectory } from '../../support/engine.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'
import { cachectl } from './run.ts'

const launcher = new URL('../../../bin/run.js', import.meta.url).pathname

/** `cachectl proxy`, its events as they come, and what ends it as Ctrl-C does. */
async function proxy(stateDir: string, ...args: string[]) {
  const child = spawn(process.execPath, [launcher, 'proxy', ...args, '--output', 'json', '--state-dir', stateDir])
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => JSON.parse(String((await lines.next()).value))
  const stop = async () => {
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    return code as number
  }
  return { next, stop }
}

async function ask(port: number, line: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.write(line)
  const [answer] = await once(socket, 'data')
  socket.end()
  return String(answer)
}

describe('proxy', () => {
  test('carries clients, is shifted by its address, and ends with a summary', async () => {
    const stateDir = temporaryDirectory()
    const [old, fresh] = [await scriptedServer(() => 'VERSION old\r\n'), await scriptedServer(() => 'VERSION new\r\n')]
    const names = [old, fresh].map(({ port }) => `127.0.0.1:${port}`) as [string, string]
    const to = ['--to', names[0], '--to', names[1], '--weight', '1', '0', '--check', 'version']
    const running = await proxy(stateDir, '--listen', '127.0.0.1:0', ...to)
    const { type, listen } = await running.next()
    expect(type).toBe('listening')
    const port = Number(listen[0].split(':')[1])
    expect(await ask(port, 'version\r\n')).toBe('VERSION old\r\n')

    const [file = ''] = readdirSync(join(stateDir, 'proxies'))
    expect(statSync(join(stateDir, 'proxies', file)).mode & 0o077).toBe(0)
    const { control } = JSON.parse(readFileSync(join(stateDir, 'proxies', file), 'utf8'))
    expect((await fetch(new URL('/report', control))).status).toBe(403)

    const flags = ['--state-dir', stateDir, '--output', 'json']
    const shifted = await cachectl(['proxy', 'weight', String(port), `${names[0]}=0`, `${names[1]}=5`, ...flags])
    expect(JSON.parse(shifted.stdout).backends.map(({ weight }: { weight: number }) => weight)).toEqual([0, 5])
    expect(await ask(port, 'version\r\n')).toBe('VERSION new\r\n')
    expect(await running.next()).toMatchObject({ type: 'weight', backend: names[0], from: 1, to: 0 })

    const list = JSON.parse((await cachectl(['proxy', 'list', ...flags])).stdout)
    expect(list).toMatchObject([{ listen, total: { total: 2 } }])
    expect(await running.stop()).toBe(0)
    let last = await running.next()
    while (last.type !== 'summary') last = await running.next()
    expect(last).toMatchObject({ total: { total: 2 }, clients: { ipv4: { total: 2 }, ipv6: { total: 0 } } })
    expect(readdirSync(join(stateDir, 'proxies'))).toEqual([])
  })

  test('listens beyond loopback only when asked to in so many words, and says why', async () => {
    const args = ['proxy', '--listen', '[::]:0', '--to', '127.0.0.1:1']
    const { code, stderr } = await cachectl(args)
    expect(code).toBe(252)
    expect(stderr).toContain('can be reached from other machines')
    expect(stderr).toContain('--listen-beyond-loopback')
  })

  test('without a proxy there is nothing to shift', async () => {
    const flags = ['--state-dir', temporaryDirectory()]
    const { code, stderr } = await cachectl(['proxy', 'weight', '11311', 'a:1=1', ...flags])
    expect([code, stderr]).toEqual([254, expect.stringContaining('No proxy is running')])
    expect((await cachectl(['proxy', 'list', ...flags])).stdout).toBe('No proxy is running.\n')
  })
})

test.each([
  ['--to a --to b', { to: ['a', 'b'] }],
  ['--listen x --to a --weight 1 --to=b --weight 2', { listen: ['x'], to: ['a', 'b'], weight: ['1', '2'] }],
  ['--to a --check none --to b c', { to: ['a', 'b', 'c'], check: 'none' }],
])('of %s every value counts', (given, gathered) => {
  expect(readArguments(given.split(' '), relayFlags).flags).toMatchObject(gathered)
})

test.skipIf(!hasTerminal)('counters on a terminal are taken away whole, wherever ^C has left the cursor', async () => {
  const env = { CACHECTL_HOME: temporaryDirectory() }
  const args = ['proxy', '--listen', '127.0.0.1:0', '--to', '127.0.0.1:1', '--check', 'none']
  const { raw, code } = await onTerminal(args, { env, answers: [['weight   1', '\x03']] })
  expect(code).toBe(0)
  const erasures = raw.match(/\x1b\[\d+A(\x1b\[G)?/g) ?? []
  expect(erasures).not.toEqual([])
  expect(erasures.filter((each) => !each.endsWith('G'))).toEqual([])
})
