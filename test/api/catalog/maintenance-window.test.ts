import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatWindow, nextWindow, parseWindow, randomWindow } from '../../../src/api/catalog/maintenance-window.ts'
import { regionFacts } from '../../../src/api/catalog/regions.ts'

const window = (text: string) => parseWindow(text) ?? expect.fail(`${text} is a window`)
const at = (iso: string) => Date.parse(iso)

test('a window may run over midnight and over the end of the week', () => {
  expect(window('sun:23:00-mon:02:00').minutes).toBe(180)
  expect(window('sat:23:30-sun:00:30').minutes).toBe(60)
})

test.each(['sunday:01:00-sun:02:00', 'sun:24:00-mon:01:00', 'sun:1:00-sun:2:00', '', 'sun:01:00'])(
  '%s is no window',
  (text) => {
    expect(parseWindow(text)).toBeUndefined()
  },
)

// The guide's example ("Replacing nodes"): it is Thursday, Nov 9, 15:00.
describe('the next window after Thursday 15:00', () => {
  const now = at('2023-11-09T15:00:00Z')
  test.each([
    ['fri:17:00-fri:18:00', '2023-11-10T17:00:00Z'],
    ['fri:16:00-fri:17:00', '2023-11-10T16:00:00Z'],
    ['sat:16:00-sat:17:00', '2023-11-11T16:00:00Z'],
    ['wed:16:00-wed:17:00', '2023-11-15T16:00:00Z'],
  ])('of %s begins %s', (text, expected) => {
    expect(nextWindow(window(text), now)).toBe(at(expected))
  })
})

test('while a window is open, the next window is now', () => {
  const now = at('2023-11-10T17:30:00Z')
  expect(nextWindow(window('fri:17:00-fri:18:00'), now)).toBe(now)
})

test('a window is open from its first millisecond until just before its end', () => {
  const [start, end] = [at('2023-11-10T17:00:00Z'), at('2023-11-10T18:00:00Z')]
  const next = (now: number) => nextWindow(window('fri:17:00-fri:18:00'), now)
  expect(next(start - 1)).toBe(start)
  expect(next(start)).toBe(start)
  expect(next(end - 1)).toBe(end - 1)
  expect(next(end)).toBe(start + 7 * 24 * 60 * 60_000)
})

test('whenever it is asked for, the next window is at most a week ahead, and open when it comes', () => {
  const week = 7 * 24 * 60 * 60_000
  const minute = fc.integer({ min: 0, max: 7 * 1440 - 1 })
  fc.assert(
    fc.property(
      minute,
      fc.integer({ min: 60, max: 1440 }),
      fc.integer({ min: 0, max: 3 * week }),
      (start, minutes, later) => {
        const now = at('2023-11-05T00:00:00Z') + later
        const next = nextWindow({ start, minutes }, now)
        const intoWindow = (next - at('2023-11-05T00:00:00Z') - start * 60_000) % week
        expect(next - now).toBeGreaterThanOrEqual(0)
        expect(next - now).toBeLessThan(week)
        if (next > now) expect(intoWindow).toBe(0)
        else expect((intoWindow + week) % week).toBeLessThan(minutes * 60_000)
      },
    ),
  )
})

test('every half hour of the block may be drawn, the first and the last', () => {
  const facts = regionFacts('us-west-2') ?? expect.fail('a region')
  const { start, minutes } = facts.maintenanceBlock
  const drawn = (random: number) => {
    const numbers = [0, random]
    return randomWindow(facts, () => numbers.shift() ?? 0, at('2023-11-05T12:00:00Z')).start % 1440
  }
  expect(drawn(0)).toBe(start % 1440)
  expect(drawn(0.999999)).toBe((start + minutes - 60) % 1440)
})

test('days are drawn from tomorrow on, five of them', () => {
  const facts = regionFacts('us-west-2') ?? expect.fail('a region')
  const dayOf = (random: number) => {
    const numbers = [random, 0]
    const drawn = randomWindow(facts, () => numbers.shift() ?? 0, at('2023-11-07T12:00:00Z'))
    return Math.floor((drawn.start - facts.maintenanceBlock.start + 7 * 1440) / 1440) % 7
  }
  expect([0, 0.2, 0.4, 0.6, 0.8, 0.999].map(dayOf)).toEqual([3, 4, 5, 6, 0, 0])
})

test.each(['fri:17:00-fri:18:00 ', ' fri:17:00-fri:18:00', 'fri:17:00-fri:18:00\n'])(
  '%j has more than a window',
  (text) => {
    expect(parseWindow(text)).toBeUndefined()
  },
)

test('a window may be written in capital letters', () => {
  expect(parseWindow('FRI:17:00-Fri:18:00')).toEqual(window('fri:17:00-fri:18:00'))
})

test('text and window are two forms of the same thing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 7 * 1440 - 1 }), fc.integer({ min: 60, max: 1440 }), (start, minutes) => {
      expect(parseWindow(formatWindow({ start, minutes }))).toEqual({ start, minutes })
    }),
  )
})

test("a window nobody chose is an hour inside the region's block", () => {
  const facts = regionFacts('ap-south-1') ?? expect.fail('a region')
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
      const { start, minutes } = randomWindow(facts, () => random, at('2023-11-09T15:00:00Z'))
      const intoBlock = (start - facts.maintenanceBlock.start + 7 * 1440) % 1440
      expect(minutes).toBe(60)
      expect(intoBlock + minutes).toBeLessThanOrEqual(facts.maintenanceBlock.minutes)
    }),
  )
})

test.each(['ap-south-1', 'us-west-2', 'us-east-1'])(
  'a cluster of %s that asked for none gets a window of another day',
  (region) => {
    const facts = regionFacts(region) ?? expect.fail('a region')
    const numbers = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    const days = fc.integer({ min: 0, max: 13 })
    fc.assert(
      fc.property(numbers, numbers, days, (first, second, day) => {
        const morning = at('2023-11-05T00:00:00Z') + day * 24 * 60 * 60_000
        const drawn = [first, second]
        const window = randomWindow(facts, () => drawn.shift() ?? 0, morning)
        expect(nextWindow(window, morning)).toBeGreaterThanOrEqual(morning + 24 * 60 * 60_000)
      }),
    )
  },
)
