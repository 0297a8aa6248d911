/** Runs in each worker before its test file: turns one mutant on, or notes which test reaches which mutant. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, inject, vi } from 'vitest'
import type { Trial } from './trial.ts'

declare module 'vitest' {
  interface ProvidedContext {
    trial: Trial
  }
}

const trial = inject('trial')

// The worker is one for all trials; what a mutant does while its module loads is to be seen all the same.
vi.resetModules()

/** Mutants reached outside of any test, when modules load or hooks run. */
const OUTSIDE = ''
let test = OUTSIDE
let asked = 0

if (trial.kind === 'survey') {
  const reached = new Map<number, Set<string>>()
  setSwitch((mutant) => {
    asked++
    const tests = reached.get(mutant)
    if (tests) tests.add(test)
    else reached.set(mutant, new Set([test]))
    return false
  })
  afterAll(() => {
    const byMutant = [...reached].map(([mutant, tests]) => [mutant, tests.has(OUTSIDE) ? null : [...tests]])
    writeFileSync(join(trial.directory, `${process.pid}.json`), JSON.stringify({ asked, byMutant }))
  })
} else {
  setSwitch((mutant) => {
    // A loop that no longer ends would hold the worker for good.
    if (++asked > trial.patience) throw new Error('The mutant does not come to an end.')
    return mutant === trial.mutant
  })
}

beforeEach((context) => {
  if (trial.kind === 'mutant' && trial.tests && !trial.tests.includes(context.task.id)) context.skip()
  test = context.task.id
})
afterEach(() => {
  test = OUTSIDE
})

function setSwitch(isOn: (mutant: number) => boolean): void {
  Object.assign(globalThis, { __mutant: isOn })
}
