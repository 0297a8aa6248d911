import { command } from '../../command.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { stopEngine } from '../../target/engine-control.ts'
import { stateDirOf } from '../../target/state-dir.ts'
import { printLine } from '../../terminal.ts'

export const engineStop = command({
  summary: 'Stop the local engine; returns when its process is gone',
  description: 'Clusters and settings stay and come back with the next start. Stopping twice is no error.',
  flags: stateDirFlag,
  async run({ flags }) {
    const stateDir = stateDirOf(flags)
    const stopped = await stopEngine(stateDir)
    printLine(stopped ? `Engine stopped (pid ${stopped.pid}).` : `No engine is running in ${stateDir}.`)
  },
})
