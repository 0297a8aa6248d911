import type { Client } from '../client.ts'
import { refusal } from '../protocol/refusals.ts'
import type { Row } from './command.ts'
import { refuseUnlessAllowed } from './guarded.ts'
import { helpOf } from './help.ts'

const NOT_LOADED = refusal('ERR Error loading the extension. Please check the server logs.')
const NOT_UNLOADED = refusal('ERR Error unloading module: no such module with that name')

/** MODULE: modules are programs of the machine, of which this node can run none. */
export const MODULE: readonly Row[] = [
  { name: 'module' },
  { name: 'module|list', run: ({ replies }) => replies.array(0) },
  { name: 'module|load', run: load },
  { name: 'module|loadex', run: load },
  { name: 'module|unload', run: unload },
  helpOf('module'),
]

function load(client: Client): void {
  refuseUnlessAllowed(client, 'module')
  throw NOT_LOADED
}

function unload(client: Client): void {
  refuseUnlessAllowed(client, 'module')
  throw NOT_UNLOADED
}
