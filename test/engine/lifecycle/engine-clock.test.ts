import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Store } from '../../../src/engine/store/store.ts'
import { EngineClock } from '../../../src/engine/time/engine-clock.ts'
import { temporaryDirectory } from '../../support/engine.ts'
import { manualClock } from '../../support/manual-clock.ts'

const START = Date.UTC(2026, 5, 1)
const HOUR = 3600_000
const settled = async () => {}

async function startClock(stateDir = temporaryDirectory()) {
  const store = await Store.open(join(stateDir, 'state.mdb'))
  onTestFinished(() => store.close())
  const base = manualClock(START)
  return { store, base, stateDir, clock: new EngineClock(base, store) }
}

test('the clock is the machine’s until it is moved, and runs on with it afterwards', async () => {
  const { base, clock } = await startClock()
  expect(clock.reading()).toEqual({ now: START, offset: 0 })
  expect(await clock.travel((now) => now + HOUR, settled)).toEqual({ now: START + HOUR, offset: HOUR })
  base.advanceTo(START + 5)
  expect(clock.now()).toBe(START + HOUR + 5)
  expect(await clock.travel((now) => now + HOUR, settled)).toEqual({ now: START + 2 * HOUR + 5, offset: 2 * HOUR })
})

test('a moved clock stays moved after a restart', async () => {
  const { store, base, clock } = await startClock()
  await clock.travel((now) => now + HOUR, settled)
  expect(new EngineClock(base, store).now()).toBe(START + HOUR)
})

test('where it goes is stored before anything on the way happens', async () => {
  const { store, base, clock } = await startClock()
  let found = 0
  clock.at(START + 10, () => {
    found = new EngineClock(base, store).reading().offset
  })
  await clock.travel((now) => now + HOUR, settled)
  expect(found).toBe(HOUR)
})

test('what falls due on the way is woken in its order, each at its time, once', async () => {
  const { clock } = await startClock()
  const woken: [string, number][] = []
  const wake = (name: string, at: number) => clock.at(START + at, () => woken.push([name, clock.now() - START]))
  wake('second', 2 * HOUR)
  wake('first', HOUR)
  wake('at the end', 3 * HOUR)
  wake('not yet', 3 * HOUR + 1)
  await clock.travel((now) => now + 3 * HOUR, settled)
  expect(woken).toEqual([
    ['first', HOUR],
    ['second', 2 * HOUR],
    ['at the end', 3 * HOUR],
  ])
})

test('what is woken is waited for before the clock goes on', async () => {
  const { clock } = await startClock()
  const happened: string[] = []
  clock.at(START + HOUR, () => happened.push('one'))
  clock.at(START + 2 * HOUR, () => happened.push('two'))
  await clock.travel(
    (now) => now + 3 * HOUR,
    async () => {
      await new Promise((resolve) => setImmediate(resolve))
      happened.push('settled')
    },
  )
  expect(happened.slice(0, 4)).toEqual(['one', 'settled', 'two', 'settled'])
})

test('what is woken may ask to be woken again on the way', async () => {
  const { clock } = await startClock()
  const days: number[] = []
  const daily = () => {
    days.push(clock.now() - START)
    clock.at(clock.now() + 24 * HOUR, daily)
  }
  clock.at(START + 24 * HOUR, daily)
  await clock.travel((now) => now + 7 * 24 * HOUR, settled)
  expect(days).toEqual([1, 2, 3, 4, 5, 6, 7].map((day) => day * 24 * HOUR))
})

test('a journey stops a thousand times at most, however much falls due', async () => {
  const { clock } = await startClock()
  const due = Array.from({ length: 3_000 }, (_, index) => index + 1)
  const woken: number[] = []
  for (const minute of due) clock.at(START + minute * 60_000, () => woken.push(minute))
  let stops = 0
  await clock.travel(
    (now) => now + 3_000 * 60_000,
    async () => {
      stops++
    },
  )
  expect(woken).toEqual(due)
  expect(stops).toBeLessThanOrEqual(1_000)
  expect(stops).toBeGreaterThan(900)
})

