import { examplesOf, helpOf, summaryOf } from '../api/help.ts'
import type { OperationName } from '../api/model.ts'
import { BaseCommand, type CommandClass } from './base-command.ts'
import { callOperation } from './operation-call.ts'
import { operationFlags } from './operation-input.ts'

/** The class of one row of the model. */
export function operationCommand(name: OperationName): CommandClass {
  return class extends BaseCommand {
    static override summary = summaryOf(name)
    static override examples = examplesOf(name)
    static override flags = operationFlags(name, helpOf)

    override async run(): Promise<void> {
      await callOperation(name, this.argv)
    }
  }
}
