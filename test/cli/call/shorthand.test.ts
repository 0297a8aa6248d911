import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseShorthand, type Shorthand, ShorthandError } from '../../../src/cli/call/shorthand.ts'

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
    ['=a', { '': 'a' }],
    ['A={B=c,B=d}', { A: { B: 'd' } }],
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
    ['Key', "Expected: '=', received: 'EOF'", 3],
    ['A=a,', "Expected: '<second>', received: '<none>'", 4],
    ['A=[x', "Expected: ',', received: 'EOF'", 4],
    ['A={B=c', "Expected: ',', received: 'EOF'", 6],
    ['A="x', "Expected: '<double quoted>', received: '<none>'", 2],
  ])('%s', (text, reason, column) => {
    expect(complaintOf(text)).toBe(`${reason} for input:\n${text}\n${' '.repeat(column)}^`)
  })

  test('a key that is given twice, as when a comma stands for a space', () => {
    const cause = 'This is often because there is a preceding "," instead of a space.'
    expect(complaintOf('A=1,A=2')).toBe(`Second instance of key "A" encountered for input:\nA=1,A=2\n    ^\n${cause}`)
  })

  test('the caret stands under the line that is wrong', () => {
    expect(complaintOf('A=[1,\nB')).toBe("Expected: ',', received: 'EOF' for input:\nA=[1,\nB\n ^")
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
