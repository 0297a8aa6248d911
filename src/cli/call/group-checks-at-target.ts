/** What can be seen to be wrong with a request for a replication group by looking at what the target has. */
import { resources } from '../../api/catalog/resources.ts'
import type { OperationName } from '../../api/model.ts'
import { meantAmong, thereIs } from '../../api/nearest.ts'
import { shell } from '../../api/shell.ts'
import { saysOneOf } from '../caches/refusals.ts'
import { describeAll } from '../caches/resources.ts'
import { type Item, isItems } from '../output/human-value.ts'
import type { ApiClient } from '../target/client.ts'
import type { Complaint } from './checks.ts'

const wrong = (option: string, text: string): Complaint => ({ option, text })
const namesIn = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const countOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

/** Operations that change a group which is there, and what each may get wrong. */
const CHANGES: Partial<Record<OperationName, (given: Item, group: Item) => Complaint[]>> = {
  ModifyReplicationGroup: modification,
  IncreaseReplicaCount: (given, group) => replicaCount(given, group, 'more'),
  DecreaseReplicaCount: (given, group) => replicaCount(given, group, 'fewer'),
  ModifyReplicationGroupShardConfiguration: shardCount,
  TestFailover: failover,
  DeleteReplicationGroup: () => [],
  CreateSnapshot: () => [],
}

/** Each question that says what is wrong; none for operations of other things. */
export function groupChecks(client: ApiClient, name: OperationName, given: Item): Promise<Complaint[]>[] {
  if (name === 'CreateReplicationGroup') return [userGroups(client, given), primaryCluster(client, given)]
  const change = CHANGES[name]
  const { ReplicationGroupId: id } = given
  if (!change || typeof id !== 'string') return []
  const more = name === 'ModifyReplicationGroup' ? [userGroups(client, given), nodeType(client, given)] : []
  return [existing(client, given, id, change), ...more]
}

async function existing(
  client: ApiClient,
  given: Item,
  id: string,
  change: (given: Item, group: Item) => Complaint[],
): Promise<Complaint[]> {
  const groups = await describeAll(client, resources.replicationGroup.describe)
  const group = groups.find(({ ReplicationGroupId }) => ReplicationGroupId === id.toLowerCase())
  const option = 'replication-group-id'
  if (!group) {
    const names = groups.map(({ ReplicationGroupId }) => String(ReplicationGroupId))
    return [wrong(option, `There is no replication group ${id} here. ${meantAmong(id, names)}`)]
  }
  if (group.Status === 'available') return change(given, group)
  const text = shell`${id} is ${String(group.Status)}: cachectl wait replication-group-available --replication-group-id ${id}`
  return [wrong(option, text), ...change(given, group)]
}

interface Part {
  readonly id: string
  readonly members: readonly { readonly id: string; readonly role: string | undefined }[]
}

const partsOf = ({ NodeGroups }: Item): Part[] =>
  (isItems(NodeGroups) ? NodeGroups : []).map((shard) => ({
    id: String(shard.NodeGroupId),
    members: (isItems(shard.NodeGroupMembers) ? shard.NodeGroupMembers : []).map((member) => ({
      id: String(member.CacheClusterId),
      role: typeof member.CurrentRole === 'string' ? member.CurrentRole : undefined,
    })),
  }))

const isOn = (state: unknown): boolean => state === 'enabled' || state === 'enabling'

function modification(given: Item, group: Item): Complaint[] {
  const { AutomaticFailoverEnabled, MultiAZEnabled } = given
  const lone = partsOf(group).find(({ members }) => members.length < 2)
  const fails = AutomaticFailoverEnabled ?? isOn(group.AutomaticFailover)
  const id = String(group.ReplicationGroupId)
  const complaints: Complaint[] = []
  const add = (is: boolean, option: string, text: string) => is && complaints.push(wrong(option, text))
  const more = shell`cachectl scale ${id} --replicas 1`
  add(
    AutomaticFailoverEnabled === true && lone !== undefined && group.ClusterEnabled !== true,
    'automatic-failover-enabled',
    `It needs a replica that takes over: ${more}`,
  )
  add(
    AutomaticFailoverEnabled === false && group.ClusterEnabled === true,
    'no-automatic-failover-enabled',
    `${id} is in cluster mode, which is not to be had without it.`,
  )
  add(MultiAZEnabled === true && fails !== true, 'multi-az-enabled', 'It needs --automatic-failover-enabled.')
  add(MultiAZEnabled === true && lone !== undefined, 'multi-az-enabled', `It needs a replica in each shard: ${more}`)
  add(
    given.AuthToken !== undefined && group.TransitEncryptionEnabled !== true && given.TransitEncryptionEnabled !== true,
    'auth-token',
    `${id} speaks plain text: first --transit-encryption-enabled --transit-encryption-mode preferred, then required.`,
  )
  add(
    given.TransitEncryptionMode === 'required' && group.TransitEncryptionEnabled !== true,
    'transit-encryption-mode',
    `${id} speaks plain text: first preferred, so that clients can change over, then required.`,
  )
  return complaints
}

