import { expect, test } from 'vitest'
import { stagesOf } from '../../src/diagnose/stages.ts'

test('what is told is the first stage that waits for something, and for what', async () => {
  const told: string[] = []
  const ends: (() => void)[] = []
  const work = (): Promise<void> => new Promise((resolve) => void ends.push(resolve))
  const { during } = stagesOf((text) => void told.push(text))
  const all = [
    during('connections', '10.0.0.1:11211', work()),
    during('names', 'a.test', work()),
    during('names', 'b.test', work()),
  ]
  for (const [at, end] of [ends[1], ends[2], ends[0]].entries()) {
    end?.()
    await all[[1, 2, 0][at] ?? 0]
  }
  expect(told).toEqual([
    'connections: 0 of 1, waiting for 10.0.0.1:11211',
    'names: 0 of 1, waiting for a.test',
    'names: 0 of 2, waiting for a.test and 1 more',
    'names: 1 of 2, waiting for b.test',
    'connections: 0 of 1, waiting for 10.0.0.1:11211',
  ])
})
