import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineCredentials } from '../../../src/api/local-engine.ts'
import { usualStatistic } from '../../../src/cli/caches/metric-series.ts'
import { AT_FIRST, afterKey, type TopState } from '../../../src/cli/commands/top/keys.ts'
import { type NodeRates, ratesOf, statsOf, totalOf } from '../../../src/cli/commands/top/rates.ts'
import { labelOf, type NodeView, topScreen } from '../../../src/cli/commands/top/view.ts'
import { keysIn } from '../../../src/cli/live/keys.ts'
import { ASCII } from '../../../src/cli/output/characters.ts'
import { bytesText, countText, quantityText } from '../../../src/cli/output/quantities.ts'
import { styleOf } from '../../../src/cli/output/style.ts'
import { cachectl, temporaryHome } from '../support/cli.ts'
import { hasTerminal, longestLine, onTerminal } from '../support/terminal.ts'

const home = temporaryHome(afterAll)
let url = ''

beforeAll(async () => {
  await home.answer('engine', 'start', '--port', '0', '--pace', 'instant')
  const cluster = ['--cache-cluster-id', 'shop', '--engine', 'memcached', '--cache-node-type', 'cache.t4g.small']
  await home.answer('create-cache-cluster', ...cluster, '--num-cache-nodes', '2', '--wait')
  await home.answer('kv', 'set', 'shop', 'greeting', 'hello')
  await home.answer('engine', 'clock', 'advance', '10m')
  url = JSON.parse(await home.answer('engine', 'status', '--output', 'json')).url
})

