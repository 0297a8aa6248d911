import { NEWEST_NODE, releaseLine } from '../api/node-versions.ts'
import { tell } from './terminal.ts'

/** Says, in the conversation with people, that nobody has tried this Node yet. It may still do. */
export function tellOfNewerNode(): void {
  const { version } = process
  if (releaseLine(version) <= NEWEST_NODE) return
  tell(`Node ${version} is newer than this cachectl, which was tested with Node 20 to ${NEWEST_NODE}.`)
}
