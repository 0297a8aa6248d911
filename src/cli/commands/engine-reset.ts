import { BaseCommand } from '../base-command.ts'
import { confirmOnTerminal } from '../confirm.ts'
import { resetEngine } from '../engine-control.ts'
import { toggle } from '../flags.ts'
import { usageProblem } from '../problem.ts'
import { requireEngine } from '../state-dir.ts'
import { canAsk, printLine } from '../terminal.ts'
import { stateDirFlag, stateDirOf } from './engine-flags.ts'

export class EngineReset extends BaseCommand {
  static override summary = 'Delete everything the local engine holds'
  static override description =
    'Every resource of every region goes, and the nodes with them. Credentials and the certificate authority stay, so that clients set up for this engine go on working.'
  static override flags = {
    yes: toggle({ summary: 'do not ask; needed where nobody can be asked' }),
    ...stateDirFlag,
  }

  async run(): Promise<void> {
    const { flags } = this.read()
    const engine = requireEngine(stateDirOf(flags))
    if (flags.yes !== true && !canAsk()) {
      throw usageProblem('This deletes every cluster of the local engine.', 'Add --yes if that is what you want.')
    }
    await confirmOnTerminal(`Delete everything in ${engine.info.stateDir} (${engine.info.url})?`, flags.yes === true)
    await resetEngine(engine)
    printLine(`The engine at ${engine.info.url} is empty.`)
  }
}
