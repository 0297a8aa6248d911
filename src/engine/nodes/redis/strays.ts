/** Servers that an engine before this one has left, and that are not to run any more. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { endServerIn } from './process.ts'

/**
 * Ends them, and takes their directories away.
 * @param root Holds a directory for each node, by its name: `<region>/<cache>/<node>`.
 */
export async function endStrays(root: string, secret: string, wanted: ReadonlySet<string>): Promise<void> {
  const caches = namesIn(root).flatMap((region) => namesIn(join(root, region)).map((cache) => join(region, cache)))
  for (const cache of caches) {
    const strays = namesIn(join(root, cache)).filter((node) => !wanted.has(`${cache}/${node}`))
    for (const node of strays) {
      const directory = join(root, cache, node)
      await endServerIn(directory, secret)
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
