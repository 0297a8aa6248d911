import { Command } from '@oclif/core/command'
import { examplesOf, helpOf, summaryOf } from '../api/help.ts'
import type { OperationName } from '../api/model.ts'
import type { CommandClass } from './base-command.ts'
import { callOperation } from './operation-call.ts'
import { operationFlags } from './operation-input.ts'

/** The oclif class of one row of the model. Each id needs a class of its own: oclif writes the id on it. */
export function operationCommand(name: OperationName): CommandClass {
  return class extends Command {
    static override summary = summaryOf(name)
    static override examples = [...examplesOf(name)]
    static override flags = operationFlags(name, helpOf)

    async run(): Promise<void> {
      await callOperation(name, this.argv)
    }
  }
}
