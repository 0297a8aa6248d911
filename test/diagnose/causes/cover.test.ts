import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CoveringCause, cheapestCover, costOfCover } from '../../../src/diagnose/causes/cover.ts'

const chance = (min: number, max: number) => fc.double({ min, max, noNaN: true })

/** Signs with their leaks, and causes of some of them. */
const seen = (most: { signs: number; causes: number }) =>
  fc.array(chance(1e-6, 0.1), { minLength: 1, maxLength: most.signs }).chain((leaks) =>
    fc.record({
      leaks: fc.constant(leaks),
      causes: fc.array(
        fc.record({
          odds: chance(0.001, 1),
          explains: fc
            .uniqueArray(fc.tuple(fc.nat(leaks.length - 1), chance(0.01, 1)), {
              selector: ([sign]) => sign,
              minLength: 1,
            })
            .map((list) => new Map(list)),
        }),
        { maxLength: most.causes },
      ),
    }),
  )

function exhaustively(leaks: readonly number[], causes: readonly CoveringCause[]): number {
  const sets = Array.from({ length: 2 ** causes.length }, (_, bits) =>
    causes.flatMap((__, at) => (bits & (1 << at) ? [at] : [])),
  )
  return Math.min(...sets.map((chosen) => costOfCover(leaks, causes, chosen)))
}

const covers = (odds: number, ...signs: number[]): CoveringCause => ({
  odds,
  explains: new Map(signs.map((sign) => [sign, 0.9])),
})
const leaks = (count: number): number[] => Array.from({ length: count }, () => 1e-6)

describe('the cheapest cover', () => {
  test('costs as little as any set of causes does', () => {
    fc.assert(
      fc.property(seen({ signs: 6, causes: 9 }), ({ leaks, causes }) => {
        const { chosen, cost } = cheapestCover(leaks, causes)
        expect(cost).toBeCloseTo(costOfCover(leaks, causes, chosen), 9)
        expect(cost).toBeCloseTo(exhaustively(leaks, causes), 9)
      }),
    )
  })

  test('is a cover of no other cost when it has to be found without a search', () => {
    fc.assert(
      fc.property(seen({ signs: 6, causes: 9 }), ({ leaks, causes }) => {
        const { chosen, cost } = cheapestCover(leaks, causes, 0)
        expect(cost).toBeCloseTo(costOfCover(leaks, causes, chosen), 9)
        expect(cost).toBeLessThanOrEqual(costOfCover(leaks, causes, []) + 1e-9)
      }),
    )
  })

  test('is the same whatever else is seen that it has no cause in common with', () => {
    fc.assert(
      fc.property(seen({ signs: 4, causes: 5 }), seen({ signs: 4, causes: 5 }), (one, other) => {
        const shifted = other.causes.map(({ odds, explains }) => ({
          odds,
          explains: new Map([...explains].map(([sign, surely]) => [sign + one.leaks.length, surely])),
        }))
        const both = cheapestCover([...one.leaks, ...other.leaks], [...one.causes, ...shifted])
        expect(both.cost).toBeCloseTo(
          cheapestCover(one.leaks, one.causes).cost + cheapestCover(other.leaks, other.causes).cost,
          9,
        )
      }),
    )
  })

  test('takes one rare cause of many signs before many common ones of one', () => {
    const [gateway, ...nodes] = [
      covers(0.01, 0, 1, 2, 3),
      covers(0.1, 0),
      covers(0.1, 1),
      covers(0.1, 2),
      covers(0.1, 3),
    ]
    expect(cheapestCover(leaks(4), [...nodes, ...(gateway ? [gateway] : [])]).chosen).toEqual([4])
  })

  test('takes the common cause of the one sign before the rare one of many', () => {
    expect(cheapestCover(leaks(1), [covers(0.01, 0), covers(0.1, 0)]).chosen).toEqual([1])
  })

  test('takes both causes of two faults', () => {
    expect(cheapestCover(leaks(3), [covers(0.1, 0, 1), covers(0.05, 2), covers(0.01, 1)]).chosen).toEqual([0, 1])
  })

  test('leaves a sign alone rather than take a cause that is less likely than nothing at all', () => {
    expect(cheapestCover([0.01], [covers(0.001, 0)]).chosen).toEqual([])
  })

  test('takes no cause that is ruled out', () => {
    expect(cheapestCover(leaks(1), [covers(0, 0)]).chosen).toEqual([])
  })

  test('is found for forty nodes that all have several causes of their own, and one in common', () => {
    const nodes = Array.from({ length: 40 }, (_, node) => [
      covers(0.05, node),
      covers(0.05, node),
      covers(0.04, node),
    ]).flat()
    const all = Array.from({ length: 40 }, (_, node) => node)
    expect(cheapestCover(leaks(40), [...nodes, covers(0.001, ...all)]).chosen).toEqual([nodes.length])
    expect(cheapestCover(leaks(40), [...nodes, covers(0.001, 0, 1)]).chosen).toHaveLength(40)
  })
})
