import type { CacheSubnetGroup } from '@aws-sdk/client-elasticache'
import { LIMITS } from '../../api/catalog/limits.ts'
import { resources } from '../../api/catalog/resources.ts'
import { Fault } from '../../api/faults.ts'
import { arn } from '../../api/names.ts'
import type { Context, Handler } from '../calls/context.ts'
import { requireSubnetGroup, unknownSubnets } from '../calls/groups.ts'
import { readIdentifier } from '../calls/identifiers.ts'
import { page } from '../calls/paging.ts'
import { mergeTags, readTags } from '../calls/tag-rules.ts'
import { missing } from '../http/query-protocol.ts'
import {
  DEFAULT_SUBNET_GROUP,
  findSubnetGroup,
  groupNetworkTypes,
  groupSubnets,
  subnetGroupsOf,
} from '../network/subnet-groups.ts'
import { findSubnet, networkTypesOf } from '../network/subnets.ts'
import { quota } from '../store/quotas.ts'
import type { CacheSubnetGroupRecord, SubnetRecord } from '../store/records.ts'
import { groupEvent } from './group-event.ts'

export const CreateCacheSubnetGroup: Handler<'CreateCacheSubnetGroup'> = (input, context) => {
  const { store, region } = context
  const id = readName(input.CacheSubnetGroupName)
  const description = readDescription(input.CacheSubnetGroupDescription)
  const subnets = readSubnets(input.SubnetIds, context)
  const tags = mergeTags([], readTags(input.Tags))
  if (findSubnetGroup(store, region, id)) {
    throw new Fault('CacheSubnetGroupAlreadyExists', `Cache subnet group ${id} already exists.`)
  }
  const limit = quota('subnet-groups-per-region', context)
  if (subnetGroupsOf(store, region).length >= limit) {
    throw new Fault(
      'CacheSubnetGroupQuotaExceeded',
      `Cache subnet group quota exceeded. You can have at most ${limit} cache subnet groups in this region.`,
    )
  }
  const group: CacheSubnetGroupRecord = {
    region,
    id,
    description,
    vpcId: vpcOf(subnets),
    subnetIds: subnets.map((subnet) => subnet.id),
    tags,
  }
  store.change((change) => {
    change.put('subnetGroup', group)
    change.addEvent(groupEvent('cache-subnet-group', group, { kind: 'subnet-group-created' }, context))
  })
  return { CacheSubnetGroup: answerGroup(group, context) }
}

/** SubnetIds is the whole list from now on (guide, "Modifying a subnet group": the sample goes from one to two others). */
export const ModifyCacheSubnetGroup: Handler<'ModifyCacheSubnetGroup'> = (input, context) => {
  const { store } = context
  const group = requireSubnetGroup(readName(input.CacheSubnetGroupName), context)
  const subnets = input.SubnetIds === undefined ? undefined : readSubnets(input.SubnetIds, context)
  if (subnets) refuseRemovalOfUsed(group, subnets, context)
  const modified: CacheSubnetGroupRecord = {
    ...group,
    ...(input.CacheSubnetGroupDescription !== undefined && {
      description: readDescription(input.CacheSubnetGroupDescription),
    }),
    ...(subnets && { vpcId: vpcOf(subnets), subnetIds: subnets.map(({ id }) => id) }),
  }
  store.change((change) => {
    change.put('subnetGroup', modified)
    change.addEvent(groupEvent('cache-subnet-group', modified, { kind: 'subnet-group-modified' }, context))
  })
  // A cluster that waits for an address may have one now.
  for (const { kind, id } of usersOf(modified, context)) context.wake(kind, id)
  return { CacheSubnetGroup: answerGroup(modified, context) }
}

export const DeleteCacheSubnetGroup: Handler<'DeleteCacheSubnetGroup'> = (input, context) => {
  const group = requireSubnetGroup(readName(input.CacheSubnetGroupName), context)
  // "You cannot delete a default subnet group" (API reference); of the two faults declared this is the one that fits.
  if (group.id === DEFAULT_SUBNET_GROUP) {
    throw new Fault('CacheSubnetGroupInUse', 'The default cache subnet group cannot be deleted.')
  }
  if (usersOf(group, context).length > 0) {
    throw new Fault('CacheSubnetGroupInUse', `Cache subnet group ${group.id} is currently in use by a cache cluster.`)
  }
  context.store.change((change) => {
    change.remove('subnetGroup', group)
    change.addEvent(groupEvent('cache-subnet-group', group, { kind: 'subnet-group-deleted' }, context))
  })
  return {}
}

