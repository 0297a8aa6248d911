import type { EventFacts } from '../../../api/catalog/events.ts'
import { Fault } from '../../../api/faults.ts'
import type { NodeRuntimeName } from '../../../api/local-engine.ts'
import type { Context } from '../../calls/context.ts'
import type { Release } from '../../families/family.ts'
import { type InstalledProgram, NotInstalled } from '../../nodes/installed.ts'

/** What there is to say, as events, of the program that is to run a cluster's nodes; refuses one that is not there. */
export function tellOfNodeRuntime(
  asked: NodeRuntimeName | undefined,
  release: Release,
  context: Context,
): EventFacts[] {
  const found = findInstalled(asked, release, context)
  if (!found || found.version === release.version) return []
  return [{ kind: 'other-program', installed: found.version, asked: release.version }]
}

function findInstalled(
  asked: NodeRuntimeName | undefined,
  { family: { engine } }: Release,
  { nodeRuntimes }: Context,
): InstalledProgram | undefined {
  try {
    return nodeRuntimes.installed(engine.name, asked)
  } catch (error) {
    if (!(error instanceof NotInstalled)) throw error
    throw new Fault(
      'InvalidParameterCombination',
      `Nodes of this cluster are to be real ${engine.name}. ${error.message} ${error.hint}`,
    )
  }
}