describe('cachectl metrics', () => {
  test('shows every metric of every node, and who counts what how', async () => {
    const shown = await home.answer('metrics', 'shop')
    expect(shown).toMatch(/Metric +│ Statistic +│ 0001 +│ 0002/)
    expect(shown).toMatch(/CmdSet +│ Sum +│ (0 +│ 1|1 +│ 0)/)
    expect(shown).toMatch(/CPUUtilization +│ Average/)
  })

  test('shows values by period, for people and for programs', async () => {
    const asked = ['metrics', 'shop', '--metric', 'currconfig', 'CmdSet', '--period', '5m', '--since', '20m']
    expect(await home.answer(...asked)).toMatch(/CurrConfig: Average of each 5 min, Count/)
    const { cluster, metrics } = JSON.parse(await home.answer(...asked, '--output', 'json'))
    expect(cluster).toBe('shop')
    expect(metrics.map((each: { metric: string; node: string }) => `${each.metric} ${each.node}`).sort()).toEqual([
      'CmdSet 0001',
      'CmdSet 0002',
      'CurrConfig 0001',
      'CurrConfig 0002',
    ])
    const sets = metrics.filter((each: { metric: string }) => each.metric === 'CmdSet')
    const values = sets.flatMap((each: { datapoints: { value: number }[] }) =>
      each.datapoints.map(({ value }) => value),
    )
    expect(values.reduce((sum: number, value: number) => sum + value, 0)).toBe(1)
    expect(sets[0]).toMatchObject({ period: 300, statistic: 'Sum', unit: 'Count' })
  })

  test('shows the cluster as one, all nodes together', async () => {
    const asked = ['metrics', 'shop', '--metric', 'CurrConfig', '--statistic', 'Sum', '--period', '1h', '--node', 'all']
    const { metrics } = JSON.parse(await home.answer(...asked, '--output', 'json'))
    expect(metrics).toHaveLength(1)
    expect(metrics[0]).toMatchObject({ metric: 'CurrConfig', node: null })
    const values = metrics[0].datapoints.map(({ value }: { value: number }) => value)
    // Ten minutes and more, of two nodes with one list each.
    expect(values.reduce((sum: number, value: number) => sum + value, 0)).toBeGreaterThanOrEqual(20)
    expect(await home.answer('metrics', 'shop', '--node', 'all')).toMatch(
      /NetworkConntrackAllowanceExceeded +│ Sum +│ 0/,
    )
  })

  test('asks an endpoint that stands in for AWS with the credentials of the environment', async () => {
    const { accessKeyId, secretAccessKey } = JSON.parse(
      readFileSync(`${home.stateDir}/credentials.json`, 'utf8'),
    ) as EngineCredentials
    const env = {
      CACHECTL_HOME: `${home.stateDir}/other`,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: 'us-west-2',
    }
    const asked = ['metrics', 'shop', '--metric', 'CurrConfig', '--endpoint-url', url]
    expect(await cachectl(asked, env)).toMatchObject({ code: 0, stdout: expect.stringContaining('CurrConfig') })
    expect(await cachectl(asked, { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' })).toMatchObject({
      code: 254,
      stderr: expect.stringMatching(
        /An error occurred \(SignatureDoesNotMatch\) when calling the ListMetrics operation/,
      ),
    })
    expect(
      await cachectl(asked, { CACHECTL_HOME: env.CACHECTL_HOME, AWS_REGION: 'us-west-2', HOME: '/' }),
    ).toMatchObject({
      code: 253,
      stderr: expect.stringContaining('Unable to locate credentials'),
    })
  })

  test.each([
    [['nope'], 254, /CacheClusterNotFound.*nope/],
    [['shop', '--metric', 'Nothing'], 254, /There is no metric Nothing[\s\S]*CPUUtilization/],
    [['shop', '--period', '61s'], 252, /invalid period/],
    [['shop', '--statistic', 'median'], 252, /invalid choice: 'median'/],
    [['shop', '--since', '1h', '--start-time', '2026-01-01'], 252, /not both/],
    [['shop', '--start-time', 'yesterday'], 252, /invalid time: 'yesterday'/],
    [['shop', '--start-time', '2020-01-01', '--end-time', '2020-01-02'], 255, /no values of shop in that time/],
    [[], 252, /required: <cluster>/],
  ])('%j ends with %i', async (words, code, message) => {
    expect(await home.cachectl('metrics', ...words)).toMatchObject({ code, stderr: expect.stringMatching(message) })
  })
})

describe('cachectl top', () => {
  test('into a pipe it is a line for each look, or an object', async () => {
    const [line] = (await home.answer('top', 'shop', '--count', '1', '--interval', '100ms')).split('\n')
    expect(line).toMatch(/^\d{4}-\d\d-\d\d .*ops\/s {2}hits .* {2}items 3 {2}memory .* nodes 2$/)
    const lines = (await home.answer('top', 'shop', '--count', '2', '--interval', '100ms', '--output', 'json')).trim()
    const looks = lines.split('\n').map((each) => JSON.parse(each))
    expect(looks).toHaveLength(2)
    expect(looks[1]).toMatchObject({ where: 'shop', total: { items: 3 }, nodes: [{ node: '0001' }, { node: '0002' }] })
  })

  test.skipIf(!hasTerminal)(
    'on a terminal it takes the screen, and gives it back at q (needs python3 with pty)',
    async () => {
      const sitting = { env: { CACHECTL_HOME: home.stateDir }, answers: [['0002 ', 'q']] as const, rows: 24 }
      const screen = await onTerminal(['top', 'shop', '--interval', '100ms'], sitting)
      const { raw, text, code } = screen
      expect(code).toBe(0)
      expect(raw.startsWith('\x1b[?1049h\x1b[?25l')).toBe(true)
      expect(raw.trimEnd().endsWith('\x1b[?25h\x1b[?1049l')).toBe(true)
      expect(text).toMatch(/ops\/s +hits +items +memory +conns +evict +in\/s +out\/s/)
      expect(longestLine(screen)).toBeLessThanOrEqual(80)
      const plain = await onTerminal(['top', 'shop', '--interval', '100ms'], {
        ...sitting,
        env: { ...sitting.env, NO_COLOR: '1' },
      })
      expect(plain.raw).not.toContain('\x1b[1m')
    },
  )

  test.each([
    [['nope'], 254, /CacheClusterNotFound/],
    [['127.0.0.1:1', '--count', '1', '--interval', '100ms'], 1, /ECONNREFUSED/],
    [['shop', '--count', '0'], 252, /It must be 1 or more/],
    [[], 252, /required: <where>/],
  ])('%j ends with %i', async (words, code, message) => {
    expect(await home.cachectl('top', ...words)).toMatchObject({ code, stderr: expect.stringMatching(message) })
  })
})

describe('the view of top', async () => {
  const style = await styleOf(false, 80, new Date(0))
  const rates = (operations: number): NodeRates => ({
    operations,
    gets: operations,
    hitRate: 0.995,
    bytesIn: 123_456_789,
    bytesOut: 999_999,
    evictions: 12_345,
    items: 123_456_789,
    bytes: 512 * 2 ** 20,
    limitBytes: 2 ** 30,
    connections: 65_000,
  })
  const node = (label: string, more: Partial<NodeView> = {}): NodeView => ({
    label,
    rates: rates(123_456),
    problem: undefined,
    history: Array.from({ length: 300 }, (_, index) => index),
    ...more,
  })
  const view = (nodes: readonly NodeView[], width: number, height: number, state: TopState = AT_FIRST) =>
    topScreen({ title: 'shop', time: '12:00:00Z', nodes }, { width, height }, style, state).lines

  test.each([20, 40, 60, 80, 132])('is no wider than %i columns, however long names and numbers are', (width) => {
    const long = 'shop.abcdef.cfg.usw2.cache.amazonaws.com:11211'
    const lines = view(
      [node('0001'), node(long), node('0003', { rates: undefined, problem: 'x'.repeat(200) })],
      width,
      50,
    )
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
  })

  test.each([1, 3, 8, 24])('is no higher than %i lines', (height) => {
    const nodes = Array.from({ length: 40 }, (_, index) => node(String(index)))
    expect(view(nodes, 80, height).length).toBeLessThanOrEqual(height)
  })

  test('shows all figures on 80 columns, with the total of several nodes first', () => {
    const lines = view([node('0001'), node('0002')], 80, 24)
    expect(lines[3]).toMatch(/^all +247k +99 % +247M ████░░░░ +1.0 GiB +130k +24.7k +235 MiB +1.9 MiB$/)
    expect(lines[4]).toMatch(/^ +[▁▂▃▄▅▆▇█]+$/)
  })

  test('shows why a node says nothing, and that it did not', () => {
    const lines = view([node('0001', { rates: undefined, problem: 'refused', history: [1, undefined] })], 80, 24)
    expect(lines.join('\n')).toContain('0001     refused')
  })

  test('every node of 40 can be scrolled to on 24 lines, a screen at a time and one by one', () => {
    const nodes = Array.from({ length: 40 }, (_, index) => node(String(index + 1).padStart(4, '0')))
    const screen = (state: TopState) =>
      topScreen({ title: 'shop', time: '12:00:00Z', nodes }, { width: 80, height: 24 }, style, state)
    const seen = new Set<string>()
    let state = AT_FIRST
    for (const key of ['', ' ', ' ', 'k', 'G', '\x1b[A', 'g']) {
      state = key === '' ? state : afterKey(state, key, screen(state).extent)
      for (const line of screen(state).lines) seen.add(line.slice(0, 4))
      expect(screen(state).lines).toHaveLength(24)
    }
    for (const { label } of nodes) expect(seen).toContain(label)
    expect(screen(afterKey(state, 'G', screen(state).extent)).lines[1]).toContain('21-40 of 40')
  })

  test('is sorted by a column, the silent first, and the other way round', () => {
    const nodes = [
      node('slow', { rates: rates(1) }),
      node('fast', { rates: rates(3) }),
      node('dead', { rates: undefined, problem: 'refused' }),
    ]
    const names = (state: TopState) =>
      view(nodes, 80, 7, state)
        .slice(4)
        .map((line) => line.slice(0, 4))
    const byOperations = afterKey(AT_FIRST, 's', { nodes: 3, page: 3 })
    expect(names(AT_FIRST)).toEqual(['slow', 'fast', 'dead'])
    expect(names(byOperations)).toEqual(['dead', 'fast', 'slow'])
    expect(names(afterKey(byOperations, 'r', { nodes: 3, page: 3 }))).toEqual(['dead', 'slow', 'fast'])
    expect(view(nodes, 80, 7, byOperations)[1]).toContain('sorted by ops/s')
    expect(afterKey(byOperations, 'S', { nodes: 3, page: 3 })).toEqual(AT_FIRST)
    expect(afterKey(AT_FIRST, 'S', { nodes: 3, page: 3 }).order).toBe('answer')
  })

  test('a wide terminal shows how long answers took, and the trend beside the figures', () => {
    const lines = view([node('0001', { answerMs: 0.42 }), node('0002', { answerMs: 7 })], 160, 24)
    expect(lines[2]).toMatch(/answer$/)
    expect(lines.slice(3).map((line) => /([\d.]+ ms) {2}[▁▂▃▄▅▆▇█]{40,}$/.exec(line)?.[1])).toEqual([
      '7.0 ms',
      '0.4 ms',
      '7.0 ms',
    ])
    expect(view([node('0001')], 60, 24)[1]).toBe('wider: in/s, out/s, answer')
  })

  test.each([
    [1024, '░░░░░░░░'],
    [2 ** 30 / 64, '▏░░░░░░░'],
    [2 ** 30 / 16, '▌░░░░░░░'],
    [2 ** 30, '████████'],
  ])('the bar of %i bytes of a GiB is %s', (bytes, bar) => {
    expect(view([node('0001', { rates: { ...rates(1), bytes } })], 80, 24)[3]).toContain(` ${bar} `)
  })

  test('is of ASCII alone where the terminal has nothing else', () => {
    const nodes = [node('x'.repeat(40), { answerMs: 1 })]
    const plain = { ...style, characters: ASCII }
    for (const width of [60, 160]) {
      const { lines } = topScreen({ title: 'shop', time: '', nodes }, { width, height: 24 }, plain, AT_FIRST)
      expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/)
    }
  })

  test('help names the keys, and any key leaves it; several keys sent at once are told apart', () => {
    const asked = afterKey(AT_FIRST, '?', { nodes: 1, page: 1 })
    expect(view([node('0001')], 80, 24, asked).join('\n')).toMatch(/q, Ctrl-C +quit/)
    expect(afterKey(asked, 'x', { nodes: 1, page: 1 })).toEqual(AT_FIRST)
    expect(keysIn('j\x1b[Bk\x1b[6~q')).toEqual(['j', '\x1b[B', 'k', '\x1b[6~', 'q'])
    expect(afterKey(AT_FIRST, 'p', { nodes: 1, page: 1 }).paused).toBe(true)
  })

  test('names nodes as AWS does where their host names tell', () => {
    expect(labelOf('shop.abc123.0002.usw2.cache.amazonaws.com', 11211)).toBe('0002')
    expect(labelOf('::1', 11211)).toBe('[::1]:11211')
  })
})

