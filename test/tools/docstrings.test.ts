import { describe, expect, it } from 'vitest'
import { undocumented } from '../../src/tools/docstrings.ts'
import { readSources } from '../../src/tools/house.ts'

const wanting = (source: string, imported = 'f', by = 'cli/b.ts') =>
  undocumented(
    new Map([
      ['net/a.ts', source],
      [by, `import { ${imported} } from '${by === 'net/b.ts' ? './a.ts' : '../net/a.ts'}'`],
    ]),
  )

describe('functions and classes of the house', () => {
  it('say what they promise to other rooms', () => {
    expect(undocumented(readSources())).toEqual([])
  })
})

describe('a function that another room imports', () => {
  it('needs a docstring', () => {
    expect(wanting('export function f() {}')).toEqual(['net/a.ts: no docstring says what f promises'])
    expect(wanting('export const f = () => 1')).toHaveLength(1)
    expect(wanting('export class f {}')).toHaveLength(1)
    expect(wanting('/** Does it. */\nexport function f() {}')).toEqual([])
  })

  it('needs it under whatever name it is imported', () => {
    expect(wanting('export function f() {}', 'g, f as h')).toHaveLength(1)
  })

  it('may have comments between the docstring and itself, but no other function', () => {
    expect(wanting('/** Does it. */\n// measured\nexport function f() {}')).toEqual([])
    expect(wanting('/** Does it. */\nfunction g() {}\nexport function f() {}')).toHaveLength(1)
  })

  it('is told of once, however many signatures it has', () => {
    expect(wanting('export function f(a: 1): 1\nexport function f(a: 2): 2\nexport function f() {}')).toHaveLength(1)
  })

  it('needs none when its type says all: a guard, a handler of an operation', () => {
    expect(wanting("export const f = (a: unknown): a is 'x' => a === 'x'")).toEqual([])
    expect(wanting("export const f: Handler<'f'> = () => ({})")).toEqual([])
  })
})

it('what only its own room imports needs no docstring', () => {
  expect(wanting('export function f() {}', 'f', 'net/b.ts')).toEqual([])
})
