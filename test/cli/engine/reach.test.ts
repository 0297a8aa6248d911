/** An engine for clients elsewhere. 127.0.0.2 is loopback, and still none of the addresses it listens on by itself. */
import { afterAll, expect, test } from 'vitest'
import { configReply, discoveryPayload } from '../../../src/discovery/encode.ts'
import { ask } from '../../support/raw.ts'
import { temporaryHome } from '../support/cli.ts'

const home = temporaryHome(afterAll)
const start = ['engine', 'start', '--port', '0', '--pace', 'instant']

test('an address that other machines reach is refused without the words that allow it', async () => {
  for (const address of ['0.0.0.0', '::', '192.0.2.7']) {
    expect(await home.cachectl(...start, '--listen', address)).toMatchObject({
      code: 252,
      stderr: expect.stringContaining('--listen-beyond-loopback'),
    })
  }
  expect(await home.cachectl(...start, '--listen', '192.0.2.7', '--listen-beyond-loopback')).toMatchObject({
    code: 255,
    stderr: expect.stringMatching(/^warning: other machines reach this engine[\s\S]*cannot listen on 192\.0\.2\.7/),
  })
})

test.each([
  ['--listen', 'localhost', 'is no address'],
  ['--listen', '::1', 'it listens anyway'],
  ['--advertise-host', 'a b', 'no host name'],
  ['--let-in', '10.0.0.1/8', 'bits set beyond'],
])('%s %s is refused', async (option, value, why) => {
  expect(await home.cachectl(...start, option, value)).toMatchObject({
    code: 252,
    stderr: expect.stringContaining(why),
  })
})

test.skipIf(process.platform !== 'linux')(
  'clients elsewhere are told the host that is advertised, and find it',
  async () => {
    const node = ['--cache-cluster-id', 'shop', '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '1']
    await home.answer(...start, '--wait', '--let-in', '10.1.0.0/16')
    await home.answer('create-cache-cluster', ...node, '--engine', 'memcached', '--wait')
    const before = JSON.parse(await home.answer('endpoints', 'shop', '--output', 'json'))
    await home.answer('engine', 'stop')

    const elsewhere = ['--listen', '127.0.0.2', '--advertise-host', '127.0.0.2']
    const { url } = JSON.parse(await home.answer(...start, ...elsewhere, '--wait', '--output', 'json'))
    const { configurationEndpoint, nodes } = JSON.parse(await home.answer('endpoints', 'shop', '--output', 'json'))
    expect(configurationEndpoint).toEqual({ host: '127.0.0.2', port: before.configurationEndpoint.port })
    const list = discoveryPayload(2, [{ host: '127.0.0.2', ip: '127.0.0.2', port: nodes[0].port }])
    const { host, port } = configurationEndpoint
    expect(await ask(port, 'config get cluster\r\n', 'END\r\n', host)).toBe(String(configReply('cluster', 0, list)))
    expect((await fetch(url.replace('127.0.0.1', '127.0.0.2').concat('/health'))).status).toBe(200)
    expect(await home.answer('engine', 'security-group', 'list')).toContain('10.1.0.0/16')

    const other = await home.cachectl(...start, '--listen', '127.0.0.3')
    expect(other).toMatchObject({
      code: 255,
      stderr: expect.stringContaining('It listens on loopback, 127.0.0.2, not'),
    })
    await home.answer('engine', 'stop')
  },
)

test('waiting ends when the engine is ready that another command starts, or when it was too long', async () => {
  const { code, stderr } = await home.cachectl(...start, '--wait', '--timeout', '1ms')
  // An engine that is ready at the first look is no one's fault.
  if (code !== 0) {
    expect(code).toBe(255)
    expect(stderr).toMatch(/is not ready after 0s: it waits for .*\n.*--timeout/)
  }
  // The engine of the command before goes on starting.
  expect(await home.answer(...start, '--wait')).toMatch(/^(The engine is already running|Engine started)/)
})