export const DescribeCacheSubnetGroups: Handler<'DescribeCacheSubnetGroups'> = (input, context) => {
  const { store, region } = context
  const name = input.CacheSubnetGroupName
  const groups = name
    ? [requireSubnetGroup(name, context, `Cache subnet group ${name} not found.`)]
    : subnetGroupsOf(store, region)
  const { items, Marker } = page('CacheSubnetGroups', groups, ({ id }) => id, input)
  return { ...(Marker && { Marker }), CacheSubnetGroups: items.map((group) => answerGroup(group, context)) }
}

const readName = (name: string | undefined): string =>
  readIdentifier(name, 'CacheSubnetGroupName', LIMITS.groupNameLength)

function readDescription(description: string | undefined): string {
  if (!description) throw missing('CacheSubnetGroupDescription', description)
  return description
}

/** The subnets, each once, all there, all in one VPC. */
function readSubnets(ids: readonly string[] | undefined, context: Context): SubnetRecord[] {
  const { store, region } = context
  if (!ids || ids.length === 0) throw missing('SubnetIds')
  const distinct = [...new Set(ids)]
  const unknown = distinct.filter((id) => !findSubnet(store, region, id))
  if (unknown.length > 0) throw unknownSubnets(unknown)
  const limit = quota('subnets-per-subnet-group', context)
  if (distinct.length > limit) {
    throw new Fault(
      'CacheSubnetQuotaExceededFault',
      `Cache subnet quota exceeded. A cache subnet group can have at most ${limit} subnets.`,
    )
  }
  const subnets = distinct.map((id) => findSubnet(store, region, id)).filter((subnet) => subnet !== undefined)
  const stranger = subnets.find(({ vpcId }) => vpcId !== vpcOf(subnets))
  if (stranger) {
    throw new Fault('InvalidSubnet', `Subnets ${subnets[0]?.id} and ${stranger.id} are not in the same VPC.`)
  }
  return subnets
}

const vpcOf = (subnets: readonly SubnetRecord[]): string => subnets[0]?.vpcId ?? ''

/** Clusters and replication groups in a group, and the subnets their nodes are in. */
function usersOf(group: CacheSubnetGroupRecord, { store, region }: Context) {
  const isIn = ({ subnetGroup }: { readonly subnetGroup: string }) => subnetGroup === group.id
  const clusters = store.list('cluster', region).filter(isIn)
  const groups = store.list('replicationGroup', region).filter(isIn)
  return [
    ...clusters.map(({ id, nodes }) => ({
      kind: 'cluster' as const,
      id,
      subnetIds: nodes.map(({ subnetId }) => subnetId),
    })),
    ...groups.map(({ id, shards }) => ({
      kind: 'replicationGroup' as const,
      id,
      subnetIds: shards.flatMap(({ members }) => members.map(({ place }) => place?.subnetId)),
    })),
  ]
}

/** A subnet that nodes of the group's clusters are in stays in the group (guide). The words are ours. */
function refuseRemovalOfUsed(group: CacheSubnetGroupRecord, kept: readonly SubnetRecord[], context: Context): void {
  for (const { id, subnetIds } of usersOf(group, context)) {
    for (const subnetId of subnetIds) {
      if (subnetId === undefined || kept.some((subnet) => subnet.id === subnetId)) continue
      throw new Fault('SubnetInUse', `The subnet ${subnetId} is currently in use by cache cluster ${id}.`)
    }
  }
}

function answerGroup(group: CacheSubnetGroupRecord, { store, account }: Context): CacheSubnetGroup {
  const { region, id, description, vpcId } = group
  const subnets = groupSubnets(store, group)
  return {
    CacheSubnetGroupName: id,
    CacheSubnetGroupDescription: description,
    VpcId: vpcId,
    Subnets: subnets.map((subnet) => ({
      SubnetIdentifier: subnet.id,
      SubnetAvailabilityZone: { Name: subnet.zone },
      SupportedNetworkTypes: networkTypesOf(subnet),
    })),
    ARN: arn({ region, account, type: resources.subnetGroup.arnType, name: id }),
    SupportedNetworkTypes: groupNetworkTypes(subnets),
  }
}
