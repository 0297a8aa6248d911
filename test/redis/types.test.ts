import fc from 'fast-check'
import { expect, test } from 'vitest'
import { viewOf } from '../../src/net/bytes.ts'
import { Arena } from '../../src/redis/memory/arena.ts'
import { Fields } from '../../src/redis/types/fields.ts'
import {
  createPacked,
  FIRST_PLACE,
  packedAt,
  packedBytes,
  packedCount,
  packedEnd,
  packedFind,
  packedInsert,
  packedNext,
  packedPrevious,
  packedRemove,
  packedReplace,
} from '../../src/redis/types/packed.ts'

const word = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.oneof(fc.nat(8), fc.integer({ min: 250, max: 600 })))
  .map(([byte, length]) => Buffer.alloc(length, byte))

test('a packed collection holds what an array of the same changes holds, in both directions', () => {
  const change = fc.record({ kind: fc.constantFrom('insert', 'replace', 'remove'), at: fc.nat(1000), word })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const arena = new Arena()
      const before = arena.used
      let chunk = createPacked(arena)
      const model: Buffer[] = []
      for (const { kind, at, word: bytes } of changes) {
        const index = model.length === 0 ? 0 : at % model.length
        const place = packedAt(arena, chunk, index)
        if (kind === 'insert') {
          chunk = packedInsert(arena, chunk, place || packedEnd(arena, chunk), bytes, 0, bytes.length)
          model.splice(index, 0, bytes)
        } else if (place !== 0 && kind === 'replace') {
          chunk = packedReplace(arena, chunk, place, bytes, 0, bytes.length)
          model[index] = bytes
        } else if (place !== 0) {
          chunk = packedRemove(arena, chunk, place)
          model.splice(index, 1)
        }
      }
      const forwards: Buffer[] = []
      for (let at = FIRST_PLACE; at < packedEnd(arena, chunk); at = packedNext(arena, chunk, at)) {
        forwards.push(packedBytes(arena, chunk, at))
      }
      const backwards: Buffer[] = []
      for (let at = packedEnd(arena, chunk); at > FIRST_PLACE; ) {
        at = packedPrevious(arena, chunk, at)
        backwards.unshift(packedBytes(arena, chunk, at))
      }
      expect(forwards).toEqual(model)
      expect(backwards).toEqual(model)
      expect(packedCount(arena, chunk)).toBe(model.length)
      for (const bytes of model) {
        const found = packedFind(arena, chunk, viewOf(bytes), 0, bytes.length)
        expect(packedBytes(arena, chunk, found)).toEqual(bytes)
      }
      arena.release(chunk)
      expect(arena.used).toBe(before)
    }),
  )
})

test('fields hold what a map of the same changes holds, and give all memory back', () => {
  const change = fc.record({ remove: fc.boolean(), field: fc.nat(40), value: word })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const arena = new Arena()
      const fields = new Fields(arena, 7)
      const model = new Map<string, Buffer>()
      for (const { remove, field, value } of changes) {
        const name = Buffer.from(`field ${field}`)
        const view = viewOf(name)
        if (!remove) {
          const isNew = fields.set(name, view, 0, name.length, value, viewOf(value), 0, value.length)
          expect(isNew).toBe(!model.has(String(name)))
          model.set(String(name), value)
          continue
        }
        const member = fields.find(view, 0, name.length)
        expect(member !== 0).toBe(model.delete(String(name)))
        if (member !== 0) fields.remove(member)
      }
      const copied = fields.copy()
      for (const each of [fields, copied]) {
        const held = new Map<string, Buffer>()
        each.table.each((member) => held.set(String(each.fieldOf(member)), each.valueOf(member)))
        expect(new Map([...held].sort())).toEqual(new Map([...model].sort()))
        while (!each.freeSome(3));
      }
      expect(arena.used).toBe(0)
    }),
  )
})

test('a scan visits all that is there throughout, however the table grows and shrinks meanwhile', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ add: fc.boolean(), many: fc.nat(40) }), { maxLength: 40 }), (steps) => {
      const fields = new Fields(new Arena(), 3)
      const put = (name: string) => {
        const bytes = Buffer.from(name)
        fields.add(bytes, viewOf(bytes), 0, bytes.length)
      }
      const stays = Array.from({ length: 100 }, (_, i) => `stays ${i}`)
      stays.forEach(put)
      const seen = new Set<string>()
      let [cursor, step, next] = [0, 0, 0]
      const passing: string[] = []
      do {
        cursor = fields.table.scan(cursor, (member) => seen.add(String(fields.fieldOf(member))))
        const { add, many } = steps[step++] ?? { add: false, many: 0 }
        for (let i = 0; i < many; i++) {
          if (add) {
            const name = `passes ${next++}`
            passing.push(name)
            put(name)
            continue
          }
          const bytes = Buffer.from(passing.pop() ?? '')
          const member = fields.find(viewOf(bytes), 0, bytes.length)
          if (member !== 0) fields.remove(member)
        }
      } while (cursor !== 0)
      expect(stays.filter((name) => !seen.has(name))).toEqual([])
    }),
  )
})
