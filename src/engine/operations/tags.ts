import { type ResourceKind, type ResourceName, resources } from '../../api/catalog/resources.ts'
import { Fault } from '../../api/faults.ts'
import { parseArn } from '../../api/names.ts'
import { rowsOf } from '../../api/tables.ts'
import type { Context, Handler } from '../calls/context.ts'
import { requireParameterGroup, requireSubnetGroup } from '../calls/groups.ts'
import { mergeTags, readTags, refuseOwn } from '../calls/tag-rules.ts'
import type {
  CacheClusterRecord,
  EventRecord,
  RecordKind,
  Records,
  ServerlessCacheRecord,
  Tag,
} from '../store/records.ts'
import { type Tagged, taggedGroup, taggedMember } from '../workloads/replication-groups/tags.ts'
import {
  findServerlessCache,
  findSnapshot as findServerlessSnapshot,
  notAvailable,
} from '../workloads/serverless/find.ts'
import { findSnapshot } from '../workloads/snapshots/find.ts'
import { findUser, findUserGroup } from '../workloads/users/find.ts'
import { requireCacheSecurityGroup } from './cache-security-groups.ts'
import { findReservedNode } from './reserved-nodes.ts'

/** Every answer is the whole list after the operation (guide, "Managing your tags"). */
export const AddTagsToResource: Handler<'AddTagsToResource'> = (input, context) => {
  const resource = findResource(input.ResourceName, context)
  return resource.store(mergeTags(resource.tags, readTags(input.Tags)))
}

/** A key that is not there is no error: the guide's own example removes one that it never added, and prints a list. */
export const RemoveTagsFromResource: Handler<'RemoveTagsFromResource'> = (input, context) => {
  const resource = findResource(input.ResourceName, context)
  const keys = input.TagKeys ?? []
  keys.forEach(refuseOwn)
  return resource.store(resource.tags.filter(({ Key }) => !keys.includes(Key)))
}

export const ListTagsForResource: Handler<'ListTagsForResource'> = (input, context) =>
  answer(findResource(input.ResourceName, context).tags)

const answer = (tags: readonly Tag[]) => ({ TagList: tags.map((tag) => ({ ...tag })) })

interface TaggedResource {
  readonly tags: readonly Tag[]
  store(tags: readonly Tag[]): ReturnType<typeof answer>
}

type TaggedKind = {
  [K in RecordKind]: Records[K] extends { readonly tags: readonly Tag[] } ? K : never
}[RecordKind]

/** The record of a name, or the fault that there is none. */
type Find<K extends TaggedKind> = (name: string, context: Context) => Records[K]

const tagged =
  <K extends TaggedKind>(kind: K, find: Find<K>, event?: (record: Records[K], context: Context) => EventRecord) =>
  (name: string, context: Context): TaggedResource => {
    const record = find(name, context)
    return {
      tags: record.tags,
      store(tags) {
        context.store.change((change) => {
          change.put(kind, { ...record, tags } as Records[K]) // the same record with other tags
          if (event) change.addEvent(event(record, context))
        })
        return answer(tags)
      },
    }
  }

function answering(resource: Tagged): TaggedResource
function answering(resource: Tagged | undefined): TaggedResource | undefined
function answering(resource: Tagged | undefined): TaggedResource | undefined {
  return (
    resource && {
      tags: resource.tags,
      store(tags) {
        resource.put(tags)
        return answer(tags)
      },
    }
  )
}

type Kinds = Readonly<Partial<Record<ResourceName, (name: string, context: Context) => TaggedResource>>>

/** What has tags. */
const TAGGED: Kinds = {
  cluster: (name, context) => answering(taggedMember(name, context)) ?? tagged('cluster', findCluster)(name, context),
  replicationGroup: (name, context) => answering(taggedGroup(name, context)),
  parameterGroup: tagged('parameterGroup', requireParameterGroup),
  cacheSecurityGroup: tagged('cacheSecurityGroup', requireCacheSecurityGroup),
  reservedNode: tagged('reservedNode', findReservedNode),
  serverlessCache: tagged('serverlessCache', findTaggedCache, tagsUpdated),
  serverlessSnapshot: tagged('serverlessSnapshot', findServerlessSnapshot),
  snapshot: tagged('snapshot', findSnapshot),
  subnetGroup: tagged('subnetGroup', requireSubnetGroup),
  user: tagged('user', findUser),
  userGroup: tagged('userGroup', findUserGroup),
}

/** Kinds by the type in their ARNs. Global datastores have no tags. */
const BY_ARN_TYPE: ReadonlyMap<string, [ResourceName, ResourceKind]> = new Map(
  rowsOf<Readonly<Record<ResourceName, ResourceKind>>>(resources)
    .filter(([, { global }]) => !global)
    .map(([name, kind]) => [kind.arnType, [name, kind]]),
)

function findResource(resourceName: string | undefined, context: Context): TaggedResource {
  const { region, account } = context
  const arn = parseArn(resourceName ?? '')
  if (!arn || arn.region !== region || arn.account !== account) {
    throw new Fault('InvalidARN', `The ARN ${resourceName} is not valid for region ${region} and account ${account}.`)
  }
  const [name, kind] = BY_ARN_TYPE.get(arn.type) ?? []
  if (!name || !kind) throw new Fault('InvalidARN', `The ARN ${resourceName} names no resource that has tags.`)
  const find = TAGGED[name]
  // The words are those of a cluster that is not there.
  if (!find) throw new Fault(kind.notFound, `${arn.name} is either not present or not available.`)
  return find(arn.name, context)
}

/** AWS has no tags of a cluster that is being created or deleted: it says the cluster is not there. */
function findCluster(name: string, { store, region }: Context): CacheClusterRecord {
  const cluster = store.get('cluster', region, name.toLowerCase())
  if (!cluster || cluster.status === 'creating' || cluster.status === 'deleting') {
    throw new Fault('CacheClusterNotFound', `${name} is either not present or not available.`)
  }
  return cluster
}

/** AWS refuses tags of a serverless cache that is being created or deleted, and lets them through while it is modified. */
function findTaggedCache(name: string, context: Context): ServerlessCacheRecord {
  const cache = findServerlessCache(name, context)
  if (cache.status === 'creating' || cache.status === 'deleting') throw notAvailable()
  return cache
}

/** A serverless cache tells of its new tags (guide, "Serverless cache events"); clusters and groups do not. */
function tagsUpdated({ region, id }: ServerlessCacheRecord, { now: date }: Context): EventRecord {
  const event = { kind: 'cache-tagged', cache: id } as const
  return { region, sourceType: resources.serverlessCache.sourceType, sourceIdentifier: id, event, date }
}
