import { command } from '../../command.ts'
import { confirmFlags, stateDirFlag } from '../../global-flags.ts'
import { confirmDestruction } from '../../live/confirm.ts'
import { resetEngine } from '../../target/engine-control.ts'
import { engineOf } from '../../target/state-dir.ts'
import { printLine } from '../../terminal.ts'

export const engineReset = command({
  summary: 'Delete everything the local engine holds',
  description:
    'Every resource of every region goes, and the nodes with them. Credentials and the certificate authority stay, so that clients set up for this engine go on working.',
  flags: {
    ...confirmFlags,
    ...stateDirFlag,
  },
  async run({ flags }) {
    const engine = engineOf(flags)
    await confirmDestruction(`Delete everything in ${engine.info.stateDir} (${engine.info.url})?`, flags.yes)
    await resetEngine(engine)
    printLine(`The engine at ${engine.info.url} is empty.`)
  },
})