function replicaCount(given: Item, group: Item, direction: 'more' | 'fewer'): Complaint[] {
  const parts = partsOf(group)
  const configured = isItems(given.ReplicaConfiguration) ? given.ReplicaConfiguration : []
  const counts =
    configured.length > 0
      ? configured.map(({ NodeGroupId, NewReplicaCount }) => [String(NodeGroupId), countOf(NewReplicaCount)] as const)
      : parts.map(({ id }) => [id, countOf(given.NewReplicaCount)] as const)
  const option = configured.length > 0 ? 'replica-configuration' : 'new-replica-count'
  const named = namesIn(given.ReplicasToRemove)
  if (named.length > 0)
    return [...leaving(named, parts), ...lacking(group, withoutNamed(named, parts), 'replicas-to-remove')]
  return [
    ...counts.flatMap(([id, count]) => ofShard(id, count, parts, option, direction)),
    ...lacking(
      group,
      counts.flatMap(([, count]) => count ?? []),
      option,
    ),
  ]
}

/** How many replicas each shard has left. */
const withoutNamed = (named: readonly string[], parts: readonly Part[]): number[] =>
  parts.map(({ members }) => members.filter(({ id }) => !named.includes(id)).length - 1)

/** Without a replica there is nothing to fail over to, which some groups promise. */
function lacking(group: Item, replicas: readonly number[], option: string): Complaint[] {
  if (replicas.every((count) => count > 0)) return []
  const id = String(group.ReplicationGroupId)
  const turnOff = (what: string) =>
    shell`cachectl modify-replication-group --replication-group-id ${id} --no-${what}-enabled --apply-immediately`
  if (isOn(group.MultiAZ))
    return [wrong(option, `Multi-AZ needs a replica in each shard. First: ${turnOff('multi-az')}`)]
  if (!isOn(group.AutomaticFailover) || group.ClusterEnabled === true) return []
  return [wrong(option, `Automatic failover needs a replica. First: ${turnOff('automatic-failover')}`)]
}

function ofShard(
  id: string,
  count: number | undefined,
  parts: readonly Part[],
  option: string,
  direction: 'more' | 'fewer',
): Complaint[] {
  const part = parts.find((each) => each.id === id)
  if (!part) return [unknownShard(option, id, parts)]
  const now = part.members.length - 1
  if (count === undefined || (direction === 'more' ? count > now : count < now)) return []
  const other = direction === 'more' ? 'decrease-replica-count' : 'increase-replica-count'
  const instead = count === now ? 'That is no change.' : `${other} is what fits.`
  return [wrong(option, `Shard ${id} has ${now} replica${now === 1 ? '' : 's'}, and is to have ${count}. ${instead}`)]
}

const unknownShard = (option: string, id: string, parts: readonly Part[]): Complaint =>
  wrong(option, `There is no shard ${id}. ${thereIs(parts.map((each) => each.id))}`)

function leaving(named: readonly string[], parts: readonly Part[]): Complaint[] {
  const members = parts.flatMap((part) => part.members)
  return named.flatMap((id) => {
    const member = members.find((each) => each.id === id.toLowerCase())
    const option = 'replicas-to-remove'
    if (member?.role === 'primary') return [wrong(option, `${id} is a primary, which stays.`)]
    if (member) return []
    return [wrong(option, `${id} is none of its nodes. ${thereIs(members.map((each) => each.id))}`)]
  })
}

