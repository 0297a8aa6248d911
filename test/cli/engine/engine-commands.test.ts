import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAlive } from '../../../src/cli/target/state-dir.ts'
import { eventually } from '../../support/eventually.ts'
import { run } from '../../support/programs.ts'
import { bareEnvironment, cachectl, temporaryHome } from '../support/cli.ts'

const launcher = new URL('../../../bin/run.js', import.meta.url).pathname

describe('an engine in the background', () => {
  const home = temporaryHome(afterAll)
  let info: { pid: number; url: string; port: number }

  beforeAll(async () => {
    info = JSON.parse(await home.answer('engine', 'start', '--port', '0', '--output', 'json'))
  })

  test('runs on when the command that started it has returned', () => {
    expect(isAlive(info.pid)).toBe(true)
  })

  test('is not started twice', async () => {
    expect(await home.answer('engine', 'start')).toContain(`The engine is already running: ${info.url}`)
    const again = JSON.parse(await home.answer('engine', 'start', '--output', 'json'))
    expect(again).toMatchObject({ pid: info.pid, port: info.port })
  })

  test.each([
    ['--pace', 'realistic', 'Its pace is quick, not realistic.'],
    ['--port', '1', /Its port is \d+, not 1\./],
    ['--region', 'eu-west-1', 'Its region is us-west-2, not eu-west-1.'],
    ['--node-runtime', 'memcached', 'Its nodes are auto, not memcached.'],
    ['--endpoints', 'dns', 'It tells endpoints by ports, not dns.'],
    ['--dns-port', '5353', 'It has no name server, not at 5353.'],
    ['--log-format', 'json', 'It logs text, not json.'],
    ['--foreground', undefined, 'It runs in the background, not on this terminal.'],
  ])('is not taken for one with another %s', async (option, other, said) => {
    const { code, stderr } = await home.cachectl('engine', 'start', option, ...(other === undefined ? [] : [other]))
    expect(stderr).toMatch(said)
    expect(code).toBe(255)
  })

  test('answers whoever watches over it, without a signature', async () => {
    const response = await fetch(`${info.url}/health`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ready', version: expect.stringMatching(/^\d+\.\d+/) })
  })

  test('tells scripts and people how it is', async () => {
    const status = JSON.parse(await home.answer('engine', 'status', '--output', 'json'))
    expect(status).toMatchObject({ running: true, pid: info.pid, url: info.url, stateDir: home.stateDir, clusters: [] })
    expect(await home.answer('engine', 'status')).toContain('No clusters.')
  })

  test('prints what a shell needs, and a shell can read it', async () => {
    const exports = await home.answer('engine', 'env', '--region', 'eu-west-1')
    const { stdout } = await run('sh', ['-c', `${exports}\nenv`], {
      env: { PATH: process.env.PATH, AWS_PROFILE: 'work' },
    })
    expect(stdout).toContain(`AWS_ENDPOINT_URL_ELASTICACHE=${info.url}`)
    expect(stdout).toMatch(/^AWS_ACCESS_KEY_ID=\w+$/m)
    expect(stdout).toContain('AWS_REGION=eu-west-1\n')
    expect(stdout).not.toContain('AWS_PROFILE')
  })

  test.each([
    ['fish', /^set -gx AWS_REGION 'us-west-2'$/m],
    ['powershell', /^\$Env:AWS_REGION = 'us-west-2'$/m],
  ])('speaks %s', async (shell, line) => {
    expect(await home.answer('engine', 'env', '--shell', shell)).toMatch(line)
  })

  test.each(['dotenv', 'github'])('writes a file of variables as %s reads it', async (form) => {
    const lines = (await home.answer('engine', 'env', '--output', form)).trimEnd().split('\n')
    expect(lines).toContain(`AWS_ENDPOINT_URL_ELASTICACHE=${info.url}`)
    expect(lines.every((line) => /^[A-Z_]+=\S+$/.test(line))).toBe(true)
  })

  test('has a log', async () => {
    expect(await home.answer('engine', 'logs', '-n', '1')).toContain(info.url)
  })

  test('shows the certificate of its authority, and where it is', async () => {
    const path = (await home.answer('engine', 'ca', '--path')).trim()
    expect(path).toBe(join(home.stateDir, 'ca.pem'))
    expect(await home.answer('engine', 'ca')).toMatch(/^-----BEGIN CERTIFICATE-----/)
  })

  test('keeps its credentials to its owner', () => {
    expect(statSync(join(home.stateDir, 'credentials.json')).mode & 0o077).toBe(0)
  })

  test('status counts the nodes of a large cluster, and names those of a small one', async () => {
    const node = ['--engine', 'memcached', '--cache-node-type', 'cache.t4g.small', '--wait', '--num-cache-nodes']
    await home.answer('create-cache-cluster', '--cache-cluster-id', 'large', ...node, '9')
    await home.answer('create-cache-cluster', '--cache-cluster-id', 'small', ...node, '1')
    const status = await home.answer('engine', 'status')
    expect(status).toContain('│ 9 available ')
    expect(status.match(/ 0001 available /g)).toHaveLength(1)
  })

  test('is emptied only when told so twice', async () => {
    const refused = await home.cachectl('engine', 'reset')
    expect(refused).toMatchObject({ code: 252, stderr: expect.stringContaining('--yes') })
    expect(await home.answer('engine', 'reset', '--yes')).toContain('is empty')
  })

  test('is gone when stop returns', async () => {
    expect(await home.answer('engine', 'stop')).toContain(`Engine stopped (pid ${info.pid})`)
    expect(isAlive(info.pid)).toBe(false)
    expect(existsSync(join(home.stateDir, 'engine.json'))).toBe(false)
    expect(await home.answer('engine', 'stop')).toContain('No engine is running')
  })
})

test('an engine on a terminal has a line for each call, as JSON where that is asked for', async () => {
  const home = temporaryHome()
  const engine = spawn(
    process.execPath,
    [launcher, 'engine', 'start', '--foreground', '--port', '0', '--log-format', 'json'],
    { env: { ...bareEnvironment(), CACHECTL_HOME: home.stateDir }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let said = ''
  engine.stdout.on('data', (bytes) => (said += bytes))
  await eventually('it answers', async () => said.includes(' answers at '))
  await home.cachectl('describe-cache-clusters', '--cache-cluster-id', 'nope')
  await eventually('it has told', async () => said.includes('DescribeCacheClusters'))
  engine.kill('SIGTERM')
  await new Promise((resolve) => engine.once('exit', resolve))
  const lines = said
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.find(({ action }) => action === 'DescribeCacheClusters')).toMatchObject({
    region: 'us-west-2',
    user: 'default',
    status: 404,
    error: 'CacheClusterNotFound',
  })
})

test.skipIf(process.platform !== 'linux')(
  'a process whose end its parent has not taken note of is not alive',
  async () => {
    // sleep never waits for the child it got with exec.
    const parent = spawn('sh', ['-c', 'sleep 1 & echo $!; exec sleep 60'])
    const pid = await new Promise<number>((resolve) => parent.stdout.on('data', (line) => resolve(Number(line))))
    await eventually('it has ended', async () => !isAlive(pid))
    expect(existsSync(`/proc/${pid}`)).toBe(true)
    parent.kill('SIGKILL')
  },
)

test('where none runs, status says so with exit code 3', async () => {
  const home = temporaryHome()
  const outcome = await home.cachectl('engine', 'status', '--output', 'json')
  expect(outcome).toMatchObject({ code: 3, stderr: '' })
  expect(JSON.parse(outcome.stdout)).toEqual({ running: false, stateDir: home.stateDir })
})

test('a port that is taken is named', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const { code, stderr } = await temporaryHome().cachectl('engine', 'start', '--port', String(port))
  server.close()
  expect(code).toBe(255)
  expect(stderr).toContain(String(port))
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  'in the foreground it stays until %s tells it to end, and then ends well',
  async (signal) => {
    const { stateDir } = temporaryHome()
    const argv = [launcher, 'engine', 'start', '--foreground', '--port', '0', '--state-dir', stateDir]
    const child = spawn(process.execPath, argv, { env: bareEnvironment() })
    const ended = new Promise((resolve) => child.on('exit', resolve))
    await eventually('the engine is there', async () => {
      const { code } = await cachectl(['engine', 'status', '--state-dir', stateDir])
      return code === 0
    })
    expect(await cachectl(['engine', 'logs', '--state-dir', stateDir])).toMatchObject({
      code: 255,
      stderr: expect.stringMatching(/The engine \(pid \d+\) runs in the foreground, and logs to the terminal/),
    })
    child.kill(signal)
    expect(await ended).toBe(0)
    expect(existsSync(join(stateDir, 'engine.json'))).toBe(false)
  },
)
