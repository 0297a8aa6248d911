/**
 * Cache security groups: the ones of EC2-Classic, from before there were VPCs. They can be made and filled as ever; no cluster
 * can be put into one any more, since every cluster is in a VPC. The words of their refusals are ours, the codes AWS's.
 */

import type { CacheSecurityGroup } from '@aws-sdk/client-elasticache'
import type { EventFacts } from '../../api/catalog/events.ts'
import { LIMITS } from '../../api/catalog/limits.ts'
import { resources } from '../../api/catalog/resources.ts'
import { Fault } from '../../api/faults.ts'
import { arn } from '../../api/names.ts'
import type { Context, Handler } from '../calls/context.ts'
import { readIdentifier } from '../calls/identifiers.ts'
import { page } from '../calls/paging.ts'
import { mergeTags, readTags } from '../calls/tag-rules.ts'
import { missing } from '../http/query-protocol.ts'
import { authorizationDelay } from '../lifecycle/pace.ts'
import { quota } from '../store/quotas.ts'
import type { CacheSecurityGroupRecord, Ec2Authorization } from '../store/records.ts'
import { groupEvent } from './group-event.ts'

const DEFAULT_GROUP = 'default'

/** `default` is there without a record, as in every account that had EC2-Classic. */
export function requireCacheSecurityGroup(
  name: string | undefined,
  { store, region }: Context,
): CacheSecurityGroupRecord {
  if (!name) throw missing('CacheSecurityGroupName', name)
  const id = name.toLowerCase()
  const group = store.get('cacheSecurityGroup', region, id) ?? (id === DEFAULT_GROUP ? defaultGroup(region) : undefined)
  if (!group) throw new Fault('CacheSecurityGroupNotFound', `CacheSecurityGroup not found: ${name}`)
  return group
}

const defaultGroup = (region: string): CacheSecurityGroupRecord => ({
  region,
  id: DEFAULT_GROUP,
  description: 'default',
  authorizations: [],
  tags: [],
})

function groupsOf({ store, region }: Context): readonly CacheSecurityGroupRecord[] {
  const stored = store.list('cacheSecurityGroup', region)
  if (stored.some(({ id }) => id === DEFAULT_GROUP)) return stored
  return [...stored, defaultGroup(region)].sort((a, b) => (a.id < b.id ? -1 : 1))
}

const SOURCE = 'cache-security-group'

export const CreateCacheSecurityGroup: Handler<'CreateCacheSecurityGroup'> = (input, context) => {
  const { store, region } = context
  const id = readIdentifier(input.CacheSecurityGroupName, 'CacheSecurityGroupName', LIMITS.groupNameLength)
  if (!input.Description) throw missing('Description', input.Description)
  const tags = mergeTags([], readTags(input.Tags))
  if (groupsOf(context).some((group) => group.id === id)) {
    throw new Fault('CacheSecurityGroupAlreadyExists', `Cache security group ${id} already exists.`)
  }
  const limit = quota('security-groups-per-region', context)
  if (groupsOf(context).length >= limit) {
    throw new Fault(
      'QuotaExceeded.CacheSecurityGroup',
      `Cache security group quota exceeded. You can have at most ${limit} cache security groups in this region.`,
    )
  }
  const group: CacheSecurityGroupRecord = { region, id, description: input.Description, authorizations: [], tags }
  store.change((change) => {
    change.put('cacheSecurityGroup', group)
    change.addEvent(groupEvent(SOURCE, group, { kind: 'security-group-created' }, context))
  })
  return { CacheSecurityGroup: answerGroup(group, context) }
}

export const DescribeCacheSecurityGroups: Handler<'DescribeCacheSecurityGroups'> = (input, context) => {
  const name = input.CacheSecurityGroupName
  const groups = name ? [requireCacheSecurityGroup(name, context)] : groupsOf(context)
  const { items, Marker } = page('CacheSecurityGroups', groups, ({ id }) => id, input)
  return { ...(Marker && { Marker }), CacheSecurityGroups: items.map((group) => answerGroup(group, context)) }
}

export const DeleteCacheSecurityGroup: Handler<'DeleteCacheSecurityGroup'> = (input, context) => {
  const group = requireCacheSecurityGroup(input.CacheSecurityGroupName, context)
  if (group.id === DEFAULT_GROUP) throw wrongState('The default cache security group cannot be deleted.')
  const busy = current(group, context).find(({ status }) => status !== 'authorized')
  if (busy) throw wrongState(`Cache security group ${group.id} is ${busy.status} EC2 security group ${busy.name}.`)
  context.store.change((change) => {
    change.remove('cacheSecurityGroup', group)
    change.addEvent(groupEvent(SOURCE, group, { kind: 'security-group-deleted' }, context))
  })
  return {}
}

