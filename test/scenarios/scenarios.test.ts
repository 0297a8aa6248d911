import { describe, expect, test } from 'vitest'
import { causes } from '../../src/diagnose/causes/index.ts'
import type { Finding } from '../../src/diagnose/finding.ts'
import { complaints, isPlayable, type Played, playAll, scenarios } from './all.ts'
import type { Scenario } from './scenario.ts'

let played: ReadonlyMap<Scenario, Promise<Played>> | undefined
const findingsOf = async (scenario: Scenario): Promise<readonly Finding[]> => {
  played ??= playAll(scenarios.flatMap((each) => each.scenarios).filter(isPlayable))
  return (await played.get(scenario))?.findings ?? []
}

for (const { file, scenarios: own } of scenarios) {
  describe(`the doctor is right about ${file}`, () => {
    for (const scenario of own) {
      const said = scenario.first === null ? 'nothing to complain of' : `${scenario.first} first`
      test.skipIf(!isPlayable(scenario))(`${scenario.name}: ${said}`, async () => {
        const found = complaints(await findingsOf(scenario))
        const told = found.map(({ id, sentence }) => `${id} ${sentence}`).join('\n')
        if (scenario.first === null) expect(told).toBe('')
        else expect(found[0]?.id, told).toBe(scenario.first)
      })
    }
  })
}

test('every cause has a stable id of its own', () => {
  expect(new Set(causes.map(({ id }) => id)).size).toBe(causes.length)
})
