import { describe, expect, it } from 'vitest'
import { bareCasts } from '../../src/tools/casts.ts'
import { readSources, unreasonedCasts } from '../../src/tools/house.ts'

const bare = (...lines: string[]) => bareCasts('a.ts', lines.join('\n')).map(({ line, text }) => `${line}: ${text}`)

describe('casts of the house', () => {
  it('say why they hold', () => {
    expect(unreasonedCasts(readSources())).toEqual([])
  })

  it('that do not are told with file and line', () => {
    expect(unreasonedCasts(new Map([['cli/b.ts', '\nconst a = b as string']]))).toEqual([
      'cli/b.ts:2: no comment says why the cast holds: b as string',
    ])
  })
})

describe('a cast', () => {
  it('without a comment has no reason', () => {
    expect(bare('const a = b as string', 'const c = d!')).toEqual(['1: b as string', '2: d!'])
  })

  it('has its reason at the end of its line', () => {
    expect(bare('const a = b as string // a key', 'const c = [', '  d!, // it was checked', ']')).toEqual([])
  })

  it('has its reason directly above its line, or above the statement', () => {
    expect(bare('// a key', 'const a = b as string')).toEqual([])
    expect(bare('// a key', 'const a = call(', '  b as string,', ')')).toEqual([])
    expect(bare('const a = call(', '  // a key', '  b as string,', ')')).toEqual([])
  })

  it('of a chain may have it where the chain ends', () => {
    expect(bare('const a = b', '  .c() as string // a key')).toEqual([])
  })

  it('shares the reason of the line before it', () => {
    expect(bare('// keys', 'const a = b as string', 'const c = d as string', '', 'const e = f as string')).toEqual([
      '5: f as string',
    ])
  })

  it('gets no reason from a comment with a line between, or from the docstring of its function', () => {
    expect(bare('// a key', '', 'const a = b as string')).toHaveLength(1)
    expect(bare('/** Reads a key. */', 'const a = (b: unknown) => b as string')).toHaveLength(1)
  })

  it('gets no reason from a comment above the function it is in', () => {
    expect(bare('// a function', 'function f() {', '  g()', '  return h as string', '}')).toHaveLength(1)
  })

  it('needs none where it claims nothing', () => {
    expect(
      bare("const a = ['b'] as const", 'const c = JSON.parse(d) as unknown', "import { e as f } from 'g'"),
    ).toEqual([])
  })

  it('to unknown and on to another type needs one', () => {
    expect(bare('const a = b as unknown as string')).toEqual(['1: b as unknown as string'])
  })
})
