import { existsSync, readFileSync } from 'node:fs'
import { engineFiles } from '../../api/local-engine.ts'
import { BaseCommand } from '../base-command.ts'
import { toggle } from '../flags.ts'
import { Problem } from '../problem.ts'
import { print, printLine } from '../terminal.ts'
import { stateDirFlag, stateDirOf } from './engine-flags.ts'

export class EngineCa extends BaseCommand {
  static override summary = 'Print the certificate that clients of TLS nodes must trust'
  static override description =
    'The local certificate authority, as PEM. It signs the certificates of TLS nodes of this state directory and nothing else. For Node: NODE_EXTRA_CA_CERTS="$(cachectl engine ca --path)".'
  static override flags = {
    path: toggle({ summary: 'print where the file is instead of what it holds' }),
    ...stateDirFlag,
  }

  async run(): Promise<void> {
    const { flags } = this.read()
    const { authorityCertificate } = engineFiles(stateDirOf(flags))
    if (!existsSync(authorityCertificate)) {
      throw new Problem(
        'configuration',
        `There is no certificate authority yet: ${authorityCertificate}`,
        'The engine makes it: cachectl engine start',
      )
    }
    if (flags.path === true) printLine(authorityCertificate)
    else print(readFileSync(authorityCertificate, 'utf8'))
  }
}
