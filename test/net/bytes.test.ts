import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compareBytes, copyViewed, sameBytes } from '../../src/net/bytes.ts'

const page = Buffer.alloc(4096)
const view = new DataView(page.buffer, page.byteOffset, page.length)

function copied(start: number, end: number, at: number): Buffer {
  const target = Buffer.alloc(2048)
  const targetView = new DataView(target.buffer, target.byteOffset, target.length)
  expect(copyViewed(page, view, start, end, target, targetView, at)).toBe(at + end - start)
  expect(target.subarray(0, at).every((byte) => byte === 0)).toBe(true)
  expect(target.subarray(at + end - start).every((byte) => byte === 0)).toBe(true)
  return target.subarray(at, at + end - start)
}

it('copies any bytes of any length to any place', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.uint8Array({ maxLength: 600 }))
  fc.assert(
    fc.property(bytes, fc.nat({ max: 70 }), fc.nat({ max: 70 }), (bytes, start, at) => {
      page.set(bytes, start)
      expect(copied(start, start + bytes.length, at)).toEqual(Buffer.from(bytes))
    }),
  )
})

it('keeps the bits of what would be a NaN, before and after V8 has optimized the copy', () => {
  const heads = [0x7ff0, 0x7ff4, 0x7ff8, 0x7fff, 0xfff0, 0xfff4, 0xfff7, 0xfff8, 0xffff]
  const target = Buffer.alloc(256)
  const targetView = new DataView(target.buffer, target.byteOffset, target.length)
  let wrong = 0
  for (let round = 0; round < 20_000; round++) {
    for (let at = 0; at < 104; at += 8) {
      view.setUint32(at, Math.imul(round + at, 0x9e3779b1) >>> 0)
      // V8 marks holes with the bits of a NaN: 0xfff7ffff twice.
      view.setUint32(at + 4, round % 3 === 0 ? 0xfff7ffff : Math.imul(round, 0x85ebca6b) >>> 0)
      view.setUint16(at + 6, heads[(round + at / 8) % heads.length] ?? 0)
      if (round % 5 === 0) view.setBigUint64(at, 0xfff7_ffff_fff7_ffffn)
    }
    const end = 16 + (round % 88)
    copyViewed(page, view, 0, end, target, targetView, round % 8)
    if (page.compare(target, round % 8, (round % 8) + end, 0, end) !== 0) wrong++
  }
  expect(wrong).toBe(0)
})

it('tells whether bytes are the same, wherever they differ', () => {
  const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), fc.nat({ max: 9 }), (bytes, place, at) => {
      const other = new Uint8Array(at + bytes.length + 9)
      other.set(bytes, at)
      expect(sameBytes(viewOf(bytes), 0, viewOf(other), at, bytes.length)).toBe(true)
      const different = at + (place % bytes.length)
      other[different] = (other[different] ?? 0) ^ 1
      expect(sameBytes(viewOf(bytes), 0, viewOf(other), at, bytes.length)).toBe(false)
    }),
  )
})

it('puts bytes in their order, also those that begin with others', () => {
  const few = fc.uint8Array({ max: 3, maxLength: 12 })
  const any = fc.uint8Array({ maxLength: 12 })
  fc.assert(
    fc.property(fc.oneof(few, any), few, any, fc.nat({ max: 9 }), (begin, a, b, at) => {
      const [first, second] = [Buffer.from([...begin, ...a]), Buffer.from([...begin, ...b])]
      const behind = Buffer.concat([Buffer.alloc(at), second])
      const [viewA, viewB] = [first, behind].map((each) => new DataView(each.buffer, each.byteOffset, each.length))
      const order = compareBytes(viewA as DataView, 0, first.length, viewB as DataView, at, second.length)
      expect(Math.sign(order)).toBe(Buffer.compare(first, second))
    }),
  )
})
