import { Fault } from '../../api/faults.ts'
import { parseArn } from '../../api/names.ts'
import type { CacheClusterRecord, Tag } from '../store/records.ts'
import type { Context, Handler } from './context.ts'
import { mergeTags, readTags } from './tag-rules.ts'

/** Every answer is the whole list after the operation (guide, "Managing your tags"). */
export const AddTagsToResource: Handler<'AddTagsToResource'> = (input, context) => {
  const cluster = taggedCluster(input.ResourceName, context)
  return store({ ...cluster, tags: mergeTags(cluster.tags, readTags(input.Tags)) }, context)
}

export const RemoveTagsFromResource: Handler<'RemoveTagsFromResource'> = (input, context) => {
  const cluster = taggedCluster(input.ResourceName, context)
  const keys = input.TagKeys ?? []
  return store({ ...cluster, tags: cluster.tags.filter(({ Key }) => !keys.includes(Key)) }, context)
}

export const ListTagsForResource: Handler<'ListTagsForResource'> = (input, context) =>
  answer(taggedCluster(input.ResourceName, context).tags)

function store(cluster: CacheClusterRecord, context: Context) {
  context.store.change((change) => change.put('cluster', cluster))
  return answer(cluster.tags)
}

const answer = (tags: readonly Tag[]) => ({ TagList: tags.map((tag) => ({ ...tag })) })

/** AWS has no tags of a cluster that is being created or deleted: it says the cluster is not there. */
function taggedCluster(
  resourceName: string | undefined,
  { store: state, region, account }: Context,
): CacheClusterRecord {
  const arn = parseArn(resourceName ?? '')
  if (!arn || arn.region !== region || arn.account !== account) {
    throw new Fault('InvalidARN', `The ARN ${resourceName} is not valid for region ${region} and account ${account}.`)
  }
  if (arn.type !== 'cluster') {
    throw new Fault('UnsupportedOperation', `The local engine does not keep tags of ${arn.type} resources yet.`)
  }
  const cluster = state.get('cluster', region, arn.name.toLowerCase())
  if (!cluster || cluster.status === 'creating' || cluster.status === 'deleting') {
    throw new Fault('CacheClusterNotFound', `${arn.name} is either not present or not available.`)
  }
  return cluster
}
