import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exitCode, percentile, type Sample, statisticsOf, summarise } from '../../src/diagnose/statistics.ts'

const connected = (ms: number, address = '10.0.0.1'): Sample => ({
  address,
  family: 4,
  port: 1,
  outcome: 'connected',
  ms,
})
const lost = (address = '10.0.0.1'): Sample => ({ ...connected(1000, address), outcome: 'timeout' })

describe('statistics', () => {
  test('count what was sent, connected and lost, and time what connected', () => {
    const { rtt, ...counts } = statisticsOf([connected(1), connected(3), lost(), connected(2)])
    expect(counts).toEqual({ sent: 4, connected: 3, lost: 1, lossPercent: 25 })
    expect(rtt).toEqual({ samples: 3, min: 1, avg: 2, max: 3, p50: 2, p90: 3, p99: 3, stddev: 0.816, jitter: 1.5 })
  })

  test('have no times when nothing connected', () => {
    expect(statisticsOf([lost(), lost()])).toEqual({ sent: 2, connected: 0, lost: 2, lossPercent: 100 })
    expect(statisticsOf([])).toEqual({ sent: 0, connected: 0, lost: 0, lossPercent: 0 })
  })

  test('leave the time of the warm-up out, unless there is no other', () => {
    const warmUp = { ...connected(9), warmUp: true }
    expect(statisticsOf([warmUp, connected(1)])).toMatchObject({ sent: 2, connected: 2, rtt: { samples: 1, max: 1 } })
    expect(statisticsOf([warmUp])).toMatchObject({ rtt: { samples: 1, max: 9 } })
  })

  test('do not count what was given up', () => {
    const givenUp: Sample = { ...lost(), outcome: 'aborted' }
    expect(summarise([connected(1), givenUp]).total.sent).toBe(1)
  })

  test('are kept per address, in the order of the first attempts', () => {
    const { perAddress, total } = summarise([connected(2, 'b'), lost('a'), connected(4, 'b')])
    expect(perAddress.map(({ address, sent, connected: ok }) => [address, sent, ok])).toEqual([
      ['b', 2, 2],
      ['a', 1, 0],
    ])
    expect(total.sent).toBe(3)
  })

  test('percentiles are values that were measured, and never decrease', () => {
    expect(percentile([5, 1, 4, 2, 3], 50)).toBe(3)
    expect(percentile([7], 99)).toBe(7)
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (values) => {
        const [p50, p90, p99] = [50, 90, 99].map((percent) => percentile(values, percent))
        expect(values).toContain(p50)
        expect(Number(p50) <= Number(p90) && Number(p90) <= Number(p99)).toBe(true)
      }),
    )
  })
})

test('the exit code is 0 when all connected, 1 when some failed, 2 when nothing connected', () => {
  const code = (sent: number, ok: number, unresolved = 0) =>
    exitCode({ totals: { sent, connected: ok }, unresolved: Array(unresolved).fill(null) })
  expect([code(3, 3), code(3, 2), code(3, 3, 1), code(3, 0), code(0, 0), code(0, 0, 1)]).toEqual([0, 1, 1, 2, 2, 2])
})
