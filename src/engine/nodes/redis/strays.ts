/** Servers that an engine before this one has left, and that are not to run any more. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { endServerIn } from './process.ts'

/**
 * Ends them, and takes their directories away.
 * @param root Holds `<region>/<cache cluster>/<node>`.
 */
export async function endStrays(
  root: string,
  secret: string,
  isWanted: (region: string, cluster: string) => boolean,
): Promise<void> {
  for (const region of namesIn(root)) {
    for (const cluster of namesIn(join(root, region)).filter((name) => !isWanted(region, name))) {
      const directory = join(root, region, cluster)
      for (const node of namesIn(directory)) await endServerIn(join(directory, node), secret)
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return [] // no server has ever been started there
  }
}
