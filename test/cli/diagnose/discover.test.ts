import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configReply, discoveryPayload } from '../../../src/discovery/encode.ts'
import { type ScriptedServer, scriptedServer } from '../../discovery/scripted-server.ts'
import { temporaryHome } from '../support/cli.ts'
import { cachectl } from './run.ts'

const silent = () => undefined
const listOf = (version: number, ...servers: ScriptedServer[]): string =>
  configReply(
    'cluster',
    0,
    discoveryPayload(
      version,
      servers.map(({ host, port }) => ({ host, ip: host, port })),
    ),
  ).toString()
const lines = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('discover with host:port', () => {
  test('names what is odd about each list, and the exit code tells', async () => {
    const [a, b] = [await scriptedServer(silent), await scriptedServer(silent)]
    a.answer(() => listOf(3, a, b))
    b.answer(() => listOf(2, b))
    const { code, stdout, stderr } = await cachectl(['discover', `127.0.0.1:${a.port}`])
    expect(stdout).toContain(`ODD  [stale] 127.0.0.1:${b.port}: version 2, 1 behind; lacks 127.0.0.1:${a.port}`)
    expect([code, stderr]).toEqual([1, expect.stringContaining('Not as wished: the endpoint has version 3')])
  })

  test('--until version N waits for it, and --output events tells who followed when, a line each', async () => {
    const [a, b] = [await scriptedServer(silent), await scriptedServer(silent)]
    a.answer(() => listOf(1, a, b))
    let asked = 0
    // The endpoint's own list is one answer, its list as a node the next: the change comes with the third round.
    a.answer(() => listOf(++asked > 4 ? 2 : 1, a, b))
    b.answer(() => listOf(asked > 8 ? 2 : 1, a, b))
    const { code, stdout } = await cachectl([
      'discover',
      `127.0.0.1:${a.port}`,
      '--until',
      'version',
      '2',
      '--interval',
      '20ms',
      '--output',
      'events',
    ])
    const events = lines(stdout)
    expect(code).toBe(0)
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['round', 'change', 'followed', 'difference', 'settled', 'verdict', 'lag', 'end']),
    )
    expect(events.find(({ type }) => type === 'lag')).toMatchObject({
      version: 2,
      perNode: expect.arrayContaining([
        { who: `127.0.0.1:${a.port}`, lagMs: 0 },
        { who: `127.0.0.1:${b.port}`, lagMs: expect.any(Number) },
      ]),
    })
    expect(events.at(-1)).toMatchObject({ type: 'end', converged: true })
  })

  test('--polls asks so many rounds, and one bad one is enough', async () => {
    const a = await scriptedServer(silent)
    a.answer(() => listOf(1, a))
    const args = ['discover', `127.0.0.1:${a.port}`, '--polls', '3', '--interval', '5ms', '--output', 'events']
    expect(lines((await cachectl(args)).stdout).at(-1)).toMatchObject({ rounds: 3, converged: true })
    let asked = 0
    a.answer(() => listOf(++asked > 2 ? 4 : 5, a))
    const events = lines((await cachectl(args)).stdout)
    expect(events.filter(({ type }) => type === 'version-back').length).toBeGreaterThan(0)
  })

  test('what is no ElastiCache endpoint is called by its name', async () => {
    const { port } = await scriptedServer(() => "-ERR unknown command 'x'\r\n")
    const { code, stderr } = await cachectl(['discover', `127.0.0.1:${port}`])
    expect(code).toBe(1)
    expect(stderr).toContain(`Not an ElastiCache endpoint: 127.0.0.1:${port} is Redis or Valkey.`)
  })

  test('what can not be wished is a mistake of usage', async () => {
    const wrong = [
      ['--until', 'ipv5'],
      ['--polls', '0'],
      ['--protocol', 'udp'],
      ['--until', 'primary'],
    ]
    const ends = await Promise.all(wrong.map((args) => cachectl(['discover', '127.0.0.1:1', ...args])))
    expect(ends.map(({ code }) => code)).toEqual([252, 252, 252, 252])
    expect(ends[0]?.stderr).toContain('choose from: ipv4, ipv6, version <number>, nodes <number>, shards <number>')
    expect(ends[3]?.stderr).toContain('give its id')
  })
})

describe('discover with a cluster of the engine', () => {
  const home = temporaryHome(afterAll)
  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0', '--pace', 'instant')
    const create = ['create-cache-cluster', '--cache-cluster-id', 'shop', '--engine', 'memcached']
    await home.answer(...create, '--cache-node-type', 'cache.t4g.small', '--num-cache-nodes', '2', '--wait')
  })

  test('speaks the binary protocol and the legacy key to its nodes', async () => {
    for (const how of [['--binary'], ['--protocol', 'binary', '--legacy']]) {
      const round = JSON.parse(await home.answer('discover', 'shop', ...how, '--output', 'json'))
      expect(round).toMatchObject({ agreed: true, differences: [], seed: { version: 1 } })
      expect(round.seed.form).toBe(how.includes('--legacy') ? 'legacy' : 'config')
    }
  })

  test('a node that is left behind is found by its list and by the API', async () => {
    await home.answer('engine', 'fault', 'inject', 'stale-discovery', '--cluster', 'shop', '--node', '0002')
    await home.answer(
      'modify-cache-cluster',
      '--cache-cluster-id',
      'shop',
      '--num-cache-nodes',
      '3',
      '--apply-immediately',
      '--wait',
    )
    const args = ['discover', 'shop', '--until', 'nodes', '3', '--timeout', '0.2', '--interval', '50ms']
    const { code, stdout } = await home.cachectl(...args, '--output', 'json')
    const { differences, groups } = JSON.parse(stdout)
    expect(code).toBe(1)
    expect(differences).toMatchObject([
      { kind: 'stale', detail: expect.stringMatching(/^version 1, 1 behind; lacks /) },
    ])
    expect(groups).toHaveLength(2)
  })
})
