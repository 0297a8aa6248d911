import { NEWEST_NODE, releaseLine } from '../api/node-versions.ts'
import { tell } from './terminal.ts'

/** Warns on stderr that cachectl has not been tried with this Node yet. It may work all the same. */
export function tellOfNewerNode(): void {
  const { version } = process
  if (releaseLine(version) <= NEWEST_NODE) return
  tell(`Node ${version} is newer than this cachectl, which was tested with Node 20 to ${NEWEST_NODE}.`)
}
