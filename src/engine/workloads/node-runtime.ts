/** What the nodes of a cache of Redis OSS or Valkey are. Texts are ours. */
import { Fault } from '../../api/faults.ts'
import { NODE_RUNTIME_TAG, SERVERS_OF_MEMCACHED, type ServerRuntime } from '../../api/local-engine.ts'
import type { Context } from '../calls/context.ts'
import { readNodeRuntime } from '../calls/tag-rules.ts'
import type { Release } from '../families/family.ts'
import { NotInstalled } from '../nodes/installed.ts'
import type { Tag } from '../store/records.ts'

const conflict = (message: string) => new Fault('InvalidParameterCombination', message)

/** Of records that former engines have made, too. */
export const runtimeOf = ({ nodeRuntime = 'server' }: { readonly nodeRuntime?: ServerRuntime }): ServerRuntime =>
  nodeRuntime

/**
 * The runtime that tags ask for, or what the engine was started with.
 * @param lacking What is asked for that only servers do: "Durability sync".
 */
export function readServerRuntime(
  {
    tags,
    release,
    lacking,
  }: { readonly tags: readonly Tag[]; readonly release: Release; readonly lacking?: string | undefined },
  { nodeRuntimes }: Pick<Context, 'nodeRuntimes'>,
): ServerRuntime {
  const tagged = readNodeRuntime(tags)
  if (tagged === SERVERS_OF_MEMCACHED)
    throw conflict(`${NODE_RUNTIME_TAG}=${SERVERS_OF_MEMCACHED} is for clusters of Memcached.`)
  const asked = tagged ?? nodeRuntimes.standard
  if (asked === 'embedded' && lacking !== undefined) {
    throw conflict(
      `${lacking} needs nodes that are real servers, and these are to be embedded: ask for them with the tag ${NODE_RUNTIME_TAG}=server.`,
    )
  }
  if (asked !== 'server' && lacking === undefined) return 'embedded'
  refuseNotInstalled(release, nodeRuntimes, asked === 'server' ? '' : `${lacking} needs nodes that are real servers. `)
  return 'server'
}

/** Servers that are to run have to be there. @param why They have to be servers. */
export function refuseNotInstalled(
  { family, version }: Release,
  { serverPlaces }: Pick<Context['nodeRuntimes'], 'serverPlaces'>,
  why = '',
): void {
  try {
    family.replication?.installed(version, serverPlaces)
  } catch (error) {
    if (!(error instanceof NotInstalled)) throw error
    throw conflict(`${why}${error.message} ${error.hint}`)
  }
}
