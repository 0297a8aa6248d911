/** The client of one command, and what its commands trust. */
import { readFileSync } from 'node:fs'
import { engineFiles } from '../../api/local-engine.ts'
import type { AskTls } from '../../net/connection.ts'
import { environment } from '../environment.ts'
import type { GlobalOptions } from '../global-flags.ts'
import { CallFailed } from '../problem.ts'
import { type ApiClient, openClient } from '../target/client.ts'
import { stateDirectory } from '../target/state-dir.ts'
import { resolveTarget } from '../target/targets.ts'
import { stderrIsTerminal } from '../terminal.ts'

/**
 * Opens a client of the flags' target for as long as `use` runs. A person is told what would be looked up next after a
 * refusal, as after that of an operation.
 */
export async function withClient<T>(flags: GlobalOptions, use: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = await openClient(resolveTarget(flags, environment))
  try {
    return await use(client)
  } catch (error) {
    throw stderrIsTerminal() && error instanceof CallFailed
      ? await (await import('./hints.ts')).withHint(client, error.input, error)
      : error
  } finally {
    client.close()
  }
}

/** What verifies a cluster's certificates: the local authority on the local target, the public ones elsewhere. */
export function trustFor(client: ApiClient, flags: GlobalOptions): AskTls {
  const file = authorityFile(client, flags)
  return file === undefined ? {} : { ca: readFileSync(file, 'utf8') }
}

/** The file of the authority that signs the certificates of the target's nodes; undefined: public ones do. */
export function authorityFile(client: ApiClient, flags: GlobalOptions): string | undefined {
  if (client.target.kind !== 'local') return undefined
  return engineFiles(stateDirectory(flags['state-dir'], environment)).authorityCertificate
}
