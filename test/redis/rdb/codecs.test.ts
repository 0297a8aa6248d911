import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Crc64, crc64 } from '../../../src/redis/rdb/crc64.ts'
import { Damaged } from '../../../src/redis/rdb/damaged.ts'
import { eachOfListpack, ListpackWriter, type TakeElement } from '../../../src/redis/rdb/listpack.ts'
import { compress, expand } from '../../../src/redis/rdb/lzf.ts'
import { eachOfIntset, eachOfZiplist, eachOfZipmap } from '../../../src/redis/rdb/old-packs.ts'
import { RdbReader, SHORT } from '../../../src/redis/rdb/reader.ts'
import { RdbWriter } from '../../../src/redis/rdb/writer.ts'

const bytes = (options: fc.IntArrayConstraints = {}): fc.Arbitrary<Buffer> =>
  fc.uint8Array(options).map((array) => Buffer.from(array))
const integer = fc.oneof(
  fc.integer({ min: -5000, max: 5000 }).map(BigInt),
  fc.constantFrom(...[7, 8, 12, 13, 15, 16, 23, 24, 31, 32, 63].flatMap((bits) => around(2n ** BigInt(bits)))),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)

function around(value: bigint): bigint[] {
  return [value - 1n, value, -value, -value - 1n].filter((each) => BigInt.asIntN(64, each) === each)
}

/** Text of all lengths that are written in ways of their own, repetitive now and then, and numbers. */
const element = fc.oneof(
  bytes({ maxLength: 80 }),
  integer.map((value) => Buffer.from(String(value))),
  fc
    .tuple(bytes({ minLength: 1, maxLength: 5 }), fc.constantFrom(1, 10, 63, 64, 300, 4096, 20_000))
    .map(([piece, times]) => Buffer.concat(Array.from({ length: times }, () => piece))),
)

const collected = (each: (pack: Buffer, take: TakeElement) => void, pack: Buffer): string[] => {
  const elements: string[] = []
  each(pack, (from, start, end) => elements.push(from.toString('latin1', start, end)))
  return elements
}
const shown = (elements: readonly Buffer[]): string[] => elements.map((each) => each.toString('latin1'))

function listpackOf(elements: readonly Buffer[]): Buffer {
  const writer = new ListpackWriter().begin()
  for (const each of elements) writer.add(each, 0, each.length)
  writer.end()
  return Buffer.from(writer.bytes.subarray(0, writer.length))
}

test('what is compressed expands to the same bytes', () =>
  fc.assert(
    fc.property(element, (text) => {
      const packed = Buffer.alloc(text.length)
      const length = compress(text, 0, text.length, packed, 0, 4)
      if (length === 0) return
      expect(length).toBeLessThanOrEqual(text.length - 4)
      const expanded = Buffer.alloc(text.length)
      expect(expand(packed, 0, length, expanded, text.length)).toBe(true)
      expect(expanded.equals(text)).toBe(true)
    }),
  ))

test('bytes that nothing was compressed to are refused, or expand to something', () =>
  fc.assert(
    fc.property(bytes({ maxLength: 60 }), fc.nat(600), (packed, length) => {
      expand(packed, 0, packed.length, Buffer.alloc(length), length)
    }),
  ))

test('strings and lengths are read as they were written, as soon as all of their bytes are there', () =>
  fc.assert(
    fc.property(
      fc.array(element, { maxLength: 5 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.nat(40),
      fc.boolean(),
      (texts, wide, short, compresses) => {
        const writer = new RdbWriter(compresses)
        for (const text of texts) writer.string(text, 0, text.length)
        writer.wideLength(wide)
        writer.length(Number(wide & 0xffffn))
        const written = writer.take()
        const reader = new RdbReader()
        reader.set(written)
        expect(shown(texts.map(() => reader.stringBytes()))).toEqual(shown(texts))
        expect(reader.wideLength()).toBe(wide)
        expect(reader.length()).toBe(Number(wide & 0xffffn))
        expect(reader.at).toBe(written.length)
        reader.set(written.subarray(0, Math.max(0, written.length - short - 1)))
        expect(() => {
          for (const _ of texts) reader.string()
          reader.wideLength()
          reader.length()
        }).toThrow(expect.toSatisfy((thrown) => thrown === SHORT))
      },
    ),
  ))

test('a listpack has the elements that it was made of', () =>
  fc.assert(
    fc.property(fc.array(element, { maxLength: 12 }), (elements) => {
      expect(collected(eachOfListpack, listpackOf(elements))).toEqual(shown(elements))
    }),
  ))

test('packs that were damaged are refused, or have other elements', () =>
  fc.assert(
    fc.property(
      fc.array(element, { minLength: 1, maxLength: 5 }),
      fc.nat(),
      fc.nat(255),
      fc.nat(3),
      (elements, where, byte, which) => {
        const pack = [listpackOf, ziplistOf, zipmapOf, intsetLike][which]?.(elements) ?? Buffer.alloc(0)
        pack[where % pack.length] = byte
        const each = [eachOfListpack, eachOfZiplist, eachOfZipmap, eachOfIntset][which] ?? eachOfListpack
        try {
          collected(each, pack)
        } catch (error) {
          expect(error).toBeInstanceOf(Damaged)
        }
      },
    ),
    { numRuns: 1000 },
  ))

test('a ziplist has the elements that it was made of', () =>
  fc.assert(
    fc.property(fc.array(element, { maxLength: 12 }), (elements) => {
      expect(collected(eachOfZiplist, ziplistOf(elements))).toEqual(shown(elements))
    }),
  ))

test('a zipmap has the fields and values that it was made of', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(element, element), { maxLength: 6 }), (pairs) => {
      expect(collected(eachOfZipmap, zipmapOf(pairs.flat()))).toEqual(shown(pairs.flat()))
    }),
  ))

