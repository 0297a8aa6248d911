import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { ask } from '../../support/raw.ts'
import { bareEnvironment, cachectl, temporaryHome } from '../support/cli.ts'

const home = temporaryHome(afterAll)
const launcher = new URL('../../../bin/run.js', import.meta.url).pathname
const fakes = new URL('../../support/fake-ssh', import.meta.url).pathname
const log = join(home.stateDir, 'ssh.log')
const environment = {
  ...bareEnvironment(),
  PATH: `${fakes}:${process.env.PATH}`,
  CACHECTL_HOME: home.stateDir,
  FAKE_SSH_LOG: log,
}

beforeAll(async () => {
  await home.answer('engine', 'start', '--port', '0', '--pace', 'instant')
  const node = ['--engine', 'memcached', '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '2']
  await home.answer('create-cache-cluster', '--cache-cluster-id', 'shop', ...node, '--wait')
})

test('each endpoint has a port here, lists of nodes name these, and values go both ways', async () => {
  const child = spawn(
    process.execPath,
    [launcher, 'tunnel', 'shop', '--via', 'ssh://me@bastion:2222', '--query', 'places'],
    {
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  for await (const line of createInterface({ input: child.stdout })) {
    text += line
    if (line === ']') break
  }
  const places: { role: string; local: string; remote: string }[] = JSON.parse(text)
  const ports = places.map(({ local }) => Number(local.split(':')[1]))
  expect(places.map(({ role }) => role)).toEqual(['configuration', 'node 0001', 'node 0002'])
  const list = await ask(ports[0] ?? 0, 'config get cluster\r\n')
  expect(list).toContain(`localhost|127.0.0.1|${ports[1]} localhost|127.0.0.1|${ports[2]}\n`)
  expect(await ask(ports[1] ?? 0, 'set k 0 0 2\r\nhi\r\nget k\r\n')).toBe('STORED\r\nVALUE k 0 2\r\nhi\r\nEND\r\n')
  expect(readFileSync(log, 'utf8')).toMatch(/^-N -T .*-D 127\.0\.0\.1:\d+ -p 2222 -l me bastion\n$/)
  child.kill('SIGINT')
  expect(await exit).toBe(0)
})

test('what ssh says of a host that it does not reach is shown, with what to try', async () => {
  const { code, stderr } = await cachectl(['tunnel', 'shop', '--via', 'ssh://nowhere'], environment)
  expect({ code, stderr }).toMatchObject({ code: 255, stderr: expect.stringMatching(/resolve[\s\S]*ssh nowhere/) })
})

test.each(['bastion', 'ssh://-oProxyCommand=id', 'ssh://a/b', 'ssh://a:b@c', 'http://a'])(
  '%s is no place for ssh',
  async (via) => {
    expect(await home.cachectl('tunnel', 'shop', '--via', via)).toMatchObject({ code: 252 })
  },
)
