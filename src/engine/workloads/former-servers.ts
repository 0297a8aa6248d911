/** Caches that former engines have made: their nodes are servers because there was nothing else. */
import { releaseOf } from '../families/families.ts'
import type { Release } from '../families/family.ts'
import { NotInstalled } from '../nodes/installed.ts'
import type { NodeRuntimes } from '../nodes/node-runtimes.ts'
import { runsIn } from '../nodes/redis/process.ts'
import { type NodeKey, nameOf } from '../nodes/wanted.ts'
import type { Store } from '../store/store.ts'
import { isDurable } from './replication-groups/durability.ts'
import { membersOf } from './replication-groups/members.ts'
import { isServer, nodeOf, versionOf } from './serverless/cache.ts'

type Runtimes = Pick<NodeRuntimes, 'standard' | 'serverPlaces' | 'filesOf'>

/**
 * Has those go on as parts of the engine whose program this machine does not have (any more): what they held has ended with their
 * servers. One that has to be of servers, or whose servers still run, stays what it is, and so do all where servers are asked for.
 */
export function embedFormerServers(store: Store, runtimes: Runtimes, log: (line: string) => void): void {
  if (runtimes.standard === 'server') return
  const isLeft = (release: Release, nodes: readonly NodeKey[]): boolean => {
    const why = whyNot(release, runtimes)
    if (why === undefined || nodes.some((node) => runsIn(runtimes.filesOf(nameOf(node)).directory))) return false
    for (const node of nodes) log(`${nameOf(node)} is a part of the engine from now on. ${why}`)
    return true
  }
  const groups = store
    .all('replicationGroup')
    .filter((group) => group.nodeRuntime === undefined && !isDurable(group))
    .filter((group) => {
      const { region, id } = group
      const nodes = membersOf(group).map((member) => ({
        region,
        kind: 'replicationGroup' as const,
        id,
        node: member.id,
      }))
      return isLeft(releaseOf(group), nodes)
    })
  const caches = store
    .all('serverlessCache')
    .filter((cache) => cache.nodeRuntime === undefined && isServer(cache))
    .filter((cache) =>
      isLeft(releaseOf({ engine: cache.engine, engineVersion: versionOf(cache).version }), [nodeOf(cache)]),
    )
  if (groups.length + caches.length === 0) return
  store.change((change) => {
    for (const group of groups) change.put('replicationGroup', { ...group, nodeRuntime: 'embedded' })
    for (const cache of caches) change.put('serverlessCache', { ...cache, nodeRuntime: 'embedded' })
  })
}

/** Why no server can be started; undefined: one can. */
function whyNot({ family, version }: Release, { serverPlaces }: Runtimes): string | undefined {
  try {
    family.replication?.installed(version, serverPlaces)
    return undefined
  } catch (error) {
    if (error instanceof NotInstalled) return error.message
    throw error
  }
}