test('what has been cancelled is not woken: not on the way, and not by the machine’s clock', async () => {
  const { base, clock } = await startClock()
  const woken: string[] = []
  const cancelSecond = clock.at(START + HOUR, () => woken.push('second'))
  const cancelThird = clock.at(START + HOUR + 1, () => woken.push('third'))
  cancelThird()
  clock.at(START + HOUR - 1, () => {
    woken.push('first')
    cancelSecond()
  })
  await clock.travel((now) => now + HOUR, settled)
  base.advanceTo(START + 2 * HOUR)
  expect(woken).toEqual(['first'])
})

test('of two woken together the first may cancel the second', async () => {
  const { clock } = await startClock()
  const woken: string[] = []
  clock.at(START + HOUR, () => {
    woken.push('first')
    cancel()
  })
  const cancel = clock.at(START + HOUR, () => woken.push('second'))
  await clock.travel((now) => now + HOUR, settled)
  expect(woken).toEqual(['first'])
})

test('what is due after the journey is woken by the machine’s clock, as much earlier as the clock went ahead', async () => {
  const { base, clock } = await startClock()
  const woken: number[] = []
  clock.at(START + 2 * HOUR, () => woken.push(clock.now()))
  await clock.travel((now) => now + HOUR, settled)
  clock.at(START + 3 * HOUR, () => woken.push(clock.now()))
  base.advanceTo(START + HOUR - 1)
  expect(woken).toEqual([])
  base.advanceTo(START + HOUR)
  expect(woken).toEqual([START + 2 * HOUR])
  base.advanceTo(START + 2 * HOUR)
  expect(woken).toEqual([START + 2 * HOUR, START + 3 * HOUR])
})

test('what the machine’s clock has woken is not woken again on a journey', async () => {
  const { base, clock } = await startClock()
  let times = 0
  clock.at(START + 10, () => times++)
  base.advanceTo(START + 10)
  await clock.travel((now) => now + HOUR, settled)
  expect(times).toBe(1)
})

test('journeys begin one after the other, also after one that was refused', async () => {
  const { clock } = await startClock()
  const order: string[] = []
  const first = clock.travel(
    (now) => now + HOUR,
    async () => {
      await new Promise((resolve) => setImmediate(resolve))
      order.push('first')
    },
  )
  const wrong = clock.travel(() => Number.NaN, settled)
  const second = clock.travel(
    (now) => now + HOUR,
    async () => {
      order.push('second')
    },
  )
  await expect(wrong).rejects.toThrow(/must be a date/)
  expect(await second).toEqual({ now: START + 2 * HOUR, offset: 2 * HOUR })
  await first
  expect(order.lastIndexOf('first')).toBeLessThan(order.indexOf('second'))
})

test('a reset takes it back to the machine’s time, with what it has to wake', async () => {
  const { base, clock } = await startClock()
  await clock.travel((now) => now + HOUR, settled)
  let woken = 0
  clock.at(START + 2 * HOUR, () => woken++)
  clock.reset()
  expect(clock.reading()).toEqual({ now: START, offset: 0 })
  base.advanceTo(START + 2 * HOUR - 1)
  expect(woken).toBe(0)
  base.advanceTo(START + 2 * HOUR)
  expect(woken).toBe(1)
})

test.each([
  ['backwards', START - 1, /never goes backwards: it is 2026-06-01T00:00:00.000Z, later than 2026-05-31T23:59:59.999Z/],
  ['to no date', Number.NaN, /must be a date/],
  ['to half a millisecond', START + 0.5, /must be a date/],
  ['past the year 9999', Date.UTC(9999, 0) + 1, /must not be after 9999-01-01T00:00:00.000Z/],
])('it does not go %s', async (_, target, message) => {
  const { clock } = await startClock()
  await expect(clock.travel(() => target, settled)).rejects.toMatchObject({
    code: 'InvalidParameterValue',
    message: expect.stringMatching(message),
  })
  expect(clock.reading()).toEqual({ now: START, offset: 0 })
})

test('it goes to the last date there is, and stays where it is', async () => {
  const { clock } = await startClock()
  expect((await clock.travel((now) => now, settled)).now).toBe(START)
  expect((await clock.travel(() => Date.UTC(9999, 0), settled)).now).toBe(Date.UTC(9999, 0))
})
