import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  evenTargets,
  nextMove,
  slotsLeft,
  withMoved,
} from '../../../../src/engine/workloads/replication-groups/slot-plan.ts'
import { coverAll, evenSlots, formatSlots } from '../../../../src/engine/workloads/replication-groups/slots.ts'

const shards = (count: number, more = 0) => [
  ...evenSlots(count).map((slots, index) => ({ id: `s${index}`, slots: [slots] })),
  ...Array.from({ length: more }, (_, index) => ({ id: `new${index}`, slots: [] })),
]
const idsOf = (parts: readonly { readonly id: string }[]) => parts.map(({ id }) => id)

test('a second shard gets the last half of the slots of the first', () => {
  expect(evenTargets(shards(1, 1), ['s0', 'new0']).map(({ slots }) => formatSlots(slots))).toEqual([
    '0-8191',
    '8192-16383',
  ])
})

test('shards that are even keep what they have, whichever has the odd slots', () => {
  const [first, second, third] = evenSlots(3)
  const parts = [second, first, third].map((slots, index) => ({ id: `s${index}`, slots: slots ? [slots] : [] }))
  expect(slotsLeft(parts, evenTargets(parts, idsOf(parts)))).toBe(0)
})

describe('whatever the shards are before and after', () => {
  const cases = fc.record({
    before: fc.integer({ min: 1, max: 12 }),
    more: fc.integer({ min: 0, max: 5 }),
    removed: fc.array(fc.nat({ max: 11 }), { maxLength: 6 }),
    most: fc.integer({ min: 1000, max: 5000 }),
  })

  test('each has an equal share in the end, on the way every slot is in one of them, and none moves twice', () => {
    fc.assert(
      fc.property(cases, ({ before, more, removed, most }) => {
        let parts = shards(before, more)
        const staying = idsOf(parts).filter((_, index) => !removed.includes(index))
        fc.pre(staying.length > 0)
        const targets = evenTargets(parts, staying)
        const total = slotsLeft(parts, targets)
        let moved = 0
        for (let next = nextMove(parts, targets, most); next; next = nextMove(parts, targets, most)) {
          moved += next.slots.length
          parts = withMoved(parts, next)
          expect(coverAll(parts.flatMap(({ slots }) => slots))).toBe(true)
        }
        expect(moved).toBe(total)
        const sizes = parts
          .filter(({ id }) => staying.includes(id))
          .map(({ slots }) => slots.reduce((sum, [first, last]) => sum + last - first + 1, 0))
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(16_384)
      }),
      { numRuns: 15 },
    )
  })
})
