/** What can be seen to be wrong with a request by looking at what the target has. It only describes, and changes nothing. */
import { engines, familyOf } from '../../api/catalog/engines.ts'
import type { OperationName } from '../../api/model.ts'
import { meantAmong } from '../../api/nearest.ts'
import { noting, tellUnasked } from '../caches/refusals.ts'
import { describeAll } from '../caches/resources.ts'
import type { Item } from '../output/human-value.ts'
import type { ApiClient } from '../target/client.ts'
import type { Complaint } from './checks.ts'
import { groupChecks } from './group-checks-at-target.ts'

/** Where the target can't be asked, that is told: the request itself may be as wrong as any. */
export async function checkAtTarget(client: ApiClient, name: OperationName, input: object): Promise<Complaint[]> {
  const given: Item = { ...input }
  const checks =
    name === 'CreateCacheCluster'
      ? [parameterGroup(client, given), subnetGroup(client, given)]
      : name === 'ModifyCacheCluster'
        ? [nodeCount(client, given)]
        : name === 'CreateReplicationGroup'
          ? [parameterGroup(client, given), subnetGroup(client, given), ...groupChecks(client, name, given)]
          : groupChecks(client, name, given)
  const found = await Promise.allSettled(checks)
  return found.flatMap((result) => {
    if (result.status === 'fulfilled') return result.value
    return noting(tellUnasked, [])(result.reason)
  })
}

const missing = (option: string, name: string, what: string, all: readonly string[]): Complaint => {
  return { option, text: `There is no ${what} ${name} here. ${meantAmong(name, all)}` }
}

async function parameterGroup(client: ApiClient, input: Item): Promise<Complaint[]> {
  const { CacheParameterGroupName: name, EngineVersion: version, Engine: engine } = input
  // The name of a default group tells its family.
  if (typeof name !== 'string' || name.startsWith('default.')) return []
  const option = 'cache-parameter-group-name'
  const groups = await describeAll(client, 'DescribeCacheParameterGroups')
  const group = groups.find((each) => each.CacheParameterGroupName === name)
  if (!group) {
    const names = groups.map((each) => String(each.CacheParameterGroupName))
    return [missing(option, name, 'parameter group', names)]
  }
  const facts = engines[String(engine)]
  const wanted = facts && typeof version === 'string' ? familyOf(facts, version) : undefined
  const family = group.CacheParameterGroupFamily
  if (wanted === undefined || family === wanted) return []
  const fitting = groups.filter((each) => each.CacheParameterGroupFamily === wanted)
  const names = fitting.map((each) => String(each.CacheParameterGroupName))
  return [{ option, text: `${name} is of the family ${String(family)}, not of ${wanted}: ${names.join(', ')}.` }]
}

async function subnetGroup(client: ApiClient, input: Item): Promise<Complaint[]> {
  const { CacheSubnetGroupName: name, NetworkType: type } = input
  if (typeof name !== 'string') return []
  const groups = await describeAll(client, 'DescribeCacheSubnetGroups')
  const names = (among: readonly Item[]) => among.map((each) => String(each.CacheSubnetGroupName))
  const group = groups.find((each) => each.CacheSubnetGroupName === name)
  if (!group) return [missing('cache-subnet-group-name', name, 'subnet group', names(groups))]
  const takes = (each: Item) => !Array.isArray(each.SupportedNetworkTypes) || each.SupportedNetworkTypes.includes(type)
  if (type === undefined || takes(group)) return []
  const supported = [group.SupportedNetworkTypes].flat().join(', ') || 'none'
  const others = names(groups.filter(takes))
  const instead = others.length > 0 ? `: ${others.join(', ')}` : '; no group here has'
  return [
    {
      option: 'network-type',
      text: `The subnets of ${name} take ${supported}, not ${String(type)}. Choose a group that takes it${instead}.`,
    },
  ]
}

/** Scaling in names the nodes that go, scaling out as many zones as nodes come. */
async function nodeCount(client: ApiClient, input: Item): Promise<Complaint[]> {
  const { CacheClusterId: id, NumCacheNodes: wanted } = input
  if (typeof wanted !== 'number' || typeof id !== 'string') return []
  const { CacheClusters: [cluster] = [] } = await client.call('DescribeCacheClusters', {
    CacheClusterId: id,
    ShowCacheNodeInfo: true,
  })
  const ids = (cluster?.CacheNodes ?? []).map(({ CacheNodeId }) => String(CacheNodeId)).sort()
  const count = ids.length
  const gone = Array.isArray(input.CacheNodeIdsToRemove) ? input.CacheNodeIdsToRemove : []
  const zones = Array.isArray(input.NewAvailabilityZones) ? input.NewAvailabilityZones : []
  const complaints: Complaint[] = []
  if (wanted < count && gone.length !== count - wanted) {
    const those = ids.slice(wanted).join(' ')
    const text = `From ${count} nodes to ${wanted}: name those that go, such as --cache-node-ids-to-remove ${those}`
    complaints.push({ option: 'cache-node-ids-to-remove', text })
  }
  const stranger = gone.find((node) => !ids.includes(String(node)))
  if (stranger !== undefined) {
    complaints.push({
      option: 'cache-node-ids-to-remove',
      text: `${id} has ${ids.join(', ')}, not ${String(stranger)}.`,
    })
  }
  if (zones.length > 0 && zones.length !== wanted - count) {
    const come = Math.max(0, wanted - count)
    const text = `One zone for each node that comes: ${zones.length} for ${come}. Those that are there stay where they are.`
    complaints.push({ option: 'new-availability-zones', text })
  }
  return complaints
}
