import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brokenRules, importsOf, missingPaths, readFloors, readSources } from '../../src/tools/house.ts'

const src = new URL('../../src/', import.meta.url)
const readme = readFileSync(new URL('README.md', src), 'utf8')

const FLOORS = [['cli'], ['engine/api.ts', 'engine/nodes'], ['net']]
const broken = (files: Readonly<Record<string, string>>) => brokenRules(new Map(Object.entries(files)), FLOORS)

describe('the house', () => {
  it('breaks none of its rules', () => {
    expect(brokenRules(readSources(), readFloors(readme))).toEqual([])
  })

  it('has every file that its page names', () => {
    expect(missingPaths(readme, (path) => existsSync(new URL(path, src)))).toEqual([])
  })
})

/** What carries workloads from step to step, and shows what they do. */
const WORKLOAD_BLIND =
  /^engine\/(lifecycle|parts|calls|metrics|cloudwatch|alarms|http|api\.ts|engine\.ts|dispatch\.ts|workloads\/workload\.ts)/

it('workloads are told apart in their folders and in tables: what works for all of them names none', () => {
  const sources = readSources()
  const tables = sources.get('engine/store/records.ts')?.matchAll(/^interface (?:Workload|Errand)Records \{\n([^}]*)/gm)
  const kinds = [...(tables ?? [])].flatMap(([, rows = '']) => rows.match(/(?<=readonly )\w+/g) ?? [])
  expect(kinds).toEqual(expect.arrayContaining(['cluster', 'serverlessCache', 'serverlessSnapshot']))
  const named = new RegExp(`(?:kind: |kind [!=]== |(?:list|all|get|put|remove)\\()'(?:${kinds.join('|')})'`)
  const naming = [...sources].filter(([file, text]) => WORKLOAD_BLIND.test(file) && named.test(text))
  expect(naming.map(([file]) => file)).toEqual([])
  expect("wake: (region, id) => runner.kick({ kind: 'cluster', region, id })").toMatch(named)
})

describe('the rules of the house', () => {
  it('let a room import from a lower one', () => {
    expect(broken({ 'cli/a.ts': "import { b } from '../net/b.ts'", 'net/b.ts': '' })).toEqual([])
  })

  it('let no room import from a higher one, not even its types', () => {
    expect(broken({ 'cli/a.ts': '', 'net/b.ts': "import type { A } from '../cli/a.ts'" })).toEqual([
      'net/b.ts imports cli/a.ts: cli does not stand below net',
    ])
  })

  it('let rooms of one floor not import from each other', () => {
    expect(broken({ 'engine/api.ts': "import './nodes/n.ts'", 'engine/nodes/n.ts': '' })).toEqual([
      'engine/api.ts imports engine/nodes/n.ts: engine/nodes does not stand below engine/api.ts',
    ])
  })

  it('see imports that are made late', () => {
    expect(broken({ 'cli/a.ts': '', 'net/b.ts': "const a = await import('../cli/a.ts')" })).toHaveLength(1)
  })

  it('keep the command line out of the engine, although it stands higher', () => {
    expect(broken({ 'cli/a.ts': "import { n } from '../engine/nodes/n.ts'", 'engine/nodes/n.ts': '' })).toEqual([
      'cli/a.ts imports engine/nodes/n.ts: cli is not to know of engine',
    ])
  })

  it('let no files need each other to load', () => {
    const circle = { 'net/a.ts': "import { b } from './b.ts'", 'net/b.ts': "import { a } from './a.ts'" }
    expect(broken(circle)).toEqual(['Files need each other to load: net/a.ts -> net/b.ts -> net/a.ts'])
  })

  it('let files name each other’s types', () => {
    const types = { 'net/a.ts': "import { b } from './b.ts'", 'net/b.ts': "import { type A, type C } from './a.ts'" }
    expect(broken(types)).toEqual([])
  })

  it('take a star in the name of a room for any one folder', () => {
    const files = { 'kv/a/record.ts': '', 'kv/b/life.ts': '', 'net/c.ts': "import type { R } from '../kv/a/record.ts'" }
    const floors = (star: string) => [['kv'], ['net'], [star]]
    expect(brokenRules(new Map(Object.entries(files)), floors('kv/*/record.ts'))).toEqual([])
    expect(brokenRules(new Map(Object.entries(files)), floors('kv/*/life.ts'))).toEqual([
      'net/c.ts imports kv/a/record.ts: kv does not stand below net',
    ])
  })

  it('want a floor for every file', () => {
    expect(broken({ 'attic/a.ts': '' })).toEqual(['src/README.md has no floor for attic/a.ts'])
  })
})

it('an import over several lines is one', () => {
  const sources = new Map([
    ['a.ts', "import {\n  type B,\n  b,\n} from './b.ts'\nexport { c } from './b.ts'\n"],
    ['b.ts', ''],
  ])
  const value = { from: 'a.ts', to: 'b.ts', typeOnly: false, late: false }
  expect(importsOf(sources)).toEqual([value, value])
})

it('a page without floors is an error', () => {
  expect(() => readFloors('# The house')).toThrow('no block of floors')
})
