import { expect, test } from 'vitest'
import {
  FAULT_KINDS,
  FAULT_OPTIONS,
  type FaultKind,
  type FaultName,
  faultSummary,
} from '../../src/api/engine-faults.ts'

const rows = Object.entries(FAULT_KINDS) as [FaultName, FaultKind][]

test.each(rows)('the summary of %s names its options, their words, and what they are when nobody says', (name, row) => {
  const summary = faultSummary(name)
  for (const [option, { words = [], otherwise }] of Object.entries(row.options)) {
    const { takes } = FAULT_OPTIONS[option as keyof typeof FAULT_OPTIONS]
    for (const word of option === 'how' ? words.slice(1) : []) expect(summary).toContain(word)
    if (typeof otherwise !== 'number') continue
    const [seconds, milliseconds] = [`${otherwise / 1000}s`, `${otherwise}ms`]
    if (takes === 'time') expect([seconds, milliseconds].some((span) => summary.includes(span))).toBe(true)
    else expect(summary).toContain(String(otherwise))
  }
  expect(summary).not.toMatch(/[{}]|undefined/)
})

test('what an option is when nobody says is one of its words', () => {
  for (const [, { options }] of rows) {
    for (const { words, otherwise } of Object.values(options)) {
      if (words && otherwise !== undefined) expect(words).toContain(otherwise)
    }
  }
})
