import { examplesOf, helpOf, summaryOf } from '../../api/help.ts'
import type { OperationName } from '../../api/model.ts'
import type { Command } from '../command.ts'
import { callOperation } from './operation-call.ts'
import { operationFlags } from './operation-input.ts'

/** The command of one row of the model. */
export const operationCommand = (name: OperationName): Command => ({
  id: '',
  summary: summaryOf(name),
  description: '',
  examples: examplesOf(name),
  args: {},
  flags: operationFlags(name, helpOf),
  run: (argv) => callOperation(name, argv),
})
