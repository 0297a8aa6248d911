import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRole } from '../../src/kv/resp/standing.ts'
import { Outages } from '../../src/kv/resp/watch.ts'

describe('the reply to ROLE', () => {
  test('of a primary tells how much it has written', () => {
    expect(readRole(['master', 3129659n, [['10.0.0.2', '6379', '3129242']]], 'a:1')).toEqual({
      role: 'primary',
      offset: 3129659,
    })
  })

  test.each([
    ['connected', true],
    ['sync', false],
  ])('of a replica that is %s tells whether it receives', (state, linked) => {
    expect(readRole(['slave', '10.0.0.1', 6379n, state, 42n], 'a:1')).toEqual({
      role: 'replica',
      offset: 42,
      linked,
      primary: { host: '10.0.0.1', port: 6379 },
    })
  })

  test('of a sentinel is refused', () => {
    expect(() => readRole(['sentinel', []], 'a:1')).toThrow('tells neither master nor slave')
  })
})

describe('an outage', () => {
  test('lasts from the last good look to the next one', () => {
    const outages = new Outages()
    outages.note(100, true)
    outages.note(120, false, 'refused')
    outages.note(140, false, 'reset')
    expect(outages).toMatchObject({ serves: false, totalMs: 0, problem: 'refused' })
    outages.note(400, true)
    expect(outages).toMatchObject({ serves: true, totalMs: 300 })
  })

  test('is none before the first good look', () => {
    const outages = new Outages()
    outages.note(0, false)
    outages.note(50, true)
    expect(outages).toMatchObject({ serves: true, totalMs: 0 })
  })

  test('is never longer than the time from the first look to the last', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ after: fc.nat(100), serves: fc.boolean() })), (looks) => {
        const outages = new Outages()
        let at = 0
        for (const { after, serves } of looks) {
          at += after
          outages.note(at, serves)
        }
        expect(outages.totalMs).toBeLessThanOrEqual(at)
        expect(outages.serves).toBe(looks.at(-1)?.serves ?? false)
      }),
    )
  })
})
