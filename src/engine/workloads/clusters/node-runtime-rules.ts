import type { EventFacts } from '../../../api/catalog/events.ts'
import { Fault } from '../../../api/faults.ts'
import type { NodeRuntimeName } from '../../../api/local-engine.ts'
import type { Context } from '../../calls/context.ts'
import { NoMemcached } from '../../nodes/memcached/installed.ts'

/** What there is to say, as events, of the program that is to run a cluster's nodes; refuses one that is not there. */
export function tellOfNodeRuntime(
  asked: NodeRuntimeName | undefined,
  engineVersion: string,
  { nodeRuntimes }: Context,
): EventFacts[] {
  if ((asked ?? nodeRuntimes.standard) === 'embedded') return []
  const { version } = findMemcached(nodeRuntimes)
  if (version === engineVersion) return []
  return [{ kind: 'other-program', installed: version, asked: engineVersion }]
}

function findMemcached(nodeRuntimes: Context['nodeRuntimes']) {
  try {
    return nodeRuntimes.memcached()
  } catch (error) {
    if (!(error instanceof NoMemcached)) throw error
    throw new Fault(
      'InvalidParameterCombination',
      `Nodes of this cluster are to be real memcached. ${error.message} ${error.hint}`,
    )
  }
}
