import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commands } from '../../../src/cli/command-classes.ts'
import { helpPages } from '../../../src/tools/help-pages.ts'
import { manDirectory, manPages } from '../../../src/tools/man.ts'
import { escapeRoff } from '../../../src/tools/roff.ts'
import { isInstalled, run } from '../../support/programs.ts'
import { cachectl } from '../support/cli.ts'
import { hasTerminal, onTerminal } from '../support/terminal.ts'

/** Nothing that a manual tells. */
const OF_EVERY_PROGRAM = ['HOME', 'PATH']

const root = new URL('../../..', import.meta.url).pathname
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const pages = helpPages()

describe('help', () => {
  test('has a page for every command, and one that lists them all', () => {
    const index = pages.get('commands') ?? ''
    for (const id of Object.keys(commands)) {
      expect(pages.has(id.replaceAll(':', '-'))).toBe(true)
      expect(index).toContain(id.replaceAll(':', ' '))
    }
  })

  test.each([80, 60])('fits in %i columns, but for words that are longer', (columns) => {
    const wide = [...helpPages(columns)].flatMap(([name, text]) =>
      text
        .split('\n')
        .flatMap((line) => (line.length > columns && line.trim().includes(' ') ? [`${name}: ${line}`] : [])),
    )
    // Options of an example stand with what they are given.
    expect(wide.filter((line) => !/ (\$|\\| {4}--)/.test(line))).toEqual([])
  })

  test.each([
    [['--help'], 'index'],
    [['help', 'commands'], 'commands'],
    [['help', 'global-options'], 'global-options'],
    [['engine', 'fault', 'inject', 'node-crash', '--help'], 'engine-fault-inject-node-crash'],
    [['help', 'engine', 'fault', 'inject', 'delay'], 'engine-fault-inject-delay'],
    [['engine', 'fault', 'inject', 'nosuch', '--help'], 'engine-fault-inject'],
    [['help'], 'index'],
    [[], 'index'],
    [['create-cache-cluster', '--help'], 'create-cache-cluster'],
    [['help', 'create-cache-cluster'], 'create-cache-cluster'],
    [['create-cache-cluster', '--cache-cluster-id', 'x', '--help'], 'create-cache-cluster'],
    [['engine', 'start', '--help'], 'engine-start'],
    [['--help', 'engine', 'start'], 'engine-start'],
    [['--region', 'us-east-1', '--help', 'probe'], 'probe'],
    [['engine'], 'engine'],
    [['wait', '--help'], 'wait'],
    [['probe', '-h'], 'probe'],
    [['create-serverless-snapshot', '--help'], 'create-serverless-cache-snapshot'],
  ])('%j prints the page %s', async (argv, page) => {
    expect(await cachectl(argv)).toEqual({ code: 0, stderr: '', stdout: pages.get(page) })
  })

  test('of everything fits: a line for each command of ours and for each group of others', () => {
    const index = pages.get('index') ?? ''
    expect(index.split('\n').length).toBeLessThan(110)
    expect(index).toMatch(/^ {2}engine \.\.\. +start, status, env/m)
    expect(index).toMatch(/^ {2}doctor +\S/m)
    expect(index).toContain('help commands')
  })

  test.skipIf(!hasTerminal)('longer than the screen is paged on a terminal (needs python3 with pty)', async () => {
    const env = { PAGER: 'sed s/^/paged:/' }
    expect((await onTerminal(['--help'], { rows: 24, env })).text).toContain('paged:LOCAL ENGINE')
    expect((await onTerminal(['--help'], { rows: 200, env })).text).toBe(pages.get('index'))
  })

  test.skipIf(!hasTerminal)(
    'is set anew for a terminal that is narrower than pages are (needs python3 with pty)',
    async () => {
      const narrow = helpPages(60)
      const sitting = { columns: 60, rows: 200 }
      expect((await onTerminal(['help', 'failover'], sitting)).text).toBe(narrow.get('failover'))
      expect((await onTerminal(['engine', 'clock', '--help'], sitting)).text).toBe(narrow.get('engine-clock'))
      expect((await onTerminal(['help', 'commands'], { ...sitting, rows: 500 })).text).toBe(narrow.get('commands'))
    },
  )

  test('of the faults is a list, and of one what that takes', () => {
    expect(pages.get('engine-fault-inject')).toMatch(/\nFAULTS\n {2}node-crash +\S.*\n {2}delay +every request waits/s)
    const delay = pages.get('engine-fault-inject-delay') ?? ''
    expect(delay).toContain('every request waits (--delay, 500ms if not said)')
    expect(delay).toContain('$ cachectl engine fault inject delay --cluster shop')
    expect(delay).toMatch(/^ {2}--delay <duration>/m)
    expect(delay).not.toMatch(/--rate|--zone|node-crash/)
  })

  test('of a command names the options that all have, and tells its own', () => {
    const page = pages.get('list') ?? ''
    expect(page).toMatch(/GLOBAL OPTIONS \(cachectl help global-options\)\n {2}--target/)
    expect(page).not.toContain('the region to work in')
    expect(page).toContain('form of the answer: ')
    expect(pages.get('global-options')).toContain('the region to work in')
  })

  test('is indented under its headings, in every paragraph', () => {
    const page = pages.get('engine-start') ?? ''
    const [, description = ''] = /\nDESCRIPTION\n(.*?)\n\nOPTIONS/s.exec(page) ?? []
    expect(description).toContain('\n\n  Cache nodes are parts')
    for (const line of description.split('\n')) expect(line).toMatch(/^( {2}\S|$)/)
  })

  test.each([
    ['tls', '  $ cachectl tls localhost:11211 --ca "$(cachectl engine ca --path)"'],
    ['kv-load', '  $ cachectl kv dump old:11211 | cachectl kv load shop'],
    ['endpoints', '  $ eval "$(cachectl endpoints shop --output env)"'],
  ])('of %s has an example as it is typed', (name, line) => {
    expect(
      pages
        .get(name)
        ?.replaceAll(/ \\\n {6}/g, ' ')
        .split('\n'),
    ).toContain(line)
  })

  test('of something that is not there is refused', async () => {
    expect(await cachectl(['nosuch', '--help'])).toMatchObject({ code: 252 })
    expect(await cachectl(['../package', '--help'])).toMatchObject({ code: 252 })
  })

  test.each(['create-cache-cluster', 'engine start', 'wait cache-cluster-deleted', 'probe', ''])(
    'of "%s" is what oclif renders from its manifest',
    async (words) => {
      const script = `
        import oclif from '@oclif/core'
        await oclif.run([...${JSON.stringify(words.split(' ').filter(Boolean))}, '--help'], ${JSON.stringify(join(root, 'dist/main.js'))})`
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script])
      expect(stdout).toBe(pages.get(words.replace(' ', '-') || 'index'))
    },
  )

  test('--version names program, platform and Node', async () => {
    expect((await cachectl(['--version'])).stdout).toBe(
      `cachectl/${version} ${process.platform}-${process.arch} node-${process.version}\n`,
    )
  })
})

