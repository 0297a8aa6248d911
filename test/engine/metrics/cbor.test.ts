import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCbor, encodeCbor } from '../../../src/engine/cloudwatch/cbor.ts'

const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true }),
  fc.maxSafeInteger(),
  fc.date({ noInvalidDate: true, min: new Date('1900-01-01'), max: new Date('2200-01-01') }),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
}))

test('what is encoded is decoded to the same', () => {
  fc.assert(
    fc.property(value, (each) => {
      expect(decodeCbor(encodeCbor(each))).toEqual(structuredClone(each))
    }),
  )
})

// RFC 8949, appendix A.
test.each([
  ['00', 0],
  ['1818', 24],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['20', -1],
  ['3903e7', -1000],
  ['f93e00', 1.5],
  ['f90001', 2 ** -24],
  ['f97c00', Number.POSITIVE_INFINITY],
  ['fa47c35000', 100_000],
  ['fbc010666666666666', -4.1],
  ['c11a514b67b0', new Date('2013-03-21T20:04:00Z')],
  ['c1fb41d452d9ec200000', new Date('2013-03-21T20:04:00.5Z')],
  ['6449455446', 'IETF'],
  ['62c3bc', 'ü'],
  ['83010203', [1, 2, 3]],
  ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
  ['a26161016162820203', { a: 1, b: [2, 3] }],
  ['bf6346756ef563416d7421ff', { Fun: true, Amt: -2 }],
  ['7f657374726561646d696e67ff', 'streaming'],
])('%s is read as in the RFC', (hex, expected) => {
  expect(decodeCbor(Buffer.from(hex, 'hex'))).toEqual(expected)
})

test('whatever the bytes, they are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeCbor(bytes)
      } catch (error) {
        expect(error).toMatchObject({ name: 'Fault', code: 'ValidationError' })
      }
    }),
    { numRuns: 500 },
  )
  // A length that no body has, and a nesting no caller means.
  expect(() => decodeCbor(Buffer.from('9bffffffffffffffff', 'hex'))).toThrow(/ends too early/)
  expect(() => decodeCbor(Buffer.alloc(100, 0x81))).toThrow(/nested/)
})
