import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decimalIn, int32In, Line, uint64Of } from '../../src/memcached/tokens.ts'

/** The line as memcached sees it: with other bytes before it and behind. */
function lineOf(text: string): Line {
  const line = new Line()
  line.bytes = Buffer.from(`xx${text}99 junk`, 'latin1')
  line.end = 2 + text.length
  const space = text.indexOf(' ')
  line.rest = space < 0 ? line.end : 2 + space
  line.cut(2, line.rest)
  return line
}

const words = (line: Line) => Array.from({ length: line.words }, (_, word) => line.text(word))

describe('words', () => {
  const word = fc.stringMatching(/^[!-~]{1,6}$/)
  const gap = fc.stringMatching(/^ {1,3}$/)

  test('are what spaces part, however many', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, word), { maxLength: 20 }), fc.stringMatching(/^ {0,3}$/), (parts, tail) => {
        const line = lineOf(`set${parts.map(([space, text]) => space + text).join('')}${tail}`)
        expect(words(line)).toEqual(['set', ...parts.map(([, text]) => text)])
        for (const [index, [, text]] of parts.entries()) {
          expect(line.length(index + 1)).toBe(text.length)
          expect(line.bytes.toString('latin1', line.start(index + 1), line.stop(index + 1))).toBe(text)
        }
      }),
    )
  })

  test('past the 24th are one more, whatever their number', () => {
    const count = (number: number) => lineOf(new Array(number).fill('w').join(' ')).words
    expect([1, 23, 24, 25, 26, 100].map(count)).toEqual([1, 23, 24, 25, 25, 25])
  })

  test('are compared whole', () => {
    const line = lineOf('set key abc')
    expect(line.is(2, 'abc')).toBe(true)
    for (const other of ['ab', 'abcd', 'abd', 'xbc', 'ABC', '']) expect(line.is(2, other), other).toBe(false)
    expect(line.is(3, '')).toBe(false)
    expect(line.is(3, '99')).toBe(false)
    expect(line.text(3)).toBe('')
  })

  test.each([
    ['set k 0 0 1 noreply', true],
    ['set k noreply 0 0 1', false],
    ['set k 0 0 1', false],
    ['set k 0 0 1 noreplyx', false],
    // The verb itself asks for nothing.
    ['noreply', false],
  ])('%s: silent %s', (text, silent) => {
    expect(lineOf(text).noreply).toBe(silent)
  })

  test('of another line do not stay', () => {
    const line = lineOf('set a b c d')
    line.bytes = Buffer.from('get k')
    line.end = 5
    line.cut(0, 3)
    expect(words(line)).toEqual(['get', 'k'])
  })
})

/** What strtol and strtoull of C make of a text: the number, if nothing but white space follows it. */
function numberOfC(text: string): bigint | undefined {
  const [, sign = '', digits] = /^[\t-\r ]*([+-]?)(\d+)(?:[\t-\r ].*)?$/s.exec(text) ?? []
  return digits === undefined ? undefined : BigInt(`${sign === '-' ? '-' : ''}${digits}`)
}

const U64 = 1n << 64n
const digits = fc.oneof(
  fc.stringMatching(/^\d{1,12}$/),
  fc.bigInt({ min: 0n, max: U64 + 10n }).map(String),
  fc.constantFrom(
    ...[1n << 31n, 1n << 32n, 1n << 53n, 1n << 63n, U64].flatMap((edge) => [edge - 1n, edge, edge + 1n]).map(String),
    '0',
    '007',
  ),
)
const space = fc.constantFrom('', '', '', '\t', '\v')
const tail = fc.constantFrom('', '', '', '', 'x', '\r', '\tx', '.5', '-')
const number = fc.tuple(space, fc.constantFrom('', '', '-', '+'), digits, tail).map((parts) => parts.join(''))
const text = fc.oneof({ weight: 9, arbitrary: number }, { weight: 1, arbitrary: fc.stringMatching(/^[-+x\t/:]{1,3}$/) })

describe('numbers are read as C reads them', () => {
  const runs = { numRuns: 2_000 }
  const signed32 = (value: bigint | undefined) =>
    value === undefined || BigInt.asIntN(64, value) !== value ? Number.NaN : Number(BigInt.asIntN(32, value))

  test('with a sign, wrapped to 32 bits', () => {
    fc.assert(
      fc.property(text, (word) => {
        const expected = signed32(numberOfC(word)) + 0
        expect(lineOf(`v ${word}`).int32(1) + 0).toBe(expected)
        const bytes = Buffer.from(`7${word}7`, 'latin1')
        expect(int32In(bytes, 1, bytes.length - 1) + 0).toBe(expected)
      }),
      runs,
    )
  })

  /** Below zero only where it has become a small number. */
  const unsigned64 = (value: bigint | undefined) => {
    if (value === undefined) return undefined
    if (value >= 0n) return value < U64 ? value : undefined
    const wrapped = U64 + value
    return wrapped > 0n && wrapped < 1n << 63n ? wrapped : undefined
  }

  test('of 64 bits, without a sign', () => {
    fc.assert(
      fc.property(text, (word) => {
        const found = lineOf(`v ${word}`).uint64(1)
        expect(found === undefined ? undefined : BigInt(found)).toBe(unsigned64(numberOfC(word)))
      }),
      runs,
    )
  })

  test('of 32 bits, without a sign', () => {
    fc.assert(
      fc.property(text, (word) => {
        const value = unsigned64(numberOfC(word))
        const expected = value === undefined ? Number.NaN : Number(BigInt.asUintN(32, value))
        expect(lineOf(`v ${word}`).uint32(1)).toBe(expected)
      }),
      runs,
    )
  })

  test('behind a letter that is skipped', () => {
    const line = lineOf('ms k T30 C18446744073709551615 F4294967297 T-1 I99999999999999999999')
    expect([line.int32(2, 1), line.uint64(3, 1), line.uint32(4, 1), line.int32(5, 1)]).toEqual([30, U64 - 1n, 1, -1])
    expect(line.uint32(3, 1)).toBe(0xffff_ffff)
    expect(line.uint32(6, 1)).toBeNaN()
    expect(line.uint64(6, 1)).toBeUndefined()
  })

  test('there are none past the last word', () => {
    const line = lineOf('incr k')
    expect([line.int32(2), line.uint32(2)]).toEqual([Number.NaN, Number.NaN])
    expect(line.uint64(2)).toBeUndefined()
  })

  test('in decimal, exactly up to 2^53', () => {
    const read = (word: string) => decimalIn(Buffer.from(word, 'latin1'), 0, word.length)
    expect([read('0'), read('9007199254740991'), read(' +12 x'), read('-12')]).toEqual([0, 2 ** 53 - 1, 12, -12])
    for (const wrong of ['', ' ', '-', '+-1', '/', ':', '1:', '1/']) expect(read(wrong), wrong).toBeNaN()
  })

  test('a text without digits is no number of 64 bits', () => {
    expect(uint64Of('x')).toBeUndefined()
    expect(uint64Of('-')).toBeUndefined()
  })
})
