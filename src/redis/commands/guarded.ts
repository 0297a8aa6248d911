import type { Client } from '../client.ts'
import { type Refusal, refusal } from '../protocol/refusals.ts'

/** Commands that a directive of their own allows, to all clients or to those of this machine. */
export const GUARDED = {
  debug: 'enableDebugCommand',
  module: 'enableModuleCommand',
} as const

const REFUSALS: Readonly<Record<keyof typeof GUARDED, Refusal>> = {
  debug: forbidden('debug'),
  module: forbidden('module'),
}

function forbidden(command: keyof typeof GUARDED): Refusal {
  return refusal(
    `ERR ${command.toUpperCase()} command not allowed. If the enable-${command}-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.`,
  )
}

/** @throws Refusal where the directive does not allow it. */
export function refuseUnlessAllowed({ core, connection }: Client, command: keyof typeof GUARDED): void {
  const allowed = core.config.settings[GUARDED[command]]
  if (allowed === 'yes') return
  const address = connection?.socket.remoteAddress
  const isLocal = address === undefined || address === '127.0.0.1' || address === '::1'
  if (allowed !== 'local' || !isLocal) throw REFUSALS[command]
}