describe('rates', () => {
  const stats = (cmdGet: number, hits: number) =>
    statsOf([
      ['cmd_get', String(cmdGet)],
      ['get_hits', String(hits)],
      ['get_misses', String(cmdGet - hits)],
      ['version', '1.6.22'],
      ['rusage_user', '0.5'],
    ])

  test('are differences by time, and all of what a restarted node counted', () => {
    expect(ratesOf(stats(10, 5), stats(30, 20), 2)).toMatchObject({ operations: 10, hitRate: 0.75 })
    expect(ratesOf(stats(100, 100), stats(4, 1), 2)).toMatchObject({ operations: 2, hitRate: 0.25 })
    expect(ratesOf(stats(1, 1), stats(1, 1), 1).hitRate).toBeUndefined()
  })

  test('of all nodes, the hit rate is weighed by gets', () => {
    const busy = ratesOf(stats(0, 0), stats(90, 90), 1)
    const idle = ratesOf(stats(0, 0), stats(10, 0), 1)
    expect(totalOf([busy, idle]).hitRate).toBeCloseTo(0.9)
  })
})

test('quantities are short', () => {
  expect([0, 812, 1000, 36_312, 999_960, 1e9].map(countText)).toEqual(['0', '812', '1.0k', '36.3k', '1.0M', '1.0G'])
  expect([0, 1023, 1024, 1.5 * 2 ** 30].map(bytesText)).toEqual(['0 B', '1023 B', '1.0 KiB', '1.5 GiB'])
  expect([0.0123, 0].map(countText)).toEqual(['0.012', '0'])
  expect(quantityText(1500, 'Microseconds')).toBe('1.50 ms')
})

test.each([
  ['CPUUtilization', 'Average'],
  ['GetHits', 'Sum'],
  ['NetworkMaxBytesIn', 'Maximum'],
  ['NetworkBytesIn', 'Sum'],
])('of %s the %s says most', (metric, statistic) => {
  expect(usualStatistic(metric)).toBe(statistic)
})