function shardCount(given: Item, group: Item): Complaint[] {
  const id = String(group.ReplicationGroupId)
  if (group.ClusterEnabled !== true) {
    return [wrong('replication-group-id', `${id} has cluster mode disabled: one shard is all it can have.`)]
  }
  const parts = partsOf(group)
  const count = countOf(given.NodeGroupCount)
  const [gone, kept] = [namesIn(given.NodeGroupsToRemove), namesIn(given.NodeGroupsToRetain)]
  const option = kept.length > 0 ? 'node-groups-to-retain' : 'node-groups-to-remove'
  const unknown = [...gone, ...kept].filter((name) => !parts.some((part) => part.id === name.padStart(4, '0')))
  const strangers = unknown.map((name) => unknownShard(option, name, parts))
  if (count === undefined) return strangers
  if (count === parts.length) return [...strangers, wrong('node-group-count', `It has ${count} shards already.`)]
  const going = kept.length > 0 ? parts.length - kept.length : gone.length
  if (count > parts.length) {
    return going > 0 ? [...strangers, wrong(option, `From ${parts.length} shards to ${count} none goes.`)] : strangers
  }
  if (going === parts.length - count) return strangers
  const those = parts.slice(count).map((part) => part.id)
  const text = `From ${parts.length} shards to ${count}: name those that go, such as --node-groups-to-remove ${those.join(' ')}`
  return [...strangers, wrong(option, text)]
}

function failover(given: Item, group: Item): Complaint[] {
  const parts = partsOf(group)
  const id = String(group.ReplicationGroupId)
  const shard = String(given.NodeGroupId)
  const part = parts.find((each) => each.id === shard)
  if (!part) return [unknownShard('node-group-id', shard, parts)]
  if (part.members.length < 2) {
    return [
      wrong('node-group-id', shell`Shard ${shard} has no replica to take over: cachectl scale ${id} --replicas 1`),
    ]
  }
  if (isOn(group.AutomaticFailover)) return []
  const enable = shell`cachectl modify-replication-group --replication-group-id ${id} --automatic-failover-enabled --apply-immediately`
  return [wrong('replication-group-id', `Automatic failover is disabled: ${enable}`)]
}

/** Those named, of a new group or to be added to one. */
async function userGroups(client: ApiClient, given: Item): Promise<Complaint[]> {
  const option = given.UserGroupIds === undefined ? 'user-group-ids-to-add' : 'user-group-ids'
  const wanted = namesIn(given.UserGroupIds ?? given.UserGroupIdsToAdd)
  if (wanted.length === 0) return []
  const groups = await describeAll(client, resources.userGroup.describe)
  return wanted.flatMap((id) => {
    const group = groups.find(({ UserGroupId }) => UserGroupId === id.toLowerCase())
    const names = groups.map(({ UserGroupId }) => String(UserGroupId))
    if (!group) return [wrong(option, `There is no user group ${id} here. ${meantAmong(id, names)}`)]
    if (group.Status !== 'active')
      return [wrong(option, `${id} is ${String(group.Status)}; try again once it is active.`)]
    const fits = given.Engine === undefined || group.Engine === given.Engine || group.Engine === 'redis'
    return fits ? [] : [wrong(option, `${id} is of ${String(group.Engine)}, not of ${String(given.Engine)}.`)]
  })
}

/** The cluster that is to become the primary. */
async function primaryCluster(client: ApiClient, { PrimaryClusterId: id }: Item): Promise<Complaint[]> {
  if (typeof id !== 'string') return []
  const option = 'primary-cluster-id'
  const clusters = await describeAll(client, resources.cluster.describe)
  const fitting = clusters.filter(
    ({ Engine, ReplicationGroupId }) => Engine !== 'memcached' && ReplicationGroupId === undefined,
  )
  const names = fitting.map(({ CacheClusterId }) => String(CacheClusterId))
  const cluster = clusters.find(({ CacheClusterId }) => CacheClusterId === id.toLowerCase())
  if (!cluster) return [wrong(option, `There is no cluster ${id} here. ${meantAmong(id, names)}`)]
  if (cluster.Engine === 'memcached') return [wrong(option, `${id} is of memcached, which has no replicas.`)]
  const group = cluster.ReplicationGroupId
  return group === undefined ? [] : [wrong(option, `${id} belongs to ${String(group)} already.`)]
}

/** What a group can be scaled to is known to the target alone. */
async function nodeType(client: ApiClient, given: Item): Promise<Complaint[]> {
  const { CacheNodeType: wanted, ReplicationGroupId } = given
  if (typeof wanted !== 'string' || typeof ReplicationGroupId !== 'string') return []
  const allowed = await client.call('ListAllowedNodeTypeModifications', { ReplicationGroupId }).then(
    ({ ScaleUpModifications: up = [], ScaleDownModifications: down = [] }) => [...up, ...down],
    (error: unknown) => {
      // That there is no such group is told already.
      if (saysOneOf(error, [resources.replicationGroup.notFound])) return undefined
      throw error
    },
  )
  if (allowed === undefined || allowed.includes(wanted)) return []
  return [
    wrong('cache-node-type', `${ReplicationGroupId} cannot become one of ${wanted}. ${meantAmong(wanted, allowed)}`),
  ]
}
