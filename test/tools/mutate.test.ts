import { existsSync } from 'node:fs'
import { parseSync } from 'oxc-parser'
import { describe, expect, test } from 'vitest'
import { EQUIVALENTS } from '../../src/tools/mutate/equivalents.ts'
import { mutantsOf, withSwitches } from '../../src/tools/mutate/mutants.ts'
import { ROOMS } from '../../src/tools/mutate/rooms.ts'
import { repository, suspects } from '../../src/tools/mutate/suspects.ts'

const changes = (source: string) => mutantsOf('a.ts', source).map(({ change }) => change)

/** What the last line of the source gives with each of its mutants on; the first is without any. */
function outcomes(source: string): unknown[] {
  const mutants = mutantsOf('a.ts', source)
  const body = withSwitches(source, mutants, 0)
  const run = new Function('__mutant', body) as (isOn: (mutant: number) => boolean) => unknown
  return [-1, ...mutants.keys()].map((on) => run((mutant) => mutant === on))
}

describe('a mutant is one small wrong change', () => {
  test.each([
    ['if (a < 1) b()', ['a < 1  ->  true', 'a < 1  ->  false', 'a < 1  ->  a <= 1', '1  ->  2', 'b()  ->  void 0']],
    ['const c = a && b', ['a && b  ->  a', 'a && b  ->  b']],
    ['const c = a === b', ['a === b  ->  true', 'a === b  ->  false']],
    ["const c = 'a' + b", []],
    ['const c: 15 = d as 15', []],
    ['const c = /^a$/.test(d)', ['/^a$/  ->  /a$/', '/^a$/  ->  /^a/']],
    ['const c = d?.trim().length', []],
    ['const c = d.trim()', ['d.trim()  ->  d']],
    ["import a from 'a'", []],
    ['const table = { a: 1, b: { c: 2 } }', []],
    ['const f = () => ({ a: 1 })', ['1  ->  2']],
  ])('%s', (source, expected) => {
    expect(changes(source)).toEqual(expected)
  })
})

test('with no mutant on the source means what it meant, with one on only that is changed', () => {
  const source =
    "let a = 1\nlet b = [3, 1]\na += b.length * 2\nif (a > 4 && b[0] === 3) a++\nb.sort()\nreturn a + '' + b"
  const [unchanged, ...changed] = outcomes(source)
  expect(unchanged).toBe('61,3')
  expect(changed).toContain('63,1')
  expect(changed).toContain('51,3')
  expect(changed).toContain('41,3')
  expect(changed).toContain('-31,3')
})

test('a statement behind a switch is not taken for the rest of the line before it', () => {
  expect(outcomes('const a = []\nconst b = a\na.push(1)\nreturn b.length')).toEqual([1, 0, 1])
})

test("a room's sources and tests are there", () => {
  const files = [...ROOMS.values()].flatMap(({ sources, tests }) => [...sources, ...tests])
  expect(files.filter((file) => !existsSync(repository + file))).toEqual([])
})

test.each([...ROOMS.keys()])('the sources of %s are still TypeScript with all their mutants in them', (room) => {
  const { sources, mutants } = suspects(room)
  for (const [file, source] of sources) {
    const switched = withSwitches(
      source,
      mutants.filter((mutant) => mutant.file === file),
      0,
    )
    expect(parseSync(file, switched).errors, file).toEqual([])
  }
})

test('each mutant held to be equivalent is one of a room', () => {
  const all = [...ROOMS.keys()].flatMap((room) => suspects(room).mutants)
  const isThere = ({ file, context, change }: (typeof EQUIVALENTS)[number]) =>
    all.some((mutant) => mutant.file === file && mutant.context === context && mutant.change === change)
  expect(EQUIVALENTS.filter((known) => !isThere(known))).toEqual([])
})
