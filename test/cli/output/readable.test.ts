import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryHome } from '../support/cli.ts'
import { hasTerminal, longestLine, onTerminal } from '../support/terminal.ts'

const GREEN = '\x1b[32m'
const SHOP = ['--cache-cluster-id', 'shop']

describe.skipIf(!hasTerminal)('answers on a terminal (needs python3 with pty)', () => {
  const home = temporaryHome(afterAll)
  const here = (args: string[], sitting: Parameters<typeof onTerminal>[1] = {}) =>
    onTerminal(args, { ...sitting, env: { CACHECTL_HOME: home.stateDir, ...sitting.env } })

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    const create = ['create-cache-cluster', '--engine', 'memcached', '--cache-node-type', 'cache.t4g.small']
    await home.answer(...create, ...SHOP, '--num-cache-nodes', '2', '--wait')
  })

  test('a list is a table that fits the terminal, with endpoints and states in colour', async () => {
    const narrow = await here(['describe-cache-clusters'])
    expect(narrow.text).toMatch(/│ shop +│ available │ 127\.0\.0\.1:\d+ │ 2 /)
    expect(narrow.raw).toContain(`${GREEN}available`)
    expect(longestLine(narrow)).toBeLessThanOrEqual(80)
    const wide = await here(['describe-cache-clusters'], { columns: 160 })
    expect(wide.text).toContain('memcached 1.6.22')
    expect(longestLine(wide)).toBeLessThanOrEqual(160)
    expect(longestLine(await here(['describe-events'], { columns: 60 }))).toBeLessThanOrEqual(60)
    expect(longestLine(await here(['engine', 'status']))).toBeLessThanOrEqual(80)
  })

  test('what is asked for by name is a card with its nodes and how long ago it was made', async () => {
    const { text } = await here(['describe-cache-clusters', ...SHOP])
    expect(text).toMatch(/^shop {2}available\n/)
    expect(text).toMatch(/Create time +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ \((now|\d+ (s|min) ago)\)/)
    expect(text).toMatch(/│ 0002 │ available │ 127\.0\.0\.1:\d+ /)
  })

  test('colour goes by --color first, then by NO_COLOR', async () => {
    const ANSI = '\x1b['
    expect((await here(['describe-cache-clusters'], { env: { NO_COLOR: '1' } })).raw).not.toContain(ANSI)
    expect((await here(['describe-cache-clusters', '--color', 'off'])).raw).not.toContain(ANSI)
    const insisted = await here(['describe-cache-clusters', '--color', 'on'], { env: { NO_COLOR: '1' } })
    expect(insisted.raw).toContain(GREEN)
  })

  test('--output, --query and AWS_DEFAULT_OUTPUT are obeyed there too', async () => {
    const piped = await home.answer('describe-cache-clusters', '--show-cache-node-info')
    const shown = await here(['describe-cache-clusters', '--show-cache-node-info', '--output', 'json'], { rows: 200 })
    expect(shown.text).toBe(piped)
    const env = { AWS_DEFAULT_OUTPUT: 'json' }
    expect((await here(['describe-cache-clusters', '--show-cache-node-info'], { env, rows: 200 })).text).toBe(piped)
    expect((await here(['describe-cache-clusters', '--query', 'CacheClusters[].NumCacheNodes'])).text).toBe(
      '[\n    2\n]\n',
    )
  })

  test('only what is longer than the screen goes through the pager', async () => {
    const env = { PAGER: 'sed s/^/paged:/' }
    expect((await here(['describe-cache-clusters'], { env })).text).not.toContain('paged:')
    const long = ['describe-cache-parameters', '--cache-parameter-group-name', 'default.memcached1.6']
    expect((await here(long, { env, rows: 20 })).text).toContain('paged:')
    expect((await here([...long, '--no-cli-pager'], { env, rows: 20 })).text).not.toContain('paged:')
    expect((await here(long, { env: { ...env, AWS_PAGER: '' }, rows: 5 })).text).not.toContain('paged:')
    expect((await here(long, { env: { PAGER: 'no-such-pager' }, rows: 20 })).text).toContain('chunk_size')
  })

  test('an empty list and an empty answer say so', async () => {
    expect((await here(['describe-serverless-caches'])).text).toBe('No serverless caches.\n')
    const group = ['--cache-parameter-group-name', 'hot']
    const family = ['--cache-parameter-group-family', 'memcached1.6', '--description', 'x']
    await home.answer('create-cache-parameter-group', ...group, ...family)
    expect((await here(['delete-cache-parameter-group', ...group, '--yes'])).text).toBe('Done.\n')
  })
})

test('through a pipe nothing of it is seen', async () => {
  const home = temporaryHome()
  await home.answer('engine', 'start', '--port', '0')
  expect(await home.answer('describe-cache-clusters', '--color', 'on')).toBe('{\n    "CacheClusters": []\n}\n')
})
