/** An option that there is not, added to the table alone: what reads options takes it from there. */
import { beforeAll, expect, test } from 'vitest'
import { FAULT_KINDS, FAULT_OPTION_NAMES, FAULT_OPTIONS } from '../../../src/api/engine-faults.ts'
import { CONTROL } from '../../../src/api/local-engine.ts'
import { control } from '../../support/control.ts'

const row = { flag: 'colour', takes: 'word', summary: 'colour of the smoke', helpValue: '<colour>' }

beforeAll(() => {
  Object.assign(FAULT_OPTIONS, { smoke: row })
  Object.assign(FAULT_OPTION_NAMES, { [FAULT_OPTION_NAMES.length]: 'smoke' })
  Object.assign(FAULT_KINDS.capacity.options, { smoke: { words: ['black', 'white'], otherwise: 'black' } })
})

test('the engine reads, refuses and reports it', async () => {
  const { startTestEngine } = await import('../../support/engine.ts')
  const engine = await startTestEngine()
  const inject = (request: object) => control(engine, 'POST', CONTROL.faults, request)
  expect(await inject({ kind: 'capacity' })).toMatchObject({ smoke: 'black' })
  expect(await inject({ kind: 'capacity', smoke: 'white' })).toMatchObject({ smoke: 'white' })
  await expect(inject({ kind: 'capacity', smoke: 'blue' })).rejects.toThrow('--colour is black or white.')
  await expect(inject({ kind: 'address-exhaustion', smoke: 'white' })).rejects.toThrow(
    'address-exhaustion has no --colour.',
  )
  await expect(inject({ kind: 'capacity', smoke: 1 })).rejects.toThrow('smoke must be a string')
  expect(await control(engine, 'GET', CONTROL.faults)).toMatchObject([{ smoke: 'black' }, { smoke: 'white' }])
})

test('the command line has it among its options, and completes its words', async () => {
  const { engineFaultInject } = await import('../../../src/cli/commands/engine/fault.ts')
  const { completionTable } = await import('../../../src/cli/completion/table.ts')
  expect(engineFaultInject.flags).toHaveProperty('colour.summary', row.summary)
  expect(completionTable([], []).values.get('engine fault inject --colour')).toEqual(['black', 'white'])
})
