import { LIMITS } from '../../api/catalog/limits.ts'
import { Fault } from '../../api/faults.ts'
import { NODE_RUNTIME_TAG, NODE_RUNTIMES, type NodeRuntimeName } from '../../api/local-engine.ts'
import type { Tag } from '../store/records.ts'

const OWN_PREFIX = 'cachectl:'

/**
 * Tags of a request, checked one by one (guide, "Tag restrictions"); an absent value is the empty one. Tags that mean
 * something to the engine itself are refused where it would not go by them.
 */
export function readTags(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
  own: readonly string[] = [],
): Tag[] {
  return (tags ?? []).map(({ Key, Value = '' }) => {
    if (!Key) throw new Fault('InvalidParameterValue', 'Tag keys must not be empty.')
    if ([...Key].length > LIMITS.tagKeyLength) {
      throw new Fault('InvalidParameterValue', `Tag key '${Key}' is longer than ${LIMITS.tagKeyLength} characters.`)
    }
    if ([...Value].length > LIMITS.tagValueLength) {
      throw new Fault(
        'InvalidParameterValue',
        `The value of tag '${Key}' is longer than ${LIMITS.tagValueLength} characters.`,
      )
    }
    refuseReserved(Key)
    if (!own.includes(Key)) refuseOwn(Key)
    return { Key, Value }
  })
}

function refuseReserved(key: string): void {
  if (key.toLowerCase().startsWith('aws:')) {
    throw new Fault('InvalidParameterValue', `Tag key '${key}' is reserved: keys must not begin with aws:.`)
  }
}

/** Throws a Fault for tags that only the engine gives. */
export function refuseOwn(key: string): void {
  if (!key.startsWith(OWN_PREFIX)) return
  throw new Fault(
    'InvalidParameterValue',
    `Tag key '${key}' is the local engine's: it has ${NODE_RUNTIME_TAG}, which is given when a cache is created and stays.`,
  )
}

/** The runtime that a cluster's tags ask for. */
export function readNodeRuntime(tags: readonly Tag[]): NodeRuntimeName | undefined {
  const value = tags.find(({ Key }) => Key === NODE_RUNTIME_TAG)?.Value
  const runtime = NODE_RUNTIMES.find((name) => name === value)
  if (value === undefined || runtime) return runtime
  throw new Fault(
    'InvalidParameterValue',
    `The value of tag ${NODE_RUNTIME_TAG} is one of ${NODE_RUNTIMES.join(', ')}, not '${value}'.`,
  )
}

/** Tags after adding; an existing key gets the new value. At most 50 of them (aws: tags would not count). */
export function mergeTags(present: readonly Tag[], added: readonly Tag[]): Tag[] {
  const merged = new Map([...present, ...added].map((tag) => [tag.Key, tag]))
  if (merged.size > LIMITS.tagsPerResource) {
    throw new Fault(
      'TagQuotaPerResourceExceeded',
      `The request cannot be processed because it would cause the resource to have more than the allowed number of tags. The maximum number of tags permitted on a resource is ${LIMITS.tagsPerResource}.`,
    )
  }
  return [...merged.values()]
}
