import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseShorthand, type Shorthand, ShorthandError } from '../../src/cli/shorthand.ts'

describe('what aws-cli reads', () => {
  test.each<[string, Shorthand]>([
    ['Key=a,Value=b', { Key: 'a', Value: 'b' }],
    ['Key=', { Key: '' }],
    ['Key=a b', { Key: 'a b' }],
    ['Key=a , Value=b', { Key: 'a', Value: 'b' }],
    ['A=x,y', { A: ['x', 'y'] }],
    ['A=x,y,B=z', { A: ['x', 'y'], B: 'z' }],
    ['A=[x,y],B=z', { A: ['x', 'y'], B: 'z' }],
    ['A=[]', { A: [] }],
    ['A={B=c,D={E=f}}', { A: { B: 'c', D: { E: 'f' } } }],
    ['A=[{B=c},{B=d}]', { A: [{ B: 'c' }, { B: 'd' }] }],
    ['A="x,y",B=z', { A: 'x,y', B: 'z' }],
    ["A='it\\'s'", { A: "it's" }],
    ['A="say \\"x\\""', { A: 'say "x"' }],
    ['A=x\\,y', { A: 'x,y' }],
    ['A=b=c', { A: 'b=c' }],
    ['Key=a,Value', { Key: ['a', 'Value'] }],
    ['Name=node:1/x.y#z', { Name: 'node:1/x.y#z' }],
  ])('%s', (text, expected) => {
    expect(parseShorthand(text)).toEqual(expected)
  })

  test('key@=file reads the value from the file', () => {
    expect(parseShorthand('A@=file://x,B=y', (path) => `<${path}>`)).toEqual({ A: '<file://x>', B: 'y' })
  })
})

describe('what is refused, with the place', () => {
  test.each([
    ['=a', 'a key is expected here', 0],
    ['Key', '"=" is expected here', 3],
    ['Key=a,=b', 'a key is expected here', 6],
    ['A=1,A=2', 'the key "A" is given twice', 4],
    ['A=[x', '"," is expected here', 4],
    ['A={B=c', '"," is expected here', 6],
    ['A="x', 'the closing " is missing', 2],
  ])('%s', (text, reason, column) => {
    const complaint = complaintOf(text)
    expect(complaint).toBe(`${reason}:\n${text}\n${' '.repeat(column)}^`)
  })
})

const key = fc.stringMatching(/^[A-Za-z0-9_.#/:-]{1,8}$/)
const scalar = fc.string({ maxLength: 12 })
const value: fc.Arbitrary<Shorthand> = fc.letrec<{ value: Shorthand }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { minKeys: 1, maxKeys: 3 }),
  ),
})).value

test('whatever is written with quotes and brackets is read back as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 }), (object) => {
      const text = Object.entries(object)
        .map(([name, inner]) => `${name}=${write(inner)}`)
        .join(',')
      expect(parseShorthand(text)).toEqual(object)
    }),
  )
})

test('any text at all is read or refused with a caret in it, and never anything else', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab=,[]{}"\'\\@ '), maxLength: 30 }), (text) => {
      try {
        parseShorthand(text)
      } catch (error) {
        expect(error).toBeInstanceOf(ShorthandError)
        expect((error as Error).message).toContain('^')
      }
    }),
  )
})

function write(inner: Shorthand): string {
  if (typeof inner === 'string') return `"${inner.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  if (Array.isArray(inner)) return `[${inner.map(write).join(',')}]`
  return `{${Object.entries(inner as Record<string, Shorthand>)
    .map(([name, each]) => `${name}=${write(each)}`)
    .join(',')}}`
}

function complaintOf(text: string): string {
  try {
    parseShorthand(text)
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing'
}
