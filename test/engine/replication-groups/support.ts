import type { CacheCluster, CreateReplicationGroupCommandInput, ReplicationGroup } from '@aws-sdk/client-elasticache'
import { familyOf, newestVersion } from '../../../src/api/catalog/engines.ts'
import { findFamily } from '../../../src/engine/families/families.ts'
import type { TestEngine } from '../../support/engine.ts'
import { eventually } from '../../support/eventually.ts'
import { SERVERS as ALL } from '../../support/redis-node.ts'
import { SERVERS } from '../../support/servers.ts'

/** The newest that nodes can be; undefined: there is none, and the tests are skipped. */
export const [server] = SERVERS.filter(({ isMissing }) => !isMissing).reverse()
/** The newest program there is, for tests of what are processes. */
export const [installed] = ALL.filter(({ isMissing }) => !isMissing).reverse()
export const engine = installed?.name === 'redis-server' ? 'redis' : 'valkey'
export const NODE = { Engine: engine, CacheNodeType: 'cache.t4g.small' }
const facts = findFamily(engine)?.engine
if (!facts) throw new Error(`no engine ${engine}`)
/** Of parameter groups for what {@link create} makes. */
export const FAMILY = familyOf(facts, newestVersion(facts))
export const SKIPPED = '(skipped without redis-server and valkey-server)'

/** What nodes may be: tests of what holds for all of them. */
export const RUNTIMES = [
  { nodeRuntime: 'server', isMissing: !installed },
  { nodeRuntime: 'embedded', isMissing: false },
] as const

export async function groupOf(api: TestEngine, id = 'shop'): Promise<ReplicationGroup> {
  const { ReplicationGroups: [group = {}] = [] } = await api.client().describeReplicationGroups({
    ReplicationGroupId: id,
  })
  return group
}

export async function available(api: TestEngine, id = 'shop'): Promise<ReplicationGroup> {
  await eventually(`${id} available`, async () => (await groupOf(api, id)).Status === 'available')
  return groupOf(api, id)
}

export async function clusterOf(api: TestEngine, id: string): Promise<CacheCluster> {
  const { CacheClusters: [cluster = {}] = [] } = await api.client().describeCacheClusters({
    CacheClusterId: id,
    ShowCacheNodeInfo: true,
  })
  return cluster
}

export const portOfCluster = async (api: TestEngine, id: string): Promise<number> =>
  (await clusterOf(api, id)).CacheNodes?.[0]?.Endpoint?.Port ?? 0

/** A group that is available. */
export async function create(api: TestEngine, input: Partial<CreateReplicationGroupCommandInput> = {}) {
  await api.client().createReplicationGroup({
    ...NODE,
    ReplicationGroupDescription: 'The shop',
    ReplicationGroupId: 'shop',
    ...input,
  })
  return available(api)
}

export const portOf = (group: ReplicationGroup, endpoint: 'PrimaryEndpoint' | 'ReaderEndpoint'): number =>
  group.NodeGroups?.[0]?.[endpoint]?.Port ?? 0

/** What has been told of a source, the oldest first. */
export const messagesOf = async (api: TestEngine, source: string) => {
  const { Events = [] } = await api.client().describeEvents({ SourceIdentifier: source })
  return Events.map(({ Message }) => Message).reverse()
}

/** Members of the first node group, each with its role. */
export const rolesOf = ({ NodeGroups: [shard] = [] }: ReplicationGroup) =>
  shard?.NodeGroupMembers?.map(({ CacheClusterId, CurrentRole }) => `${CacheClusterId} ${CurrentRole}`)