export const AuthorizeCacheSecurityGroupIngress: Handler<'AuthorizeCacheSecurityGroupIngress'> = (input, context) => {
  const { group, name, ownerId, present } = readAuthorization(input, context)
  if (present?.status === 'revoking') throw wrongState(`EC2 security group ${name} is being revoked.`)
  if (present) {
    throw new Fault(
      'AuthorizationAlreadyExists',
      `EC2 security group ${name} of ${ownerId} is already authorized for cache security group ${group.id}.`,
    )
  }
  return begin(group, { name, ownerId, change: 'authorizing' }, context)
}

export const RevokeCacheSecurityGroupIngress: Handler<'RevokeCacheSecurityGroupIngress'> = (input, context) => {
  const { group, name, ownerId, present } = readAuthorization(input, context)
  if (!present) {
    throw new Fault(
      'AuthorizationNotFound',
      `EC2 security group ${name} of ${ownerId} is not authorized for cache security group ${group.id}.`,
    )
  }
  if (present.status !== 'authorized') throw wrongState(`EC2 security group ${name} is ${present.status}.`)
  return begin(group, { name, ownerId, change: 'revoking' }, context)
}

const wrongState = (message: string) => new Fault('InvalidCacheSecurityGroupState', message)

type Current = Ec2Authorization & { readonly status: 'authorizing' | 'authorized' | 'revoking' }

/** What the authorizations are by now: an authorization that is due is there, a revocation that is due has taken its own away. */
function current({ authorizations }: CacheSecurityGroupRecord, { now }: Context): Current[] {
  return authorizations
    .filter(({ change, due }) => change === 'authorizing' || due > now)
    .map((each) => ({ ...each, status: each.due > now ? each.change : 'authorized' }))
}

function readAuthorization(
  input: {
    readonly CacheSecurityGroupName: string | undefined
    readonly EC2SecurityGroupName: string | undefined
    readonly EC2SecurityGroupOwnerId: string | undefined
  },
  context: Context,
) {
  const group = requireCacheSecurityGroup(input.CacheSecurityGroupName, context)
  const { EC2SecurityGroupName: name, EC2SecurityGroupOwnerId: owner } = input
  if (!name) throw missing('EC2SecurityGroupName', name)
  if (!owner) throw missing('EC2SecurityGroupOwnerId', owner)
  // Account ids are printed with hyphens in places; the guide's own samples have 10 digits.
  const ownerId = owner.replaceAll('-', '')
  if (!/^\d{10,12}$/.test(ownerId)) {
    throw new Fault(
      'InvalidParameterValue',
      `Invalid value ${owner} for EC2SecurityGroupOwnerId. Must be an account id.`,
    )
  }
  const present = current(group, context).find((each) => each.name === name && each.ownerId === ownerId)
  return { group, name, ownerId, present }
}

/** Answers with the change under way, and leaves out of the record what has been revoked. */
function begin(group: CacheSecurityGroupRecord, change: Omit<Ec2Authorization, 'due'>, context: Context) {
  const { store, now, pace } = context
  const others = current(group, context).filter(
    ({ name, ownerId }) => name !== change.name || ownerId !== change.ownerId,
  )
  const begun: CacheSecurityGroupRecord = {
    ...group,
    authorizations: [
      ...others.map(({ status: _, ...rest }) => rest),
      { ...change, due: now + authorizationDelay(pace) },
    ],
  }
  const event: EventFacts = { kind: `security-group-${change.change}`, group: change.name, owner: change.ownerId }
  store.change((write) => {
    write.put('cacheSecurityGroup', begun)
    write.addEvent(groupEvent(SOURCE, begun, event, context))
  })
  const answer = answerGroup(begun, context)
  const ec2 = [...others.map(answerAuthorization), answerAuthorization({ ...change, status: change.change })]
  return { CacheSecurityGroup: { ...answer, EC2SecurityGroups: ec2 } }
}

const answerAuthorization = ({ name, ownerId, status }: Pick<Current, 'name' | 'ownerId' | 'status'>) => ({
  Status: status,
  EC2SecurityGroupName: name,
  EC2SecurityGroupOwnerId: ownerId,
})

function answerGroup(group: CacheSecurityGroupRecord, context: Context): CacheSecurityGroup {
  const { region, id, description } = group
  return {
    OwnerId: context.account,
    CacheSecurityGroupName: id,
    Description: description,
    EC2SecurityGroups: current(group, context).map(answerAuthorization),
    ARN: arn({ region, account: context.account, type: resources.cacheSecurityGroup.arnType, name: id }),
  }
}
