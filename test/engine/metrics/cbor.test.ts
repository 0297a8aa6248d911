import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCbor, encodeCbor } from '../../../src/engine/cloudwatch/cbor.ts'

test('times are seconds with tag 1 on the wire, and what is undefined is left out', () => {
  const bytes = encodeCbor({ at: new Date('2013-03-21T20:04:00.5Z'), none: undefined })
  expect(bytes.toString('hex')).toBe('a1626174c1fb41d452d9ec200000')
  expect(decodeCbor(bytes)).toEqual({ at: new Date('2013-03-21T20:04:00.5Z') })
  expect(decodeCbor(Buffer.from('c11a514b67b0', 'hex'))).toEqual(new Date('2013-03-21T20:04:00Z'))
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
})

test.each([
  ['a length that no body has', Buffer.from('9bffffffffffffffff', 'hex')],
  ['a nesting no caller means', Buffer.alloc(1_000_000, 0x81)],
])('%s is refused', (_, bytes) => {
  expect(() => decodeCbor(bytes)).toThrow(/not CBOR/)
})