test('an intset has its numbers, of each width', () => {
  for (const [width, numbers] of [
    [2, [-32_768, -1, 0, 32_767]],
    [4, [-(2 ** 31), 70_000]],
  ] as const)
    expect(collected(eachOfIntset, intsetOf(width, numbers))).toEqual(numbers.map(String))
  expect(() => collected(eachOfIntset, intsetOf(2, [2, 1]))).toThrow(Damaged)
})

test('a checksum of pieces is that of the whole', () =>
  fc.assert(
    fc.property(bytes({ maxLength: 100 }), fc.nat(100), (all, cut) => {
      const crc = new Crc64()
      crc.update(all, 0, Math.min(cut, all.length))
      crc.update(all, Math.min(cut, all.length), all.length)
      expect(crc.bytes()).toEqual(crc64(all))
    }),
  ))

test('the checksum is that of the servers', () => {
  expect(crc64(Buffer.from('123456789')).readBigUInt64LE(0)).toBe(0xe9c6d914c4b8d9can)
})

// How servers of old wrote them.

/** An element as a ziplist has it, without what it says of the one before. */
function ziplistBody(element: Buffer): Buffer {
  const text = element.toString('latin1')
  if (/^(?:-?[1-9]\d{0,18}|0)$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text))
    return ziplistNumber(BigInt(text))
  const { length } = element
  if (length < 64) return Buffer.concat([Buffer.of(length), element])
  if (length < 2 ** 14) return Buffer.concat([Buffer.of(0x40 | (length >> 8), length & 0xff), element])
  const head = Buffer.alloc(5, 0x80)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, element])
}

function ziplistNumber(value: bigint): Buffer {
  if (value >= 0n && value <= 12n) return Buffer.of(0xf1 + Number(value))
  const widths = [
    [8, 0xfe],
    [16, 0xc0],
    [24, 0xf0],
    [32, 0xd0],
    [64, 0xe0],
  ] as const
  const [bits, head] = widths.find(([width]) => BigInt.asIntN(width, value) === value) ?? widths[4]
  const body = Buffer.alloc(8)
  body.writeBigInt64LE(value)
  return Buffer.concat([Buffer.of(head), body.subarray(0, bits / 8)])
}

function ziplistOf(elements: readonly Buffer[]): Buffer {
  const parts: Buffer[] = []
  let before = 0
  for (const each of elements) {
    const lead = before < 254 ? Buffer.of(before) : Buffer.alloc(5, 254)
    if (before >= 254) lead.writeUInt32LE(before, 1)
    const part = Buffer.concat([lead, ziplistBody(each)])
    parts.push(part)
    before = part.length
  }
  const head = Buffer.alloc(10)
  const all = Buffer.concat([head, ...parts, Buffer.of(0xff)])
  all.writeUInt32LE(all.length, 0)
  all.writeUInt32LE(all.length - 1 - before, 4)
  all.writeUInt16LE(elements.length, 8)
  return all
}

function zipmapOf(words: readonly Buffer[]): Buffer {
  const parts = words.flatMap((word, at) => {
    const long = Buffer.alloc(5, 254)
    long.writeUInt32LE(word.length, 1)
    const isValue = at % 2 === 1
    // A value may have bytes free behind it.
    return [
      word.length < 254 ? Buffer.of(word.length) : long,
      ...(isValue ? [Buffer.of(2)] : []),
      word,
      ...(isValue ? [Buffer.alloc(2)] : []),
    ]
  })
  return Buffer.concat([Buffer.of(Math.min(254, words.length / 2)), ...parts, Buffer.of(0xff)])
}

function intsetOf(width: 2 | 4, numbers: readonly number[]): Buffer {
  const set = Buffer.alloc(8 + width * numbers.length)
  set.writeUInt32LE(width, 0)
  set.writeUInt32LE(numbers.length, 4)
  for (const [at, number] of numbers.entries()) set.writeIntLE(number, 8 + width * at, width)
  return set
}

const intsetLike = (elements: readonly Buffer[]): Buffer =>
  intsetOf(
    4,
    elements.map(({ length }) => length),
  )
