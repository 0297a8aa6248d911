import { BaseCommand } from '../base-command.ts'
import { stopEngine } from '../engine-control.ts'
import { printLine } from '../terminal.ts'
import { stateDirFlag, stateDirOf } from './engine-flags.ts'

export class EngineStop extends BaseCommand {
  static override summary = 'Stop the local engine; returns when its process is gone'
  static override description =
    'Clusters and settings stay and come back with the next start. Stopping twice is no error.'
  static override flags = { ...stateDirFlag }

  async run(): Promise<void> {
    const { flags } = this.read()
    const stateDir = stateDirOf(flags)
    const stopped = await stopEngine(stateDir)
    printLine(stopped ? `Engine stopped (pid ${stopped.pid}).` : `No engine is running in ${stateDir}.`)
  }
}
