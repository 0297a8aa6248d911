import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { regionFacts } from '../../src/engine/catalog/regions.ts'
import { formatWindow, nextWindow, parseWindow, randomWindow } from '../../src/engine/time/maintenance-window.ts'

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
