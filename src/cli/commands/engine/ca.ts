import { existsSync, readFileSync } from 'node:fs'
import { engineFiles } from '../../../api/local-engine.ts'
import { command } from '../../command.ts'
import { toggle } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { Problem } from '../../problem.ts'
import { stateDirOf } from '../../target/state-dir.ts'
import { print, printLine } from '../../terminal.ts'

export const engineCa = command({
  summary: 'Print the certificate that clients of TLS nodes must trust',
  description:
    'The local certificate authority, as PEM. It signs the certificates of TLS nodes of this state directory and nothing else. For Node: NODE_EXTRA_CA_CERTS="$(cachectl engine ca --path)".',
  flags: {
    path: toggle({ summary: 'print where the file is instead of what it holds' }),
    ...stateDirFlag,
  },
  async run({ flags }) {
    const { authorityCertificate } = engineFiles(stateDirOf(flags))
    if (!existsSync(authorityCertificate)) {
      throw new Problem(
        'configuration',
        `There is no certificate authority yet: ${authorityCertificate}`,
        'The engine makes it: cachectl engine start',
      )
    }
    if (flags.path) printLine(authorityCertificate)
    else print(readFileSync(authorityCertificate, 'utf8'))
  },
})
