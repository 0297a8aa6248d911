import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  checksumOf,
  decodeEntry,
  type Entry,
  encodeEntry,
  NO_ENTRIES,
  type Sum,
  sumOf,
} from '../../../src/engine/store/entry.ts'

const entry: fc.Arbitrary<Entry> = fc.record({
  key: fc.array(fc.oneof(fc.string(), fc.nat()), { minLength: 1, maxLength: 3 }),
  value: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
})

test('an entry is read as it was written, wherever its bytes lie', () => {
  fc.assert(
    fc.property(entry, fc.nat(9), (written, before) => {
      const bytes = encodeEntry(written)
      const lying = Buffer.concat([Buffer.alloc(before, 'x'), bytes, Buffer.alloc(3, 'y')])
      expect(decodeEntry(lying.subarray(before, before + bytes.length))).toEqual(written)
    }),
  )
})

test('an entry with any other byte, or a part of one, is none', () => {
  fc.assert(
    fc.property(entry, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, place, change) => {
      const bytes = encodeEntry(written)
      expect(decodeEntry(bytes.subarray(0, place % bytes.length))).toBeUndefined()
      const at = place % bytes.length
      bytes[at] = (bytes[at] ?? 0) ^ change
      expect(decodeEntry(bytes)).toBeUndefined()
    }),
  )
})

test('a checksum tells entries apart that JSON would not', () => {
  const number = encodeEntry({ key: ['a', 1], value: null })
  expect(checksumOf(number)).not.toBe(checksumOf(encodeEntry({ key: ['a', '1'], value: null })))
  expect(checksumOf(number)).toBe(checksumOf(encodeEntry({ key: ['a', 1], value: null })))
})

test('a sum knows how many entries there are and which, in whatever order they came and went', () => {
  const checksum = fc.nat(0xffff_ffff)
  fc.assert(
    fc.property(fc.uniqueArray(checksum, { maxLength: 8 }), checksum, checksum, (all, one, other) => {
      const sum = (list: readonly number[]) => list.reduce<Sum>((so, each) => sumOf(so, undefined, each), NO_ENTRIES)
      const of = sum(all)
      expect(of.entries).toBe(all.length)
      expect(of.checksums).toBeGreaterThanOrEqual(0)
      expect(sum([...all].reverse())).toEqual(of)
      expect(sumOf(sum([...all, one]), one, other)).toEqual(sum([...all, other]))
      expect(sumOf(sum([...all, one]), one, undefined)).toEqual(of)
    }),
  )
})