describe('man pages', () => {
  const expected = manPages(version)

  test('in the repository are what the generator writes', () => {
    expect(readdirSync(manDirectory).sort()).toEqual([...expected.keys()].sort())
    const stale = [...expected].filter(([file, text]) => readFileSync(join(manDirectory, file), 'utf8') !== text)
    expect(stale.map(([file]) => file)).toEqual([])
  })

  test('tell every variable of the environment that the program reads', () => {
    const page = (expected.get('cachectl.1') ?? '').replaceAll('\\-', '-')
    const sources = readdirSync(join(root, 'src/cli'), { recursive: true, encoding: 'utf8' })
    const read = sources
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [
        ...readFileSync(join(root, 'src/cli', name), 'utf8').matchAll(/\benv(?:ironment)?\.([A-Z_]+)/g),
      ])
      .map(([, name = '']) => name)
    expect([...new Set(read)].filter((name) => !OF_EVERY_PROGRAM.includes(name) && !page.includes(name))).toEqual([])
  })

  test('escape what roff would read as its own', () => {
    expect(escapeRoff('a-b\\c')).toBe('a\\-b\\ec')
    expect(escapeRoff('.line')).toBe('\\&.line')
  })

  test.skipIf(!isInstalled('man'))('are read by man without a complaint about their source', async () => {
    const { stdout, stderr } = await run(
      'man',
      ['--warnings', '-l', join(manDirectory, 'cachectl-create-cache-cluster.1')],
      {
        env: { ...process.env, MANWIDTH: '100', LC_ALL: 'C.UTF-8' },
      },
    )
    expect(stdout).toContain('--network-type')
    expect(stderr.split('\n').filter((line) => line && !/(adjust|break) line/.test(line))).toEqual([])
  })
})
