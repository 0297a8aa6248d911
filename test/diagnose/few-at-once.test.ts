import { expect, test } from 'vitest'
import type { AddressEvidence } from '../../src/diagnose/evidence.ts'
import type { Look } from '../../src/diagnose/examine-address.ts'
import { fewAtOnce } from '../../src/diagnose/few-at-once.ts'

const place = { host: '10.0.0.5', port: 11211, role: 'given', tls: false }
const seen = (outcome: 'connected' | 'timeout'): AddressEvidence => ({
  place,
  address: '10.0.0.5',
  family: 4,
  port: 11211,
  source: { address: '10.0.0.2' },
  attempts: [{ address: '10.0.0.5', family: 4, port: 11211, startedAt: '', outcome, ms: 1 }],
})

/** Looks that end when they are told to; which of them were begun. */
function looks(outcome: 'connected' | 'timeout') {
  const ends: (() => void)[] = []
  const inTurn = fewAtOnce(2)
  const begin = (): Look => {
    const over = new Promise<AddressEvidence>((resolve) => void ends.push(() => resolve(seen(outcome))))
    return {
      place,
      address: '',
      soon: Promise.resolve(seen(outcome)),
      heard: over,
      served: over,
      whole: over,
      giveUp() {},
    }
  }
  return { ends, add: () => inTurn({ place, address: '' }, begin) }
}

const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('a look begins when another has nothing more to ask', async () => {
  const { ends, add } = looks('connected')
  const all = [add(), add(), add()]
  await settle()
  expect(ends).toHaveLength(2)
  ends[0]?.()
  await all[0]?.whole
  await settle()
  expect(ends).toHaveLength(3)
})

test('one that keeps silent makes room while it is waited for', async () => {
  const { ends, add } = looks('timeout')
  for (let count = 0; count < 9; count++) add()
  await settle()
  expect(ends).toHaveLength(9)
})
