import { command } from '../../command.ts'
import { toggle } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { confirmOnTerminal } from '../../live/confirm.ts'
import { usageProblem } from '../../problem.ts'
import { resetEngine } from '../../target/engine-control.ts'
import { engineOf } from '../../target/state-dir.ts'
import { canAsk, printLine } from '../../terminal.ts'

export const engineReset = command({
  summary: 'Delete everything the local engine holds',
  description:
    'Every resource of every region goes, and the nodes with them. Credentials and the certificate authority stay, so that clients set up for this engine go on working.',
  flags: {
    yes: toggle({ summary: 'do not ask; needed without a terminal' }),
    ...stateDirFlag,
  },
  async run({ flags }) {
    const engine = engineOf(flags)
    if (!flags.yes && !canAsk()) {
      throw usageProblem('This deletes every cluster of the local engine.', 'Add --yes if that is what you want.')
    }
    await confirmOnTerminal(`Delete everything in ${engine.info.stateDir} (${engine.info.url})?`, flags.yes)
    await resetEngine(engine)
    printLine(`The engine at ${engine.info.url} is empty.`)
  },
})
